package retrieval

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// replaysAt is the address of the database on which this test binary does replays, as a process of its own, until it is killed.
const replaysAt = "ORIENTIR_TEST_REPLAYS_AT"

func TestMain(m *testing.M) {
	if url := os.Getenv(replaysAt); url != "" {
		fmt.Fprintln(os.Stderr, replayAlone(context.Background(), url))
		os.Exit(1) // it was to be killed
	}
	os.Exit(m.Run())
}

func replayAlone(ctx context.Context, url string) error {
	pool, err := postgres.Open(ctx, url, postgres.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	a := New(pool, knowledge.NewStore(pool), Options{})
	if err := a.Update(ctx); err != nil {
		return err
	}
	return NewReplays(pool, a, ReplayOptions{Every: 10 * time.Millisecond, batch: 9}).Run(ctx)
}

// A process that does a replay is killed by SIGKILL while it notes its third batch of answers; another process does the rest, and each
// question counts once.
func TestReplayOutlivesAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, _ := replayBase(t)
	d := cardDraft()
	r := NewReplays(a.pool, a, ReplayOptions{Every: 10 * time.Millisecond})
	start(t, r, d)
	want := runUntil(t, r, d.Slug)
	listed := everything(t, r, want.ID)

	// From the third batch on, noting waits for whoever holds this lock.
	if _, err := a.pool.Exec(ctx, `
		CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(9); RETURN NEW; END $$;
		CREATE TRIGGER held BEFORE UPDATE ON replays FOR EACH ROW WHEN (NEW.done > 18) EXECUTE FUNCTION held()`); err != nil {
		t.Fatal(err)
	}
	hold, err := a.pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Release()
	if _, err := hold.Exec(ctx, `SELECT pg_advisory_lock(9)`); err != nil {
		t.Fatal(err)
	}
	start(t, r, d)
	var said strings.Builder
	other := exec.CommandContext(ctx, os.Args[0])
	other.Env, other.Stderr = append(os.Environ(), replaysAt+"="+a.pool.Config().ConnString()), &said
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	within(t, time.Minute, "the other process waits in its third batch", func() (waits bool) {
		if err := a.pool.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 9
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		return waits
	})
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("the other process: %v\n%s", err, said.String())
	}
	if got, _, err := r.Of(ctx, d.Slug); err != nil || got.State != ReplayRuns || got.Done != 18 || got.Total != want.Total {
		t.Fatalf("when it was killed: %+v, %v", got, err)
	}
	if _, err := hold.Exec(ctx, `SELECT pg_advisory_unlock(9)`); err != nil {
		t.Fatal(err)
	}
	got := runUntil(t, r, d.Slug)
	if got.State != ReplayDone || got.Done != want.Total || !maps.Equal(got.Counts, want.Counts) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if again := everything(t, r, got.ID); fmt.Sprint(again) != fmt.Sprint(listed) {
		t.Errorf("listed\n%v\nwant\n%v", again, listed)
	}
}
