package knowledge

import "time"

// HelpPoint is a library or chitalishte where people are helped. Absence is a value: what no source states is zero or nil.
type HelpPoint struct {
	ID       string // stable slug, at most 40 letters
	Kind     Kind
	Name     string
	Ekatte   string // settlement, five digits with leading zeros
	Address  string
	Phone    string
	Email    string
	Site     string
	Position *Position // nil where only the settlement is known
	Hours    *Hours    // nil where unknown: unknown is never open
	Offers   []string  // computers, wifi, printing, kep-help, accessible-entrance…
	Source   string
	Place    Place // joined from places
}

// Kind says what a help point is. Of two equally near the first in this order is shown first.
type Kind string

// The kinds of help points, a closed set that the database checks too.
const (
	National    Kind = "national"
	Regional    Kind = "regional"
	Municipal   Kind = "municipal"
	Branch      Kind = "branch"
	Chitalishte Kind = "chitalishte"
)

// Position is a point in WGS 84 degrees.
type Position struct{ Lat, Lon float64 }

// Place is a settlement.
type Place struct {
	Ekatte       string  `json:"ekatte"`
	Kind         string  `json:"kind"` // гр. | с. | ман.
	Name         string  `json:"name"`
	NameLatin    string  `json:"name_latin"`
	Municipality string  `json:"municipality"`
	District     string  `json:"district"`      // as people say it: «Софийска област», never НСИ's «София»
	Lat          float64 `json:"lat,omitempty"` // 0 where unknown, as Lon is then
	Lon          float64 `json:"lon,omitempty"`
	Population   int     `json:"population,omitempty"` // 0 where unknown
}

// Hours are weekly opening hours with exceptions. All times are local, Europe/Sofia.
type Hours struct {
	Week       [7][]Span   // Monday first; an empty day is closed
	Exceptions []Exception // a dated closure or other hours; wins over Week and over holidays
	Holidays   bool        // true where official holidays are working days
}

// Span is a half-open interval of minutes since midnight. A lunch break is two spans.
type Span struct{ From, To int }

// Exception changes the hours of the dates From to To, both included.
type Exception struct {
	From, To time.Time
	Spans    []Span // empty: closed
	Reason   string
}

// Nearby is a help point as seen from somewhere.
type Nearby struct {
	HelpPoint
	DistanceM *int  // metres as the crow flies; nil where only its settlement is known
	OpenNow   *bool // nil where the hours are unknown
	// NextOpen is when it opens next (or, open now, zero). Zero where unknown.
	NextOpen time.Time
	// ClosesAt is when it closes today; zero unless open now.
	ClosesAt time.Time
}

// PlaceOutcome says how words fitted the places that we know.
type PlaceOutcome string

// The outcomes of a search for a place.
const (
	PlaceFound     PlaceOutcome = "found"
	PlaceAmbiguous PlaceOutcome = "ambiguous"
	PlaceUnknown   PlaceOutcome = "unknown"
)

// PlaceMatch is what FindPlace answers: one place, several to choose from, or none.
type PlaceMatch struct {
	Outcome PlaceOutcome
	Place   Place   // where found
	Places  []Place // where ambiguous, most likely first, at most eight
}
