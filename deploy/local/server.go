package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// logRoom is the size at which a server's log is set aside when the server starts.
	logRoom = 10 << 20
	// longestPause is the longest pause between two tries to start a server that keeps dying.
	longestPause = 10 * time.Second
	// settled is how long a server must have run for its next death to count as the first again.
	settled = time.Minute
	// freshen is how often the sockets are touched: systems sweep what has not been touched for days out of /tmp.
	freshen = time.Hour
)

// server is one child process that is to run until stop.
type server struct {
	name    string
	program string
	args    []string
	env     []string
	dir     string   // working directory
	logPath string   // standard output and error
	sockets []string // kept fresh
	user    identity
	log     *slog.Logger
	stops   []signalWait                // how to end it, from polite to final
	clear   func(context.Context) error // deals with what a killed program left, before each start
	ping    func(context.Context) error
	passing func(logged string) bool // a failed start that is worth another try; nil: none

	process *process
	quit    context.CancelFunc // ends the watch
	watched sync.WaitGroup
}

// signalWait is one way to ask a process to end, and how long it may take.
type signalWait struct {
	signal syscall.Signal
	wait   time.Duration
}

// process is a started child; done is closed when it has ended.
type process struct {
	cmd     *exec.Cmd
	done    chan struct{}
	started time.Time
}

// start brings the server up, returns once it answers, and from then on keeps it up.
func (s *server) start(ctx context.Context) error {
	if err := s.up(ctx); err != nil {
		return err
	}
	watching, quit := context.WithCancel(context.Background())
	s.quit = quit
	s.watched.Go(func() { s.watch(watching) })
	return nil
}

// stop ends the watch, then the server, and returns when it has ended.
func (s *server) stop() error {
	s.quit()
	s.watched.Wait()
	return s.end()
}

// watch starts the server again whenever it dies.
func (s *server) watch(ctx context.Context) {
	touch := time.NewTicker(freshen)
	defer touch.Stop()
	pause := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-touch.C:
			now := time.Now()
			for _, socket := range s.sockets {
				os.Chtimes(socket, now, now)
			}
			continue
		case <-s.process.done:
		}
		if time.Since(s.process.started) > settled {
			pause = 0
		}
		s.log.Error("a private server died; starting it again", "server", s.name, "exit", s.process.cmd.ProcessState.String())
		if pauseFor(ctx, pause) != nil {
			return
		}
		pause = min(max(2*pause, 250*time.Millisecond), longestPause)
		if err := s.up(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("a private server does not come back", "server", s.name, "err", err)
		}
	}
}

// up starts the process once, or a few times where the failure passes, and returns when the server answers.
// However it ends, s.process is the last process.
func (s *server) up(ctx context.Context) error {
	for try := 1; ; try++ {
		if err := s.clear(ctx); err != nil {
			return err
		}
		logged, err := s.launch(ctx)
		if err == nil || try == 30 || s.passing == nil || !s.passing(logged) {
			return err
		}
		if err := pauseFor(ctx, time.Second); err != nil {
			return err
		}
	}
}

// launch starts the process and waits for its answer; where it dies instead, it gives what it logged.
func (s *server) launch(ctx context.Context) (logged string, err error) {
	file, err := openLog(s.logPath)
	if err != nil {
		return "", err
	}
	defer file.Close()
	from, _ := file.Seek(0, 2)

	cmd := exec.Command(s.program, s.args...)
	cmd.Dir, cmd.Env = s.dir, s.env // the program's own environment has secrets that are none of a server's business
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = s.user.attributes()
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start %s: %w", s.name, err)
	}
	process := &process{cmd: cmd, done: make(chan struct{}), started: time.Now()}
	s.process = process
	go func() {
		cmd.Wait()
		close(process.done)
	}()

	for slow := time.Now().Add(10 * time.Second); ; {
		trying, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := s.ping(trying)
		cancel()
		if err == nil {
			return "", nil
		}
		if time.Now().After(slow) {
			slow = time.Now().Add(10 * time.Second)
			s.log.Info("still waiting for a private server (after a crash it recovers first)", "server", s.name)
		}
		select {
		case <-ctx.Done():
			return "", errors.Join(fmt.Errorf("wait for %s: %w", s.name, context.Cause(ctx)), s.end())
		case <-process.done:
			logged = tail(s.logPath, from)
			return logged, fmt.Errorf("%s did not start: %s (all of it is in %s)", s.name, lastWords(logged, cmd), s.logPath)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// end stops the process and returns when it has ended.
func (s *server) end() error {
	for _, stop := range s.stops {
		s.process.cmd.Process.Signal(stop.signal)
		select {
		case <-s.process.done:
			return nil
		case <-time.After(stop.wait):
			s.log.Warn("a private server is slow to stop", "server", s.name, "signal", stop.signal.String())
		}
	}
	return fmt.Errorf("%s does not stop", s.name)
}

// openLog opens the log to append, after setting an overlong one aside.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logRoom {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("set the log aside: %w", err)
		}
	}
	file, err := openOwn(path, os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return file, nil
}

func tail(path string, from int64) string {
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) < from {
		return ""
	}
	return string(text[from:])
}

// lastWords picks what a dead server's log says of why: PostgreSQL's last FATAL, else its first line.
func lastWords(logged string, cmd *exec.Cmd) string {
	if i := strings.LastIndex(logged, "FATAL:"); i >= 0 {
		logged = logged[i:]
	}
	first, _, _ := strings.Cut(strings.TrimSpace(logged), "\n")
	if first == "" {
		return cmd.ProcessState.String()
	}
	return first
}

// readPID reads the process number on the first line of a pid or lock file; 0 where there is none.
func readPID(path string) (int, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	pid := 0
	fmt.Sscanf(string(line), "%d", &pid)
	return pid, nil
}

// alive reports whether a process runs under this number. A zombie doesn't: in a container whose first process collects
// no orphans, it keeps its number for good.
func alive(pid int) bool {
	return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) && !zombie(pid)
}

func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	return bytes.HasPrefix(state, []byte("Z"))
}

// arguments gives the command line of a process; ok is false where it can't be told.
func arguments(pid int) (args []string, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err == nil && len(text) > 0 {
		return strings.Split(strings.TrimRight(string(text), "\x00"), "\x00"), true
	}
	if _, err := os.Stat("/proc/self/cmdline"); err == nil {
		return nil, false
	}
	text, err = exec.Command("ps", "-ww", "-o", "command=", "-p", fmt.Sprint(pid)).Output()
	return strings.Fields(string(text)), err == nil
}

// endStranger stops a process that is not our child, from polite to final.
func endStranger(ctx context.Context, pid int, stops []signalWait) error {
	for _, stop := range stops {
		if err := syscall.Kill(pid, stop.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the process %d that a killed program left: %w", pid, err)
		}
		for deadline := time.Now().Add(stop.wait); time.Now().Before(deadline); {
			if !alive(pid) {
				return nil
			}
			if err := pauseFor(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("the process %d that a killed program left does not stop", pid)
}
