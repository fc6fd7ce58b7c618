package knowledge

import (
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// An extract of OpenStreetMap as we write it ourselves. What the map has tags for stands in them, so that any program for maps shows it; what it has
// none for stands in tags that begin with «orientir:». The elements have negative numbers, as what is not in OpenStreetMap has, and the file forbids
// editors to upload it: not all that libraries write is free for the map. readOSM knows elements of ours again and takes them like a table of ours.

// osmRef is the tag with a help point's id.
const osmRef = "ref:orientir"

// osmColumns are the columns of help points that stand in one tag as they are.
var osmColumns = [][2]string{
	{"name", "name"}, {osmRef, "id"}, {"phone", "phone"}, {"email", "email"}, {"website", "site"}, {"source", "source"},
	{"orientir:kind", "kind"}, {"orientir:branch_of", "branch_of"}, {"orientir:ekatte", "ekatte"}, {"orientir:accuracy", "accuracy"}, {"orientir:languages", "languages"},
}

// osmOwnOffers is the tag for the offers that the map has no tag for.
const osmOwnOffers = "orientir:offers"

// osmOwnHours are the tags, with their columns, for hours that opening_hours can't say as they are. Where they stand, they are what is read.
var osmOwnHours = [][2]string{{"orientir:hours", "hours"}, {"orientir:holidays", "holidays"}, {"orientir:exceptions", "exceptions"}}

type osmTag struct {
	K string `xml:"k,attr"`
	V string `xml:"v,attr"`
}

// osmOut is an element of a file: a node, or a relation without members.
type osmOut struct {
	XMLName xml.Name
	ID      int      `xml:"id,attr"`
	Lat     string   `xml:"lat,attr,omitempty"`
	Lon     string   `xml:"lon,attr,omitempty"`
	Tags    []osmTag `xml:"tag"`
}

// writeOSM writes help points as an extract of OpenStreetMap and says how many of them are no nodes: a node is a place on the map, and of these only the
// settlement is known, whose middle would be taken for the library. They are relations without members, which no map draws.
func writeOSM(w io.Writer, points []HelpPoint) (unplaced int, err error) {
	file := struct {
		XMLName   xml.Name `xml:"osm"`
		Version   string   `xml:"version,attr"`
		Generator string   `xml:"generator,attr"`
		Upload    string   `xml:"upload,attr"`
		Elements  []osmOut
	}{Version: "0.6", Generator: "Orientir", Upload: "never"}
	var relations []osmOut // programs want them after the nodes
	for i, h := range points {
		e := osmOut{XMLName: xml.Name{Local: "relation"}, ID: -1 - i, Tags: osmTags(h)}
		if h.Position == nil {
			relations = append(relations, e)
			continue
		}
		e.XMLName.Local, e.Lat, e.Lon = "node", degrees(h.Position.Lat), degrees(h.Position.Lon)
		file.Elements = append(file.Elements, e)
	}
	file.Elements = append(file.Elements, relations...)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return 0, err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(file); err != nil {
		return 0, err
	}
	_, err = io.WriteString(w, "\n")
	return len(relations), err
}

// osmTags are the tags of a help point, sorted by their keys.
func osmTags(h HelpPoint) []osmTag {
	tags := map[string]string{
		"amenity": "library", "name": h.Name, osmRef: h.ID, "phone": joinPhones(h.Phones), "email": h.Email, "website": h.Site, "source": h.Source,
		"addr:country": "BG", "addr:city": h.Place.Name, "opening_hours": FormatOpeningHours(h.Hours),
		"orientir:kind": string(h.Kind), "orientir:branch_of": h.BranchOf, "orientir:ekatte": h.Ekatte, "orientir:languages": strings.Join(h.Languages, "; "),
	}
	if street, number, postcode := addressParts(h.Address); street != "" {
		tags["addr:street"], tags["addr:housenumber"], tags["addr:postcode"] = street, number, postcode
	} else {
		tags["addr:full"] = h.Address
	}
	if h.accuracy() == Street {
		tags["orientir:accuracy"], tags["fixme"] = string(Street), "position" // as the map marks what is not where it stands
	}
	if !h.ConfirmedAt.IsZero() {
		tags["check_date"] = h.ConfirmedAt.In(sofia()).Format(time.DateOnly)
	}
	if back, err := ParseOpeningHours(tags["opening_hours"]); h.Hours != nil && (err != nil || !sameHours(back, h.Hours)) {
		tags["orientir:hours"], tags["orientir:exceptions"] = h.Hours.String(), FormatExceptions(h.Hours.Exceptions)
		tags["orientir:holidays"] = map[bool]string{true: "yes", false: "no"}[h.Hours.Holidays]
	}
	var internet, ours []string
	for _, offer := range h.Offers {
		switch offer {
		case "wifi":
			internet = append(internet, "wlan")
		case "computers":
			internet = append(internet, "terminal")
		case "accessible-entrance":
			tags["wheelchair"] = "yes"
		case "accessible-toilet":
			tags["toilets:wheelchair"] = "yes"
		default:
			ours = append(ours, offer)
		}
	}
	tags["internet_access"], tags[osmOwnOffers] = strings.Join(internet, ";"), strings.Join(ours, "; ")
	var list []osmTag
	for k, v := range tags {
		if v != "" {
			list = append(list, osmTag{k, v})
		}
	}
	slices.SortFunc(list, func(a, b osmTag) int { return strings.Compare(a.K, b.K) })
	return list
}

// sameHours says whether two hours say the same.
func sameHours(a, b *Hours) bool {
	x, y := HelpPoint{Hours: a}, HelpPoint{Hours: b}
	return weekText(x) == weekText(y) && exceptionsText(x) == exceptionsText(y)
}

// houseForm is a street with a number, and perhaps a postcode: «бул. „Христо Ботев“ 1А, 3000».
var houseForm = regexp.MustCompile(`^([^,]*[^, ]) ([0-9]+[А-Яа-яA-Za-z]?)(?:, ([1-9][0-9]{3}))?$`)

// addressParts takes an address apart where fullAddress makes the very same of it; else all three are "".
func addressParts(address string) (street, number, postcode string) {
	if m := houseForm.FindStringSubmatch(address); m != nil && fullAddress(m[1], m[2], m[3]) == address {
		return m[1], m[2], m[3]
	}
	return "", "", ""
}

func fullAddress(street, number, postcode string) string {
	address := strings.TrimSpace(street + " " + number)
	if postcode != "" {
		address = strings.TrimPrefix(address+", "+postcode, ", ")
	}
	return address
}

// ours says whether an element is one that we wrote, and not the map's.
func (e osmElement) ours() bool { return e.ID < 0 && e.Tags[osmRef] != "" }

// osmTable gathers elements of ours as rows of help points.
type osmTable struct{ table }

func newOSMTable() *osmTable {
	t := &osmTable{table{columns: map[string]int{}}}
	for i, column := range pointColumns {
		if !slices.Contains([]string{"settlement", "municipality", "district"}, column) { // ekatte says it
			t.columns[column] = i
		}
	}
	return t
}

// add adds an element as row number line. A tag that is not there says that nothing is known, as an empty cell does.
func (t *osmTable) add(line int, e osmElement, nodes map[int64]Position, faults *faultList) {
	row := tableRow{line, make([]string, len(pointColumns))}
	set := func(column, value string) { row.cells[t.columns[column]] = value }
	for _, c := range osmColumns {
		set(c[1], e.Tags[c[0]])
	}
	set("address", e.Tags["addr:full"])
	if e.Tags["addr:street"] != "" {
		set("address", fullAddress(e.Tags["addr:street"], e.Tags["addr:housenumber"], e.Tags["addr:postcode"]))
	}
	set("offers", strings.Join(append(e.offers(), splitList(e.Tags[osmOwnOffers])...), "; "))
	if at, ok := e.at(nodes); ok {
		set("lat", degrees(at.Lat))
		set("lon", degrees(at.Lon))
	}
	if e.Tags["orientir:hours"] != "" {
		for _, c := range osmOwnHours {
			set(c[1], e.Tags[c[0]])
		}
	} else if text := e.Tags["opening_hours"]; text != "" {
		h, err := ParseOpeningHours(text)
		if err != nil {
			faults.add(line, "opening_hours", "fault.hours", text)
			return
		}
		set("hours", h.String())
		set("exceptions", FormatExceptions(h.Exceptions))
		set("holidays", map[bool]string{true: "yes", false: "no"}[h.Holidays])
	}
	t.rows = append(t.rows, row)
}
