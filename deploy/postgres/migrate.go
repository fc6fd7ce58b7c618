package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
)

// Migrations are numbered without a gap, go up only, hold one thought each and are never edited after they are merged; migrations/README.md
// says how they change tables that people use meanwhile. tern reads them as Go templates: write '{{' nowhere.
//
//go:embed migrations/*.sql
var files embed.FS

// versionTable has a single row, the number of the last migration. This package owns it and schema_floor.
// It is unqualified so that it stands where the role's search_path puts everything else.
const versionTable = "schema_version"

// turnKey is the advisory lock under which one program at a time migrates a database.
const turnKey = 7_202_511_250_002

// withoutTransaction is the line by which tern runs a migration's statements one by one, each for itself.
const withoutTransaction = "---- tern: disable-tx ----"

// MigrateOptions say how a migration behaves among people who use the tables; the zero value works.
type MigrateOptions struct {
	LockWait time.Duration // how long it may stand in line for a table: who comes after it waits behind it; default 2 s
	Pause    time.Duration // for which it then lets the others pass; default 5 s
	Patience time.Duration // after which a migration that never got its table is an error; default 10 min
	Log      *slog.Logger  // default: nothing is told
}

// Migrate brings the database up to date; see MigrateWith.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return MigrateWith(ctx, pool, MigrateOptions{})
}

// MigrateWith brings the database up to date while others use it. From several replicas at once, one works, the others wait and find
// nothing to do. Each migration runs in its own transaction and never stands in line for a table for longer than LockWait: behind a long
// reader it would hold up everybody who comes after it. It steps aside, and is tried again.
//
// What a migration may do is checked by TestNewMigrationsBlockNobody: it locks tables for a change of the catalogue and no longer, and it
// takes away nothing that the program before still uses.
//
// A database that a newer program has migrated is used as it is, unless the table schema_floor says that this program knows too little.
func MigrateWith(ctx context.Context, pool *pgxpool.Pool, o MigrateOptions) error {
	o = o.defaults()
	// A connection of its own: tern resets the session's settings, and the locks of the session end with it.
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		conn.Close(closing)
	}()
	if err := o.awaitTurn(ctx, conn); err != nil {
		return fmt.Errorf("wait for the turn to migrate: %w", err)
	}
	migrator, err := migrate.NewMigrator(ctx, conn, versionTable)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if err := migrator.LoadMigrations(migrations()); err != nil {
		return fmt.Errorf("load migrations: %w", err)
	}
	version, err := migrator.GetCurrentVersion(ctx)
	if err != nil {
		return fmt.Errorf("read %s: %w", versionTable, err)
	}
	if known := len(migrator.Migrations); int(version) > known {
		return o.behind(ctx, conn, known, int(version))
	}
	for _, m := range migrator.Migrations[version:] {
		if err := o.run(ctx, conn, migrator, m); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if last := migrator.Migrations[len(migrator.Migrations)-1].Sequence; version < last {
		o.Log.Info("migrated the database", "from", version, "to", last)
	}
	return nil
}

// behind says whether a program that knows fewer migrations than have run may work here: while a newer one rolls out, and where an operator
// goes back to the one before.
func (o MigrateOptions) behind(ctx context.Context, conn *pgx.Conn, known, version int) error {
	var oldest int
	if err := conn.QueryRow(ctx, `SELECT oldest FROM schema_floor`).Scan(&oldest); err != nil {
		return fmt.Errorf("ask which programs may use this database: %w", err)
	}
	if known < oldest {
		return lack("a newer Orientir has changed this database (migration %d) so that this one (migration %d) can't use it any more; one that knows migration %d can: run a newer one, or restore a backup from before",
			version, known, oldest)
	}
	o.Log.Info("a newer Orientir has changed this database; this one may still use it", "known", known, "database", version)
	return nil
}

func (o MigrateOptions) defaults() MigrateOptions {
	if o.LockWait == 0 {
		o.LockWait = 2 * time.Second
	}
	if o.Pause == 0 {
		o.Pause = 5 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// awaitTurn asks for the turn again and again. A statement that waits for it, as tern's does, holds a snapshot meanwhile, and an index
// that the other replica builds beside its users waits for all older snapshots: neither would ever end.
func (o MigrateOptions) awaitTurn(ctx context.Context, conn *pgx.Conn) error {
	for told := false; ; told = true {
		var ours bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, turnKey).Scan(&ours); err != nil || ours {
			return err
		}
		if !told {
			o.Log.Info("another replica migrates the database; waiting for it")
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// run runs one migration, again where it didn't get its tables in time.
func (o MigrateOptions) run(ctx context.Context, conn *pgx.Conn, migrator *migrate.Migrator, m *migrate.Migration) error {
	wait := o.LockWait
	if strings.Contains(m.UpSQL, withoutTransaction) {
		wait = 0 // builds beside the writers: it waits for older transactions, and nobody waits for it
	}
	began := time.Now()
	for try := 1; ; try++ {
		// tern resets all of them after each migration.
		_, err := conn.Exec(ctx, `SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', '0', false)`, strconv.FormatInt(wait.Milliseconds(), 10))
		if err == nil {
			_, err = conn.Exec(ctx, endVanished)
		}
		if err == nil {
			err = migrator.MigrateTo(ctx, m.Sequence)
		}
		if err == nil || !lockedOut(err) || time.Since(began)+o.Pause > o.Patience {
			return err
		}
		o.Log.Warn("a migration didn't get its table in time; others pass first", "migration", m.Name, "try", try)
		if !sleep(ctx, o.Pause) {
			return err
		}
	}
}

// lockedOut reports that a statement gave up waiting for a lock, or was chosen to end a deadlock.
func lockedOut(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "55P03" || e.Code == "40P01")
}

// SchemaCurrent reports whether every migration that this program knows has run. A newer schema is current too:
// while a new version rolls out, the replicas of the old one stay ready. Until they are gone, what they write lacks what only the new
// one notes: of a guide that they publish, the addresses in its sentences are checked only after it is next published.
func SchemaCurrent(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (bool, error) {
	known, err := migrate.FindMigrations(migrations())
	if err != nil {
		return false, fmt.Errorf("list migrations: %w", err)
	}
	var exists bool
	if err := db.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, versionTable).Scan(&exists); err != nil {
		return false, fmt.Errorf("look for %s: %w", versionTable, err)
	}
	if !exists {
		return false, nil
	}
	var version int
	if err := db.QueryRow(ctx, `SELECT version FROM `+versionTable).Scan(&version); err != nil {
		return false, fmt.Errorf("read %s: %w", versionTable, err)
	}
	return version >= len(known), nil
}

// Fingerprint names this very set of migrations, names and contents: a migrated template database is good for one fingerprint.
func Fingerprint() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

func migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the name is a constant above
	}
	return sub
}
