package harness

import (
	"errors"
	"net"
	"sync"
	"time"
)

// way is how a proxy treats those who come.
type way int

const (
	passes  way = iota
	refuses     // takes the call and hangs up, as an address at which nothing serves any more
	hangs       // takes the call, and carries nothing: a machine that is gone without a word
)

// proxy stands in front of a server: an address of the network between it and the program.
type proxy struct {
	Addr   string
	listen net.Listener
	socket string // of the server
	hurt   func() // called for each piece that is held up or refused

	mu    sync.Mutex
	way   way
	delay time.Duration // of each piece that is carried
	open  map[net.Conn]struct{}
	moved *sync.Cond
}

func newProxy(socket string, hurt func()) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{Addr: l.Addr().String(), listen: l, socket: socket, hurt: hurt, open: map[net.Conn]struct{}{}}
	p.moved = sync.NewCond(&p.mu)
	go p.serve()
	return p, nil
}

func (p *proxy) serve() {
	for {
		near, err := p.listen.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			go p.carry(near)
		}
	}
}

func (p *proxy) carry(near net.Conn) {
	defer near.Close()
	if p.await() == refuses {
		return
	}
	far, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	defer far.Close()
	p.mu.Lock()
	p.open[near], p.open[far] = struct{}{}, struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, near)
		delete(p.open, far)
	}()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			p.copy(pair[0], pair[1])
			pair[0].Close()
			pair[1].Close()
			done <- struct{}{}
		}()
	}
	<-done
	<-done
}

func (p *proxy) copy(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if p.await() == refuses {
				return
			}
			p.mu.Lock()
			delay := p.delay
			p.mu.Unlock()
			if delay > 0 {
				p.hurt()
				time.Sleep(delay)
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// await gives the way once it is not to hang.
func (p *proxy) await() way {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way != passes {
		p.hurt()
	}
	for p.way == hangs {
		p.moved.Wait()
	}
	return p.way
}

func (p *proxy) set(w way, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.way, p.delay = w, delay
	p.moved.Broadcast()
}

// cut breaks every line off, and says how many ends there were.
func (p *proxy) cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
	return len(p.open)
}

func (p *proxy) close() {
	p.set(refuses, 0)
	p.listen.Close()
	p.cut()
}
