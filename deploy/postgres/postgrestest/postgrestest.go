// Package postgrestest gives each test a fresh, migrated PostgreSQL database.
//
// A template database is migrated once per set of migrations, whichever test process comes first, and cloned for each test.
// The server comes from ORIENTIR_TEST_DATABASE_URL, whose role may create databases; ./deploy/test starts one and sets it.
// It owns no tables; tests of every package call it.
package postgrestest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres"
)

const (
	variable = "ORIENTIR_TEST_DATABASE_URL"
	prefix   = "orientir_test_"
	// lockKey is the advisory lock under which one test process at a time makes a template.
	lockKey = 7_202_511_250_001
	// staleAfter is when a database that its test never dropped (killed, or a panic) is taken as nobody's.
	staleAfter = 2 * time.Hour
)

// New gives a pool on a fresh database with every migration applied. Both are gone when the test ends.
// Without a test server the test fails; it is never skipped.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(context.Background(), URL(t), postgres.Options{MaxConns: 8})
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL gives the address of a fresh database with every migration applied, for a test that opens it itself
// or hands it to another process.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, func(ctx context.Context, admin *pgx.Conn) (string, error) { return template(ctx, admin) })
}

// EmptyURL gives the address of a fresh database in which nothing is: for tests of opening and migrating.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, func(context.Context, *pgx.Conn) (string, error) { return "template1", nil })
}

// create clones the database that source names and drops the clone when the test ends.
func create(t testing.TB, source func(context.Context, *pgx.Conn) (string, error)) string {
	t.Helper()
	server := os.Getenv(variable)
	if server == "" {
		t.Fatalf("%s is not set: run the tests with ./deploy/test", variable)
	}
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	defer admin.Close(ctx)
	from, err := source(ctx, admin)
	if err != nil {
		t.Fatalf("prepare the template database: %v", err)
	}
	name := fmt.Sprintf("%s%d_%s", prefix, time.Now().Unix(), strings.ToLower(rand.Text()[:12]))
	if err := clone(ctx, admin, name, from); err != nil {
		t.Fatalf("create a test database: %v", err)
	}
	t.Cleanup(func() {
		admin, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Errorf("drop the test database: %v", err)
			return
		}
		defer admin.Close(ctx)
		if _, err := admin.Exec(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	at, err := database(server, name)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// template makes sure that the template of these migrations exists, and gives its name.
func template(ctx context.Context, admin *pgx.Conn) (string, error) {
	fingerprint, err := postgres.Fingerprint()
	if err != nil {
		return "", err
	}
	name := "orientir_template_" + fingerprint
	if ok, err := exists(ctx, admin, name); err != nil || ok {
		return name, err
	}
	// The lock belongs to the session, so a killed process frees it. What it left half made is dropped by the next.
	if _, err := admin.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockKey); err != nil {
		return "", err
	}
	defer admin.Exec(ctx, `SELECT pg_advisory_unlock($1)`, lockKey)
	if ok, err := exists(ctx, admin, name); err != nil || ok {
		return name, err
	}
	if err := dropStale(ctx, admin); err != nil {
		return "", err
	}
	making := name + "_making"
	if _, err := admin.Exec(ctx, `DROP DATABASE IF EXISTS `+making+` WITH (FORCE)`); err != nil {
		return "", err
	}
	if err := clone(ctx, admin, making, "template1"); err != nil {
		return "", err
	}
	if err := migrateAt(ctx, admin.Config().ConnString(), making); err != nil {
		return "", err
	}
	// Only a whole template ever bears the name.
	_, err = admin.Exec(ctx, `ALTER DATABASE `+making+` RENAME TO `+name)
	return name, err
}

func migrateAt(ctx context.Context, server, name string) error {
	at, err := database(server, name)
	if err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, at, postgres.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer pool.Close()
	return postgres.Migrate(ctx, pool)
}

// clone copies a database. A template is cloned by several tests at once, and PostgreSQL may see another clone's
// connection to it for a moment: it then says 55006, and a little later it works.
func clone(ctx context.Context, admin *pgx.Conn, name, from string) error {
	const inUse = "55006"
	for try := 0; ; try++ {
		// Copying files is cheaper than logging each page, which is for servers that must survive.
		_, err := admin.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE `+from+` STRATEGY FILE_COPY`)
		if err == nil || try == 50 || !strings.Contains(err.Error(), inUse) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func exists(ctx context.Context, admin *pgx.Conn, name string) (ok bool, err error) {
	err = admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&ok)
	return ok, err
}

// dropStale drops the databases of tests that ended without their clean-up; each name says when it was made.
func dropStale(ctx context.Context, admin *pgx.Conn) error {
	rows, err := admin.Query(ctx, `
		SELECT datname FROM pg_database
		WHERE datname ~ '^orientir_test_[0-9]+_' AND split_part(datname, '_', 3)::bigint < $1`, time.Now().Add(-staleAfter).Unix())
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := admin.Exec(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			return err
		}
	}
	return nil
}

// database gives the server's address with another database in it.
func database(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" {
		return "", fmt.Errorf("%s must be a URL, postgres://…", variable)
	}
	u.Path = "/" + name
	return u.String(), nil
}
