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

// NewQuickPresence is NewPresence with beats that a test can wait for.
func NewQuickPresence(pool *pgxpool.Pool, grace, settle time.Duration) *Presence {
	p := NewPresence(pool, nil)
	p.times = presenceTimes{ask: 50 * time.Millisecond, giveUp: 5 * time.Second, again: 20 * time.Millisecond, grace: grace, anew: time.Hour, settle: settle, idle: time.Minute}
	return p
}

// GiveUp sets how long the presence waits for an answer, of each address.
func (p *Presence) GiveUp(d time.Duration) { p.times.giveUp = d }

// Anew sets how often it is looked again for what somebody left whom nobody saw.
func (p *Presence) Anew(d time.Duration) { p.times.anew = d }
