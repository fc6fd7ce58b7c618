package console

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"html/template"
	"sync"
	"time"

	"orientir/handoff"
)

// openQueue is the whole queue as last read, so that fifty open desks that hear of one change read it once.
type openQueue struct {
	mu      sync.Mutex // held while it is read: whoever asks meanwhile would read the same
	begun   time.Time  // when the reading began
	tickets []*openTicket
}

// openTicket is a ticket of the queue as it was read, with the cards that desks have drawn of it: fifty desks show the same words.
type openTicket struct {
	handoff.Ticket
	sum [sha256.Size]byte // of all that is in it

	mu    sync.Mutex
	cards map[[2]string]template.HTML // by part of the template and language
}

// card is the ticket's card by a part of the queue's template, drawn once for each language.
func (t *openTicket) card(part, language string, draw func() (string, error)) (template.HTML, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := [2]string{part, language}
	if card, ok := t.cards[key]; ok {
		return card, nil
	}
	drawn, err := draw()
	if err != nil {
		return "", err
	}
	if t.cards == nil {
		t.cards = map[[2]string]template.HTML{}
	}
	t.cards[key] = template.HTML(drawn) // the template has escaped what is not ours
	return t.cards[key], nil
}

// since gives the open tickets as they were at some moment after another one.
func (q *openQueue) since(ctx context.Context, desk *handoff.Desk, at time.Time) ([]*openTicket, error) {
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
	open := make([]*openTicket, len(tickets))
	for i, t := range tickets {
		data, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		open[i] = &openTicket{Ticket: t, sum: sha256.Sum256(data)}
	}
	q.begun, q.tickets = begun, open
	return open, nil
}
