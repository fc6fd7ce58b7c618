package statistics

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Waits is what became of the people who asked for a librarian since a moment.
type Waits struct {
	Since      time.Time
	Opened     int           // who asked
	Taken      int           // whom a librarian took
	Median     time.Duration // from asking to the first librarian, of those who were taken; 0 where nobody was
	P90        time.Duration // nine of ten waited no longer; 0 where nobody was taken
	Unanswered int           // whose ticket was closed before anybody took it
	Rated      int           // who said afterwards whether it helped
	Helped     int           // who said that it did
}

// LibraryWaits is the same of one library, with how it stands now.
type LibraryWaits struct {
	HelpPoint string // id; "" is the national pool
	Name      string // "" is the national pool
	Waiting   int    // now
	Held      int    // conversations, now
	Oldest    *time.Time
	Waits
}

//go:embed waits.sql
var waitsSQL string

// Waits counts over all libraries since each of some moments, in the order given.
func (s *Store) Waits(ctx context.Context, since ...time.Time) ([]Waits, error) {
	rows, err := s.db.Query(ctx, `
		WITH taken AS (SELECT ticket, min(at) AS at FROM ticket_events WHERE kind = 'claimed' GROUP BY ticket)
		SELECT s.since, count(t.id)::int, count(k.at)::int,
			coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM k.at - t.opened_at)), 0)::float8,
			coalesce(percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM k.at - t.opened_at)), 0)::float8,
			(count(*) FILTER (WHERE t.state = 'closed' AND k.at IS NULL))::int,
			count(t.rating)::int, (count(*) FILTER (WHERE t.rating = 'helped'))::int
		FROM unnest($1::timestamptz[]) WITH ORDINALITY AS s (since, place)
		LEFT JOIN tickets t ON t.opened_at >= s.since
		LEFT JOIN taken k ON k.ticket = t.id
		GROUP BY s.since, s.place ORDER BY s.place`, since)
	if err != nil {
		return nil, fmt.Errorf("count waits: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w Waits, err error) {
		var median, p90 float64
		err = row.Scan(&w.Since, &w.Opened, &w.Taken, &median, &p90, &w.Unanswered, &w.Rated, &w.Helped)
		w.Median, w.P90 = seconds(median), seconds(p90)
		return w, err
	})
	if err != nil {
		return nil, fmt.Errorf("count waits: %w", err)
	}
	return all, nil
}

// Libraries counts per library since a moment: those that people came to, or wait at now. The national pool comes first, then by name.
func (s *Store) Libraries(ctx context.Context, since time.Time) ([]LibraryWaits, error) {
	rows, err := s.db.Query(ctx, waitsSQL, since)
	if err != nil {
		return nil, fmt.Errorf("count waits of libraries: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w LibraryWaits, err error) {
		var median, p90 float64
		err = row.Scan(&w.HelpPoint, &w.Name, &w.Waiting, &w.Held, &w.Oldest, &w.Opened, &w.Taken, &median, &p90, &w.Unanswered, &w.Rated, &w.Helped)
		w.Since, w.Median, w.P90 = since, seconds(median), seconds(p90)
		return w, err
	})
	if err != nil {
		return nil, fmt.Errorf("count waits of libraries: %w", err)
	}
	return all, nil
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
