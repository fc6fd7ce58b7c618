package knowledge

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// osmSource names OpenStreetMap among the sources of help points. Its data are under the Open Database Licence.
const osmSource = "osm"

// osmElement is a node, a way or a relation of an extract.
type osmElement struct {
	Type  string            `json:"type"`
	ID    int64             `json:"id"`
	Lat   float64           `json:"lat"`
	Lon   float64           `json:"lon"`
	Nodes []int64           `json:"nodes"`
	Tags  map[string]string `json:"tags"`
	osmShape
}

// osmShape is where something larger than a node lies, in what Overpass adds to it («out center», «out bb»).
type osmShape struct {
	Center *struct {
		Lat float64 `json:"lat" xml:"lat,attr"`
		Lon float64 `json:"lon" xml:"lon,attr"`
	} `json:"center" xml:"center"`
	Bounds *struct {
		MinLat float64 `json:"minlat" xml:"minlat,attr"`
		MinLon float64 `json:"minlon" xml:"minlon,attr"`
		MaxLat float64 `json:"maxlat" xml:"maxlat,attr"`
		MaxLon float64 `json:"maxlon" xml:"maxlon,attr"`
	} `json:"bounds" xml:"bounds"`
}

// isOSM tells an extract of OpenStreetMap, XML or Overpass's JSON, from other files; and GeoJSON as Overpass exports it.
func isOSM(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	head := data[:min(len(data), 4096)]
	switch {
	case bytes.HasPrefix(data, []byte("<")):
		return true
	case !bytes.HasPrefix(data, []byte("{")):
		return false
	}
	return bytes.Contains(head, []byte(`"elements"`)) || bytes.Contains(head, []byte(`"@id"`))
}

// readOSM reads the libraries of an extract (amenity=library). What stands in it and is none is left out.
func readOSM(data []byte) ([]pointRecord, error) {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	var elements []osmElement
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("<")):
		elements, err = readOSMXML(data)
	case bytes.Contains(data[:min(len(data), 4096)], []byte(`"elements"`)):
		elements, err = readOSMJSON(data)
	default:
		elements, err = readOSMFeatures(data)
	}
	if err != nil {
		faults := &faultList{}
		faults.add(1, "-", "fault.text", err.Error())
		return nil, faults.result()
	}
	nodes := map[int64]Position{}
	for _, e := range elements {
		if e.Type == "node" {
			nodes[e.ID] = Position{e.Lat, e.Lon}
		}
	}
	var records []pointRecord
	ours, faults, line := newOSMTable(), &faultList{}, 0
	for _, e := range elements {
		switch {
		case e.Tags["amenity"] != "library":
			continue
		case e.ours():
			line++
			ours.add(line, e, nodes, faults)
		case e.Tags["access"] != "private":
			line++
			records = append(records, e.record(line, nodes))
		}
	}
	if err := faults.result(); err != nil {
		return nil, err
	}
	own, err := pointsOf(&ours.table)
	if err != nil {
		return nil, err
	}
	records = append(records, own...)
	slices.SortStableFunc(records, func(a, b pointRecord) int { return a.line - b.line })
	return records, nil
}

func readOSMXML(data []byte) (elements []osmElement, err error) {
	type xmlElement struct {
		ID   int64   `xml:"id,attr"`
		Lat  float64 `xml:"lat,attr"`
		Lon  float64 `xml:"lon,attr"`
		Tags []struct {
			K string `xml:"k,attr"`
			V string `xml:"v,attr"`
		} `xml:"tag"`
		Nodes []struct {
			Ref int64 `xml:"ref,attr"`
		} `xml:"nd"`
		osmShape
	}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		next, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return elements, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := next.(xml.StartElement)
		if !ok || start.Name.Local != "node" && start.Name.Local != "way" && start.Name.Local != "relation" {
			continue
		}
		var in xmlElement
		if err := decoder.DecodeElement(&in, &start); err != nil {
			return nil, err
		}
		e := osmElement{Type: start.Name.Local, ID: in.ID, Lat: in.Lat, Lon: in.Lon, Tags: map[string]string{}, osmShape: in.osmShape}
		for _, t := range in.Tags {
			e.Tags[t.K] = t.V
		}
		for _, n := range in.Nodes {
			e.Nodes = append(e.Nodes, n.Ref)
		}
		elements = append(elements, e)
	}
}

func readOSMJSON(data []byte) ([]osmElement, error) {
	var file struct {
		Elements []osmElement `json:"elements"`
	}
	err := json.Unmarshal(data, &file)
	return file.Elements, err
}

