package statistics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Periods lists the stretches of days that pages show, each ending today.
func Periods() []int { return []int{7, 30, 90, 365, 1095} }

// fresh is how old a view of so many days may be: what a day adds to a year shows an hour later.
func fresh(days int) time.Duration {
	switch {
	case days <= 7:
		return time.Minute
	case days <= 30:
		return 2 * time.Minute
	case days <= 90:
		return 10 * time.Minute
	case days <= 365:
		return time.Hour
	}
	return 6 * time.Hour
}

// Last gives the days of a cut that ends today and has so many days, by the clock in Bulgaria.
func (c Cut) Last(days int, now time.Time, zone *time.Location) Cut {
	now = now.In(zone)
	c.To = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	c.From = c.To.AddDate(0, 0, 1-days)
	return c
}

// View gives the figures of the last days as they were counted a little while ago, and when. What nobody has counted lately is counted.
func (s *Store) View(ctx context.Context, days int, c Cut, now time.Time, zone *time.Location) (Figures, time.Time, error) {
	return s.view(ctx, days, c, now, zone, 2*fresh(days))
}

func (s *Store) view(ctx context.Context, days int, c Cut, now time.Time, zone *time.Location, age time.Duration) (f Figures, at time.Time, err error) {
	c = c.Last(days, now, zone)
	key := strings.Join([]string{c.From.Format(time.DateOnly), c.To.Format(time.DateOnly), c.Channel, c.Region, c.Audience, c.Service}, "|")
	var kept []byte
	err = s.db.QueryRow(ctx, `SELECT made_at, figures FROM figure_views WHERE cut = $1 AND made_at > $2`, key, now.Add(-age)).Scan(&at, &kept)
	if err == nil && json.Unmarshal(kept, &f) == nil {
		return f, at, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return f, at, fmt.Errorf("read a view of the figures: %w", err)
	}
	if f, err = s.Figures(ctx, c); err != nil {
		return f, at, err
	}
	_, err = s.db.Exec(ctx, `
		INSERT INTO figure_views (cut, made_at, figures) VALUES ($1, $2, $3)
		ON CONFLICT (cut) DO UPDATE SET made_at = EXCLUDED.made_at, figures = EXCLUDED.figures`, key, now, f)
	if err != nil {
		return f, at, fmt.Errorf("keep a view of the figures: %w", err)
	}
	return f, now, nil
}

// Prepare counts what pages show first, so that nobody waits for it, and drops views that nobody has asked for since yesterday.
func (s *Store) Prepare(ctx context.Context, now time.Time, zone *time.Location) error {
	for _, days := range Periods() {
		cuts := []Cut{{}}
		if days > longest { // counted in more time than anybody likes to wait; a region or a service is soon counted
			for _, channel := range Channels() {
				cuts = append(cuts, Cut{Channel: channel})
			}
			for _, audience := range Audiences() {
				cuts = append(cuts, Cut{Audience: audience})
			}
		}
		for _, c := range cuts {
			if _, _, err := s.view(ctx, days, c, now, zone, fresh(days)); err != nil {
				return err
			}
		}
	}
	if _, err := s.db.Exec(ctx, `DELETE FROM figure_views WHERE made_at < $1`, now.Add(-24*time.Hour)); err != nil {
		return fmt.Errorf("drop old views: %w", err)
	}
	return nil
}
