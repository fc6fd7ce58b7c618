package handoff

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Replies are what a librarian wrote to one person, masked.
type Replies struct {
	Ticket int64
	Words  []string
}

// How much of what librarians wrote is shown beside a draft.
const (
	repliedTickets = 5
	repliedLines   = 40
)

// Replies gives what librarians wrote in the conversations that led to a guide's draft, of the last thirty days, the newest conversation
// first. They are written to a person and speak of that person: they are read where they stand and never copied, so that they go when the
// person asks to be forgotten.
func (w *Worklist) Replies(ctx context.Context, slug string) ([]Replies, error) {
	rows, err := w.desk.db.Query(ctx, `
		SELECT t.id AS ticket, array_agg(m.text ORDER BY m.id) AS words
		FROM (
			SELECT g.ticket FROM problems p JOIN problem_items i ON i.problem = p.id JOIN guide_tasks g ON g.id = i.task
			WHERE p.fix = $1 AND p.state = 'working' AND p.remedy = 'draft' AND i.at > $2 ORDER BY i.at DESC LIMIT $3
		) g JOIN tickets t ON t.id = g.ticket
		JOIN LATERAL (
			SELECT id, text FROM messages
			WHERE conversation = t.conversation AND sender = 'librarian' AND created_at BETWEEN t.opened_at AND t.closed_at AND text <> '' ORDER BY id LIMIT $4
		) m ON true
		GROUP BY t.id ORDER BY t.id DESC`, slug, w.o.Now().Add(-keepWords), repliedTickets, repliedLines)
	if err != nil {
		return nil, fmt.Errorf("read the librarians' replies for %q: %w", slug, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Replies])
	if err != nil {
		return nil, fmt.Errorf("read the librarians' replies for %q: %w", slug, err)
	}
	return list, nil
}
