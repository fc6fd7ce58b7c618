package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// HelpPoint gives one help point, and false where there is none of this id.
func (s *Store) HelpPoint(ctx context.Context, id string) (HelpPoint, bool, error) {
	d, err := s.points.get(ctx, s)
	if err != nil {
		return HelpPoint{}, false, err
	}
	i, ok := d.byID[id]
	if !ok {
		return HelpPoint{}, false, nil
	}
	return d.points[i], true, nil
}

// HelpPointsByID gives those of these help points that exist, in the order asked for.
func (s *Store) HelpPointsByID(ctx context.Context, ids []string) ([]HelpPoint, error) {
	d, err := s.points.get(ctx, s)
	if err != nil {
		return nil, err
	}
	var found []HelpPoint
	for _, id := range ids {
		if i, ok := d.byID[id]; ok {
			found = append(found, d.points[i])
		}
	}
	return found, nil
}

// SearchHelpPoints finds help points whose name or settlement holds each of the words, regional libraries first, then by name.
// No words find all. limit 0 sets none.
func (s *Store) SearchHelpPoints(ctx context.Context, words string, limit int) ([]HelpPoint, error) {
	d, err := s.points.get(ctx, s)
	if err != nil {
		return nil, err
	}
	wanted := strings.Fields(plain(words))
	var found []HelpPoint
	for i, text := range d.text {
		if limit > 0 && len(found) == limit {
			break
		}
		if holdsAll(text, wanted) {
			found = append(found, d.points[i])
		}
	}
	return found, nil
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// directory is the table of help points in memory, by kind and name.
type directory struct {
	points []HelpPoint
	text   []string // name and settlement of each, as search compares them
	where  []vector // of the building, or else of the settlement
	byID   map[string]int
	posts  postcodes
}

// pointRow is a help point with its place.
type pointRow struct {
	ID      string
	Kind    Kind
	Name    string
	Ekatte  string
	Address string
	Phone   string
	Email   string
	Site    string
	Lat     *float64
	Lon     *float64
	Hours   []byte
	Offers  []string
	Source  string

	BranchOf    string
	Accuracy    Accuracy
	Languages   []string
	ConfirmedAt *time.Time
	ConfirmedBy string
	OwnFields   []string
	Version     int

	PlaceKind, PlaceName, NameLatin, Municipality, District string
	PlaceLat, PlaceLon                                      float64
	Population                                              int
}

// pointColumnsSQL are the columns of pointRow, of help_points h and places p.
const pointColumnsSQL = `
	h.id, h.kind, h.name, h.ekatte, h.address, h.phone, h.email, h.site, h.lat, h.lon, h.hours, h.offers, h.source,
	COALESCE(h.branch_of, '') AS branch_of, h.accuracy, h.languages, h.confirmed_at, COALESCE(h.confirmed_by, '') AS confirmed_by, h.own_fields, h.version,
	p.kind AS place_kind, p.name AS place_name, p.name_latin, p.municipality, p.district, COALESCE(p.lat, 0) AS place_lat, COALESCE(p.lon, 0) AS place_lon,
	COALESCE(p.population, 0) AS population`

func (s *Store) loadDirectory(ctx context.Context) (*directory, error) {
	rows, err := s.db.Query(ctx, `
		SELECT `+pointColumnsSQL+`
		FROM help_points h JOIN places p USING (ekatte)
		ORDER BY array_position(ARRAY['national', 'regional', 'municipal', 'branch', 'chitalishte'], h.kind), h.name, h.id`)
	if err != nil {
		return nil, fmt.Errorf("read help points: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[pointRow])
	if err != nil {
		return nil, fmt.Errorf("read help points: %w", err)
	}
	points := make([]HelpPoint, len(list))
	for i, r := range list {
		if points[i], err = r.point(); err != nil {
			return nil, err
		}
	}
	return newDirectory(points), nil
}

func (r pointRow) point() (HelpPoint, error) {
	h := HelpPoint{
		ID: r.ID, Kind: r.Kind, Name: r.Name, BranchOf: r.BranchOf, Ekatte: r.Ekatte, Address: r.Address, Phones: splitPhones(r.Phone), Email: r.Email,
		Site: r.Site, Offers: r.Offers, Languages: r.Languages, Source: r.Source, ConfirmedBy: r.ConfirmedBy, Own: r.OwnFields, Version: r.Version,
		Place: Place{
			Ekatte: r.Ekatte, Kind: r.PlaceKind, Name: r.PlaceName, NameLatin: r.NameLatin, Municipality: r.Municipality,
			District: r.District, Lat: r.PlaceLat, Lon: r.PlaceLon, Population: r.Population,
		},
	}
	if r.ConfirmedAt != nil {
		h.ConfirmedAt = *r.ConfirmedAt
	}
	if r.Lat != nil {
		h.Position, h.Accuracy = &Position{*r.Lat, *r.Lon}, r.Accuracy
	}
	if r.Hours != nil {
		h.Hours = &Hours{}
		if err := json.Unmarshal(r.Hours, h.Hours); err != nil {
			return h, fmt.Errorf("read hours of help point %q: %w", r.ID, err)
		}
	}
	return h, nil
}

// splitPhones takes a list of phones apart, «0359/51641; 0359/51631».
func splitPhones(text string) (list []string) {
	for phone := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == ',' }) {
		if phone = strings.TrimSpace(phone); phone != "" && !slices.Contains(list, phone) {
			list = append(list, phone)
		}
	}
	return list
}

func joinPhones(list []string) string { return strings.Join(list, "; ") }

// newDirectory prepares help points, which stand by kind and name, for searches.
func newDirectory(points []HelpPoint) *directory {
	d := &directory{points: points, text: make([]string, len(points)), where: make([]vector, len(points)), byID: make(map[string]int, len(points)), posts: learnPostcodes(points)}
	sofia := newQuarters()
	for i, h := range points {
		d.byID[h.ID] = i
		d.text[i] = plain(h.Name + " " + h.Place.Name)
		d.where[i] = onSphere(h.Place.at())
		if h.Position != nil {
			d.where[i] = onSphere(*h.Position)
		} else if h.Ekatte == sofiaEkatte {
			if at, ok := sofia.near(h.Name + ", " + h.Address); ok {
				d.where[i] = onSphere(at)
			}
		}
	}
	return d
}
