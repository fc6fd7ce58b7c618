package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// geoName is a row of GeoNames' table for one country (https://download.geonames.org/export/dump/readme.txt).
type geoName struct {
	line           int
	id             string
	name           string // official Latin
	alternates     []string
	at             Position
	class, feature string
	municipality   string // admin2 code
	population     int
}

// importGeoNames takes BG.txt. GeoNames knows no EKATTE, so its settlements are first matched with ours by name and distance, and fill what we lack;
// the others are added under GeoNames' number. A municipality has the name that our places of the same code have.
func importGeoNames(ctx context.Context, tx postgres.DB, data []byte) (Report, error) {
	list, err := readGeoNames(data)
	if err != nil {
		return Report{}, err
	}
	rows, err := tx.Query(ctx, `SELECT ekatte, kind, name, name_latin, municipality, district, COALESCE(lat, 0) AS lat, COALESCE(lon, 0) AS lon, COALESCE(population, 0) AS population FROM places`)
	if err != nil {
		return Report{}, fmt.Errorf("read places: %w", err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowToStructByName[Place])
	if err != nil {
		return Report{}, fmt.Errorf("read places: %w", err)
	}
	byKey := map[string][]Place{}
	for _, p := range known {
		byKey[nameKey(p.Name)] = append(byKey[nameKey(p.Name)], p)
	}
	matched := make([]*Place, len(list))
	regions := map[string]map[[2]string]int{} // code → municipality and district → how many places say so
	communes := map[string]string{}           // code → name from the table itself
	for i, g := range list {
		if g.class == "A" {
			if g.feature == "ADM2" {
				for _, a := range g.alternates {
					if name, ok := strings.CutPrefix(a, "Община "); ok {
						communes[g.municipality] = spokenMunicipality(name)
					}
				}
			}
			continue
		}
		for _, key := range g.keys() {
			for _, p := range byKey[key] {
				if away := metres(p.at(), g.at); p.located() && away <= sameSettlement && (matched[i] == nil || away < metres(matched[i].at(), g.at)) {
					matched[i] = &p
				}
			}
		}
		if p := matched[i]; p != nil && g.municipality != "" {
			if regions[g.municipality] == nil {
				regions[g.municipality] = map[[2]string]int{}
			}
			regions[g.municipality][[2]string{p.Municipality, p.District}]++
		}
	}
	var report Report
	var save []Place
	taken := map[string]bool{} // one place of ours answers to one of theirs
	for i, g := range list {
		if g.class == "A" {
			continue
		}
		if p := matched[i]; p != nil {
			if p.Population == 0 && g.population > 0 && !taken[p.Ekatte] {
				p.Population = g.population
				save = append(save, *p)
			} else {
				report.Unchanged++
			}
			taken[p.Ekatte] = true
			continue
		}
		p := Place{Ekatte: "gn" + g.id, Kind: "с.", Name: g.cyrillic(), NameLatin: g.name, Lat: g.at.Lat, Lon: g.at.Lon, Population: g.population}
		most := 0
		for region, count := range regions[g.municipality] {
			if count > most {
				p.Municipality, p.District, most = region[0], region[1], count
			}
		}
		if most == 0 {
			if len(known) == 0 {
				faults := &faultList{}
				faults.add(g.line, "admin2 code", "fault.place", g.municipality)
				return report, faults.result()
			}
			nearest := slices.MinFunc(known, byDistance(g.at)) // a place without a position is far away
			p.Municipality, p.District = nearest.Municipality, nearest.District
			if name, ok := communes[g.municipality]; ok {
				p.Municipality = name
			}
		}
		save = append(save, p)
	}
	saved, err := savePlaces(ctx, tx, save)
	report.add(saved)
	return report, err
}

// readGeoNames reads the settlements that people live in, and the municipalities.
func readGeoNames(data []byte) ([]geoName, error) {
	faults := &faultList{}
	records, lines, err := split(data)
	if err != nil {
		return nil, err
	}
	var list []geoName
	for i, c := range records {
		if len(c) != 19 {
			faults.add(lines[i], "-", "fault.cells", strconv.Itoa(len(c)))
			continue
		}
		g := geoName{line: lines[i], id: c[0], name: c[1], alternates: strings.Split(c[3], ","), class: c[6], feature: c[7], municipality: c[11]}
		switch {
		case c[8] != "BG":
			continue
		case g.class == "A" && g.feature == "ADM2":
		case g.class == "P" && slices.Contains([]string{"PPL", "PPLA", "PPLA2", "PPLA3", "PPLA4", "PPLA5", "PPLC", "PPLL"}, g.feature):
		default: // quarters, abandoned and historical places, mountains, hotels
			continue
		}
		if _, err := strconv.Atoi(g.id); err != nil {
			faults.add(g.line, "geonameid", "fault.number", g.id)
		}
		if g.name == "" {
			faults.add(g.line, "name", "fault.empty", "")
		}
		at, key := readPosition(c[4], c[5])
		if key != "" || at == nil {
			faults.add(g.line, "latitude", "fault.position", c[4]+", "+c[5])
			continue
		}
		g.at = *at
		if c[14] != "" {
			if g.population, err = strconv.Atoi(c[14]); err != nil || g.population < 0 {
				faults.add(g.line, "population", "fault.number", c[14])
			}
		}
		list = append(list, g)
	}
	return list, faults.result()
}

// keys are the folded forms of all its names.
func (g geoName) keys() []string {
	keys := spellings(strings.Join(splitWords(g.name), ""))
	for _, a := range g.alternates {
		if isCyrillic(a) {
			keys = append(keys, nameKey(a))
		}
	}
	return keys
}

// cyrillic gives the Cyrillic name that is the Latin one's original, or else any Cyrillic name, or else the Latin one.
func (g geoName) cyrillic() string {
	latin := spellings(strings.Join(splitWords(g.name), ""))
	name := g.name
	for _, a := range g.alternates {
		if !isCyrillic(a) {
			continue
		}
		if slices.Contains(latin, nameKey(a)) {
			return a
		}
		if name == g.name {
			name = a
		}
	}
	return name
}

func isCyrillic(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Cyrillic, r) {
			return false
		}
	}
	return text != ""
}
