package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
)

// How long things may last.
const (
	// SilentAfter is how long a person may wait for a word of the holder before the ticket goes back to the queue.
	SilentAfter = 5 * time.Minute
	// leftAfter is how long a claimed conversation may lie still, the holder having had the last word.
	leftAfter = time.Hour
	// expiredAfter is how long a ticket waits for anybody at all; the bot has been there all the time.
	expiredAfter = 7 * 24 * time.Hour
)

// Run keeps presence and the queue up to date until ctx ends. Several replicas may run it: each step is a guarded update.
func (d *Desk) Run(ctx context.Context) error {
	watch, presence := time.NewTicker(time.Second), time.NewTicker(5*time.Second)
	sweep, clean := time.NewTicker(15*time.Second), time.NewTicker(10*time.Minute)
	for _, t := range []*time.Ticker{watch, presence, sweep, clean} {
		defer t.Stop()
	}
	if err := d.look(ctx); err != nil && ctx.Err() == nil {
		d.log.Warn("presence not read", "error", err)
	}
	var last int64
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-watch.C:
			err = d.watch(ctx, &last)
		case <-presence.C:
			err = d.look(ctx)
		case <-sweep.C:
			err = d.Sweep(ctx)
		case <-clean.C:
			err = d.staff.Sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			d.log.Error("desk sweep failed", "error", err)
		}
	}
}

