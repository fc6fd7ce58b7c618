package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// poolerWait is how long a pooler may take to give another session: one that is full gives none.
const poolerWait = 5 * time.Second

// refuseTransactionPooler refuses a connection pooler that gives a connection another session of the server for each transaction: who leads a job and who
// migrates is a lock of the session, wake-ups of followers come to it, and statements are prepared in it. All of that would seem to work while nobody else
// is there.
//
// The server says at the start of a connection which process serves it. A pooler says something of its own; only then it is tried out: while another
// connection holds a session of the server, this one must still have its own. Where the pooler has no session for another, nothing is found out, and that is
// no reason not to start.
func refuseTransactionPooler(ctx context.Context, conn *pgx.Conn, config *pgx.ConnConfig) error {
	serves := func() (pid uint32, err error) {
		if err = conn.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeExec).Scan(&pid); err != nil {
			err = fmt.Errorf("ask which process serves: %w", err)
		}
		return pid, err
	}
	before, err := serves()
	if err != nil || before == conn.PgConn().PID() {
		return err
	}
	const tries = 3 // the session that the other one gets may be anybody's
	limited, cancel := context.WithTimeout(ctx, poolerWait)
	defer cancel()
	for range tries {
		other, err := pgx.ConnectConfig(limited, config.Copy())
		if err != nil {
			return ctx.Err()
		}
		if _, err = other.Exec(limited, `BEGIN`, pgx.QueryExecModeSimpleProtocol); err != nil {
			other.Close(limited)
			return ctx.Err()
		}
		now, err := serves()
		other.Close(ctx)
		if err != nil {
			return fmt.Errorf("try the connection pooler out: %w", err)
		}
		if now != before {
			return lack("a connection pooler before the database gives each transaction another session; Orientir keeps locks in a session: " +
				"let the pooler work by session (PgBouncer: pool_mode=session), or give the address of the server itself")
		}
	}
	return nil
}
