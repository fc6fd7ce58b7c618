package knowledge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
)

// featureCollection is a GeoJSON file (RFC 7946) of points with texts, numbers and lists of texts as properties.
type featureCollection struct {
	Type     string `json:"type"`
	Features []struct {
		Geometry *struct {
			Type        string    `json:"type"`
			Coordinates []float64 `json:"coordinates"`
		} `json:"geometry"`
		Properties map[string]any `json:"properties"`
	} `json:"features"`
}

// isJSON tells JSON from a table.
func isJSON(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n"), []byte("{"))
}

// geoJSONTable turns features into a table: a property is a column, the point is the building's lat and lon, the feature's number from 1 is the row.
func geoJSONTable(data []byte, also names, known ...string) (*table, error) {
	faults := &faultList{}
	var file featureCollection
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &file); err != nil {
		line := 1
		if syntax, ok := err.(*json.SyntaxError); ok {
			line += bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		}
		faults.add(line, "-", "fault.text", err.Error())
		return nil, faults.result()
	}
	if file.Type != "FeatureCollection" {
		faults.add(1, "type", "fault.choice", file.Type)
		return nil, faults.result()
	}
	columns := []string{"lat", "lon"}
	for i, f := range file.Features {
		for name := range f.Properties {
			column := name
			if other, ok := also[name]; ok {
				column = other
			}
			if column == "lat" || column == "lon" || !slices.Contains(known, column) {
				faults.add(i+1, name, "fault.column", "")
			} else if !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
	}
	sort.Strings(columns[2:])
	t := &table{columns: map[string]int{}}
	for i, c := range columns {
		t.columns[c] = i
	}
	for i, f := range file.Features {
		row := tableRow{i + 1, make([]string, len(columns))}
		if g := f.Geometry; g != nil {
			if g.Type != "Point" || len(g.Coordinates) < 2 {
				faults.add(i+1, "geometry", "fault.position", g.Type)
				continue
			}
			row.cells[0], row.cells[1] = degrees(g.Coordinates[1]), degrees(g.Coordinates[0])
		}
		for name, value := range f.Properties {
			column := name
			if other, ok := also[name]; ok {
				column = other
			}
			at, ok := t.columns[column]
			if !ok {
				continue
			}
			switch v := value.(type) {
			case nil:
			case string:
				row.cells[at] = v
			case bool:
				row.cells[at] = map[bool]string{true: "yes", false: "no"}[v]
			case float64:
				row.cells[at] = degrees(v)
			case []any:
				parts := make([]string, len(v))
				for n, part := range v {
					parts[n] = fmt.Sprint(part)
				}
				row.cells[at] = strings.Join(parts, "; ")
			default:
				faults.add(i+1, name, "fault.text", fmt.Sprint(v))
			}
		}
		t.rows = append(t.rows, row)
	}
	return t, faults.result()
}

// writeFeatures writes a table of help points as GeoJSON that geoJSONTable reads back: lat and lon are the point, what is empty is left out.
func writeFeatures(w io.Writer, rows [][]string) error {
	type point struct {
		Type        string     `json:"type"`
		Coordinates [2]float64 `json:"coordinates"`
	}
	type feature struct {
		Type       string            `json:"type"`
		ID         string            `json:"id"`
		Geometry   *point            `json:"geometry"`
		Properties map[string]string `json:"properties"`
	}
	features := []feature{}
	for _, row := range rows[1:] {
		f := feature{Type: "Feature", Properties: map[string]string{}}
		var lat, lon string
		for i, column := range rows[0] {
			switch {
			case column == "lat":
				lat = row[i]
			case column == "lon":
				lon = row[i]
			case row[i] != "":
				f.Properties[column] = row[i]
			}
		}
		if at, fault := readPosition(lat, lon); fault == "" && at != nil {
			f.Geometry = &point{"Point", [2]float64{at.Lon, at.Lat}}
		}
		f.ID = f.Properties["id"]
		features = append(features, f)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return out.Encode(map[string]any{"type": "FeatureCollection", "features": features})
}
