package statistics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres"
)

// refreshEvery is how old the figures of today may be.
const refreshEvery = time.Minute

// Run keeps the facts up to date and publishes the months that are over, until ctx ends. One replica does it at a time; a round is short
// transactions that change nothing when they are made again, so a crash costs no more than a minute.
// now is the clock by which answers are noted and deleted; nil is time.Now.
func Run(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger, now func() time.Time) error {
	if now == nil {
		now = time.Now
	}
	s := New(pool)
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		return fmt.Errorf("keep the figures: %w", err)
	}
	return postgres.LeadEvery(ctx, pool, "figures", refreshEvery, func(ctx context.Context) error {
		if err := s.Refresh(ctx, now()); err != nil {
			return err
		}
		return errors.Join(s.Prepare(ctx, now(), zone), s.Publish(ctx, now().In(zone)))
	}, func(err error) { log.Error("keep the figures", "error", err) })
}
