package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
)

// Migrations are numbered without a gap, go up only, hold one thought each and are never edited after they are merged.
// tern reads them as Go templates: write '{{' nowhere.
//
//go:embed migrations/*.sql
var files embed.FS

// versionTable is the one table of this package: a single row with the number of the last migration.
// It is unqualified so that it stands where the role's search_path puts everything else.
const versionTable = "schema_version"

// Migrate brings the database up to date, each migration in its own transaction. An advisory lock makes it safe
// from several replicas at once: one works, the others wait and find nothing to do.
// A database that a newer program has migrated is an error: this program doesn't know what changed.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	// A connection of its own: tern resets the session's settings and holds a lock of the session, neither of which belongs into the pool.
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", err)
	}
	defer conn.Close(ctx)

	migrator, err := migrate.NewMigrator(ctx, conn, versionTable)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if err := migrator.LoadMigrations(migrations()); err != nil {
		return fmt.Errorf("load migrations: %w", err)
	}
	err = migrator.Migrate(ctx)
	var newer migrate.BadVersionError
	if errors.As(err, &newer) {
		return lack("a newer Orientir has already changed this database (%s): run that version, or restore a backup from before", newer)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
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
