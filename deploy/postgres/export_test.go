package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// WithQuickLeads is WithLeads with beats that a test can wait for.
func WithQuickLeads(ctx context.Context, pool *pgxpool.Pool) context.Context {
	return context.WithValue(ctx, leadsKey{}, newLeads(pool, nil, leadTimes{
		ask: 50 * time.Millisecond, giveUp: time.Second, idle: 3 * time.Second, grace: 500 * time.Millisecond,
	}))
}
