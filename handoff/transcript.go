package handoff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
)

// remembered is how far back before a ticket was opened its transcript goes: what was tried, not a life's story.
const remembered = 24 * time.Hour

// noticeLate is how long after a closing its notice may be written by the clock: it is in the closing's own transaction.
const noticeLate = 2 * time.Second

// span is a stretch of time around a ticket.
type span struct {
	Conversation int64
	Begin        time.Time
	End          *time.Time // nil: it goes on
}

func (s span) holds(at time.Time) bool {
	return !at.Before(s.Begin) && (s.End == nil || !at.After(s.End.Add(noticeLate)))
}

// Transcript reads what was said around a ticket, after a message id, oldest first: from a day before it was opened until it was closed,
// and the same of the tickets that it goes on with. What the person says to the bot at other times is none of the desk's business.
func (d *Desk) Transcript(ctx context.Context, ticket, after int64) ([]bot.Message, error) {
	spans, first, err := d.spans(ctx, ticket)
	if err != nil {
		return nil, fmt.Errorf("read transcript of ticket %d: %w", ticket, err)
	}
	if len(spans) == 0 {
		return nil, nil
	}
	last := spans[len(spans)-1]
	const batch = 200
	var all []bot.Message
	for next := max(first, after); ; {
		some, err := d.conversations.Messages(ctx, last.Conversation, next, batch)
		if err != nil {
			return nil, fmt.Errorf("read transcript of ticket %d: %w", ticket, err)
		}
		for _, m := range some {
			if last.End != nil && m.At.After(last.End.Add(noticeLate)) {
				return all, nil
			}
			if slices.ContainsFunc(spans, func(s span) bool { return s.holds(m.At) }) {
				all = append(all, m)
			}
		}
		if len(some) < batch {
			return all, nil
		}
		next = some[len(some)-1].ID
	}
}

// spans gives the stretches of a ticket and of those that it goes on with, oldest first, and the message before the first of them.
// None where the person is forgotten.
func (d *Desk) spans(ctx context.Context, ticket int64) (spans []span, first int64, err error) {
	rows, err := d.db.Query(ctx, `
		WITH RECURSIVE line AS (
			SELECT id, earlier, conversation, opened_at, closed_at FROM tickets WHERE id = $1
			UNION ALL
			SELECT e.id, e.earlier, e.conversation, e.opened_at, e.closed_at FROM tickets e JOIN line l ON e.id = l.earlier AND e.conversation = l.conversation)
		SELECT conversation, opened_at - $2::interval AS begin, closed_at AS end FROM line WHERE conversation IS NOT NULL ORDER BY id`, ticket, remembered)
	if err != nil {
		return nil, 0, err
	}
	if spans, err = pgx.CollectRows(rows, pgx.RowToStructByName[span]); err != nil || len(spans) == 0 {
		return nil, 0, err
	}
	err = d.db.QueryRow(ctx, `
		SELECT coalesce(max(id), 0) FROM messages WHERE conversation = $1 AND created_at < $2`, spans[0].Conversation, spans[0].Begin).Scan(&first)
	return spans, first, err
}
