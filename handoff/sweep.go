package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/handoff/staff"
)

// How long things may last.
const (
	// expiredAfter is how long a ticket waits for anybody at all; the bot has been there all the time.
	expiredAfter = 7 * 24 * time.Hour

	lookTime  = 10 * time.Second // of one look at the database
	sweepTime = time.Minute      // of a round that changes things; what it has no time for is the next one's
)

// Run keeps presence and the queue up to date until ctx ends. Several replicas may run it: each step is a guarded update.
func (d *Desk) Run(ctx context.Context) error {
	watch, presence := time.NewTicker(time.Second), time.NewTicker(5*time.Second)
	sweep, learn, clean := time.NewTicker(15*time.Second), time.NewTicker(pickupsLife), time.NewTicker(10*time.Minute)
	for _, t := range []*time.Ticker{watch, presence, sweep, learn, clean} {
		defer t.Stop()
	}
	if err := errors.Join(postgres.Within(ctx, lookTime, d.look), postgres.Within(ctx, sweepTime, d.learn)); err != nil && ctx.Err() == nil {
		d.log.Warn("presence and waits not read", "error", err)
	}
	var last int64
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-watch.C:
			err = postgres.Within(ctx, lookTime, func(ctx context.Context) error { return d.watch(ctx, &last) })
		case <-presence.C:
			err = postgres.Within(ctx, lookTime, d.look)
		case <-sweep.C:
			err = postgres.Round(ctx, "desk", func(ctx context.Context) error { return postgres.Within(ctx, sweepTime, d.Sweep) })
		case <-learn.C:
			err = postgres.Within(ctx, sweepTime, d.learn)
		case <-clean.C:
			err = postgres.Within(ctx, sweepTime, d.staff.Sweep)
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
	return errors.Join(d.sweepHeld(ctx), d.sweepUnserved(ctx), d.sweepUntaken(ctx), d.sweepOld(ctx), d.sweepContacts(ctx), d.count(ctx))
}

// sweepOld gives up tickets that nobody took for a week, and those whose conversation is gone.
func (d *Desk) sweepOld(ctx context.Context) error {
	rows, err := d.db.Query(ctx, `
		SELECT t.id AS ticket, coalesce(t.conversation, 0) AS conversation
		FROM tickets t
		WHERE t.state <> 'closed' AND (t.conversation IS NULL OR t.state = 'waiting' AND t.opened_at < $1)`, d.now().Add(-expiredAfter))
	if err != nil {
		return fmt.Errorf("sweep old tickets: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct{ Ticket, Conversation int64 }])
	if err != nil {
		return fmt.Errorf("sweep old tickets: %w", err)
	}
	for _, w := range found {
		end, verb := stepExpire, "ticket.expired"
		if w.Conversation == 0 {
			end, verb = stepWithdraw, "ticket.withdrawn"
		}
		change := staff.Act{Verb: verb, Subject: fmt.Sprintf("ticket:%d", w.Ticket)}
		err := d.staff.Door(ctx, change, func(tx pgx.Tx, _ *staff.Act) error {
			_, err := d.advance(ctx, tx, move{event: event{step: end}, ticket: w.Ticket})
			return err
		})
		if stale(err) { // claimed or closed meanwhile
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

// count tells the metrics how many tickets are open, and how old the oldest are. One that its person left for later is told apart: nobody sits and waits.
func (d *Desk) count(ctx context.Context) error {
	var waiting, claimed, longest, left, held float64
	err := d.db.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'claimed'),
			coalesce(extract(epoch FROM $1 - min(opened_at) FILTER (WHERE state = 'waiting' AND left_at IS NULL)), 0)::float8,
			coalesce(extract(epoch FROM $1 - min(opened_at) FILTER (WHERE state = 'waiting' AND left_at IS NOT NULL)), 0)::float8,
			coalesce(extract(epoch FROM $1 - min(claimed_at) FILTER (WHERE state = 'claimed')), 0)::float8
		FROM tickets WHERE state <> 'closed'`, d.now()).Scan(&waiting, &claimed, &longest, &left, &held)
	if err != nil {
		return fmt.Errorf("count open tickets: %w", err)
	}
	d.metrics.open.WithLabelValues("waiting").Set(waiting)
	d.metrics.open.WithLabelValues("claimed").Set(claimed)
	d.metrics.age.WithLabelValues("waiting").Set(max(0, longest))
	d.metrics.age.WithLabelValues("left").Set(max(0, left))
	d.metrics.age.WithLabelValues("claimed").Set(max(0, held))
	return nil
}
