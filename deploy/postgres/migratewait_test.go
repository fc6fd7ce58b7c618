package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/tern/v2/migrate"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// heard tells when a line with the words is logged.
type heard struct {
	words []byte
	tell  chan struct{}
}

func (h heard) Write(line []byte) (int, error) {
	if bytes.Contains(line, h.words) {
		select {
		case h.tell <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}

// A migration that stands behind a long reader lets the others pass, and runs when the reader has ended.
func TestMigrationStepsAside(t *testing.T) {
	t.Parallel()
	address := postgrestest.EmptyURL(t)
	migrator, err := migrate.NewMigrator(t.Context(), connect(t, address), "schema_version")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrator.LoadMigrations(os.DirFS("migrations")); err != nil {
		t.Fatal(err)
	}
	if err := migrator.MigrateTo(t.Context(), 43); err != nil { // the next one adds a column to problem_hearers
		t.Fatal(err)
	}
	reader, err := connect(t, address).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback(context.Background())
	if _, err := reader.Exec(t.Context(), `SELECT FROM problem_hearers`); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(t.Context(), address, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()

	quick := postgres.MigrateOptions{LockWait: 20 * time.Millisecond, Pause: 20 * time.Millisecond, Patience: 100 * time.Millisecond}
	var refused *pgconn.PgError
	if err := postgres.MigrateWith(t.Context(), pool, quick); !errors.As(err, &refused) || refused.Code != "55P03" {
		t.Fatalf("out of patience: %v", err)
	}

	stepped := heard{[]byte("others pass first"), make(chan struct{}, 1)}
	quick.Patience, quick.Log = time.Minute, slog.New(slog.NewTextHandler(stepped, nil))
	done := make(chan error, 1)
	go func() { done <- postgres.MigrateWith(t.Context(), pool, quick) }()
	<-stepped.tell
	if _, err := pool.Exec(t.Context(), `SELECT FROM problem_hearers`); err != nil {
		t.Fatalf("another reader: %v", err)
	}
	select {
	case err := <-done:
		t.Fatalf("migrated under a reader: %v", err)
	default:
	}
	if err := reader.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if current, err := postgres.SchemaCurrent(t.Context(), pool); err != nil || !current {
		t.Fatalf("current %v, %v", current, err)
	}
}

// An index that is built beside writers waits for all older snapshots. A replica that waits for its turn holds none.
func TestReplicasWaitWithoutASnapshot(t *testing.T) {
	t.Parallel()
	address := postgrestest.URL(t)
	builder := connect(t, address)
	exec(t, builder, `SELECT pg_advisory_lock(7202511250002)`)
	pool, err := postgres.Open(t.Context(), address, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	waits := heard{[]byte("another replica migrates"), make(chan struct{}, 1)}
	done := make(chan error, 1)
	go func() {
		done <- postgres.MigrateWith(t.Context(), pool, postgres.MigrateOptions{Log: slog.New(slog.NewTextHandler(waits, nil))})
	}()
	<-waits.tell
	exec(t, builder, `CREATE INDEX CONCURRENTLY ON contacts (created_at)`)
	exec(t, builder, `SELECT pg_advisory_unlock_all()`)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
