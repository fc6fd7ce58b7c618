package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// Two real servers, one following the other, that are spoken to with TLS: what a standby is good for while all is well, and after it has taken over.
func TestPrimaryAndStandby(t *testing.T) {
	t.Parallel()
	primary := postgrestest.StartServer(t)
	roots := primary.Encrypt()
	standby := primary.Standby()
	secure := "sslmode=verify-full&sslrootcert=" + roots
	both := strings.Replace(postgrestest.Address("postgres", standby, primary), "sslmode=disable", secure, 1) // the one that writes is not the first
	pool := open(t, both)
	if _, err := pool.Exec(t.Context(), `CREATE TABLE said (n bigint PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	if at := portOf(t, pool); at != primary.At {
		t.Fatalf("the pool writes to %s", at)
	}

	var encrypted bool
	if err := pool.QueryRow(t.Context(), `SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&encrypted); err != nil || !encrypted {
		t.Errorf("encrypted: %v, %v", encrypted, err)
	}
	strange, _, _ := postgrestest.Authority(t)
	for what, url := range map[string]string{
		"another's certificate":     strings.Replace(both, roots, strange, 1),
		"a certificate for another": strings.ReplaceAll(both, "127.0.0.1", "localhost"),
	} {
		if stranger, err := postgres.Open(t.Context(), url, postgres.Options{}); err == nil || !strings.Contains(err.Error(), "x509") {
			t.Errorf("%s is taken: %v, %v", what, stranger, err)
		}
	}

	searches, err := postgres.OpenStandby(t.Context(), pool, strings.Replace(postgrestest.Address("postgres", standby), "sslmode=disable", secure, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer searches.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- searches.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	usable := func(want bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			if _, ok := searches.Pool(time.Time{}); ok == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the standby is usable: %v", !want)
			}
		}
	}
	usable(true)
	if _, ok := searches.Pool(time.Now().Add(time.Hour)); ok {
		t.Error("the standby has what is written in an hour")
	}
	// It stands still, and is passed over as soon as it is older than it may be; then it catches up.
	standby.Exec(`SELECT pg_wal_replay_pause()`)
	before := time.Now()
	if _, err := pool.Exec(t.Context(), `INSERT INTO said VALUES (-1)`); err != nil {
		t.Fatal(err)
	}
	usable(false)
	if waited := time.Since(before); waited < postgres.Behind/2 {
		t.Errorf("passed over after %v", waited)
	}
	standby.Exec(`SELECT pg_wal_replay_resume()`)
	usable(true)
	reader, ok := searches.Pool(before)
	for deadline := time.Now().Add(time.Minute); !ok; reader, ok = searches.Pool(before) {
		if time.Sleep(50 * time.Millisecond); time.Now().After(deadline) {
			t.Fatal("the standby never has what was written before")
		}
	}
	var n int
	if err := reader.QueryRow(t.Context(), `SELECT count(*) FROM said`).Scan(&n); err != nil || n != 1 {
		t.Errorf("the standby has %d of 1: %v", n, err)
	}

	// A planned change: the primary writes no more, but lives; the standby takes over. Connections that are open must not stay.
	primary.Exec(`ALTER SYSTEM SET default_transaction_read_only = on`, `SELECT pg_reload_conf()`)
	standby.Promote()
	usable(false)
	wrote := 0
	for deadline := time.Now().Add(time.Minute); wrote < 20; {
		if _, err := pool.Exec(t.Context(), `INSERT INTO said VALUES ($1)`, wrote); err == nil {
			wrote++
		} else if time.Sleep(20 * time.Millisecond); time.Now().After(deadline) {
			t.Fatalf("no server is written to: %v", err)
		}
	}
	if at := portOf(t, pool); at != standby.At {
		t.Errorf("the pool writes to %s", at)
	}
}

func portOf(t *testing.T, db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) (at string) {
	t.Helper()
	if err := db.QueryRow(t.Context(), `SELECT host(inet_server_addr()) || ':' || inet_server_port()`).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at
}
