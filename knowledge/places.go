package knowledge

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Place gives a settlement by its EKATTE code, or a quarter by Place.Code, and false where we don't know it.
func (s *Store) Place(ctx context.Context, code string) (Place, bool, error) {
	g, err := s.places.get(ctx, s)
	if err != nil {
		return Place{}, false, err
	}
	p, ok := g.coded(code)
	return p, ok, nil
}

// coded gives a place by Place.Code.
func (g *gazetteer) coded(code string) (Place, bool) {
	ekatte, quarter, narrowed := strings.Cut(code, "/")
	i, ok := g.byEkatte[ekatte]
	if !ok || !narrowed {
		if !ok {
			return Place{}, false
		}
		return g.places[i], true
	}
	n, ok := g.quarters.byID[quarter]
	if !ok || ekatte != sofiaEkatte {
		return Place{}, false
	}
	return g.quarters.in(g.places[i], n), true
}

// placeRadius is how far, in metres, PlaceAt looks: further than any point of Bulgaria is from a settlement, and
// near enough that a location in another country's heart is no place of ours.
const placeRadius = 30_000

// PlaceAt gives the settlement nearest to a position in degrees, and false where none is within 30 km.
func (s *Store) PlaceAt(ctx context.Context, lat, lon float64) (Place, bool, error) {
	g, err := s.places.get(ctx, s)
	if err != nil || len(g.places) == 0 {
		return Place{}, false, err
	}
	if i := g.nearest(Position{lat, lon}, placeRadius); i >= 0 {
		return g.places[i], true, nil
	}
	return Place{}, false, nil
}

// nearest gives the settlement nearest to a position, and -1 where none is within so many metres or the position is no number.
func (g *gazetteer) nearest(from Position, radius float64) int {
	eye := onSphere(from)
	best, away := -1, math.Inf(1)
	for i := range g.where {
		// A place without a position has none on the sphere, and is never near.
		if c := g.where[i].chord(eye); c < away {
			best, away = i, c
		}
	}
	if best < 0 || !(metres(from, g.places[best].at()) <= radius) {
		return -1
	}
	return best
}

// FindPlace finds the settlement that a person names: alone, with «гр.», municipality or district, inside a sentence,
// in Latin letters, with a small slip, or by a postcode that stands in a help point's address. Quarters are known of Sofia; of another town's
// the town is asked for.
func (s *Store) FindPlace(ctx context.Context, words string) (PlaceMatch, error) {
	g, err := s.places.get(ctx, s)
	if err != nil {
		return PlaceMatch{}, err
	}
	d, err := s.points.get(ctx, s)
	if err != nil {
		return PlaceMatch{}, err
	}
	return g.find(words, d.posts), nil
}

func (p Place) at() Position { return Position{p.Lat, p.Lon} }

// located says whether we know where the place is.
func (p Place) located() bool { return p.Lat != 0 }

// seat gives where a place is, or else where the biggest place of its municipality is: near enough to rank what is around.
func (g *gazetteer) seat(p Place) (Position, bool) {
	if p.located() {
		return p.at(), true
	}
	for _, other := range g.places { // bigger ones come first
		if other.Municipality == p.Municipality && other.District == p.District && other.located() {
			return other.at(), true
		}
	}
	return Position{}, false
}

func (s *Store) loadGazetteer(ctx context.Context) (*gazetteer, error) {
	rows, err := s.db.Query(ctx, `
		SELECT ekatte, kind, name, name_latin, municipality, district, COALESCE(lat, 0) AS lat, COALESCE(lon, 0) AS lon, COALESCE(population, 0) AS population
		FROM places ORDER BY (kind = 'гр.') DESC, population DESC NULLS LAST, ekatte`)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowToStructByName[Place])
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	return newGazetteer(places), nil
}
