package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Entry is a row of the audit log.
type Entry struct {
	ID      int64
	At      time.Time
	By      int64  // 0: the terminal, the program itself, or nobody signed in
	ByName  string // "" where By is 0
	Verb    string
	Subject string
	Detail  map[string]any
}

// AuditFilter narrows the audit log; the zero value is all of it.
type AuditFilter struct {
	By     int64  // account; 0 is everybody
	Area   string // what stands before the verb's dot: account, session, ticket, host…
	Before int64  // only rows older than this id; 0 starts with the newest
	Limit  int    // default 100
}

// Audit lists the audit log, newest first.
func (s *Store) Audit(ctx context.Context, f AuditFilter) ([]Entry, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	rows, err := s.db.Query(ctx, `
		SELECT a.id, a.at, coalesce(a.staff, 0) AS by, coalesce(s.name, '') AS by_name, a.verb, a.subject, a.detail
		FROM audit_log a LEFT JOIN staff s ON s.id = a.staff
		WHERE ($1::bigint = 0 OR a.staff = $1)
		  AND ($2 = '' OR starts_with(a.verb, $2 || '.'))
		  AND ($3::bigint = 0 OR a.id < $3)
		ORDER BY a.id DESC
		LIMIT $4`, f.By, f.Area, f.Before, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByName[Entry])
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	return entries, nil
}
