package knowledge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// placeColumns are the columns of places; placeNames what НСИ's list calls them.
var (
	placeColumns = []string{"ekatte", "kind", "name", "name_latin", "municipality", "district", "lat", "lon", "population"}
	placeNames   = names{"type": "kind", "name_bg": "name", "municipality_bg": "municipality", "oblast_bg": "district"}
)

var ekatteForm = regexp.MustCompile(`^([0-9]{5}|gn[0-9]{1,10})$`)

// spokenDistrict turns a district's name in НСИ's registers into what people say: the district «София» there is Софийска област.
func spokenDistrict(name string) string {
	switch name {
	case "София":
		return "Софийска област"
	case "София (столица)":
		return "София-град"
	}
	return name
}

// spokenMunicipality does the same for municipalities.
func spokenMunicipality(name string) string {
	if name == "Добрич-селска" {
		return "Добричка"
	}
	return name
}

// readPlaces reads a list of settlements: ours, or НСИ's.
func readPlaces(data []byte) ([]Place, error) {
	t, err := readTable(data, placeNames, placeColumns...)
	if err != nil {
		return nil, err
	}
	if err := t.need("ekatte", "kind", "name", "municipality", "district", "lat", "lon"); err != nil {
		return nil, err
	}
	faults := &faultList{}
	seen := map[string]bool{}
	places := make([]Place, 0, len(t.rows))
	for _, r := range t.rows {
		p := Place{
			Ekatte: t.cell(r, "ekatte"), Kind: t.cell(r, "kind"), Name: t.cell(r, "name"), NameLatin: t.cell(r, "name_latin"),
			Municipality: spokenMunicipality(t.cell(r, "municipality")), District: spokenDistrict(t.cell(r, "district")),
		}
		switch {
		case !ekatteForm.MatchString(p.Ekatte):
			faults.add(r.line, "ekatte", "fault.number", p.Ekatte)
		case seen[p.Ekatte]:
			faults.add(r.line, "ekatte", "fault.twice", p.Ekatte)
		}
		seen[p.Ekatte] = true
		if !slices.Contains([]string{"гр.", "с.", "ман."}, p.Kind) {
			faults.add(r.line, "kind", "fault.choice", p.Kind)
		}
		for column, value := range map[string]string{"name": p.Name, "municipality": p.Municipality, "district": p.District} {
			if value == "" {
				faults.add(r.line, column, "fault.empty", "")
			}
		}
		position, key := readPosition(t.cell(r, "lat"), t.cell(r, "lon"))
		switch {
		case key != "":
			faults.add(r.line, "lat", key, t.cell(r, "lat")+", "+t.cell(r, "lon"))
		case position != nil: // НСИ's list has a few settlements that no map shows
			p.Lat, p.Lon = position.Lat, position.Lon
		}
		if text := t.cell(r, "population"); text != "" {
			if p.Population, err = strconv.Atoi(text); err != nil || p.Population < 0 {
				faults.add(r.line, "population", "fault.number", text)
			}
		}
		places = append(places, p)
	}
	return places, faults.result()
}

// readPosition reads degrees in Bulgaria; nil where both are empty, and a fault's key where they are wrong.
func readPosition(lat, lon string) (*Position, string) {
	if lat == "" && lon == "" {
		return nil, ""
	}
	a, err1 := strconv.ParseFloat(strings.Replace(lat, ",", ".", 1), 64)
	b, err2 := strconv.ParseFloat(strings.Replace(lon, ",", ".", 1), 64)
	if err1 != nil || err2 != nil {
		return nil, "fault.number"
	}
	if !(a >= 41 && a <= 45 && b >= 22 && b <= 29) {
		return nil, "fault.position"
	}
	return &Position{a, b}, ""
}

// sameSettlement is how far, in metres, two sources may put one settlement apart.
const sameSettlement = 5_000

