package webchat

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"orientir/knowledge"
)

const (
	maxPlace      = 400 // bytes: «place» may be a sentence
	maxHelpPoints = 20
)

// placeJSON is a settlement as the API gives it.
type placeJSON struct {
	Ekatte       string `json:"ekatte"`
	Kind         string `json:"kind"`
	Name         string `json:"name"`
	Municipality string `json:"municipality"`
	District     string `json:"district"`
	Quarter      string `json:"quarter,omitempty"` // of Sofia, where one was named
}

func toPlace(p knowledge.Place) placeJSON {
	return placeJSON{p.Ekatte, p.Kind, p.Name, p.Municipality, p.District, p.Quarter.Name}
}

// helpPointJSON is a help point as the API gives it. What no source states is null.
type helpPointJSON struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Place     placeJSON  `json:"place"`
	Address   *string    `json:"address"`
	Phone     *string    `json:"phone"`
	Phones    []string   `json:"phones"` // all of them, phone first
	Email     *string    `json:"email"`
	Site      *string    `json:"site"`
	Lat       *float64   `json:"lat"`
	Lon       *float64   `json:"lon"`
	Accuracy  *string    `json:"accuracy"` // of lat and lon: building or street
	DistanceM *int       `json:"distance_m"`
	OpenNow   *bool      `json:"open_now"`
	ClosesAt  *time.Time `json:"closes_at"`
	NextOpen  *time.Time `json:"next_open"`
	Hours     *string    `json:"hours"` // «пон–пет 9:00–17:30; съб 10:00–14:00»
	Offers    []string   `json:"offers"`
	Languages []string   `json:"languages"` // spoken beside Bulgarian, ISO 639
	BranchOf  *string    `json:"branch_of"`
	Confirmed *time.Time `json:"confirmed_at"` // when the library last said that all of this is right
}

func toHelpPoints(all []knowledge.Nearby) []helpPointJSON {
	out := make([]helpPointJSON, len(all))
	for i, n := range all {
		h := helpPointJSON{
			ID: n.ID, Name: n.Name, Place: toPlace(n.Place), Address: known(n.Address), Phone: known(n.Phone()), Email: known(n.Email),
			Site: known(n.Site), DistanceM: n.DistanceM, OpenNow: n.OpenNow, ClosesAt: moment(n.ClosesAt), NextOpen: moment(n.NextOpen),
			Offers: n.Offers, Phones: n.Phones, Languages: n.Languages, BranchOf: known(n.BranchOf), Confirmed: moment(n.ConfirmedAt),
		}
		if n.Position != nil {
			h.Lat, h.Lon, h.Accuracy = &n.Position.Lat, &n.Position.Lon, known(string(n.Accuracy))
		}
		if n.Hours != nil {
			h.Hours = known(n.Hours.String())
		}
		for _, list := range []*[]string{&h.Offers, &h.Phones, &h.Languages} {
			if *list == nil {
				*list = []string{}
			}
		}
		out[i] = h
	}
	return out
}

func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// helpPointsJSON is the answer to a search for help points; only the fields of its outcome are there.
type helpPointsJSON struct {
	Outcome    knowledge.PlaceOutcome `json:"outcome"`
	Place      *placeJSON             `json:"place,omitempty"`
	Places     []placeJSON            `json:"places,omitempty"`
	HelpPoints *[]helpPointJSON       `json:"help_points,omitempty"`
}

// pointsQuery is what a search for help points asks.
type pointsQuery struct {
	words string // a place; "": near has a position
	near  knowledge.Near
}

// helpPoints answers GET /api/v1/help-points: the nearest to a position or to a place in words.
func (s *site) helpPoints(w http.ResponseWriter, r *http.Request) error {
	q, err := s.pointsQuery(r.URL.Query())
	if err != nil {
		return err
	}
	if q.words != "" {
		return s.helpPointsAtPlace(w, r, q.words, q.near)
	}
	return s.helpPointsAtPosition(w, r, q.near)
}

// pointsQuery reads the parameters of an address.
func (s *site) pointsQuery(asked url.Values) (pointsQuery, error) {
	q := pointsQuery{words: asked.Get("place"), near: knowledge.Near{Limit: 5, At: s.Now()}}
	if text := asked.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > maxHelpPoints {
			return q, invalid("limit", "web.fault_limit", maxHelpPoints)
		}
		q.near.Limit = limit
	}
	if text := asked.Get("open_at"); text != "" {
		at, err := s.parseMoment(text)
		if err != nil {
			return q, invalid("open_at", "web.fault_open_at")
		}
		q.near.At, q.near.OpenOnly = at, true
	}
	switch lat, lon := asked.Get("lat"), asked.Get("lon"); {
	case q.words != "" && (lat != "" || lon != ""):
		return q, invalid("place", "web.fault_where_both")
	case len(q.words) > maxPlace:
		return q, invalid("place", "web.fault_place_long")
	case q.words != "":
	case lat != "" || lon != "":
		north, err1 := strconv.ParseFloat(lat, 64)
		east, err2 := strconv.ParseFloat(lon, 64)
		if err1 != nil || err2 != nil || !onEarth(north, east) {
			return q, invalid("lat", "web.fault_position")
		}
		q.near.Position = &knowledge.Position{Lat: north, Lon: east}
	default:
		return q, invalid("place", "web.fault_where")
	}
	return q, nil
}

func (s *site) helpPointsAtPlace(w http.ResponseWriter, r *http.Request, words string, near knowledge.Near) error {
	match, err := s.store.FindPlace(r.Context(), words)
	if err != nil {
		return err
	}
	switch match.Outcome {
	case knowledge.PlaceAmbiguous:
		out := helpPointsJSON{Outcome: match.Outcome}
		for _, p := range match.Places {
			out.Places = append(out.Places, toPlace(p))
		}
		return writeJSON(w, http.StatusOK, out)
	case knowledge.PlaceFound:
		near.Ekatte = match.Place.Code()
		return s.writeHelpPoints(w, r, match.Place, near)
	}
	return writeJSON(w, http.StatusOK, helpPointsJSON{Outcome: knowledge.PlaceUnknown})
}

func (s *site) helpPointsAtPosition(w http.ResponseWriter, r *http.Request, near knowledge.Near) error {
	place, ok, err := s.store.PlaceAt(r.Context(), near.Position.Lat, near.Position.Lon)
	if err != nil {
		return err
	}
	if !ok {
		return writeJSON(w, http.StatusOK, helpPointsJSON{Outcome: knowledge.PlaceUnknown})
	}
	return s.writeHelpPoints(w, r, place, near)
}

func (s *site) writeHelpPoints(w http.ResponseWriter, r *http.Request, place knowledge.Place, near knowledge.Near) error {
	found, err := s.store.Near(r.Context(), near)
	if err != nil {
		return err
	}
	p, points := toPlace(place), toHelpPoints(found)
	return writeJSON(w, http.StatusOK, helpPointsJSON{Outcome: knowledge.PlaceFound, Place: &p, HelpPoints: &points})
}

// parseMoment reads a time with its zone, or without one as it is in Bulgaria. In the year 9999 something would close in a year that JSON has no words
// for (RFC 3339: four digits).
func (s *site) parseMoment(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if err != nil {
			t, err = time.ParseInLocation(form, text, s.zone)
		}
	}
	if y := t.UTC().Year(); err != nil || y < 1900 || y > 2999 {
		return time.Time{}, fmt.Errorf("%q is no time", text)
	}
	return t, nil
}