// watch wakes the queues when tickets changed in somebody else's transaction, or a wake-up was lost.
func (d *Desk) watch(ctx context.Context, last *int64) error {
	var newest int64
	if err := d.db.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM ticket_events`).Scan(&newest); err != nil {
		return fmt.Errorf("watch tickets: %w", err)
	}
	if newest != *last {
		*last = newest
		d.redis.Publish(ctx, "queue", "")
	}
	return nil
}

// Sweep puts right what time has changed: silent holders, people who left, libraries that nobody serves any more.
func (d *Desk) Sweep(ctx context.Context) error {
	return errors.Join(d.sweepSilent(ctx), d.sweepLeft(ctx), d.sweepUnserved(ctx), d.sweepOld(ctx), d.sweepContacts(ctx), d.count(ctx))
}

// held is a ticket and who holds it.
type held struct {
	Ticket, Holder int64
}

// sweepSilent gives the tickets of holders who keep a person waiting back to the queue.
func (d *Desk) sweepSilent(ctx context.Context) error {
	return d.sweepHeld(ctx, `
		SELECT t.id AS ticket, t.claimed_by AS holder
		FROM tickets t
		WHERE t.state = 'claimed' AND t.active_at < now() - $1::interval AND (
			NOT EXISTS (SELECT FROM messages l WHERE l.conversation = t.conversation AND l.sender = 'librarian' AND l.created_at >= t.claimed_at)
			OR EXISTS (
				SELECT FROM messages m
				WHERE m.conversation = t.conversation AND m.sender = 'person' AND m.kind IN ('text', 'command', 'edited')
				  AND m.created_at < now() - $1::interval
				  AND m.id > (SELECT max(l.id) FROM messages l WHERE l.conversation = t.conversation AND l.sender = 'librarian')))`,
		SilentAfter, "ticket.silent", ending{
			sql: `
				UPDATE tickets SET state = 'waiting', claimed_by = NULL, claimed_at = NULL, active_at = NULL
				WHERE id = $1 AND state = 'claimed' AND claimed_by = $2 AND active_at < now() - $3::interval
				RETURNING conversation`, args: []any{SilentAfter},
			kind: "gone", notice: "console.notice_gone",
		})
}

// sweepLeft closes conversations in which nobody has said anything for long, the holder last.
func (d *Desk) sweepLeft(ctx context.Context) error {
	return d.sweepHeld(ctx, `
		SELECT t.id AS ticket, t.claimed_by AS holder
		FROM tickets t
		WHERE t.state = 'claimed' AND t.active_at < now() - $1::interval
		  AND NOT EXISTS (SELECT FROM messages m WHERE m.conversation = t.conversation AND m.created_at > now() - $1::interval)`,
		leftAfter, "ticket.left", ending{
			sql: `
				UPDATE tickets SET state = 'closed', closed_at = now(), outcome = 'left', summary = ''
				WHERE id = $1 AND state = 'claimed' AND claimed_by = $2 AND active_at < now() - $3::interval
				RETURNING conversation`, args: []any{leftAfter},
			kind: "closed", detail: string(Left), notice: "console.notice_closed",
		})
}

func (d *Desk) sweepHeld(ctx context.Context, find string, after time.Duration, verb string, e ending) error {
	rows, err := d.db.Query(ctx, find, after)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", verb, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[held])
	if err != nil {
		return fmt.Errorf("sweep %s: %w", verb, err)
	}
	for _, h := range found {
		change := staff.Act{Verb: verb, Subject: fmt.Sprintf("ticket:%d", h.Ticket)}
		err := d.end(ctx, change, h.Ticket, h.Holder, e)
		if err != nil && !errors.Is(err, ErrNotYours) { // the holder came back, or another replica was quicker
			return err
		}
	}
	return nil
}

// waiting is a ticket that may have to go elsewhere.
type waiting struct {
	Ticket, Conversation int64
	HelpPoint            string
	Wish                 string
	Place                string
	Language             string
}

// sweepUnserved routes anew the tickets that wait where nobody serves any more, and gives up where nobody serves at all.
func (d *Desk) sweepUnserved(ctx context.Context) error {
	rows, err := d.db.Query(ctx, `
		SELECT t.id AS ticket, t.conversation, coalesce(t.help_point, '') AS help_point, t.wish, t.place, t.language
		FROM tickets t
		WHERE t.state = 'waiting' AND t.conversation IS NOT NULL AND NOT EXISTS (
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
		if err := d.reroute(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) reroute(ctx context.Context, w waiting) error {
	change := staff.Act{Verb: "ticket.reroute", Subject: fmt.Sprintf("ticket:%d", w.Ticket)}
	err := d.staff.Door(ctx, change, func(tx pgx.Tx, change *staff.Act) error {
		s, from, err := d.situation(ctx, tx, w.Place)
		if err != nil {
			return err
		}
		wish := bot.Wish{Conversation: w.Conversation, Place: w.Place, Pool: w.Wish == "pool"}
		to, ok := choose(wish, from, s)
		if !ok {
			change.Detail = map[string]any{"outcome": "unstaffed"}
			return d.giveUp(ctx, tx, w.Ticket, "unstaffed", "console.notice_unstaffed")
		}
		change.Detail = map[string]any{"from": w.HelpPoint, "to": to.helpPoint}
		tag, err := tx.Exec(ctx, `
			UPDATE tickets SET help_point = NULLIF($2, ''), why = $3
			WHERE id = $1 AND state = 'waiting' AND coalesce(help_point, '') = $4`, w.Ticket, to.helpPoint, to.why, w.HelpPoint)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return note(ctx, tx, w.Ticket, "rerouted", 0, to.helpPoint)
	})
	if errors.Is(err, ErrNotFound) { // claimed, closed or routed meanwhile
		return nil
	}
	if err != nil {
		return fmt.Errorf("reroute ticket %d: %w", w.Ticket, err)
	}
	d.metrics.steps.WithLabelValues("rerouted").Inc()
	d.changed(ctx, w.Conversation)
	return nil
}

// sweepOld gives up tickets that nobody took for a week, and those whose conversation is gone.
func (d *Desk) sweepOld(ctx context.Context) error {
	rows, err := d.db.Query(ctx, `
		SELECT t.id AS ticket, coalesce(t.conversation, 0) AS conversation, '' AS help_point, '' AS wish, '' AS place, '' AS language
		FROM tickets t
		WHERE t.state <> 'closed' AND (t.conversation IS NULL OR t.state = 'waiting' AND t.opened_at < now() - $1::interval)`, expiredAfter)
	if err != nil {
		return fmt.Errorf("sweep old tickets: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[waiting])
	if err != nil {
		return fmt.Errorf("sweep old tickets: %w", err)
	}
	for _, w := range found {
		outcome, notice := "expired", "console.notice_expired"
		if w.Conversation == 0 {
			outcome, notice = "withdrawn", ""
		}
		change := staff.Act{Verb: "ticket." + outcome, Subject: fmt.Sprintf("ticket:%d", w.Ticket)}
		err := d.staff.Door(ctx, change, func(tx pgx.Tx, _ *staff.Act) error {
			return d.giveUp(ctx, tx, w.Ticket, outcome, notice)
		})
		if errors.Is(err, ErrNotFound) { // claimed or closed meanwhile
			continue
		}
		if err != nil {
			return fmt.Errorf("give ticket %d up: %w", w.Ticket, err)
		}
		d.metrics.steps.WithLabelValues("closed").Inc()
		d.changed(ctx, w.Conversation)
	}
	return nil
}

// giveUp closes a ticket that nobody holds; with a notice, the person is told.
func (d *Desk) giveUp(ctx context.Context, tx pgx.Tx, ticket int64, outcome, notice string) error {
	if err := lockConversation(ctx, tx, ticket); err != nil {
		return err
	}
	var conversation *int64
	err := tx.QueryRow(ctx, `
		UPDATE tickets SET state = 'closed', closed_at = now(), outcome = $2, summary = ''
		WHERE id = $1 AND (state = 'waiting' OR state = 'claimed' AND conversation IS NULL)
		RETURNING conversation`, ticket, outcome).Scan(&conversation)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	if err := note(ctx, tx, ticket, "closed", 0, outcome); err != nil {
		return err
	}
	if notice == "" || conversation == nil {
		return nil
	}
	_, err = d.conversations.Notice(ctx, tx, *conversation, notice)
	return err
}

// count tells the metrics how many tickets are open.
func (d *Desk) count(ctx context.Context) error {
	var waiting, claimed float64
	err := d.db.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'claimed')
		FROM tickets WHERE state <> 'closed'`).Scan(&waiting, &claimed)
	if err != nil {
		return fmt.Errorf("count open tickets: %w", err)
	}
	d.metrics.open.WithLabelValues("waiting").Set(waiting)
	d.metrics.open.WithLabelValues("claimed").Set(claimed)
	return nil
}
