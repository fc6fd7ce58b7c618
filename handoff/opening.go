package handoff

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/deploy/watch"
)

// begin inserts a ticket, as the table of steps has it, and links it to the one of the last days that it may go on with.
// false: another transaction was quicker.
func (d *Desk) begin(ctx context.Context, tx postgres.DB, w bot.Wish, wish string, to route, e event, detail string) (began bool, r rule, err error) {
	after, r, err := life{}.next(e)
	if err != nil {
		return false, r, err
	}
	var id int64
	now, attendance := d.now(), ""
	if after.State == Waiting {
		attendance = attendanceOf(to.to)
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO tickets (conversation, reason, wish, place, language, summary, help_point, why, opened_at, state, claimed_by, claimed_at, active_at, earlier, routed_at, why_name, why_until, opened_as, trace)
		VALUES ($1, $2, $3, $4, $5, left($6, 4000), NULLIF($7, ''), $8, $9, $10, NULLIF($11::bigint, 0),
			CASE WHEN $11::bigint <> 0 THEN $9::timestamptz END, CASE WHEN $11::bigint <> 0 THEN $9::timestamptz END,
			(SELECT e.id FROM tickets e WHERE e.conversation = $1 AND e.state = 'closed' AND e.claimed_by IS NOT NULL AND e.closed_at > $12 ORDER BY e.id DESC LIMIT 1), $9, $13, $14, $15, NULLIF($16, ''))
		ON CONFLICT (conversation) WHERE state <> 'closed' DO NOTHING
		RETURNING id`, w.Conversation, w.Reason, wish, w.Place, w.Language, w.Summary, to.to.id(), to.why.Key, now, after.State, after.Holder, now.Add(-reopenedWithin),
		to.why.Name, orNull(to.why.Until), attendance, watch.Carry(ctx)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, r, nil
	}
	if err != nil {
		return false, r, fmt.Errorf("insert the ticket: %w", err)
	}
	done := moved{after: after, rule: r, conversation: w.Conversation}
	if err := d.hand(ctx, tx, done); err != nil {
		return false, r, err
	}
	return true, r, d.note(ctx, tx, id, r.kind, e.by, detail)
}
