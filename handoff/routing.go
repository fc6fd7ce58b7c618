package handoff

import (
	"cmp"
	"math"
	"slices"

	"orientir/bot"
	"orientir/knowledge"
)

// neighbourhood is how far, in metres as the crow flies, a library still counts as a neighbour: a bus ride.
const neighbourhood = 40_000

// route is where a ticket goes, and the phrase key of why.
type route struct {
	helpPoint string // "" is the national pool
	why       string
}

// choose picks where a ticket goes: what the person chose, where somebody serves it, else what routing picks by itself.
// A choice that is routing's own keeps routing's reason. It says false where nobody serves anywhere.
func choose(wish bot.Wish, from knowledge.Place, s staffing) (route, bool) {
	own, ok := pick(from, s)
	chosen := route{wish.HelpPoint, "console.why_chosen"}
	switch {
	case !ok:
		return route{}, false
	case wish.HelpPoint != "":
		if !slices.ContainsFunc(s.libraries, func(l library) bool { return l.point.ID == wish.HelpPoint }) {
			return own, true
		}
	case !wish.Pool || !s.pool:
		return own, true
	}
	if own.helpPoint == chosen.helpPoint {
		return own, true
	}
	return chosen, true
}

// pick is the routing itself: the library of the person's settlement, a neighbour, one of the district, the national pool,
// and at last any library at all. Among equals somebody present comes first, then the nearest.
func pick(from knowledge.Place, s staffing) (route, bool) {
	near := nearest(from, s.libraries)
	for _, ring := range []struct {
		why    string
		inside func(library) bool
	}{
		{"console.why_own", func(l library) bool { return l.point.Ekatte == from.Ekatte }},
		{"console.why_neighbour", func(l library) bool { return distance(from, l.point) <= neighbourhood }},
		{"console.why_district", func(l library) bool { return l.point.Place.District == from.District }},
	} {
		if from.Ekatte == "" {
			break
		}
		var in []library
		for _, l := range near {
			if ring.inside(l) {
				in = append(in, l)
			}
		}
		if len(in) > 0 {
			return route{presentFirst(in)[0].point.ID, ring.why}, true
		}
	}
	switch {
	case s.pool && from.Ekatte == "":
		return route{"", "console.why_pool_no_place"}, true
	case s.pool:
		return route{"", "console.why_pool"}, true
	case len(near) > 0:
		return route{presentFirst(near)[0].point.ID, "console.why_anywhere"}, true
	}
	return route{}, false
}

// nearest sorts libraries by their distance from a settlement; of an unknown one, by name.
func nearest(from knowledge.Place, libraries []library) []library {
	return slices.SortedStableFunc(slices.Values(libraries), func(a, b library) int {
		var near int
		if from.Ekatte != "" {
			near = cmp.Compare(distance(from, a.point), distance(from, b.point))
		}
		return cmp.Or(near, cmp.Compare(a.point.Name, b.point.Name), cmp.Compare(a.point.ID, b.point.ID))
	})
}

func presentFirst(libraries []library) []library {
	return slices.SortedStableFunc(slices.Values(libraries), func(a, b library) int {
		switch {
		case a.present == b.present:
			return 0
		case a.present:
			return -1
		}
		return 1
	})
}

// distance is metres between a settlement and a help point, or its settlement where its own position is unknown.
// On a plane: over a country's width this is right within a percent, enough to say who is nearer.
func distance(from knowledge.Place, to knowledge.HelpPoint) float64 {
	if from.Ekatte == to.Ekatte {
		return 0
	}
	lat, lon := to.Place.Lat, to.Place.Lon
	if to.Position != nil {
		lat, lon = to.Position.Lat, to.Position.Lon
	}
	const degree = 111_195 // metres of a degree of latitude
	dy := (lat - from.Lat) * degree
	dx := (lon - from.Lon) * degree * math.Cos((lat+from.Lat)/2*math.Pi/180)
	return math.Hypot(dx, dy)
}
