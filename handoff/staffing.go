package handoff

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// situation gathers who could answer a person, and where the person is. It reads through db alone: inside a transaction
// a second connection for each could leave all of them waiting for one.
func (d *Desk) situation(ctx context.Context, db postgres.DB, ekatte string) (staffing, knowledge.Place, error) {
	accounts, err := d.staff.Serving(ctx, db)
	if err != nil {
		return staffing{}, knowledge.Place{}, err
	}
	l, err := loads(ctx, db)
	if err != nil {
		return staffing{}, knowledge.Place{}, err
	}
	here := *d.here.Load()
	ids := map[string]bool{}
	for _, a := range accounts {
		for _, id := range a.Libraries {
			ids[id] = true
		}
	}
	var s staffing
	if s.libraries, err = libraries(ctx, db, slices.Collect(maps.Keys(ids)), d.now()); err != nil {
		return staffing{}, knowledge.Place{}, err
	}
	for i := range s.libraries {
		s.libraries[i].served = true
		s.libraries[i].room = l.room(accounts, here, s.libraries[i].id())
	}
	s.pool = queue{
		served: slices.ContainsFunc(accounts, staff.Account.ServesPool),
		room:   l.room(accounts, here, ""),
		open:   openingOf(nil, d.now()),
	}
	from, err := place(ctx, db, ekatte)
	return s, from, err
}

// load is how much there is to do: the chats that each account holds, and who waits in each queue.
type load struct {
	held    map[int64]int
	waiting map[string]int
}

// room says whether somebody could take a ticket in a queue: the chats that those present have left, but for those who wait there already.
func (l load) room(accounts []staff.Account, here presence, helpPoint string) room {
	left, present := -l.waiting[helpPoint], false
	for _, a := range accounts {
		if a.Serves(helpPoint) && here.at(a.ID, helpPoint) {
			present = true
			left += max(0, a.ChatLimit-l.held[a.ID])
		}
	}
	switch {
	case !present:
		return roomNone
	case left <= 0:
		return roomBusy
	}
	return roomFree
}

// loads counts what is held and what waits. A question that was left waits for nobody in particular and takes no room.
func loads(ctx context.Context, db postgres.DB) (load, error) {
	rows, err := db.Query(ctx, `
		SELECT coalesce(claimed_by, 0), coalesce(help_point, ''), count(*)::int
		FROM tickets
		WHERE state <> 'closed' AND conversation IS NOT NULL AND (claimed_by IS NOT NULL OR left_at IS NULL)
		GROUP BY 1, 2`)
	if err != nil {
		return load{}, fmt.Errorf("count open tickets: %w", err)
	}
	l := load{held: map[int64]int{}, waiting: map[string]int{}}
	var holder int64
	var helpPoint string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&holder, &helpPoint, &n}, func() error {
		if holder != 0 {
			l.held[holder] += n
		} else {
			l.waiting[helpPoint] += n
		}
		return nil
	})
	if err != nil {
		return load{}, fmt.Errorf("count open tickets: %w", err)
	}
	return l, nil
}

// libraries reads what routing needs to know of help points, by id.
func libraries(ctx context.Context, db postgres.DB, ids []string, at time.Time) ([]queue, error) {
	rows, err := db.Query(ctx, `
		SELECT h.id, h.name, h.ekatte, h.lat, h.lon, h.hours, p.lat, p.lon, p.district, btrim(split_part(h.phone, ';', 1)) AS phone
		FROM help_points h JOIN places p ON p.ekatte = h.ekatte
		WHERE h.id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read served libraries: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (queue, error) {
		var q queue
		var lat, lon *float64
		var phone string
		p := &q.point
		err := row.Scan(&p.ID, &p.Name, &p.Ekatte, &lat, &lon, &p.Hours, &p.Place.Lat, &p.Place.Lon, &p.Place.District, &phone)
		if lat != nil && lon != nil {
			p.Position = &knowledge.Position{Lat: *lat, Lon: *lon}
		}
		if phone != "" {
			p.Phones = []string{phone}
		}
		q.open = openingOf(p.Hours, at)
		if q.open == isShut {
			q.until, _ = p.Hours.NextOpen(at)
		}
		return q, err
	})
	if err != nil {
		return nil, fmt.Errorf("read served libraries: %w", err)
	}
	return all, nil
}

// place reads a settlement; the zero value where it is unknown.
func place(ctx context.Context, db postgres.DB, ekatte string) (knowledge.Place, error) {
	var p knowledge.Place
	err := db.QueryRow(ctx, `SELECT ekatte, district, lat, lon FROM places WHERE ekatte = $1`, ekatte).Scan(&p.Ekatte, &p.District, &p.Lat, &p.Lon)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return knowledge.Place{}, fmt.Errorf("read place %s: %w", ekatte, err)
	}
	return p, nil
}

// officeHours are when somebody may be expected, and written to, where the real hours are unknown: working days from 9 to 17.
var officeHours = knowledge.Hours{Week: [7][]knowledge.Span{{{From: 9 * 60, To: 17 * 60}}, {{From: 9 * 60, To: 17 * 60}}, {{From: 9 * 60, To: 17 * 60}}, {{From: 9 * 60, To: 17 * 60}}, {{From: 9 * 60, To: 17 * 60}}}}

// openingOf says whether a library with such hours is open.
func openingOf(h *knowledge.Hours, at time.Time) opening {
	switch {
	case h == nil && officeHours.OpenAt(at):
		return isUnsure
	case h == nil || !h.OpenAt(at):
		return isShut
	}
	return isOpen
}
