package handoff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
)

const (
	// SilentAfter is how long a person may wait for a word of the holder before the ticket goes back to the queue.
	SilentAfter = 5 * time.Minute
	// leftAfter is how long a claimed conversation may lie still, the holder having had the last word.
	leftAfter = time.Hour
)

// overdue is a sweep of claimed tickets: which it finds, and the step that it makes of each. The condition is asked for again inside the
// step's transaction, with the ticket locked: the holder may have come back, or another replica been quicker.
type overdue struct {
	step  Step
	verb  string // of the audit log
	when  string // condition on a ticket t; BEFORE is the moment before which it is overdue
	after time.Duration
}

func overdues() []overdue {
	return []overdue{
		{stepLapse, "ticket.lapse", `t.asked_at < BEFORE`, AskedFor},
		{stepGone, "ticket.silent", `t.active_at < BEFORE AND (
			NOT EXISTS (SELECT FROM messages l WHERE l.conversation = t.conversation AND l.sender = 'librarian' AND l.created_at >= t.claimed_at)
			OR EXISTS (
				SELECT FROM messages m
				WHERE m.conversation = t.conversation AND m.sender = 'person' AND m.kind IN ('text', 'command', 'edited')
				  AND m.created_at < BEFORE
				  AND m.id > (SELECT max(l.id) FROM messages l WHERE l.conversation = t.conversation AND l.sender = 'librarian')))`, SilentAfter},
		{stepLeft, "ticket.left", `t.active_at < BEFORE
			AND NOT EXISTS (SELECT FROM messages m WHERE m.conversation = t.conversation AND m.created_at > BEFORE)`, leftAfter},
	}
}

// on is the condition with its moment as the argument that is named.
func (o overdue) on(arg string) string { return strings.ReplaceAll(o.when, "BEFORE", arg) }

// sweepHeld puts right what time has changed with claimed tickets: requests that lapsed, holders who keep a person waiting, people who left.
func (d *Desk) sweepHeld(ctx context.Context) error {
	var errs []error
	for _, o := range overdues() {
		errs = append(errs, d.sweepOverdue(ctx, o))
	}
	return errors.Join(errs...)
}

func (d *Desk) sweepOverdue(ctx context.Context, o overdue) error {
	before := d.now().Add(-o.after)
	rows, err := d.db.Query(ctx, `
		SELECT t.id, coalesce(s.name, '') FROM tickets t LEFT JOIN staff s ON s.id = t.claimed_by
		WHERE t.state = ANY ($1) AND t.conversation IS NOT NULL AND `+o.on("$2")+`
		ORDER BY t.id`, from(o.step), before)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", o.verb, err)
	}
	type held struct {
		Ticket int64
		Holder string
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[held])
	if err != nil {
		return fmt.Errorf("sweep %s: %w", o.verb, err)
	}
	for _, h := range found {
		m := move{event: event{step: o.step}, ticket: h.Ticket, guard: "t.conversation IS NOT NULL AND " + o.on("$6"), args: []any{before}}
		if o.step == stepLeft {
			m.say = closedWords(h.Ticket, h.Holder)
		}
		if _, err := d.step(ctx, o.verb, m, nil); err != nil && !stale(err) {
			return fmt.Errorf("%s %d: %w", o.verb, h.Ticket, err)
		}
	}
	return nil
}

// stale says that a ticket moved on between being found and being locked.
func stale(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, errState) || errors.Is(err, errNeed) || errors.Is(err, bot.ErrNotHolder)
}
