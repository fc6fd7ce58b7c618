package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	leadRetry = 2 * time.Second // how often a follower asks whether the lead is free
	leadCheck = 5 * time.Second // how often the leader asks whether its connection still lives, and how long it waits for the answer
)

var errLeadLost = errors.New("the connection that held the lead is gone")

// Lead runs work on one replica at a time: whoever holds the advisory lock called name, on a connection of its own.
// The others wait, and one takes over within seconds when the leader ends or dies. Work's context ends when ctx does or
// when the lead is lost; after a loss Lead waits for its turn again. It returns what work returns by itself, or nil once ctx ends.
//
// A leader cut off from the server may work on for up to ten seconds beside its successor: work must bear that.
// A connection pooler in transaction mode can't hold such a lock; give the server itself.
func Lead(ctx context.Context, pool *pgxpool.Pool, name string, work func(context.Context) error) error {
	for {
		err := leadOnce(ctx, pool.Config().ConnConfig, name, work)
		switch {
		case ctx.Err() != nil:
			return nil
		case !errors.Is(err, errLeadLost):
			return err
		}
		if !sleep(ctx, leadRetry) {
			return nil
		}
	}
}

// LeadEvery runs a round of work at once and then at every tick, on one replica at a time, until ctx ends; see Lead. A round that fails is
// told to failed, and the next one comes all the same.
func LeadEvery(ctx context.Context, pool *pgxpool.Pool, name string, every time.Duration, round func(context.Context) error, failed func(error)) error {
	return Lead(ctx, pool, name, func(ctx context.Context) error {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			if err := round(ctx); err != nil && ctx.Err() == nil {
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

// leadOnce waits for the lead and works under it. It returns errLeadLost wherever another try may help.
func leadOnce(ctx context.Context, config *pgx.ConnConfig, name string, work func(context.Context) error) error {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return fmt.Errorf("%w: %w", errLeadLost, err)
	}
	// Closing the connection frees the lock, whatever state ctx is in.
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), leadCheck)
		defer cancel()
		conn.Close(closing)
	}()
	for {
		var held bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('lead ' || $1, 0))`, name).Scan(&held); err != nil {
			return fmt.Errorf("%w: %w", errLeadLost, err)
		}
		if held {
			break
		}
		if !sleep(ctx, leadRetry) {
			return ctx.Err()
		}
	}

	working, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for sleep(working, leadCheck) {
			checking, done := context.WithTimeout(working, leadCheck)
			err := conn.Ping(checking)
			done()
			if err != nil {
				cancel(errLeadLost) // changes nothing where work has just ended
			}
		}
	}()
	err = work(working)
	lost := context.Cause(working) == errLeadLost
	cancel(nil)
	<-watched // the connection is closed only when nobody uses it
	if lost {
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