// savePlaces adds and changes places. A place that was known by GeoNames' number alone gets its EKATTE. Unknown values (population, position, Latin name) change nothing.
func savePlaces(ctx context.Context, tx postgres.DB, places []Place) (Report, error) {
	var report Report
	for i, p := range places {
		places[i].Name, places[i].NameLatin, places[i].Municipality, places[i].District = strict(p.Name), strict(p.NameLatin), strict(p.Municipality), strict(p.District)
	}
	rows, err := tx.Query(ctx, `SELECT ekatte, kind, name, name_latin, municipality, district, COALESCE(lat, 0) AS lat, COALESCE(lon, 0) AS lon, COALESCE(population, 0) AS population FROM places`)
	if err != nil {
		return report, fmt.Errorf("read places: %w", err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowToStructByName[Place])
	if err != nil {
		return report, fmt.Errorf("read places: %w", err)
	}
	byEkatte, numbered := map[string]Place{}, map[string][]Place{}
	for _, p := range known {
		byEkatte[p.Ekatte] = p
		if strings.HasPrefix(p.Ekatte, "gn") {
			numbered[nameKey(p.Name)] = append(numbered[nameKey(p.Name)], p)
		}
	}
	var changed []Place
	batch := &pgx.Batch{}
	for _, p := range places {
		before, ok := byEkatte[p.Ekatte]
		if !ok {
			for _, n := range numbered[nameKey(p.Name)] {
				if p.located() && metres(n.at(), p.at()) <= sameSettlement {
					batch.Queue(`UPDATE places SET ekatte = $1 WHERE ekatte = $2`, p.Ekatte, n.Ekatte)
					before, ok = n, true
					break
				}
			}
		}
		if ok {
			if p.Population == 0 {
				p.Population = before.Population
			}
			if !p.located() {
				p.Lat, p.Lon = before.Lat, before.Lon
			}
			if p.NameLatin == "" {
				p.NameLatin = before.NameLatin
			}
			if p == before {
				report.Unchanged++
				continue
			}
			report.Changed++
		} else {
			report.Added++
		}
		changed = append(changed, p)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return report, fmt.Errorf("give places their ekatte: %w", err)
	}
	if len(changed) == 0 {
		return report, nil
	}
	data, err := json.Marshal(changed)
	if err != nil {
		return report, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, population, origin)
		SELECT i.ekatte, i.kind, i.name, i.name_latin, i.municipality, i.district, i.lat, i.lon, NULLIF(i.population, 0), 'import'
		FROM jsonb_to_recordset($1) AS i(ekatte text, kind text, name text, name_latin text, municipality text, district text, lat float8, lon float8, population int)
		ON CONFLICT (ekatte) DO UPDATE SET kind = excluded.kind, name = excluded.name, name_latin = excluded.name_latin, municipality = excluded.municipality,
			district = excluded.district, lat = excluded.lat, lon = excluded.lon, population = excluded.population, origin = 'import'`, data)
	return report, wrap("save places", err)
}

// importPlaces takes a list of settlements in any form that we know.
func importPlaces(ctx context.Context, tx postgres.DB, data []byte) (Report, error) {
	if isGeoNames(data) {
		return importGeoNames(ctx, tx, data)
	}
	places, err := readPlaces(data)
	if err != nil {
		return Report{}, err
	}
	return savePlaces(ctx, tx, places)
}

// exportPlaces gives the rows of all places.
func exportPlaces(ctx context.Context, db postgres.DB) ([][]string, error) {
	rows, err := db.Query(ctx, `
		SELECT ekatte, kind, name, name_latin, municipality, district, COALESCE(lat, 0) AS lat, COALESCE(lon, 0) AS lon, COALESCE(population, 0) AS population FROM places ORDER BY ekatte`)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowToStructByName[Place])
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	out := [][]string{placeColumns}
	for _, p := range places {
		population := ""
		if p.Population > 0 {
			population = strconv.Itoa(p.Population)
		}
		lat, lon := "", ""
		if p.located() {
			lat, lon = degrees(p.Lat), degrees(p.Lon)
		}
		out = append(out, []string{p.Ekatte, p.Kind, p.Name, p.NameLatin, p.Municipality, p.District, lat, lon, population})
	}
	return out, nil
}

func degrees(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// isGeoNames tells the table of GeoNames (no header, 19 columns, the seventh a class of one letter) from others.
func isGeoNames(data []byte) bool {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	cells := strings.Split(string(first), "\t")
	if len(cells) != 19 || len(cells[6]) != 1 {
		return false
	}
	_, err := strconv.Atoi(cells[0])
	return err == nil
}
