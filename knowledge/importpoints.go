package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// pointColumns are the columns of help points; settlement, municipality and district may stand instead of ekatte.
var pointColumns = []string{"id", "kind", "name", "branch_of", "ekatte", "settlement", "municipality", "district", "address", "phone", "email", "site",
	"lat", "lon", "accuracy", "hours", "holidays", "exceptions", "offers", "languages", "source"}

// pointNames are what registers and maps call the columns.
var pointNames = names{
	"name_bg": "name", "settlement_bg": "settlement", "municipality_bg": "municipality", "oblast_bg": "district", "address_bg": "address",
	"phone_landline": "phone", "website": "site", "contact:phone": "phone", "contact:website": "site", "opening_hours": "hours",
}

// pointRecord is a help point as a file states it.
type pointRecord struct {
	line   int
	point  HelpPoint
	states map[string]bool // columns that the file has
	place  Place           // of a register: the settlement with its coordinates
}

// register says whether the file is a register of others: it fills in what we lack, and brings up to date what came from itself.
func register(t *table) bool { return t.has("coord_basis") }

// readPoints reads help points: our own columns, libraries with coord_basis, or the register of chitalishta with reg_no.
func readPoints(data []byte) (records []pointRecord, isRegister bool, err error) {
	t, err := readTable(data, pointNames, append([]string{"reg_no", "coord_basis", "confidence"}, pointColumns...)...)
	if err != nil {
		return nil, false, err
	}
	records, err = pointsOf(t)
	return records, register(t), err
}

func pointsOf(t *table) ([]pointRecord, error) {
	if err := t.need("name"); err != nil {
		return nil, err
	}
	if !t.has("ekatte") && !t.has("settlement") {
		return nil, t.need("ekatte")
	}
	faults := &faultList{}
	var records []pointRecord
	for _, r := range t.rows {
		record := pointRecord{line: r.line, states: map[string]bool{}}
		for column := range t.columns {
			record.states[column] = true
		}
		h := HelpPoint{
			ID: t.cell(r, "id"), Kind: Kind(t.cell(r, "kind")), Name: strict(t.cell(r, "name")), Ekatte: t.cell(r, "ekatte"), Address: strict(strings.TrimLeft(t.cell(r, "address"), ", ")), // the register has «, 3128» where there is no street
			Phones: splitPhones(t.cell(r, "phone")), Email: t.cell(r, "email"), Site: t.cell(r, "site"), Source: t.cell(r, "source"), Offers: splitList(t.cell(r, "offers")),
		}
		h.BranchOf, h.Languages = t.cell(r, "branch_of"), splitList(t.cell(r, "languages"))
		h.takeFormerOffers()
		if h.BranchOf != "" && (!slugForm.MatchString(h.BranchOf) || h.BranchOf == h.ID) {
			faults.add(r.line, "branch_of", "fault.point", h.BranchOf)
		}
		if h.Name == "" {
			faults.add(r.line, "name", "fault.empty", "")
		}
		if number := t.cell(r, "reg_no"); t.has("reg_no") {
			if !registerForm.MatchString(number) {
				faults.add(r.line, "reg_no", "fault.number", number)
			}
			h.ID, h.Kind, h.Source = "chitalishte-"+number, Chitalishte, "регистър на читалищата, № "+number
			if !strings.HasPrefix(h.Name, "НЧ ") {
				h.Name = "НЧ „" + strings.Trim(h.Name, `"„“”'`) + "“"
			}
		}
		if m := registerNumber.FindStringSubmatch(h.Source); h.ID == "" && m != nil {
			h.ID = "chitalishte-" + m[1]
		}
		if h.Kind == "" {
			h.Kind = kindOf(h.Name)
		}
		if !slices.Contains(Kinds(), h.Kind) {
			faults.add(r.line, "kind", "fault.choice", string(h.Kind))
		}
		if h.ID != "" && (!slugForm.MatchString(h.ID) || len(h.ID) > 40) {
			faults.add(r.line, "id", "fault.slug", h.ID)
		}
		if h.Site != "" && !strings.HasPrefix(h.Site, "https://") && !strings.HasPrefix(h.Site, "http://") {
			faults.add(r.line, "site", "fault.host", h.Site)
		}
		for _, offer := range h.Offers {
			if !slices.Contains(Offers(), offer) {
				faults.add(r.line, "offers", "fault.choice", offer)
			}
		}
		for _, language := range h.Languages {
			if !slices.Contains(Languages(), language) {
				faults.add(r.line, "languages", "fault.choice", language)
			}
		}
		position, key := readPosition(t.cell(r, "lat"), t.cell(r, "lon"))
		if key != "" {
			faults.add(r.line, "lat", key, t.cell(r, "lat")+", "+t.cell(r, "lon"))
		}
		record.place = Place{
			Ekatte: h.Ekatte, Name: t.cell(r, "settlement"), Municipality: spokenMunicipality(t.cell(r, "municipality")), District: spokenDistrict(t.cell(r, "district")),
		}
		for _, kind := range []string{"гр.", "с.", "ман."} {
			if name, ok := strings.CutPrefix(record.place.Name, kind); ok {
				record.place.Kind, record.place.Name = kind, strings.TrimSpace(name)
			}
		}
		if basis := t.cell(r, "coord_basis"); !t.has("coord_basis") || basis == "building" {
			h.Position = position
		} else if basis != "settlement" {
			faults.add(r.line, "coord_basis", "fault.choice", basis)
		} else if position != nil {
			record.place.Lat, record.place.Lon = position.Lat, position.Lon
		}
		switch accuracy := Accuracy(t.cell(r, "accuracy")); accuracy {
		case "", Building, Street:
			h.Accuracy = accuracy
		case Settlement:
			h.Position = nil
		default:
			faults.add(r.line, "accuracy", "fault.choice", string(accuracy))
		}
		h.Hours = readHours(t, r, faults)
		record.point = h
		records = append(records, record)
	}
	return records, faults.result()
}

