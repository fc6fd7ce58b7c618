package handoff

import (
	"context"
	"fmt"
	"time"

	"orientir/bot"
)

// remembered is how far back before a ticket was opened its transcript goes: what was tried, not a life's story.
const remembered = 24 * time.Hour

// Transcript reads what was said around a ticket, after a message id, oldest first: from a day before it was opened
// until it was closed. What the person says to the bot afterwards is none of the desk's business.
func (d *Desk) Transcript(ctx context.Context, ticket, after int64) ([]bot.Message, error) {
	var conversation, first int64
	var until *time.Time
	err := d.db.QueryRow(ctx, `
		SELECT coalesce(t.conversation, 0), t.closed_at,
			coalesce((SELECT max(m.id) FROM messages m WHERE m.conversation = t.conversation AND m.created_at < t.opened_at - $2::interval), 0)
		FROM tickets t WHERE t.id = $1`, ticket, remembered).Scan(&conversation, &until, &first)
	if err != nil {
		return nil, fmt.Errorf("read transcript of ticket %d: %w", ticket, err)
	}
	if conversation == 0 {
		return nil, nil
	}
	const batch = 200
	var all []bot.Message
	for next := max(first, after); ; {
		some, err := d.conversations.Messages(ctx, conversation, next, batch)
		if err != nil {
			return nil, fmt.Errorf("read transcript of ticket %d: %w", ticket, err)
		}
		for _, m := range some {
			// The notice of the closing is written in the closing's own transaction, a moment later by the clock.
			if until != nil && m.At.After(until.Add(2*time.Second)) {
				return all, nil
			}
			all = append(all, m)
		}
		if len(some) < batch {
			return all, nil
		}
		next = some[len(some)-1].ID
	}
}