// readOSMFeatures reads GeoJSON as Overpass exports it: the tags are properties, and «@id» is «node/123».
func readOSMFeatures(data []byte) (elements []osmElement, err error) {
	var file struct {
		Features []struct {
			Geometry *struct {
				Type        string          `json:"type"`
				Coordinates json.RawMessage `json:"coordinates"`
			} `json:"geometry"`
			Properties map[string]any `json:"properties"`
		} `json:"features"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	for _, f := range file.Features {
		e := osmElement{Tags: map[string]string{}}
		for k, v := range f.Properties {
			if text, ok := v.(string); ok {
				e.Tags[k] = text
			}
		}
		kind, number, _ := strings.Cut(e.Tags["@id"], "/")
		e.Type = kind
		if e.ID, err = strconv.ParseInt(number, 10, 64); err != nil {
			return nil, fmt.Errorf("@id %q", e.Tags["@id"])
		}
		if g := f.Geometry; g != nil {
			e.Lat, e.Lon = middleOf(g.Coordinates)
		}
		elements = append(elements, e)
	}
	return elements, nil
}

// middleOf gives the middle of the box around GeoJSON coordinates of any depth; 0, 0 where there are none.
func middleOf(coordinates json.RawMessage) (lat, lon float64) {
	var all any
	if json.Unmarshal(coordinates, &all) != nil {
		return 0, 0
	}
	box := [4]float64{90, 180, -90, -180} // south, west, north, east
	var walk func(v []any)
	walk = func(v []any) {
		if len(v) >= 2 {
			x, ok1 := v[0].(float64)
			y, ok2 := v[1].(float64)
			if ok1 && ok2 {
				box = [4]float64{min(box[0], y), min(box[1], x), max(box[2], y), max(box[3], x)}
				return
			}
		}
		for _, inner := range v {
			if list, ok := inner.([]any); ok {
				walk(list)
			}
		}
	}
	if list, ok := all.([]any); ok {
		walk(list)
	}
	if box[0] > box[2] {
		return 0, 0
	}
	return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
}

// at gives where an element is: a node, the middle of a building, or what Overpass says; false where the extract doesn't tell.
func (e osmElement) at(nodes map[int64]Position) (Position, bool) {
	switch {
	case e.Lat != 0 || e.Lon != 0:
		return Position{e.Lat, e.Lon}, true
	case e.Center != nil:
		return Position{e.Center.Lat, e.Center.Lon}, true
	case e.Bounds != nil:
		return Position{(e.Bounds.MinLat + e.Bounds.MaxLat) / 2, (e.Bounds.MinLon + e.Bounds.MaxLon) / 2}, true
	}
	south, west, north, east := 90.0, 180.0, -90.0, -180.0
	for _, id := range e.Nodes {
		if p, ok := nodes[id]; ok {
			south, west, north, east = min(south, p.Lat), min(west, p.Lon), max(north, p.Lat), max(east, p.Lon)
		}
	}
	return Position{(south + north) / 2, (west + east) / 2}, south <= north
}

// offers reads what tags of the map say of Offers().
func (e osmElement) offers() (list []string) {
	for access := range strings.SplitSeq(e.Tags["internet_access"], ";") {
		switch strings.TrimSpace(access) {
		case "wlan", "yes":
			list = append(list, "wifi")
		case "terminal":
			list = append(list, "computers")
		}
	}
	if e.Tags["wheelchair"] == "yes" {
		list = append(list, "accessible-entrance")
	}
	if e.Tags["toilets:wheelchair"] == "yes" {
		list = append(list, "accessible-toilet")
	}
	return list
}

// record reads a library's tags. What can't be read is noted and stays unknown.
func (e osmElement) record(line int, nodes map[int64]Position) pointRecord {
	tag := func(keys ...string) string {
		for _, k := range keys {
			if v := strings.TrimSpace(e.Tags[k]); v != "" {
				return v
			}
		}
		return ""
	}
	r := pointRecord{
		line: line, source: osmSource, key: e.Type + "/" + strconv.FormatInt(e.ID, 10), register: true,
		states: map[string]bool{"address": true, "phone": true, "email": true, "site": true, "position": true, "hours": true, "exceptions": true, "offers": true},
	}
	h := HelpPoint{
		Name: strict(tag("name:bg", "name", "official_name")), Email: tag("email", "contact:email"), Source: "OpenStreetMap, " + r.key,
		Phones: splitPhones(tag("phone", "contact:phone")),
	}
	h.Kind = kindOf(h.Name)
	r.place.Name = tag("addr:city", "addr:place", "addr:village", "addr:town")
	address := strings.TrimSpace(tag("addr:street", "addr:place", "addr:neighbourhood") + " " + tag("addr:housenumber"))
	if address == "" || address == r.place.Name {
		address = tag("addr:full")
	}
	if postcode := tag("addr:postcode"); isPostcode(postcode) && !strings.Contains(address, postcode) {
		address = strings.TrimPrefix(address+", "+postcode, ", ")
	}
	h.Address = strict(address)
	if site := tag("website", "contact:website", "url"); validSite(site) {
		h.Site = site
	} else if validSite("https://" + site) {
		h.Site = "https://" + site
	} else if site != "" {
		r.notes = append(r.notes, fmt.Sprintf("адресът на сайта „%s“ не се чете", site))
	}
	h.Phones = slices.DeleteFunc(h.Phones, func(phone string) bool { return !validPhone(phone) })
	if h.Email != "" && !strings.Contains(h.Email, "@") {
		h.Email = ""
	}
	if text := tag("opening_hours"); text != "" {
		var err error
		if h.Hours, err = ParseOpeningHours(text); err != nil {
			r.notes = append(r.notes, fmt.Sprintf("работното време „%s“ остава неизвестно: %v", text, err))
		}
	}
	h.Offers = e.offers()
	at, ok := e.at(nodes)
	switch {
	case h.Name == "":
		r.fault = "няма име"
	case !ok:
		r.fault = "няма място на картата"
	case !(at.Lat >= 41 && at.Lat <= 45 && at.Lon >= 22 && at.Lon <= 29):
		r.fault = "е извън България"
	default:
		h.Position, h.Accuracy = &at, Building
	}
	r.point = h
	return r
}
