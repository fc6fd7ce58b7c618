package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	lockPoll = 100 * time.Millisecond
	// answerWait is how long a command waits for the servers of a program that holds the directory; a start after a power cut takes its time.
	answerWait = 2 * time.Minute
)

// locks are two files in the data directory. Whoever holds «lock» runs the servers. Every command holds «attached» shared
// while it uses them, so that a command that started them can tell when nobody does any more. The kernel frees both when
// a process dies, however it dies.
type locks struct {
	runs     *os.File // nil where another process runs the servers
	attached *os.File // nil for serve
}

// lockForServe takes the directory, or says that another serve has it. A command that holds it will end: it is waited for.
func lockForServe(ctx context.Context, dir string, log *slog.Logger) (locks, error) {
	path := filepath.Join(dir, "lock")
	serving := 0
	for told := false; ; {
		file, err := tryLock(path, syscall.LOCK_EX)
		if err != nil {
			return locks{}, err
		}
		if file != nil {
			return locks{runs: file}, sign(file, "serve")
		}
		holder := signature(path)
		// The signature of a dead serve stands until the next holder signs, so one look is not enough.
		if strings.HasPrefix(holder, "serve ") {
			if serving++; serving > 5 {
				return locks{}, fmt.Errorf("%w: %s, process %s", ErrBusy, dir, strings.TrimPrefix(holder, "serve "))
			}
		} else if !told {
			told = true
			log.Info("waiting for another orientir command to finish", "holder", holder)
		}
		if err := pauseFor(ctx, lockPoll); err != nil {
			return locks{}, fmt.Errorf("wait for the data directory %s: %w", dir, err)
		}
	}
}

// lockForCommand joins the servers of whoever runs them once they answer, or takes the directory where nobody does (owner).
func lockForCommand(ctx context.Context, dir string, answer func() bool) (held locks, owner bool, err error) {
	attached, err := waitLock(ctx, filepath.Join(dir, "attached"), syscall.LOCK_SH)
	if err != nil {
		return locks{}, false, err
	}
	held = locks{attached: attached}
	path := filepath.Join(dir, "lock")
	for deadline := time.Now().Add(answerWait); time.Now().Before(deadline); {
		file, err := tryLock(path, syscall.LOCK_EX)
		if err != nil {
			held.free()
			return locks{}, false, err
		}
		if file != nil {
			held.runs = file
			return held, true, sign(file, "command")
		}
		if answer() {
			return held, false, nil
		}
		if err := pauseFor(ctx, lockPoll); err != nil {
			held.free()
			return locks{}, false, fmt.Errorf("wait for the running servers: %w", err)
		}
	}
	held.free()
	return locks{}, false, fmt.Errorf("the orientir that holds %s (%s) has no servers that answer", dir, signature(path))
}

// awaitOthers waits until no other command uses the servers, and keeps new ones waiting until free.
func (l *locks) awaitOthers() {
	if l.attached == nil {
		return
	}
	path := l.attached.Name()
	l.attached.Close()
	l.attached, _ = waitLock(context.Background(), path, syscall.LOCK_EX)
}

func (l *locks) free() {
	if l.runs != nil {
		l.runs.Truncate(0)
		l.runs.Close()
	}
	if l.attached != nil {
		l.attached.Close()
	}
	*l = locks{}
}

func waitLock(ctx context.Context, path string, how int) (*os.File, error) {
	for {
		file, err := tryLock(path, how)
		if file != nil || err != nil {
			return file, err
		}
		if err := pauseFor(ctx, lockPoll); err != nil {
			return nil, fmt.Errorf("wait for %s: %w", path, err)
		}
	}
}

// tryLock gives the locked file, or nil where somebody else holds it.
func tryLock(path string, how int) (*os.File, error) {
	file, err := openOwn(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

func sign(file *os.File, as string) error {
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	if _, err := file.WriteAt(fmt.Appendf(nil, "%s %d", as, os.Getpid()), 0); err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	return nil
}

func signature(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	text, _ := io.ReadAll(io.LimitReader(file, 100))
	return string(text)
}

// pauseFor waits d, or less where ctx ends, and then says so.
func pauseFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
