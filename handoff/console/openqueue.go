package console

import (
	"context"
	"sync"
	"time"

	"orientir/handoff"
)

// openQueue is the whole queue as last read, so that fifty open desks that hear of one change read it once.
type openQueue struct {
	mu      sync.Mutex // held while it is read: whoever asks meanwhile would read the same
	begun   time.Time  // when the reading began
	tickets []handoff.Ticket
}

// since gives the open tickets as they were at some moment after another one.
func (q *openQueue) since(ctx context.Context, desk *handoff.Desk, at time.Time) ([]handoff.Ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.begun.After(at) {
		return q.tickets, nil
	}
	begun := time.Now()
	tickets, err := desk.AllOpen(ctx)
	if err != nil {
		return nil, err
	}
	q.begun, q.tickets = begun, tickets
	return tickets, nil
}