// formerOffers are offers that are now languages.
var formerOffers = map[string]string{"turkish": "tr", "roma": "rom"}

// takeFormerOffers reads what older files say.
func (h *HelpPoint) takeFormerOffers() {
	h.Offers = slices.DeleteFunc(h.Offers, func(offer string) bool {
		language, former := formerOffers[offer]
		if former && !slices.Contains(h.Languages, language) {
			h.Languages = append(h.Languages, language)
		}
		return former
	})
}

var registerForm = regexp.MustCompile(`^[0-9]{1,6}$`)

// registerNumber finds the number of a chitalishte in a source.
var registerNumber = regexp.MustCompile(`register of chitalishta.*reg\. no ([0-9]+)$`)

// readHours reads the three columns of opening hours; nil where they are unknown.
func readHours(t *table, r tableRow, faults *faultList) *Hours {
	text := t.cell(r, "hours")
	if text == "" {
		if t.cell(r, "exceptions") != "" {
			faults.add(r.line, "hours", "fault.empty", "")
		}
		return nil
	}
	h, err := ParseHours(text)
	if err != nil {
		faults.add(r.line, "hours", "fault.hours", text)
		return nil
	}
	switch value := t.cell(r, "holidays"); value {
	case "", "no", "не":
	case "yes", "да":
		h.Holidays = true
	default:
		faults.add(r.line, "holidays", "fault.choice", value)
	}
	if h.Exceptions, err = ParseExceptions(t.cell(r, "exceptions")); err != nil {
		faults.add(r.line, "exceptions", "fault.hours", t.cell(r, "exceptions"))
	}
	return h
}

