package knowledge

import "time"

// HelpPoint is a library or chitalishte where people are helped. Absence is a value: what no source states is zero or nil.
type HelpPoint struct {
	ID        string // stable slug, at most 40 letters
	Kind      Kind
	Name      string
	BranchOf  string // id of the help point that it belongs to; "" stands alone
	Ekatte    string // settlement, five digits with leading zeros
	Address   string
	Phones    []string // the one to call first comes first
	Email     string
	Site      string
	Position  *Position // nil where only the settlement is known
	Accuracy  Accuracy  // of Position; "" is Building where there is one
	Hours     *Hours    // nil where unknown: unknown is never open
	Offers    []string  // of Offers(); what is not listed is unknown, not absent
	Languages []string  // of Languages(), spoken beside Bulgarian
	Source    string

	ConfirmedAt time.Time // when somebody there last said that all of it is right; zero until then
	ConfirmedBy string    // who, as the caller names people; "" until then
	Own         []string  // fields that people at the desk wrote or confirmed; no import overwrites them
	Version     int       // rises with each change; SaveHelpPoint and ConfirmHelpPoint refuse an old one

	Place Place // joined from places
}

// Phone is the number to call first; "" where none is known.
func (h HelpPoint) Phone() string {
	if len(h.Phones) == 0 {
		return ""
	}
	return h.Phones[0]
}

// Accuracy says how exactly a position is known.
type Accuracy string

// The accuracies of a position.
const (
	Building   Accuracy = "building"   // the door is within some ten metres
	Street     Accuracy = "street"     // the street, or the square
	Settlement Accuracy = "settlement" // the settlement alone: no position
)

// accuracy is Accuracy where the position decides it.
func (h HelpPoint) accuracy() Accuracy {
	switch {
	case h.Position == nil:
		return Settlement
	case h.Accuracy == Street:
		return Street
	}
	return Building
}

// Offers lists what a help point may offer, a closed set that the database checks too. kep-help, pik-help and eavt-help are help with
// the electronic signature, with ПИК and with the state's common sign-in; nobody's secrets are typed or kept for them.
func Offers() []string {
	return []string{"computers", "wifi", "printing", "scanning", "kep-help", "pik-help", "eavt-help", "training", "digital-club",
		"accessible-entrance", "accessible-toilet", "large-print"}
}

// Languages lists the languages that may be spoken beside Bulgarian, ISO 639; bqn is Bulgarian sign language.
func Languages() []string {
	return []string{"en", "tr", "rom", "ru", "uk", "de", "fr", "es", "it", "el", "ro", "sr", "mk", "hy", "ar", "bqn"}
}

// Kinds lists the kinds of help points, those shown first before the others.
func Kinds() []Kind { return []Kind{National, Regional, Municipal, Branch, Chitalishte} }

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
	Population   int     `json:"population,omitempty"`    // 0 where unknown
	Quarter      Quarter `json:"quarter,omitzero" db:"-"` // where a quarter is meant; Lat and Lon are its middle then
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
	DistanceM *int // metres as the crow flies from what was asked for to its own position; nil where only its settlement is known
	AwayM     int  // the same between what is known of both, settlements' middles too; 0 where nothing is
	From      Vantage
	Here      bool  // in the settlement that was asked for by name
	OpenNow   *bool // nil where the hours are unknown
	// NextOpen is when it opens next (or, open now, zero). Zero where unknown.
	NextOpen time.Time
	// ClosesAt is when it closes today; zero unless open now.
	ClosesAt time.Time
	// Closure is the exception that keeps it closed at that time; nil where none does.
	Closure *Exception
}

// Vantage says from what a distance is reckoned.
type Vantage string

// The vantages.
const (
	FromPosition Vantage = "position" // where the person is
	FromQuarter  Vantage = "quarter"  // the middle of a quarter
	FromTown     Vantage = "town"     // the middle of a settlement, which is nobody's place
)

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
	Places  []Place // where ambiguous, most likely first, at most mostChoices
	Others  bool    // it is said as somebody else's, or of a thing there: not where the person is
	Town    bool    // a quarter was named: its town must be asked for, or another than those of Places may be meant
	Abroad  string  // a place outside Bulgaria that was named instead, as it is called in Bulgarian; the outcome is unknown
}

// mostChoices is how many namesakes are offered: no name in Bulgaria stands for more.
const mostChoices = 10
