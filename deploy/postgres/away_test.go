package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		away bool
	}{
		"refused":            {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, true},
		"stops":              {&pgconn.PgError{Code: "57P01"}, true},
		"starts":             {&pgconn.PgError{Code: "57P03"}, true},
		"too many":           {&pgconn.PgError{Code: "53300"}, true},
		"disk full":          {&pgconn.PgError{Code: "53100"}, true},
		"only reads":         {&pgconn.PgError{Code: "25006"}, true},
		"heard nothing":      {&pgconn.PgError{Code: "25P03"}, true},
		"a lock for long":    {&pgconn.PgError{Code: "55P03"}, true},
		"cut":                {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), true},
		"too late":           {fmt.Errorf("read: %w", context.DeadlineExceeded), true},
		"wrapped":            {fmt.Errorf("keep: %w", &pgconn.PgError{Code: "53100"}), true},
		"a row that is none": {pgx.ErrNoRows, false},
		"twice the same key": {&pgconn.PgError{Code: "23505"}, false},
		"no such column":     {&pgconn.PgError{Code: "42703"}, false},
		"the caller left":    {context.Canceled, false},
		"cancelled":          {&pgconn.PgError{Code: "57014"}, false},
	} {
		if got := Away(c.err); got != c.away {
			t.Errorf("%s: away %v", name, got)
		}
	}
}
