package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Away says whether an error means that the database can't serve for the moment, through no fault of the statement: it is not reached, starts or
// stops, takes no more connections, only reads, or has no room on its disk; or it ended the session because nothing was heard of it in a transaction, or
// somebody else, who may be gone, kept a row locked for longer than it was waited for.
func Away(err error) bool {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		switch {
		case strings.HasPrefix(said.Code, "08"), // connection exception
			strings.HasPrefix(said.Code, "53"),  // insufficient resources
			strings.HasPrefix(said.Code, "57P"), // operator intervention: shutting down, starting up
			strings.HasPrefix(said.Code, "58"),  // system error
			said.Code == "25006",                // read-only
			said.Code == "25P03",                // idle in a transaction
			said.Code == "55P03":                // lock not available
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err) || broken(err)
}

// broken says that a connection ended in the middle of an answer.
func broken(err error) bool {
	text := err.Error()
	return strings.Contains(text, "unexpected EOF") || strings.Contains(text, "conn closed") || strings.Contains(text, "connection reset") || strings.Contains(text, "broken pipe")
}
