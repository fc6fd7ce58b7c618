package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// exist runs a presence until stop is called; inherited gets what its heir was told.
func exist(t *testing.T, pool *pgxpool.Pool, grace, settle time.Duration) (p *postgres.Presence, inherited chan []int32, stop func()) {
	t.Helper()
	p = postgres.NewQuickPresence(pool, grace, settle)
	inherited = make(chan []int32, 100)
	stop = show(t, p, func(_ context.Context, recent []int32) error {
		inherited <- recent
		return nil
	})
	return p, inherited, stop
}

// show runs a presence until stop is called, and waits until it is seen.
func show(t *testing.T, p *postgres.Presence, heirs ...postgres.Heir) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { p.Run(ctx, heirs...) })
	stop = func() {
		cancel()
		ended.Wait()
	}
	t.Cleanup(stop)
	for began := time.Now(); p.Self() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatal("it is not present")
		}
	}
	return stop
}

func TestWhoDiesIsInheritedFrom(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	other, _, die := exist(t, open(t, at), time.Hour, time.Hour)
	heir, inherited, _ := exist(t, open(t, at), 300*time.Millisecond, 300*time.Millisecond)
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

// Another server took the old one's place, and the two come to it one after the other: the one who is late wasn't seen there, and lives.
func TestWhoIsLateAtANewServerIsNotTakenForDead(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	const grace = 50 * time.Millisecond
	_, inherited, _ := exist(t, open(t, at), grace, time.Hour)
	time.Sleep(6 * grace) // for which it is late
	exist(t, open(t, at), grace, time.Hour)
	if len(inherited) > 0 {
		t.Error("who was late is inherited from")
	}
}

// All of a program's processes died, and one starts: somebody has waited at this server for whoever lives, so it needs no long wait of its own.
func TestWhoStartsAtAServerThatAllKnowWaitsForTheGraceAlone(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	pool := open(t, at)
	_, first, die := exist(t, pool, 50*time.Millisecond, 200*time.Millisecond)
	<-first
	waitFor(t, pool, `SELECT run <> '' FROM presence_server`)
	die()
	_, inherited, _ := exist(t, pool, 100*time.Millisecond, time.Hour)
	select {
	case <-inherited:
	case <-time.After(time.Minute):
		t.Error("it waits for those who came long ago")
	}
}

// Somebody came and died between two looks: nobody has seen them, and what they left is found all the same.
func TestWhoWasNeverSeenIsInheritedFrom(t *testing.T) {
	t.Parallel()
	p := postgres.NewQuickPresence(open(t, postgrestest.URL(t)), time.Millisecond, time.Millisecond)
	p.Anew(100 * time.Millisecond)
	looks := make(chan struct{}, 100)
	show(t, p, func(context.Context, []int32) error {
		looks <- struct{}{}
		return nil
	})
	for range 3 {
		select {
		case <-looks:
		case <-time.After(time.Minute):
			t.Fatal("nobody looks again")
		}
	}
}

// A connection that is lost is made anew under the same number, long before its owner is taken for dead.
func TestWhoOnlyLosesTheConnectionComesBack(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	pool := open(t, at)
	p, _, _ := exist(t, pool, time.Hour, time.Hour)
	self := p.Self()
	var looks, without atomic.Int32
	show(t, postgres.NewQuickPresence(open(t, at), 5*time.Second, time.Millisecond), func(_ context.Context, recent []int32) error {
		looks.Add(1)
		if !slices.Contains(recent, self) {
			without.Add(1)
		}
		return errors.New("not done yet") // so that it is asked again at each beat
	})
	for range 5 {
		var before int32
		if err := pool.QueryRow(t.Context(), `
			SELECT pid FROM pg_locks
			WHERE locktype = 'advisory' AND granted AND objid::bigint = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
			self).Scan(&before); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, before); err != nil {
			t.Fatal(err)
		}
		waitFor(t, pool, fmt.Sprintf(`SELECT count(*) = 1 FROM (%s AND objid::bigint = %d AND pid <> %d) AS l`, postgres.Living, self, before))
	}
	for seen := looks.Load(); looks.Load() < seen+2; {
		time.Sleep(10 * time.Millisecond)
	}
	if n := without.Load(); n > 0 {
		t.Errorf("who only lost the connection is taken for dead %d times in %d", n, looks.Load())
	}
}

// Addresses that take a connection and then say nothing stand before the server's, and together keep silent for longer than one answer is waited for.
func TestPresencePassesSilentAddresses(t *testing.T) {
	t.Parallel()
	config, err := pgxpool.ParseConfig(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	server := pgconn.FallbackConfig{Host: config.ConnConfig.Host, Port: config.ConnConfig.Port, TLSConfig: config.ConnConfig.TLSConfig}
	silent := func() (string, uint16) {
		l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts: the kernel does
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return "127.0.0.1", uint16(l.Addr().(*net.TCPAddr).Port)
	}
	config.ConnConfig.Host, config.ConnConfig.Port = silent()
	second := &pgconn.FallbackConfig{}
	second.Host, second.Port = silent()
	config.ConnConfig.Fallbacks = []*pgconn.FallbackConfig{second, &server}
	config.ConnConfig.ConnectTimeout = 10 * time.Second // of one address, where only one is named
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	p := postgres.NewQuickPresence(pool, time.Hour, time.Hour)
	p.GiveUp(time.Second)
	show(t, p)
}
