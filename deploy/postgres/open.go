package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvector "github.com/pgvector/pgvector-go/pgx"
)

// minimumVersion is the oldest server that serves, as server_version_num gives it.
const minimumVersion = 15_00_00

// How many candidates a search of an HNSW index keeps, and from how many entries of the largest one on the wider search is
// taken: of the ten nearest of a hundred thousand chunks 100 finds 0.98, of three hundred thousand 0.95, where 200 finds 0.98, and
// of a million 200 finds 0.97 (deploy/benchmarks.md). pgvector's own 40 finds 0.90 there.
const (
	searchWidth     = 100
	searchWidthWide = 200
	wideFrom        = 100_000
)

// LackError is what a reachable server lacks, in one sentence for the person who runs it.
type LackError struct{ What string }

func (e *LackError) Error() string { return e.What }

// Options of a pool; the zero value works.
type Options struct {
	MaxConns  int           // most connections at a time; default 16; pool_max_conns in the URL wins
	StartWait time.Duration // how long a server that is still starting up is waited for; default 30 s, negative: not at all
}

// Open opens a pool at url and checks at once that the server can serve: PostgreSQL 15 or newer, UTF-8, writable,
// with the extension vector (created here where it isn't yet) and the right to create tables while migrations are pending.
// What it lacks comes back as a *LackError. url is anything that pgx takes; of several hosts the one that writes is taken (failover.go).
func Open(ctx context.Context, url string, o Options) (*pgxpool.Pool, error) {
	config, err := configure(url, o)
	if err != nil {
		return nil, err
	}
	if o.StartWait == 0 {
		o.StartWait = 30 * time.Second
	}
	conn, err := connect(ctx, config.ConnConfig, o.StartWait)
	if err != nil {
		return nil, err
	}
	if err = refuseTransactionPooler(ctx, conn, config.ConnConfig); err == nil {
		err = check(ctx, conn)
	}
	conn.Close(ctx)
	if err != nil {
		return nil, err
	}

	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	return pool, nil
}

// configure reads the settings of a pool from url, and adds what every connection of ours needs.
func configure(url string, o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = 16
		if o.MaxConns > 0 {
			config.MaxConns = int32(o.MaxConns)
		}
	}
	params := config.ConnConfig.RuntimeParams
	if _, ok := params["application_name"]; !ok {
		params["application_name"] = "orientir"
	}
	params["timezone"] = "UTC"
	failOver(config)
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := pgxvector.RegisterTypes(ctx, conn); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, endVanished); err != nil {
			return err
		}
		// Not a startup parameter: poolers refuse those that they don't know.
		_, err := conn.Exec(ctx, `
			SELECT set_config('hnsw.ef_search', CASE WHEN max(c.reltuples) >= $3 THEN $2::text ELSE $1::text END, false)
			FROM pg_class AS c JOIN pg_am AS a ON a.oid = c.relam WHERE a.amname = 'hnsw'`,
			strconv.Itoa(searchWidth), strconv.Itoa(searchWidthWide), wideFrom)
		return err
	}
	return config, nil
}

// connect opens one connection. A server that says it is still starting (after a crash it first replays its log) gets wait to finish.
func connect(ctx context.Context, config *pgx.ConnConfig, wait time.Duration) (*pgx.Conn, error) {
	const cannotConnectNow = "57P03"
	deadline := time.Now().Add(wait)
	for {
		conn, err := pgx.ConnectConfig(ctx, config.Copy())
		if err == nil {
			return conn, nil
		}
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != cannotConnectNow || time.Now().After(deadline) {
			return nil, fmt.Errorf("connect to the database: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to the database: %w", ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// check returns the first thing that the server lacks, as a *LackError.
func check(ctx context.Context, conn *pgx.Conn) error {
	var server struct {
		Version   int
		Name      string
		Encoding  string
		Database  string
		ReadOnly  bool
		Schema    *string
		MayCreate bool
	}
	err := conn.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::int,
		       current_setting('server_version'),
		       current_setting('server_encoding'),
		       current_database(),
		       current_setting('transaction_read_only')::bool,
		       current_schema(),
		       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`,
	).Scan(&server.Version, &server.Name, &server.Encoding, &server.Database, &server.ReadOnly, &server.Schema, &server.MayCreate)
	if err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	switch {
	case server.Version < minimumVersion:
		return lack("the database server is PostgreSQL %s; Orientir needs version 15 or newer", server.Name)
	case server.Encoding != "UTF8":
		return lack("the database %q is encoded in %s; Orientir needs one created with ENCODING 'UTF8'", server.Database, server.Encoding)
	case server.ReadOnly:
		return lack("the database server only reads (a standby?); give the primary, or add target_session_attrs=read-write to DATABASE_URL")
	case server.Schema == nil:
		return lack("no schema on the search_path of the database %q may be used by this role; create one, or grant USAGE on it", server.Database)
	}
	current, err := SchemaCurrent(ctx, conn)
	if err != nil {
		return err
	}
	if !current && !server.MayCreate {
		return lack("this role has no right to create tables in the schema %q of the database %q: GRANT CREATE ON SCHEMA %s TO it",
			*server.Schema, server.Database, pgx.Identifier{*server.Schema}.Sanitize())
	}
	return ensureVector(ctx, conn, server.Version/10000, server.Database)
}

// ensureVector creates the extension where it isn't yet: a pool can register its types on a connection only afterwards.
func ensureVector(ctx context.Context, conn *pgx.Conn, major int, database string) error {
	var available, created bool
	err := conn.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector'),
		       EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')`).Scan(&available, &created)
	if err != nil {
		return fmt.Errorf("check the extension vector: %w", err)
	}
	if !created {
		if !available {
			return lack("the database server has no extension vector (pgvector): install it there, on Debian and Ubuntu the package postgresql-%d-pgvector", major)
		}
		if _, err := conn.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS vector`); err != nil && !raced(err) {
			return lack("the extension vector is not created in the database %q and this role may not create it (%s): "+
				"let a superuser run CREATE EXTENSION vector there", database, reason(err))
		}
	}
	var found bool
	if err := conn.QueryRow(ctx, `SELECT to_regtype('vector') IS NOT NULL`).Scan(&found); err != nil {
		return fmt.Errorf("check the extension vector: %w", err)
	}
	if !found {
		return lack("the extension vector of the database %q stands in a schema outside this role's search_path: add that schema to it", database)
	}
	return nil
}

// raced reports that another connection created the extension at the same moment: IF NOT EXISTS looks before it locks.
func raced(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "23505" || e.Code == "42710")
}

func reason(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

func lack(format string, args ...any) error {
	return &LackError{What: fmt.Sprintf(format, args...)}
}

var (
	_ DB = (*pgxpool.Pool)(nil)
	_ DB = pgx.Tx(nil)
)
