package openai

import (
	"errors"
	"sync"
	"time"
)

// errResting says that the server has failed so often of late that it is not asked now.
var errResting = errors.New("the server failed several times in a row and is left alone for a while")

// longestRest bounds how long a server's own wish to be left alone is heeded.
const longestRest = 2 * time.Minute

// breaker keeps a server that fails from costing each person its deadline: after so many calls in a row that failed it lets
// none through for a while, then one, and all again once that one has worked.
type breaker struct {
	after int
	rest  time.Duration
	now   func() time.Time

	mu      sync.Mutex
	failed  int
	until   time.Time // zero: closed
	probing bool
}

// enter tells whether a call may be made, and whether it is the one that probes a server at rest; who enters must leave.
func (b *breaker) enter() (probe, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.until.IsZero():
		return false, true
	case b.probing || b.now().Before(b.until):
		return false, false
	}
	b.probing = true
	return true, true
}

// leave notes how a call ended: whether it worked, or that it tells nothing (its caller gave up), and how long the server
// asked to be left alone, 0 where it didn't. A call that began before the rest doesn't end the probe.
func (b *breaker) leave(probe, worked, unknown bool, wish time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
	}
	switch {
	case unknown:
		return
	case worked:
		b.failed, b.until = 0, time.Time{}
		return
	}
	b.failed++
	rest := min(wish, longestRest)
	if probe || b.failed >= b.after {
		rest = max(rest, b.rest)
	}
	if rest > 0 {
		b.until = b.now().Add(rest)
	}
}
