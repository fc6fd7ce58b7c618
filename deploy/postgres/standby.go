package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	standbyAsk  = time.Second     // how often a standby is asked how far it is
	standbyWait = 2 * time.Second // for its answer
	// Behind is how old what a standby tells may be.
	Behind = 5 * time.Second
)

// Standby is a server that follows the primary and only reads: it takes searches off the primary. What it tells may be a little old, and
// is never older than Behind: Run compares how far it has come with where the primary was, by the positions in the primary's own log
// and this process's own clock, so no clock of another machine matters. One that is away or too far behind is passed over.
type Standby struct {
	primary, pool *pgxpool.Pool
	log           *slog.Logger

	mu   sync.Mutex
	past []position // of the primary, the oldest first; none older than the newest one that the standby has passed
	asOf time.Time  // the standby has all that the primary had then; zero: not known
	told bool       // that it is in use
}

// position is where the primary's log was written to at a moment, or a little later.
type position struct {
	at  time.Time
	lsn int64
}

// OpenStandby makes the pool of a standby at url. It may be away: Run finds it when it comes.
func OpenStandby(ctx context.Context, primary *pgxpool.Pool, url string, log *slog.Logger) (*Standby, error) {
	config, err := configure(url, Options{})
	if err != nil {
		return nil, err
	}
	config.ConnConfig.ValidateConnect, config.PrepareConn = nil, nil // any server will do, and measure says whether it does
	config.ConnConfig.ConnectTimeout = standbyWait
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the pool of the standby: %w", err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Standby{primary: primary, pool: pool, log: log}, nil
}

// Close gives the connections back.
func (s *Standby) Close() { s.pool.Close() }

// Pool gives the standby's connections where it has all that the primary had at since, and at most Behind ago; else false.
func (s *Standby) Pool(since time.Time) (*pgxpool.Pool, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pool, !s.asOf.IsZero() && time.Since(s.asOf) <= Behind && !s.asOf.Before(since)
}

// Failed says that a query on the standby failed: it is passed over until it answers Run again.
func (s *Standby) Failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asOf = time.Time{}
}

// Run measures until ctx ends. Without it the standby is never used.
func (s *Standby) Run(ctx context.Context) error {
	tick := time.NewTicker(standbyAsk)
	defer tick.Stop()
	for {
		err := s.measure(ctx)
		if ctx.Err() != nil {
			return nil
		}
		_, fresh := s.Pool(time.Time{})
		switch {
		case fresh && !s.told:
			s.log.Info("searches go to the standby")
		case !fresh && s.told:
			s.log.Warn("searches go to the primary: the standby is away or too far behind", "err", err)
		}
		s.told = fresh
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// measure notes where the primary is, and finds out which of the positions noted the standby has passed.
func (s *Standby) measure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, standbyWait)
	defer cancel()
	here := position{at: time.Now()} // before the question: the position may be a little later, never earlier
	if err := s.primary.QueryRow(ctx, `SELECT (pg_current_wal_lsn() - '0/0')::bigint`).Scan(&here.lsn); err != nil {
		return fmt.Errorf("ask the primary for its position: %w", err)
	}
	var passed *int64
	if err := s.pool.QueryRow(ctx, `
		SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END`).Scan(&passed); err != nil {
		s.Failed()
		return fmt.Errorf("ask the standby for its position: %w", err)
	}
	if passed == nil {
		s.Failed()
		return errors.New("the standby follows nobody")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past = append(s.past, here)
	for len(s.past) > 0 && s.past[0].lsn <= *passed {
		s.asOf = s.past[0].at
		s.past = s.past[1:]
	}
	if most := int(2 * Behind / standbyAsk); len(s.past) > most { // far behind: in between nothing is lost but precision
		s.past = append(s.past[:0], s.past[len(s.past)-most:]...)
	}
	return nil
}
