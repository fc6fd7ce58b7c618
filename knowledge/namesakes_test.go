package knowledge

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sortedPlaces puts places into the order in which they are loaded.
func sortedPlaces(places []Place) []Place {
	slices.SortStableFunc(places, func(a, b Place) int {
		if (a.Kind == "гр.") != (b.Kind == "гр.") {
			return map[bool]int{true: -1, false: 1}[a.Kind == "гр."]
		}
		return b.Population - a.Population
	})
	return places
}

// asWritten are the ways in which people write one of several places of a name; each must find that place and no other.
func asWritten(p Place) []string {
	return []string{
		fmt.Sprintf("%s %s, общ. %s", p.Kind, p.Name, p.Municipality),
		fmt.Sprintf("%s, община %s", p.Name, p.Municipality),
		fmt.Sprintf("живея в %s %s, община %s, обл. %s", p.Kind, p.Name, p.Municipality, p.District),
		strings.ToUpper(fmt.Sprintf("%s %s общ. %s", p.Kind, p.Name, p.Municipality)),
	}
}

// checkNamesakes asks for each place whose name several have, with its municipality, and for the bare name, which must be asked back with all of them
// or find the town that is ten times bigger. It gives how many texts were read and the faults.
func checkNamesakes(g *gazetteer, posts postcodes) (texts int, faults []string) {
	same := map[string][]Place{}
	for _, p := range g.places {
		same[p.Name] = append(same[p.Name], p)
	}
	for name, list := range same {
		if len(list) < 2 {
			continue
		}
		texts++
		switch m := g.find(name, posts); m.Outcome {
		case PlaceAmbiguous:
			for _, p := range list {
				if !slices.ContainsFunc(m.Places, func(o Place) bool { return o.Ekatte == p.Ekatte && o.Quarter.ID == "" }) {
					faults = append(faults, fmt.Sprintf("%q does not offer %s, общ. %s", name, p.Name, p.Municipality))
				}
			}
		case PlaceFound:
			if p := m.Place; p.Name != name || p.Kind != "гр." && p.Name != p.Municipality {
				faults = append(faults, fmt.Sprintf("%q found %s %s, общ. %s", name, p.Kind, p.Name, p.Municipality))
			}
		default:
			faults = append(faults, fmt.Sprintf("%q found nothing", name))
		}
		for _, p := range list {
			twins := slices.ContainsFunc(list, func(o Place) bool { return o.Ekatte != p.Ekatte && o.Municipality == p.Municipality })
			for _, text := range asWritten(p) {
				texts++
				m := g.find(text, posts)
				right := m.Outcome == PlaceFound && m.Place.Ekatte == p.Ekatte
				if twins && m.Outcome == PlaceAmbiguous { // «Елин Пелин» is a town and a village of one municipality, «Бяла» two municipalities
					right = slices.ContainsFunc(m.Places, func(o Place) bool { return o.Ekatte == p.Ekatte })
				}
				if !right {
					faults = append(faults, fmt.Sprintf("%q: %s", text, said(m)))
				}
			}
		}
	}
	slices.Sort(faults)
	return texts, faults
}

func TestNamesakesAreToldApart(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "namesakes.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	places, err := readPlaces(data)
	if err != nil {
		t.Fatal(err)
	}
	texts, faults := checkNamesakes(newGazetteer(sortedPlaces(places)), nil)
	for _, fault := range faults {
		t.Error(fault)
	}
	if texts < 200 {
		t.Errorf("only %d texts", texts)
	}
}

// The whole country: set ORIENTIR_TEST_SETTLEMENTS to НСИ's list, with chitalishta.tsv beside it.
func TestNamesakesOfTheWholeCountryAreToldApart(t *testing.T) {
	t.Parallel()
	places, err := readPlaces(nationalFile(t, "settlements.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	g := newGazetteer(sortedPlaces(places))
	texts, faults := checkNamesakes(g, nil)
	for _, fault := range faults {
		t.Error(fault)
	}
	names, alone, wrong := 0, 0, 0
	for _, p := range places {
		for _, text := range []string{p.Name, "във " + p.Name, p.Kind + p.Name, p.NameLatin} {
			if text == "" {
				continue
			}
			names++
			m := g.find(text, nil)
			all := append(slices.Clone(m.Places), m.Place)
			if m.Outcome == PlaceFound {
				alone++
			}
			bigger := m.Outcome == PlaceFound && (m.Place.Name == p.Name || text == p.NameLatin && m.Place.NameLatin == text)
			if !bigger && !slices.ContainsFunc(all, func(o Place) bool { return o.Ekatte == p.Ekatte }) {
				wrong++
				t.Errorf("%q (%s, общ. %s): %s", text, p.Name, p.Municipality, said(m))
			}
		}
	}
	t.Logf("%d texts with a namesake's municipality, %d faults; %d bare names, %d found at once, %d wrong", texts, len(faults), names, alone, wrong)
}
