package handoff

import (
	"cmp"
	"math"
	"slices"
	"time"

	"orientir/bot"
	"orientir/knowledge"
)

// neighbourhood is how far, in metres as the crow flies, a library still counts as a neighbour: a bus ride.
const neighbourhood = 40_000

// opening says whether a library is open, worst first. One whose hours nobody knows may be open in office hours, and is taken for closed
// at night.
type opening int

const (
	isShut opening = iota
	isUnsure
	isOpen
)

// room says whether somebody could take a ticket there, worst first.
type room int

const (
	roomNone room = iota // no one has the desk open
	roomBusy             // all who have talk to as many people as they can
	roomFree
)

// queue is where a ticket can wait: a library, or the national pool.
type queue struct {
	point  knowledge.HelpPoint // of the pool: the zero value
	served bool                // somebody active serves it
	room   room
	open   opening
	until  time.Time // when it opens; zero where it is open, or nobody knows
}

func (q queue) id() string { return q.point.ID }

// staffing is who could answer now.
type staffing struct {
	libraries []queue // each is served
	pool      queue
}

// route is where a ticket goes, and why.
type route struct {
	to  queue
	why bot.Why
}

// choose picks where a ticket goes: what the person chose, or was shown, where somebody serves it; else what routing picks by itself.
// A choice that is routing's own keeps routing's reason. It says false where nobody serves anywhere.
func choose(wish bot.Wish, from knowledge.Place, s staffing) (route, bool) {
	own, ok := pick(from, s, nil)
	if !ok || wish.HelpPoint == "" && !wish.Pool {
		return own, ok
	}
	chosen := route{to: s.pool, why: bot.Why{Key: "console.why_chosen"}}
	if wish.HelpPoint != "" {
		i := slices.IndexFunc(s.libraries, func(q queue) bool { return q.id() == wish.HelpPoint })
		if i < 0 {
			return own, true
		}
		chosen.to = s.libraries[i]
	}
	if !chosen.to.served || own.to.id() == chosen.to.id() {
		return own, true
	}
	if wish.Shown { // routing's own word of a minute ago, which the person said yes to
		chosen.why = plain(ringOf(from, s, chosen.to))
	}
	return chosen, true
}

// The rings around a person, nearest first, by the phrase that says why a ticket came.
const (
	ownRing       = "console.why_own"
	neighbourRing = "console.why_neighbour"
	districtRing  = "console.why_district"
	poolRing      = "console.why_pool"
	placelessRing = "console.why_pool_no_place"
	anywhereRing  = "console.why_anywhere"
)

type ring struct {
	why    string
	queues []queue // best first
}

// pick is the routing itself. The rings are the library of the person's settlement, its neighbours, the district and the national pool;
// far libraries only where there is no pool. The first ring in which somebody could take the ticket gets it; else the first in which
// somebody is, though busy; else the first that is not closed; and at night the first. Queues in without are left out.
func pick(from knowledge.Place, s staffing, without []string) (route, bool) {
	all := rings(from, s)
	for _, good := range []func(queue) bool{
		func(q queue) bool { return q.room == roomFree },
		func(q queue) bool { return q.room == roomBusy },
		func(q queue) bool { return q.open != isShut },
		func(queue) bool { return true },
	} {
		for i, r := range all {
			for _, q := range r.queues {
				if good(q) && !slices.Contains(without, q.id()) {
					return route{q, explain(all, i)}, true
				}
			}
		}
	}
	return route{}, false
}

// explain says why a ticket goes to a ring: because it is the nearest, or because of what keeps the nearest library from answering.
func explain(all []ring, chosen int) bot.Why {
	if chosen == 0 {
		return plain(all[chosen].why)
	}
	return instead(all[0].queues[0])
}

func plain(key string) bot.Why { return bot.Why{Key: key} }

// instead says what keeps a queue from answering.
func instead(q queue) bot.Why {
	why := bot.Why{Name: q.point.Name}
	switch {
	case q.room == roomBusy:
		why.Key = "console.why_busy"
	case q.room == roomFree:
		why.Key = "console.why_untaken"
	case q.open == isShut && !q.until.IsZero():
		why.Key, why.Until = "console.why_closed", q.until
	default:
		why.Key = "console.why_absent"
	}
	return why
}

// rings sorts the queues into the rings around a settlement; empty rings are left out.
func rings(from knowledge.Place, s staffing) []ring {
	inside := map[string][]queue{}
	for _, q := range nearest(from, s.libraries) {
		name := anywhereRing
		switch {
		case from.Ekatte == "":
		case q.point.Ekatte == from.Ekatte:
			name = ownRing
		case distance(from, q.point) <= neighbourhood:
			name = neighbourRing
		case q.point.Place.District == from.District:
			name = districtRing
		}
		inside[name] = append(inside[name], q)
	}
	pool := poolRing
	if from.Ekatte == "" {
		pool = placelessRing
	}
	if s.pool.served {
		inside[pool] = []queue{s.pool}
		delete(inside, anywhereRing)
	}
	var all []ring
	for _, name := range []string{ownRing, neighbourRing, districtRing, pool, anywhereRing} {
		if in := inside[name]; len(in) > 0 {
			all = append(all, ring{name, bestFirst(in)})
		}
	}
	return all
}

// ringOf names the ring in which a queue stands.
func ringOf(from knowledge.Place, s staffing, q queue) string {
	for _, r := range rings(from, s) {
		if slices.ContainsFunc(r.queues, func(in queue) bool { return in.id() == q.id() }) {
			return r.why
		}
	}
	return anywhereRing
}

// bestFirst sorts the queues of a ring, nearest first already: by who could take a ticket, then by opening.
func bestFirst(queues []queue) []queue {
	return slices.SortedStableFunc(slices.Values(queues), func(a, b queue) int {
		return cmp.Or(cmp.Compare(b.room, a.room), cmp.Compare(b.open, a.open))
	})
}

// nearest sorts libraries by their distance from a settlement; of an unknown one, by name.
func nearest(from knowledge.Place, libraries []queue) []queue {
	return slices.SortedStableFunc(slices.Values(libraries), func(a, b queue) int {
		var near int
		if from.Ekatte != "" {
			near = cmp.Compare(distance(from, a.point), distance(from, b.point))
		}
		return cmp.Or(near, cmp.Compare(a.point.Name, b.point.Name), cmp.Compare(a.id(), b.id()))
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
