package handoff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// How long people waited is learnt from the pickups of the last weeks.
const (
	pickupWeeks  = 8
	leastPickups = 10 // fewer say nothing
	pickupsLife  = 5 * time.Minute
)

// pickups are how long people waited lately for a librarian to take their ticket, by groups of at least leastPickups.
type pickups map[pickupGroup]waits

// pickupGroup is the tickets of one library, opened in one part of the week, with the desk in one state. Wider groups leave fields empty.
type pickupGroup struct {
	helpPoint  string // id; "pool"; "" all
	part       string // part of the week; "" all
	attendance string // as in attendanceOf
}

// waits are what a group's people waited: half of them no longer than median, four of five no longer than most.
type waits struct{ median, most time.Duration }

// usual is how long four of five people waited lately, in the narrowest group that has pickups enough: the library in this part of the
// week, the library at any time, everybody in this part of the week, everybody. 0 where there are too few, or nobody is at the desk:
// a question left overnight says nothing of who waits.
func (p pickups) usual(helpPoint, attendance, part string) waits {
	if helpPoint == "" {
		helpPoint = "pool"
	}
	switch attendance {
	case "attended", "busy", "open":
	default:
		return waits{}
	}
	for _, g := range []pickupGroup{{helpPoint, part, attendance}, {helpPoint, "", attendance}, {"", part, attendance}, {"", "", attendance}} {
		if w, ok := p[g]; ok {
			return w
		}
	}
	return waits{}
}

func (d *Desk) usual(helpPoint, attendance string, at time.Time) time.Duration {
	return d.pickups.Load().usual(helpPoint, attendance, partOfWeek(at)).most
}

// partOfWeek is the class of an hour: librarians come and go by it. A query in learn says the same.
func partOfWeek(at time.Time) string {
	at = at.In(sofia())
	switch day, hour := at.Weekday(), at.Hour(); {
	case day == time.Saturday || day == time.Sunday:
		return "weekend"
	case hour < 12:
		return "morning"
	case hour < 17:
		return "afternoon"
	}
	return "evening"
}

// attendanceOf says what a queue is like when a ticket comes, as it is kept with the ticket.
func attendanceOf(q queue) string {
	switch {
	case q.room == roomFree:
		return "attended"
	case q.room == roomBusy:
		return "busy"
	case q.open == isOpen:
		return "open"
	case q.open == isUnsure:
		return "unknown"
	}
	return "closed"
}

// learn reads how long people waited lately. The first claim counts, whatever became of the ticket then; the library is that of the ticket now.
func (d *Desk) learn(ctx context.Context) error {
	rows, err := d.db.Query(ctx, `
		WITH taken AS (
			SELECT coalesce(t.help_point, 'pool') AS help_point, t.opened_as, extract(epoch FROM c.at - t.opened_at)::float8 AS waited,
				CASE WHEN extract(isodow FROM l.at) > 5 THEN 'weekend' WHEN extract(hour FROM l.at) < 12 THEN 'morning'
					WHEN extract(hour FROM l.at) < 17 THEN 'afternoon' ELSE 'evening' END AS part
			FROM tickets t
			CROSS JOIN LATERAL (SELECT min(e.at) AS at FROM ticket_events e WHERE e.ticket = t.id AND e.kind = 'claimed') c
			CROSS JOIN LATERAL (SELECT t.opened_at AT TIME ZONE 'Europe/Sofia' AS at) l
			WHERE t.opened_as IN ('attended', 'busy', 'open') AND t.opened_at > $1 AND c.at IS NOT NULL)
		SELECT coalesce(help_point, ''), coalesce(part, ''), opened_as,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), percentile_cont(0.8) WITHIN GROUP (ORDER BY waited)
		FROM taken
		GROUP BY GROUPING SETS ((help_point, part, opened_as), (help_point, opened_as), (part, opened_as), (opened_as))
		HAVING count(*) >= $2`, d.now().AddDate(0, 0, -7*pickupWeeks), leastPickups)
	if err != nil {
		return fmt.Errorf("learn how long people wait: %w", err)
	}
	learnt := pickups{}
	var g pickupGroup
	var median, most float64
	_, err = pgx.ForEachRow(rows, []any{&g.helpPoint, &g.part, &g.attendance, &median, &most}, func() error {
		learnt[g] = waits{time.Duration(median * float64(time.Second)), time.Duration(most * float64(time.Second))}
		return nil
	})
	if err != nil {
		return fmt.Errorf("learn how long people wait: %w", err)
	}
	d.pickups.Store(&learnt)
	return nil
}

// orNull is NULL for no time.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
