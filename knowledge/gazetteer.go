package knowledge

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// gazetteer finds settlements by name, in memory. Places stand in the order in which they are offered: towns first, bigger ones first.
type gazetteer struct {
	places     []Place
	byEkatte   map[string]int
	byKey      map[string][]int    // name folded and without spaces → places
	byTail     map[string][]tail   // what follows the first word of a name → names; for «В. Търново»
	slips      map[string][]int    // a folded name with one letter left out → towns; all such names whose key is long enough
	region     []map[string]region // of each place: folded names of its municipality and district
	longest    int                 // words in the name of most words
	longestKey int                 // letters in the longest folded name
	quarters   *quarters
	where      []vector // of each place
}

// region says whether a name is a municipality's, a district's or both's.
type region int

const (
	municipality region = 1 << iota
	district
)

// tail is a name of several words as its first word and the place.
type tail struct {
	first string
	place int
}

// shortestSlip is the length of the shortest folded name in which a slip is forgiven: in shorter ones too many words are one letter away.
const shortestSlip = 4

// longSlip is the same for villages.
const longSlip = 7

func newGazetteer(places []Place) *gazetteer {
	g := &gazetteer{
		places: places, byEkatte: make(map[string]int, len(places)), byKey: make(map[string][]int, len(places)),
		byTail: map[string][]tail{}, slips: map[string][]int{}, region: make([]map[string]region, len(places)), quarters: newQuarters(), where: make([]vector, len(places)),
	}
	for i, p := range places {
		g.byEkatte[p.Ekatte] = i
		g.where[i] = vector{math.Inf(1)}
		if p.located() {
			g.where[i] = onSphere(p.at())
		}
		words := splitWords(p.Name)
		g.longest = max(g.longest, len(words))
		key := nameKey(p.Name)
		g.byKey[key] = append(g.byKey[key], i)
		if latin := strings.ToLower(strings.Join(splitWords(p.NameLatin), "")); latin != "" {
			g.byKey[latin] = append(g.byKey[latin], i)
		}
		if len(words) > 1 {
			rest := ""
			for _, w := range words[1:] {
				rest += foldCyrillic(strings.ToLower(w))
			}
			rest = foldCyrillic(rest)
			g.byTail[rest] = append(g.byTail[rest], tail{foldCyrillic(strings.ToLower(words[0])), i})
		}
		g.region[i] = map[string]region{}
		for name, is := range map[string]region{p.Municipality: municipality, p.District: district, strings.TrimSuffix(p.District, " област"): district} {
			g.region[i][nameKey(name)] |= is
		}
		if p.Municipality == p.District {
			g.region[i][nameKey(p.Municipality)] = municipality | district
		}
		g.longestKey = max(g.longestKey, len([]rune(key)))
		if runes := []rune(key); len(runes) >= shortestSlip {
			for _, short := range leftOut(runes) {
				if list := g.slips[short]; len(list) == 0 || list[len(list)-1] != i {
					g.slips[short] = append(list, i)
				}
			}
		}
	}
	for alias, ekatte := range map[string]string{"търново": "10447", "столицата": "68134", "столична": "68134", "софето": "68134"} {
		if i, ok := g.byEkatte[ekatte]; ok && len(g.byKey[nameKey(alias)]) == 0 {
			g.byKey[nameKey(alias)] = []int{i}
		}
	}
	return g
}

// nameKey folds a Cyrillic name and leaves out its spaces and hyphens.
func nameKey(name string) string {
	return foldCyrillic(strings.ToLower(strings.Join(splitWords(name), "")))
}

func splitWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '@' })
}

// leftOut gives the word itself and the word without each of its letters.
func leftOut(word []rune) []string {
	out := []string{string(word)}
	for i := range word {
		out = append(out, string(word[:i])+string(word[i+1:]))
	}
	return out
}

// fits keeps the places whose names have as many words as were typed: «doesn't run» is no Трън. One word may stand for several, «старазагора».
func (g *gazetteer) fits(found []int, words []token) []int {
	if len(words) == 1 {
		return found
	}
	return slices.DeleteFunc(found, func(i int) bool { return len(splitWords(g.places[i].Name)) != len(words) })
}

// exact gives the places of this very name, in any reading of the word.
func (g *gazetteer) exact(keys []string) (found []int) {
	for _, key := range keys {
		for _, i := range g.byKey[key] {
			if !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	return found
}

// slipped gives the places whose name is one slip away. The first letter must be right: people rarely miss it, and it tells words apart.
func (g *gazetteer) slipped(keys []string) (found []int) {
	for _, key := range keys {
		word := []rune(key)
		if len(word) < shortestSlip-1 || len(word) > g.longestKey+1 {
			continue
		}
		for _, short := range leftOut(word) {
			for _, i := range g.slips[short] {
				name := []rune(nameKey(g.places[i].Name))
				if name[0] == word[0] && within(word, name, 1) && !slices.Contains(found, i) {
					found = append(found, i)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// abbreviated gives the places whose first word begins so and whose others are these: «В. Търново».
func (g *gazetteer) abbreviated(first, rest []string) (found []int) {
	for _, key := range rest {
		for _, t := range g.byTail[key] {
			for _, begin := range first {
				if strings.HasPrefix(t.first, begin) && !slices.Contains(found, t.place) {
					found = append(found, t.place)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// clearest is how many times more people the first of several places of one name must have to be meant without a question.
const clearest = 10

// choose answers with one of several places that the words fit, or with all.
func (g *gazetteer) choose(found []int) PlaceMatch {
	if len(found) == 0 {
		return PlaceMatch{Outcome: PlaceUnknown}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	first := g.places[found[0]]
	if len(found) > 1 {
		second := g.places[found[1]]
		known := first.Kind == "гр." || first.Name == first.Municipality // of two villages none is «the» one
		big := known && first.Population >= clearest*max(second.Population, 1)
		onlyTown := first.Population == 0 && first.Kind == "гр." && second.Kind != "гр."
		if !big && !onlyTown {
			return g.ask(found)
		}
	}
	return PlaceMatch{Outcome: PlaceFound, Place: first}
}

// ask answers with several places to choose from, in the order in which they are offered.
func (g *gazetteer) ask(found []int) PlaceMatch {
	match := PlaceMatch{Outcome: PlaceAmbiguous}
	for _, i := range found[:min(len(found), mostChoices)] {
		match.Places = append(match.Places, g.places[i])
	}
	return match
}
