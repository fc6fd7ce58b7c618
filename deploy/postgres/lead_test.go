package postgres_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

func TestLeadIsHeldByOneAndPassesOn(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	var leaders atomic.Int32
	leading := make(chan int)
	follow := func(ctx context.Context, replica int) <-chan error {
		ended := make(chan error, 1)
		go func() {
			ended <- postgres.Lead(ctx, pool, "test", func(ctx context.Context) error {
				if leaders.Add(1) > 1 {
					t.Error("two leaders at once")
				}
				defer leaders.Add(-1)
				leading <- replica
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		return ended
	}
	var stop [2]context.CancelFunc
	var ended [2]<-chan error
	for replica := range 2 {
		var ctx context.Context
		ctx, stop[replica] = context.WithCancel(t.Context())
		defer stop[replica]()
		ended[replica] = follow(ctx, replica)
	}

	first := <-leading
	stop[first]()
	if err := <-ended[first]; err != nil {
		t.Fatalf("a leader told to stop: %v", err)
	}
	second := 1 - first
	if got := <-leading; got != second {
		t.Fatalf("replica %d leads, want %d", got, second)
	}

	// The server cuts the leader's connection: it stops, and leads again.
	_, err := pool.Exec(t.Context(), `
		SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-leading:
	case <-time.After(30 * time.Second):
		t.Fatal("nobody leads after the connection was cut")
	}
	stop[second]()
	if err := <-ended[second]; err != nil {
		t.Fatal(err)
	}
}

func TestLeadReturnsWhatWorkReturns(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	broken := errors.New("broken")
	for _, want := range []error{nil, broken} {
		if got := postgres.Lead(t.Context(), pool, "test", func(context.Context) error { return want }); !errors.Is(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestLeadEveryGoesOnAfterARoundThatFailed(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	broken := errors.New("broken")
	rounds := 0
	var told []error
	err := postgres.LeadEvery(ctx, postgrestest.New(t), "test", time.Millisecond, func(context.Context) error {
		if rounds++; rounds == 1 {
			return broken
		}
		stop()
		return broken // the end of ctx is no failure to tell
	}, func(err error) { told = append(told, err) })
	if err != nil || rounds != 2 || len(told) != 1 || !errors.Is(told[0], broken) {
		t.Errorf("%v after %d rounds, told %v", err, rounds, told)
	}
}
