package handoff

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// library is a help point that somebody active serves, as routing sees it.
type library struct {
	point   knowledge.HelpPoint
	present bool // somebody who serves it is at the desk now
}

// staffing is who could answer now.
type staffing struct {
	libraries   []library
	pool        bool // the national pool has active staff
	poolPresent bool
}

// situation gathers who could answer a person, and where the person is. It reads through db alone: inside a transaction
// a second connection for each could leave all of them waiting for one.
func (d *Desk) situation(ctx context.Context, db postgres.DB, ekatte string) (staffing, knowledge.Place, error) {
	accounts, err := d.staff.Serving(ctx, db)
	if err != nil {
		return staffing{}, knowledge.Place{}, err
	}
	here := *d.here.Load()
	var s staffing
	present := map[string]bool{}
	for _, a := range accounts {
		if a.ServesPool() {
			s.pool = true
			s.poolPresent = s.poolPresent || here[a.ID]
		}
		for _, id := range a.Libraries {
			present[id] = present[id] || here[a.ID]
		}
	}
	if s.libraries, err = libraries(ctx, db, present); err != nil {
		return staffing{}, knowledge.Place{}, err
	}
	from, err := place(ctx, db, ekatte)
	return s, from, err
}

// libraries reads what routing needs to know of help points, by id, and whether somebody is present there.
func libraries(ctx context.Context, db postgres.DB, present map[string]bool) ([]library, error) {
	rows, err := db.Query(ctx, `
		SELECT h.id, h.name, h.ekatte, h.lat, h.lon, p.lat, p.lon, p.district
		FROM help_points h JOIN places p ON p.ekatte = h.ekatte
		WHERE h.id = ANY ($1)`, slices.Collect(maps.Keys(present)))
	if err != nil {
		return nil, fmt.Errorf("read served libraries: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (library, error) {
		var l library
		var lat, lon *float64
		p := &l.point
		err := row.Scan(&p.ID, &p.Name, &p.Ekatte, &lat, &lon, &p.Place.Lat, &p.Place.Lon, &p.Place.District)
		if lat != nil && lon != nil {
			p.Position = &knowledge.Position{Lat: *lat, Lon: *lon}
		}
		l.present = present[p.ID]
		return l, err
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
