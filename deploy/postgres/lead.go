package postgres

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

var errLeadLost = errors.New("the connection that held the lead is gone")

// leadsKey finds the leads that a context's jobs share.
type leadsKey struct{}

// WithLeads lets all that calls Lead under the context that it gives hold its locks on one connection to pool's server, instead of one each.
// The jobs stay apart: a slow one holds nobody up. Losing the connection loses all leads of this replica at once, and each job starts again
// in its turn; log is told (nil: nobody is).
func WithLeads(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) context.Context {
	return context.WithValue(ctx, leadsKey{}, newLeads(pool, log, usualLeadTimes))
}

// Lead runs work on one replica at a time: whoever holds the advisory lock called name. The lock is held on the connection that the jobs
// of ctx share (WithLeads), or on one of its own. The others wait, and one takes over at once when the leader ends, and within a few seconds
// when it dies. Work's context ends when ctx does or when the lead is lost; after a loss Lead waits for its turn again.
// It returns what work returns by itself, or nil once ctx ends.
//
// A leader cut off from the server hears that it leads no more three seconds before the server lets another one lead; one whose connection the
// server ends hears it at once, and its successor begins a second later. Work that takes longer to stop must bear a successor beside it.
// A connection pooler in transaction mode can't hold such a lock; give the server itself.
func Lead(ctx context.Context, pool *pgxpool.Pool, name string, work func(context.Context) error) error {
	shared, ok := ctx.Value(leadsKey{}).(*leads)
	if !ok || shared.pool != pool {
		shared = newLeads(pool, nil, usualLeadTimes)
	}
	for after := false; ctx.Err() == nil; after = true {
		err := shared.lead(ctx, name, after, work)
		if ctx.Err() == nil && !errors.Is(err, errLeadLost) {
			return err
		}
	}
	return nil
}

// LeadEvery runs a round of work at once and then at every tick, on one replica at a time, until ctx ends; see Lead. A round that fails is
// told to failed, and the next one comes all the same.
func LeadEvery(ctx context.Context, pool *pgxpool.Pool, name string, every time.Duration, round func(context.Context) error, failed func(error)) error {
	return Lead(ctx, pool, name, func(ctx context.Context) error {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			if err := Round(ctx, name, round); err != nil && ctx.Err() == nil {
				failed(err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
}

// lead waits for one lead and works under it. after says that the work went on elsewhere, or here, a moment ago. It returns errLeadLost
// where the lead was lost.
func (l *leads) lead(ctx context.Context, name string, after bool, work func(context.Context) error) error {
	jobsOf(ctx).Leads(name, false) // it is known from the beginning, also where another replica has the lead
	m := l.join(name, after)
	defer l.leave(m)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-m.held:
	}
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(m.lost, func() { stop(errLeadLost) })() // changes nothing where work has just ended
	if m.grace && !sleep(working, l.times.grace) {
		return context.Cause(working)
	}
	jobsOf(ctx).Leads(name, true)
	err := work(working)
	jobsOf(ctx).Leads(name, false)
	if errors.Is(context.Cause(working), errLeadLost) {
		return errLeadLost
	}
	return err
}

// sleep waits, and reports whether it was for the whole time.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
