package knowledge

import (
	"context"
	"fmt"
	"math"
	"slices"

	"orientir/deploy/postgres"
)

// resolvePlaces finds the settlement of each record. A register tells enough of a settlement that we don't know yet for it to be added.
func resolvePlaces(ctx context.Context, tx postgres.DB, records []pointRecord) (resolved []pointRecord, missing []Place, err error) {
	g, err := NewStore(tx).loadGazetteer(ctx)
	if err != nil {
		return nil, nil, err
	}
	faults := &faultList{}
	added := map[string]bool{}
	for _, record := range records {
		p := record.place
		at, known := g.byEkatte[p.Ekatte]
		switch {
		case record.fault != "":
		case record.source == osmSource:
			record.settle(g)
		case p.Ekatte != "" && known:
			record.place = g.places[at]
		case p.Ekatte != "" && ekatteForm.MatchString(p.Ekatte) && p.Kind != "" && p.Municipality != "" && p.District != "" && p.Lat != 0:
			if !added[p.Ekatte] {
				added[p.Ekatte] = true
				missing = append(missing, p)
			}
		case p.Ekatte != "":
			faults.add(record.line, "ekatte", "fault.place", p.Ekatte)
		default:
			found := slices.DeleteFunc(slices.Clone(g.byKey[nameKey(p.Name)]), func(i int) bool {
				q := g.places[i]
				return p.Kind != "" && p.Kind != q.Kind || p.Municipality != "" && nameKey(p.Municipality) != nameKey(q.Municipality) ||
					p.District != "" && g.region[i][nameKey(p.District)]&district == 0
			})
			switch len(found) {
			case 0:
				faults.add(record.line, "settlement", "fault.place", p.Name)
			case 1:
				record.place = g.places[found[0]]
				record.point.Ekatte = record.place.Ekatte
			default:
				faults.add(record.line, "settlement", "fault.ambiguous", p.Name)
			}
		}
		resolved = append(resolved, record)
	}
	return resolved, missing, faults.result()
}

// Where a map's own settlement is looked for, in metres.
const (
	farthestNamed  = 20_000 // from a position to the settlement that its address names
	farthestNearby = 8_000  // from a position to the settlement that it must belong to
)

// settle finds the settlement of a position: the one that the address names, or else the nearest, a big town reaching farther than a hamlet.
func (r *pointRecord) settle(g *gazetteer) {
	at := *r.point.Position
	if name := nameKey(r.place.Name); name != "" {
		best, away := -1, float64(farthestNamed)
		for _, i := range g.byKey[name] {
			if m := metres(at, g.places[i].at()); m < away {
				best, away = i, m
			}
		}
		if best >= 0 {
			r.place, r.point.Ekatte, r.point.Place = g.places[best], g.places[best].Ekatte, g.places[best]
			return
		}
	}
	best, away := -1, math.Inf(1)
	for i, p := range g.places {
		reach := 9 * math.Sqrt(float64(p.Population)) // metres: 10 km around Sofia, 2.8 km around a town of 100,000
		if m := metres(at, p.at()) - reach; p.located() && m < away {
			best, away = i, m
		}
	}
	if best < 0 || metres(at, g.places[best].at()) > farthestNearby+9*math.Sqrt(float64(g.places[best].Population)) {
		r.fault = "няма познато населено място наблизо"
		return
	}
	p := g.places[best]
	r.place, r.point.Ekatte, r.point.Place = p, p.Ekatte, p
	r.notes = append(r.notes, fmt.Sprintf("адресът не казва къде е; взето е най-близкото: %s %s, общ. %s", p.Kind, p.Name, p.Municipality))
}
