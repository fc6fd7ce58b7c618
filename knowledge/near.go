package knowledge

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"
)

// Near asks for the help points nearest to a position or a settlement.
type Near struct {
	Position *Position // where the person is; wins over Ekatte
	Ekatte   string    // or Place.Code
	Limit    int       // 0 means 3
	At       time.Time // for OpenNow and OpenOnly; zero means now
	OpenOnly bool      // leaves out what is closed at that time or whose hours are unknown
}

// Near gives help points nearest first. One whose own position is unknown stands where its settlement stands, with no distance.
// Of equally near ones the bigger library comes first. Without a position or a known settlement there are none.
func (s *Store) Near(ctx context.Context, n Near) ([]Nearby, error) {
	from, ok, err := s.eye(ctx, n)
	if err != nil || !ok {
		return nil, err
	}
	d, err := s.points.get(ctx, s)
	if err != nil {
		return nil, err
	}
	return d.near(from, n), nil
}

// eye is where a search looks from: the position, or the middle of the settlement or quarter; false where neither is known.
func (s *Store) eye(ctx context.Context, n Near) (Position, bool, error) {
	if n.Position != nil {
		return *n.Position, true, nil
	}
	g, err := s.places.get(ctx, s)
	if err != nil {
		return Position{}, false, err
	}
	place, ok := g.coded(n.Ekatte)
	if !ok {
		return Position{}, false, nil
	}
	at, ok := g.seat(place)
	return at, ok, nil
}

// near ranks the directory as seen from a position.
func (d *directory) near(from Position, n Near) []Nearby {
	limit := n.Limit
	if limit <= 0 {
		limit = 3
	}
	at := n.At
	if at.IsZero() {
		at = time.Now()
	}
	type candidate struct {
		index int
		away  float64 // square of the chord: ranks as the distance does, and costs no sine
	}
	eye := onSphere(from)
	var best []candidate // sorted, at most limit
	for i := range d.points {
		h := &d.points[i]
		c := candidate{i, d.where[i].chord(eye)}
		if n.Position == nil && h.Ekatte == n.Ekatte {
			c.away = 0 // a settlement asked for by name: all its libraries are there, and its middle is nobody's place
		}
		if len(best) == limit && c.away >= best[limit-1].away {
			continue
		}
		if n.OpenOnly && !h.Hours.OpenAt(at) {
			continue
		}
		// Points stand by kind and name; an equally near one goes behind.
		to, _ := slices.BinarySearchFunc(best, c, func(a, b candidate) int {
			if a.away <= b.away {
				return -1
			}
			return 1
		})
		if len(best) == limit {
			best = best[:limit-1]
		}
		best = slices.Insert(best, to, c)
	}
	out := make([]Nearby, len(best))
	for i, c := range best {
		out[i] = d.points[c.index].seen(from, at)
		out[i].from(n, d.away(c.index, from))
	}
	return out
}

// seen adds what depends on where and when somebody asks.
func (h HelpPoint) seen(from Position, at time.Time) Nearby {
	n := Nearby{HelpPoint: h}
	if h.Position != nil {
		m := int(math.Round(metres(from, *h.Position)))
		n.DistanceM = &m
	}
	if h.Hours != nil {
		closes, open := h.Hours.ClosesAt(at)
		n.OpenNow = &open
		if open {
			n.ClosesAt = closes
		} else {
			n.NextOpen, _ = h.Hours.NextOpen(at)
			n.Closure = h.Hours.closure(at)
		}
	}
	return n
}

// from notes what the distance is reckoned from, and how far it is.
func (h *Nearby) from(n Near, away int) {
	h.AwayM, h.From = away, FromTown
	ekatte, _, quarter := strings.Cut(n.Ekatte, "/")
	switch {
	case n.Position != nil:
		h.From = FromPosition
	default:
		h.Here = h.Ekatte == ekatte
		if quarter {
			h.From = FromQuarter
		}
	}
}

// away is how many metres a help point is from a position, by its own position, its quarter or its settlement; 0 where none is known.
func (d *directory) away(index int, from Position) int {
	h := &d.points[index]
	if h.Position == nil && !h.Place.located() {
		return 0
	}
	const radius = 6_371_008.8
	return int(math.Round(2 * radius * math.Asin(math.Min(1, math.Sqrt(d.where[index].chord(onSphere(from)))/2))))
}

// metres is the way as the crow flies, on a sphere of the mean radius of the Earth (haversine); in Bulgaria within 0.3 %.
func metres(a, b Position) float64 {
	const radius, rad = 6_371_008.8, math.Pi / 180
	dLat, dLon := (b.Lat-a.Lat)*rad/2, (b.Lon-a.Lon)*rad/2
	h := math.Sin(dLat)*math.Sin(dLat) + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*math.Sin(dLon)*math.Sin(dLon)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// vector is a position as a point of the sphere of radius 1.
type vector [3]float64

func onSphere(p Position) vector {
	const rad = math.Pi / 180
	return vector{math.Cos(p.Lat*rad) * math.Cos(p.Lon*rad), math.Cos(p.Lat*rad) * math.Sin(p.Lon*rad), math.Sin(p.Lat * rad)}
}

// chord is the square of the straight line between two points.
func (a vector) chord(b vector) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return x*x + y*y + z*z
}

// byDistance compares for sorting.
func byDistance(from Position) func(a, b Place) int {
	return func(a, b Place) int {
		return cmp.Compare(metres(from, Position{a.Lat, a.Lon}), metres(from, Position{b.Lat, b.Lon}))
	}
}
