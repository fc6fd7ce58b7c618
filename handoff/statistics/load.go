package statistics

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Load is what one member of the staff has to do. Who is at the desk now, the desk knows.
type Load struct {
	Account    int64
	Name       string
	Libraries  []string // names; none is the national pool
	Open       int      // conversations held now
	Most       int      // that they take at once
	Unanswered int      // of those, in which the person wrote last
	Closed     int      // since the moment asked about
}

// Loads lists the active librarians, the busiest first.
func (s *Store) Loads(ctx context.Context, since time.Time) ([]Load, error) {
	rows, err := s.db.Query(ctx, `
		SELECT s.id AS account, s.name, s.chat_limit AS most,
			ARRAY(SELECT h.name FROM staff_libraries l JOIN help_points h ON h.id = l.help_point WHERE l.staff = s.id ORDER BY h.name) AS libraries,
			(count(t.id) FILTER (WHERE t.state = 'claimed'))::int AS open,
			(count(t.id) FILTER (WHERE t.state = 'closed'))::int AS closed,
			(count(t.id) FILTER (WHERE t.state = 'claimed' AND 'person' = (
				SELECT m.sender FROM messages m
				WHERE m.conversation = t.conversation AND (m.sender = 'librarian' OR m.sender = 'person' AND m.kind IN ('text', 'command', 'edited'))
				ORDER BY m.id DESC LIMIT 1)))::int AS unanswered
		FROM staff s
		LEFT JOIN tickets t ON t.claimed_by = s.id AND (t.state = 'claimed' OR t.closed_at >= $1)
		WHERE s.active AND s.password_hash IS NOT NULL AND 'librarian' = ANY (s.roles)
		GROUP BY s.id
		ORDER BY open DESC, s.name, s.id`, since)
	if err != nil {
		return nil, fmt.Errorf("count loads: %w", err)
	}
	loads, err := pgx.CollectRows(rows, pgx.RowToStructByName[Load])
	if err != nil {
		return nil, fmt.Errorf("count loads: %w", err)
	}
	return loads, nil
}
