package harness

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// restartPause is how long a process that died stays down, as an operator's service manager would have it.
const restartPause = 200 * time.Millisecond

// process is kept running: whatever ends it, it is started again, except while it is held.
type process struct {
	name string
	make func() *exec.Cmd
	log  *os.File

	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{} // of the process that runs
	held   chan struct{} // closed when a held process may run again; nil: not held
	last   bool          // it is not to come back at all
	starts int
	gone   chan struct{}
}

func keep(name string, log *os.File, make func() *exec.Cmd) *process {
	p := &process{name: name, make: make, log: log}
	p.gone = newSignal()
	go p.run()
	return p
}

func newSignal() chan struct{} { return make(chan struct{}) }

func (p *process) run() {
	defer close(p.gone)
	for {
		p.mu.Lock()
		held, last := p.held, p.last
		p.mu.Unlock()
		if last {
			return
		}
		if held != nil {
			<-held
			continue
		}
		cmd := p.make()
		cmd.Stdout, cmd.Stderr = p.log, p.log
		ended := newSignal()
		p.mu.Lock()
		if p.held != nil || p.last {
			p.mu.Unlock()
			continue
		}
		err := cmd.Start()
		if err == nil {
			p.cmd, p.ended = cmd, ended
			p.starts++
		}
		p.mu.Unlock()
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
		time.Sleep(restartPause)
	}
}

// signal sends a signal to the process that runs now.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Signal(s)
	}
}

// pid is that of the process that runs now, or ran last.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.cmd.Process == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// hold ends the process with a signal, and keeps it down until release.
func (p *process) hold(s syscall.Signal) {
	p.mu.Lock()
	if p.held == nil {
		p.held = newSignal()
	}
	ended := p.ended
	p.mu.Unlock()
	p.signal(s)
	if ended != nil {
		<-ended
	}
}

func (p *process) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

// stop ends the process for good, by force where it takes too long.
func (p *process) stop(s syscall.Signal, patience time.Duration) {
	p.mu.Lock()
	p.last = true
	p.mu.Unlock()
	p.release()
	p.signal(syscall.SIGCONT)
	p.signal(s)
	select {
	case <-p.gone:
	case <-time.After(patience):
		p.signal(syscall.SIGKILL)
		<-p.gone
	}
}
