package bot

import (
	"sync"
	"time"
)

const (
	owedFor  = time.Hour // that an event is remembered
	mostOwed = 10_000    // events; beyond that they count like new ones
)

// owed are the events that were allowed and could not be stored. They are brought again, perhaps every few seconds, and their sender has not written
// more for that: counted each time, they would be turned away in the end, and be lost. Its zero value works.
type owed struct {
	mu     sync.Mutex
	events map[[3]string]time.Time // channel, contact, event → until when
}

func ofEvent(in Incoming) [3]string { return [3]string{in.Channel, in.ContactKey, in.EventID} }

// has says that an event was allowed before.
func (o *owed) has(in Incoming) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	until, ok := o.events[ofEvent(in)]
	return ok && time.Now().Before(until)
}

// note notes what became of an event that was allowed.
func (o *owed) note(in Incoming, stored bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if stored {
		delete(o.events, ofEvent(in))
		return
	}
	now := time.Now()
	if o.events == nil {
		o.events = map[[3]string]time.Time{}
	}
	if len(o.events) >= mostOwed {
		for event, until := range o.events {
			if now.After(until) {
				delete(o.events, event)
			}
		}
	}
	if len(o.events) < mostOwed {
		o.events[ofEvent(in)] = now.Add(owedFor)
	}
}
