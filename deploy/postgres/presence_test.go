package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// exist runs a presence until stop is called; inherited gets what its heir was told.
func exist(t *testing.T, pool *pgxpool.Pool, grace time.Duration) (p *postgres.Presence, inherited chan []int32, stop func()) {
	t.Helper()
	p = postgres.NewQuickPresence(pool, grace)
	inherited = make(chan []int32, 100)
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() {
		p.Run(ctx, func(_ context.Context, recent []int32) error {
			inherited <- recent
			return nil
		})
	})
	stop = func() {
		cancel()
		ended.Wait()
	}
	t.Cleanup(stop)
	for p.Self() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	return p, inherited, stop
}

func TestWhoDiesIsInheritedFrom(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	other, _, die := exist(t, open(t, at), time.Hour)
	heir, inherited, _ := exist(t, open(t, at), 300*time.Millisecond)
	self := other.Self()
	die()
	for late, gone := time.After(time.Minute), false; !gone; {
		select {
		case recent := <-inherited:
			if !slices.Contains(recent, heir.Self()) {
				t.Fatalf("the heir doesn't know itself: %v", recent)
			}
			gone = !slices.Contains(recent, self)
		case <-late:
			t.Fatal("nobody inherits from who died")
		}
	}
	if other.Self() != 0 {
		t.Error("who isn't present takes rows under its number")
	}
}

// A connection that is lost is made anew long before its owner is taken for dead.
func TestWhoOnlyLosesTheConnectionComesBack(t *testing.T) {
	t.Parallel()
	pool := open(t, postgrestest.URL(t))
	_, inherited, _ := exist(t, pool, time.Hour)
	var before int32
	err := pool.QueryRow(t.Context(), `
		SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% presence' AND pg_terminate_backend(pid)`).Scan(&before)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, pool, fmt.Sprintf(`SELECT count(*) = 1 FROM (%s AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = %d)) AS l`, postgres.Living, before))
	if len(inherited) > 0 {
		t.Error("somebody was inherited from")
	}
}
