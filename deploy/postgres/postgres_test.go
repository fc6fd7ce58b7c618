package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgvector/pgvector-go"
	"golang.org/x/sync/errgroup"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

func TestOpenReadsVectors(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	var got pgvector.Vector
	err := pool.QueryRow(t.Context(), `SELECT $1::vector`, pgvector.NewVector([]float32{1, 2, 3})).Scan(&got)
	if err != nil || fmt.Sprint(got.Slice()) != "[1 2 3]" {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestConcurrentMigrationsRunOnce(t *testing.T) {
	t.Parallel()
	address := postgrestest.EmptyURL(t)
	var replicas errgroup.Group
	for range 8 {
		replicas.Go(func() error {
			pool, err := postgres.Open(t.Context(), address, postgres.Options{MaxConns: 2})
			if err != nil {
				return err
			}
			defer pool.Close()
			return postgres.Migrate(t.Context(), pool)
		})
	}
	if err := replicas.Wait(); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if current, err := postgres.SchemaCurrent(t.Context(), pool); err != nil || !current {
		t.Fatalf("current %v, %v", current, err)
	}
	var rows int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM schema_version`).Scan(&rows); err != nil || rows != 1 {
		t.Fatalf("%d version rows, %v", rows, err)
	}
}

func TestSchemaCurrent(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), postgrestest.EmptyURL(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	expect := func(when string, want bool) {
		t.Helper()
		if got, err := postgres.SchemaCurrent(t.Context(), pool); err != nil || got != want {
			t.Fatalf("%s: current %v, %v; want %v", when, got, err, want)
		}
	}
	expect("before migrating", false)
	if err := postgres.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	expect("after migrating", true)
	exec(t, pool, `UPDATE schema_version SET version = version - 1`)
	expect("with a migration pending", false)
	exec(t, pool, `UPDATE schema_version SET version = version + 2`)
	expect("after a newer program migrated", true)

	if err := postgres.Migrate(t.Context(), pool); err != nil {
		t.Fatalf("a newer schema that this program may still use: %v", err)
	}
	exec(t, pool, `UPDATE schema_floor SET oldest = (SELECT version FROM schema_version)`)
	var lack *postgres.LackError
	if err := postgres.Migrate(t.Context(), pool); !errors.As(err, &lack) {
		t.Fatalf("migrating a newer schema: %v", err)
	}
}

func TestOpenSaysWhatIsLacking(t *testing.T) {
	t.Parallel()
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		_, err := postgres.Open(t.Context(), "postgres://orientir:secret@127.0.0.1:1/x", postgres.Options{})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("not UTF-8", func(t *testing.T) {
		t.Parallel()
		address := postgrestest.EmptyURL(t)
		name := databaseOf(t, address) + "_ascii"
		admin := connect(t, address)
		if _, err := admin.Exec(t.Context(), `CREATE DATABASE `+name+` TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connect(t, address).Exec(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`) })
		expectLack(t, strings.Replace(address, databaseOf(t, address), name, 1), "UTF8")
	})
	t.Run("read only", func(t *testing.T) {
		t.Parallel()
		address := postgrestest.EmptyURL(t)
		alter(t, address, `ALTER DATABASE %s SET default_transaction_read_only = on`)
		expectLack(t, address, "only reads")
	})
	t.Run("no right to create tables", func(t *testing.T) {
		t.Parallel()
		address := postgrestest.EmptyURL(t)
		admin := connect(t, address)
		exec(t, admin, `CREATE EXTENSION vector`)
		expectLack(t, asGuest(t, admin, address), "no right to create tables in the schema \"public\"")
	})
	t.Run("no right to create the extension", func(t *testing.T) {
		t.Parallel()
		address := postgrestest.EmptyURL(t)
		admin := connect(t, address)
		guest := asGuest(t, admin, address)
		exec(t, admin, `GRANT CREATE ON SCHEMA public TO `+roleOf(t, guest))
		expectLack(t, guest, "CREATE EXTENSION vector")
	})
	t.Run("migrated by another role", func(t *testing.T) {
		t.Parallel()
		address := postgrestest.URL(t)
		admin := connect(t, address)
		guest := asGuest(t, admin, address)
		exec(t, admin, `GRANT SELECT ON schema_version TO `+roleOf(t, guest))
		pool, err := postgres.Open(t.Context(), guest, postgres.Options{})
		if err != nil {
			t.Fatalf("a role that only serves is enough once the schema is current: %v", err)
		}
		pool.Close()
	})
}

func expectLack(t *testing.T, address, what string) {
	t.Helper()
	pool, err := postgres.Open(t.Context(), address, postgres.Options{})
	if err == nil {
		pool.Close()
	}
	var lack *postgres.LackError
	if !errors.As(err, &lack) || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v, want a lack that names %q", err, what)
	}
}

// asGuest makes a role with no rights but to connect, and gives the address under it.
func asGuest(t *testing.T, admin *pgx.Conn, address string) string {
	t.Helper()
	role := databaseOf(t, address) + "_guest"
	exec(t, admin, `CREATE ROLE `+role+` LOGIN`)
	t.Cleanup(func() {
		admin := connect(t, address)
		admin.Exec(context.Background(), `DROP OWNED BY `+role)
		if _, err := admin.Exec(context.Background(), `DROP ROLE `+role); err != nil {
			t.Error(err)
		}
	})
	u, _ := url.Parse(address)
	u.User = url.User(role)
	return u.String()
}

func alter(t *testing.T, address, format string) {
	t.Helper()
	exec(t, connect(t, address), fmt.Sprintf(format, databaseOf(t, address)))
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func databaseOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

func roleOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.User.Username()
}

func exec(t *testing.T, db interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
}, sql string) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql); err != nil {
		t.Fatal(err)
	}
}
