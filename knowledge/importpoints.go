package knowledge

import (
	"regexp"
	"slices"
	"strings"
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
	line     int
	point    HelpPoint
	states   map[string]bool // fields that the file states; a register's empty cell only takes back its own earlier word
	place    Place           // of a register: the settlement with its coordinates
	register bool            // the file is somebody else's, who doesn't know what we have
	source   string          // whose number key is: «osm», «chitalishta»; "" none
	key      string
	fault    string   // why the row can't be taken, in a register; "" where it can
	notes    []string // what of it could not be read
}

// register says whether the file is a register of others: it fills in what we lack, and brings up to date what came from itself.
func register(t *table) bool { return t.has("coord_basis") }

// readPoints reads help points: our own columns, as a table or GeoJSON, libraries with coord_basis, the register of chitalishta with reg_no,
// or an extract of OpenStreetMap.
func readPoints(data []byte) ([]pointRecord, error) {
	var t *table
	var err error
	switch {
	case isOSM(data):
		return readOSM(data)
	case isJSON(data):
		t, err = geoJSONTable(data, pointNames, pointColumns...)
	default:
		t, err = readTable(data, pointNames, append([]string{"reg_no", "coord_basis", "confidence"}, pointColumns...)...)
	}
	if err != nil {
		return nil, err
	}
	return pointsOf(t)
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
		record.register = register(t)
		record.states["position"] = t.has("lat") && (!record.register || t.cell(r, "coord_basis") == "building")
		h := HelpPoint{
			ID: t.cell(r, "id"), Kind: Kind(t.cell(r, "kind")), Name: strict(t.cell(r, "name")), Ekatte: t.cell(r, "ekatte"), Address: strict(strings.TrimLeft(t.cell(r, "address"), ", ")), // the register has «, 3128» where there is no street
			Phones: splitPhones(t.cell(r, "phone")), Email: t.cell(r, "email"), Site: t.cell(r, "site"), Source: strict(t.cell(r, "source")), Offers: splitList(t.cell(r, "offers")),
		}
		h.BranchOf, h.Languages = t.cell(r, "branch_of"), splitList(t.cell(r, "languages"))
		if h.takeFormerOffers() {
			record.states["languages"] = true
		}
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
			record.source, record.key = "chitalishta", number
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
		if h.ID != "" && !isSlug(h.ID, 40) {
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
func (h *HelpPoint) takeFormerOffers() (any bool) {
	h.Offers = slices.DeleteFunc(h.Offers, func(offer string) bool {
		language, former := formerOffers[offer]
		any = any || former
		if former && !slices.Contains(h.Languages, language) {
			h.Languages = append(h.Languages, language)
		}
		return former
	})
	return any
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
