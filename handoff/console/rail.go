package console

import (
	"context"
	"time"
)

// rail is the strip over a chat: the queue and the account's other conversations, for somebody who serves several people at once.
type rail struct {
	frame
	Waiting int           // who waits
	Asked   []*openTicket // what colleagues ask the account to take over
	Mine    []*openTicket
	Here    int64 // the ticket of the page
}

// railEvent is the rail on a stream.
type railEvent struct {
	HTML       string `json:"html"`
	Waiting    int    `json:"waiting"`
	Unanswered int    `json:"unanswered"` // in the other conversations
}

func (s *site) railOf(ctx context.Context, f frame, here int64, since time.Time) (rail, error) {
	q, err := s.queueOf(ctx, f, since)
	if err != nil {
		return rail{}, err
	}
	return rail{frame: f, Waiting: len(q.Waiting), Asked: q.Asked, Mine: q.Mine, Here: here}, nil
}

// Unanswered is what people wrote in the other conversations and nobody answered.
func (r rail) Unanswered() int {
	n := 0
	for _, t := range r.Mine {
		if t.ID != r.Here {
			n += t.Unanswered
		}
	}
	return n
}
