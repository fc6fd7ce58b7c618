package handoff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
)

// How long a ticket stays where it is before the next ring sees it.
const (
	absentAfter  = time.Minute     // nobody there has the desk open
	untakenAfter = 4 * time.Minute // somebody has, and doesn't take it
	leftLonger   = 12 * time.Hour  // the person left the question: their own library has until the next day
)

// waiting is a ticket that may have to go elsewhere.
type waiting struct {
	Ticket, Conversation int64
	HelpPoint            string
	Wish                 string // help point that the person chose, «pool», or ""
	Place                string
	Language             string
	Tried                []string
	Left                 bool
	Since                time.Time // when it came here, or when anything happened to it last
}

const waitingColumns = `
	t.id AS ticket, t.conversation, coalesce(t.help_point, '') AS help_point, t.wish, t.place, coalesce(k.language, t.language) AS language,
	t.tried, t.left_at IS NOT NULL AS left,
	greatest(t.routed_at, (SELECT max(e.at) FROM ticket_events e WHERE e.ticket = t.id)) AS since`

const waitingTables = `tickets t JOIN conversations c ON c.id = t.conversation JOIN contacts k ON k.id = c.contact`

// sweepUnserved routes anew the tickets that wait where nobody serves any more, and gives up where nobody serves at all.
func (d *Desk) sweepUnserved(ctx context.Context) error {
	rows, err := d.db.Query(ctx, `
		SELECT `+waitingColumns+`
		FROM `+waitingTables+`
		WHERE t.state = 'waiting' AND NOT EXISTS (
			SELECT FROM staff s LEFT JOIN staff_libraries l ON l.staff = s.id
			WHERE s.active AND s.password_hash IS NOT NULL AND 'librarian' = ANY (s.roles)
			  AND l.help_point IS NOT DISTINCT FROM t.help_point)
		ORDER BY t.id`)
	if err != nil {
		return fmt.Errorf("sweep unserved tickets: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[waiting])
	if err != nil {
		return fmt.Errorf("sweep unserved tickets: %w", err)
	}
	for _, w := range found {
		s, from, err := d.situation(ctx, d.db, w.Place)
		if err != nil {
			return err
		}
		wish := bot.Wish{Conversation: w.Conversation, Place: w.Place, Pool: w.Wish == "pool"}
		if r, ok := choose(wish, from, s); ok {
			err = d.reroute(ctx, w, r)
		} else {
			err = d.giveUp(ctx, w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepAbsent lets the next ring see tickets that nobody takes where they are: there must be somebody who could, and it was not there before.
// So each queue sees a ticket at most once, and none goes in circles. What the person chose stays where they chose.
func (d *Desk) sweepAbsent(ctx context.Context) error {
	rows, err := d.db.Query(ctx, `
		SELECT `+waitingColumns+`
		FROM `+waitingTables+`
		WHERE t.state = 'waiting' AND t.wish = '' AND t.routed_at <= $1
		ORDER BY t.id`, d.now().Add(-absentAfter))
	if err != nil {
		return fmt.Errorf("sweep tickets where nobody is: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[waiting])
	if err != nil || len(found) == 0 {
		return wrap("sweep tickets where nobody is", err)
	}
	s, _, err := d.situation(ctx, d.db, "")
	if err != nil {
		return err
	}
	for _, w := range found {
		at, ok := s.at(w.HelpPoint)
		if !ok || !w.overdue(at, d.now()) {
			continue
		}
		from, err := place(ctx, d.db, w.Place)
		if err != nil {
			return err
		}
		r, ok := pick(from, s, append(w.Tried, w.HelpPoint))
		if !ok || r.to.room != roomFree {
			continue
		}
		r.why = instead(at)
		if err := d.reroute(ctx, w, r); err != nil {
			return err
		}
		if s, _, err = d.situation(ctx, d.db, ""); err != nil { // there is less room now
			return err
		}
	}
	return nil
}

// overdue says whether a ticket has stayed long enough at a queue for the next ring to see it.
func (w waiting) overdue(at queue, now time.Time) bool {
	after := untakenAfter
	switch {
	case w.Left:
		after = leftLonger
	case at.room == roomNone:
		after = absentAfter
	}
	return now.Sub(w.Since) >= after
}

// at gives the queue of a library, or the pool; false where nobody serves it any more.
func (s staffing) at(helpPoint string) (queue, bool) {
	if helpPoint == "" {
		return s.pool, s.pool.served
	}
	for _, q := range s.libraries {
		if q.id() == helpPoint {
			return q, true
		}
	}
	return queue{}, false
}

// reroute takes a ticket to another queue, where it keeps its age. The person is told once in a ticket's life, and not where they will hear
// in a moment that nobody has taken it, and where it is.
func (d *Desk) reroute(ctx context.Context, w waiting, r route) error {
	change := staff.Act{Verb: "ticket.reroute", Subject: fmt.Sprintf("ticket:%d", w.Ticket), Detail: map[string]any{"from": w.HelpPoint, "to": r.to.id(), "why": r.why.Key}}
	err := d.staff.Door(ctx, change, func(tx pgx.Tx, _ *staff.Act) error {
		_, err := d.advance(ctx, tx, move{event: event{step: stepReroute}, ticket: w.Ticket, route: &r, wish: w.Wish, detail: r.to.id(),
			guard: "coalesce(t.help_point, '') = $6", args: []any{w.HelpPoint}})
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE tickets SET moved_told_at = $2
			WHERE id = $1 AND moved_told_at IS NULL AND (offered_at IS NOT NULL OR left_at IS NOT NULL)`, w.Ticket, d.now())
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = d.conversations.NoticeBody(ctx, tx, w.Conversation, func(language string) bot.Body {
			return bot.Moved(bot.Offer{Name: queueName(r.to, language), Present: r.to.room != roomNone}, bot.Waiter{Language: language})
		})
		return err
	})
	if stale(err) { // claimed, closed or routed meanwhile
		return nil
	}
	if err != nil {
		return fmt.Errorf("reroute ticket %d: %w", w.Ticket, err)
	}
	d.metrics.steps.WithLabelValues("rerouted").Inc()
	d.changed(ctx, w.Conversation)
	return nil
}

// giveUp closes a ticket that nobody on the staff could take.
func (d *Desk) giveUp(ctx context.Context, w waiting) error {
	change := staff.Act{Verb: "ticket.reroute", Subject: fmt.Sprintf("ticket:%d", w.Ticket), Detail: map[string]any{"outcome": "unstaffed"}}
	err := d.staff.Door(ctx, change, func(tx pgx.Tx, _ *staff.Act) error {
		_, err := d.advance(ctx, tx, move{event: event{step: stepUnstaffed}, ticket: w.Ticket})
		return err
	})
	if stale(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("give ticket %d up: %w", w.Ticket, err)
	}
	d.metrics.steps.WithLabelValues("closed").Inc()
	d.changed(ctx, w.Conversation)
	return nil
}

func wrap(act string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", act, err)
}