// importPoints adds and changes help points, matched by id, then by name and place.
func importPoints(ctx context.Context, tx postgres.DB, records []pointRecord, isRegister bool) (Report, error) {
	var report Report
	resolved, places, err := resolvePlaces(ctx, tx, records)
	if err != nil {
		return report, err
	}
	if len(places) > 0 {
		if _, err := savePlaces(ctx, tx, places); err != nil {
			return report, err
		}
	}
	s := NewStore(tx)
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return report, err
	}
	origins := map[string]string{}
	rows, err := tx.Query(ctx, `SELECT id, origin FROM help_points`)
	if err != nil {
		return report, fmt.Errorf("read help points: %w", err)
	}
	var id, origin string
	if _, err := pgx.ForEachRow(rows, []any{&id, &origin}, func() error { origins[id] = origin; return nil }); err != nil {
		return report, fmt.Errorf("read help points: %w", err)
	}
	byKey := map[[2]string]int{}
	for i, h := range d.points {
		byKey[[2]string{h.Ekatte, pointKey(h.Name)}] = i
	}
	faults := &faultList{}
	taken := map[string]bool{}
	var save []map[string]any
	for _, record := range resolved {
		h := record.point
		key := [2]string{h.Ekatte, pointKey(h.Name)}
		before := -1
		if i, ok := d.byID[h.ID]; ok && h.ID != "" {
			before = i
		} else if i, ok := byKey[key]; ok {
			before = i
		}
		if before >= 0 {
			old := d.points[before]
			h = merge(old, record, isRegister, origins[old.ID] == "editor")
		} else if h.ID == "" {
			h.Place = record.place
			h.ID = newPointID(h, func(id string) bool { _, known := d.byID[id]; return known || taken[id] })
		}
		if taken[h.ID] || (before < 0 && taken[key[0]+" "+key[1]]) {
			faults.add(record.line, "name", "fault.twice", h.Name)
			continue
		}
		if i, ok := byKey[[2]string{h.Ekatte, pointKey(h.Name)}]; ok && d.points[i].ID != h.ID { // renamed into another one
			faults.add(record.line, "name", "fault.twice", h.Name)
			continue
		}
		taken[h.ID], taken[key[0]+" "+key[1]] = true, true
		switch {
		case before < 0:
			report.Added++
		case samePoint(h, d.points[before]):
			report.Unchanged++
			continue
		default:
			report.Changed++
		}
		save = append(save, pointJSON(h))
	}
	if err := faults.result(); err != nil || len(save) == 0 {
		return report, err
	}
	data, err := json.Marshal(save)
	if err != nil {
		return report, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO help_points (id, kind, name, name_key, branch_of, ekatte, address, phone, email, site, lat, lon, accuracy, hours, offers, languages, source, origin, changed_by)
		SELECT i.id, i.kind, i.name, i.name_key, i.branch_of, i.ekatte, i.address, i.phone, i.email, i.site, i.lat, i.lon, i.accuracy, i.hours, i.offers, i.languages, i.source,
		     $2, 'import'
		FROM jsonb_to_recordset($1) AS i(id text, kind text, name text, name_key text, branch_of text, ekatte text, address text, phone text, email text, site text,
		     lat float8, lon float8, accuracy text, hours jsonb, offers text[], languages text[], source text)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, name_key = excluded.name_key, ekatte = excluded.ekatte, address = excluded.address,
			phone = excluded.phone, email = excluded.email, site = excluded.site, lat = excluded.lat, lon = excluded.lon, accuracy = excluded.accuracy,
			branch_of = excluded.branch_of, languages = excluded.languages, hours = excluded.hours,
			offers = excluded.offers, source = excluded.source, changed_by = excluded.changed_by, changed_at = now(),
			origin = CASE WHEN help_points.origin = 'editor' THEN 'editor' ELSE excluded.origin END`,
		data, map[bool]string{true: "import", false: "editor"}[isRegister])
	return report, wrap("save help points", err)
}

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

// merge takes from a record what the file states: of our own files every column that is there, of a register what isn't empty,
// and of that only what we lack, unless what we have came from the same register and no editor has touched it since.
func merge(old HelpPoint, record pointRecord, isRegister, edited bool) HelpPoint {
	h, from := old, record.point
	edited = edited || old.Source != from.Source
	take := func(column string, to *string, value string) {
		switch {
		case !record.states[column]:
		case !isRegister:
			*to = value
		case value != "" && (*to == "" || !edited):
			*to = value
		}
	}
	take("address", &h.Address, from.Address)
	if record.states["phone"] && (!isRegister || len(from.Phones) > 0 && (len(h.Phones) == 0 || !edited)) {
		h.Phones = from.Phones
	}
	take("email", &h.Email, from.Email)
	take("site", &h.Site, from.Site)
	if isRegister {
		if from.Position != nil && (h.Position == nil || !edited) {
			h.Position = from.Position
		}
		return h
	}
	h.Name, h.Ekatte = from.Name, from.Ekatte
	take("source", &h.Source, from.Source)
	if record.states["kind"] {
		h.Kind = from.Kind
	}
	if record.states["lat"] {
		h.Position, h.Accuracy = from.Position, from.Accuracy
	}
	if record.states["branch_of"] {
		h.BranchOf = from.BranchOf
	}
	if record.states["languages"] || len(from.Languages) > 0 {
		h.Languages = from.Languages
	}
	if record.states["hours"] {
		h.Hours = from.Hours
	}
	if record.states["offers"] {
		h.Offers = from.Offers
	}
	return h
}

// samePoint compares what files state.
func samePoint(a, b HelpPoint) bool {
	return reflect.DeepEqual(pointJSON(a), pointJSON(b))
}

// pointJSON gives the columns of a help point as the statements read them.
func pointJSON(h HelpPoint) map[string]any {
	out := map[string]any{
		"id": h.ID, "kind": string(h.Kind), "name": h.Name, "name_key": pointKey(h.Name), "ekatte": h.Ekatte, "address": h.Address, "phone": joinPhones(h.Phones),
		"email": h.Email, "site": h.Site, "offers": filled(h.Offers), "languages": filled(h.Languages), "source": h.Source, "accuracy": string(h.accuracy()),
	}
	if h.BranchOf != "" {
		out["branch_of"] = h.BranchOf
	}
	if h.Position != nil {
		out["lat"], out["lon"] = h.Position.Lat, h.Position.Lon
	}
	if h.Hours != nil {
		out["hours"] = h.Hours
	}
	return out
}
