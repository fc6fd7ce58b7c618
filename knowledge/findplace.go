package knowledge

import (
	"slices"
	"strings"
)

// find reads a text. A text that is nothing but a place is read most freely; inside a sentence a village needs a sign that it is one,
// because hundreds are called like everyday things (Градина, Държава, Изгрев). posts tells where the postcodes are.
func (g *gazetteer) find(words string, posts postcodes) PlaceMatch {
	tokens := tokenize(words)
	if match, ok := g.postcodeMatch(tokens, posts); ok {
		return match
	}
	tokens, code := withoutPostcode(tokens)
	return g.narrowed(g.findName(tokens), posts[code])
}

// findName finds a place by its name.
func (g *gazetteer) findName(tokens []token) PlaceMatch {
	if match, ok := g.quarterMatch(tokens); ok {
		match.Others = match.Outcome != PlaceUnknown && g.othersQuarter(tokens)
		return match
	}
	if match, ok := g.alone(tokens); ok {
		return match
	}
	mentions, theirs := parted(g.mentions(tokens))
	abroad, weight := abroad(tokens)
	switch heaviest := heaviestOf(mentions); {
	case abroad != "" && weight > heaviest:
		return PlaceMatch{Outcome: PlaceUnknown, Abroad: abroad}
	case len(mentions) > 0:
		return g.chooseMention(mentions, heaviest)
	case len(theirs) > 0:
		match := g.chooseMention(theirs, heaviestOf(theirs))
		match.Others = true
		return match
	}
	return PlaceMatch{Outcome: PlaceUnknown, Abroad: abroad}
}

// chooseMention decides between what the heaviest mentions name.
func (g *gazetteer) chooseMention(mentions []mention, heaviest int) PlaceMatch {
	var found []int
	for _, m := range mentions {
		if m.weight == heaviest {
			if match := g.choose(m.found); match.Outcome == PlaceFound {
				found = append(found, g.byEkatte[match.Place.Ekatte])
			} else {
				found = append(found, m.found...)
			}
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) > 1 && len(mentions) > 1 {
		// Two places named alike surely: neither wins by its size.
		return g.ask(found)
	}
	return g.choose(found)
}

// heaviestOf is the weight of the heaviest mention; -1 where there is none.
func heaviestOf(mentions []mention) int {
	heaviest := -1
	for _, m := range mentions {
		heaviest = max(heaviest, m.weight)
	}
	return heaviest
}

// chooseSpelt chooses between places; who spells the name of a smaller one to the letter means that one: «Кран» is no Крън.
func (g *gazetteer) chooseSpelt(found []int, words []token) PlaceMatch {
	spelt := slices.DeleteFunc(slices.Clone(found), func(i int) bool { return !g.spelt(i, words) })
	if len(spelt) > 0 {
		return g.choose(spelt)
	}
	return g.choose(found)
}

// longestRegion is how many words may say where a place lies: «в община Горна Оряховица».
const longestRegion = 5

// alone reads a text that is only a place: an optional kind, the name, an optional municipality or district. Polite words may stand around it.
func (g *gazetteer) alone(tokens []token) (PlaceMatch, bool) {
	if match, ok := g.bare(tokens); ok {
		return match, true
	}
	rest := slices.DeleteFunc(slices.Clone(tokens), func(t token) bool { return polite[t.text] && !t.dot })
	if len(rest) == len(tokens) {
		return PlaceMatch{}, false
	}
	return g.bare(rest)
}

// bare reads a text that is a place and nothing else.
func (g *gazetteer) bare(tokens []token) (PlaceMatch, bool) {
	kind := ""
	start := 0
	for start < len(tokens)-1 {
		t := tokens[start]
		if k, ok := kinds[t.text]; ok {
			kind = k
		} else if !locative[t.text] && t.text != "на" {
			break
		}
		start++
	}
	// The longest name first; names spelt right before all others.
	for _, read := range []func([]token) []int{g.named, g.misspelt} {
		for end := min(len(tokens), start+g.longest); end > start; end-- {
			rest := tokens[end:]
			if len(rest) > longestRegion {
				break
			}
			found := read(tokens[start:end])
			if len(rest) > 0 {
				found = g.within(found, rest)
			}
			if len(found) > 0 {
				return g.chooseSpelt(g.ofKind(found, kind), tokens[start:end]), true
			}
		}
	}
	return PlaceMatch{}, false
}

// named gives the places that the words name, spelt right in any alphabet, or with an abbreviated first word.
func (g *gazetteer) named(words []token) []int {
	if _, kind := kinds[words[0].text]; len(words) >= 2 && words[0].dot && !kind && len([]rune(words[0].text)) <= 4 {
		return g.abbreviated(words[0].keys, joined(words[1:]))
	}
	return g.fits(g.exact(joined(words)), words)
}

// misspelt gives the places whose name is one slip away from the words. Villages only with long names: «супер» is no Сумер.
func (g *gazetteer) misspelt(words []token) []int {
	return slices.DeleteFunc(g.fits(g.slipped(joined(words)), words), func(i int) bool {
		return g.places[i].Kind != "гр." && len([]rune(nameKey(g.places[i].Name))) < longSlip
	})
}

// within keeps those places that lie where the words say: «общ. Карлово», «Пловдивско», «област Враца». None where the words say nothing of the kind.
func (g *gazetteer) within(found []int, words []token) (inside []int) {
	said := municipality | district
	for len(words) > 0 && regionWords[words[0].text] {
		said = regionSaid(words[0].text, said)
		words = words[1:]
	}
	for len(words) > 1 && regionWords[words[len(words)-1].text] {
		if said == municipality|district { // «Карлово община»; in «община Карлово обл. …» the next name is another
			said = regionSaid(words[len(words)-1].text, said)
		}
		words = words[:len(words)-1]
	}
	if len(words) == 0 { // «Столична община»: nothing narrower
		return found
	}
	if len(words) > 3 {
		return nil
	}
	for _, i := range found {
		for _, key := range joined(words) {
			if g.region[i][key]&said != 0 || len(words) == 1 && adjectiveOf(key, g.region[i]) {
				inside = append(inside, i)
				break
			}
		}
	}
	return inside
}

// regionSaid is what a word says that a name is the name of: «общ.», «област».
func regionSaid(word string, otherwise region) region {
	switch {
	case strings.HasPrefix(word, "общ") || strings.HasPrefix(word, "obsht") || word == "municipality":
		return municipality
	case strings.HasPrefix(word, "обл") || strings.HasPrefix(word, "obl") || word == "окръг" || word == "region" || word == "district":
		return district
	}
	return otherwise
}

// adjectiveOf says whether a folded word is the adjective of one of these names: «карловско», «врачанска».
func adjectiveOf(word string, names map[string]region) bool {
	stem := ""
	for _, ending := range []string{"ско", "ска", "ски", "шко", "шка", "шки"} {
		if strings.HasSuffix(word, ending) {
			stem = strings.TrimSuffix(word, ending)
		}
	}
	if len([]rune(stem)) < 3 {
		return false
	}
	if full, ok := map[string]string{"врачан": "враца", "русен": "русе", "варнен": "варна", "хасковс": "хасково", "софии": "софиа", "смолиан": "смолиан"}[stem]; ok {
		return names[full] != 0
	}
	for name := range names {
		if strings.HasPrefix(name, stem) && len([]rune(name))-len([]rune(stem)) <= 2 {
			return true
		}
	}
	return false
}

// ofKind keeps the towns or the villages where there are any: people call a new town a village for long.
func (g *gazetteer) ofKind(found []int, kind string) []int {
	if kind == "" {
		return found
	}
	var same []int
	for _, i := range found {
		if g.places[i].Kind == kind {
			same = append(same, i)
		}
	}
	if len(same) == 0 {
		return found
	}
	return same
}

// joined gives the readings of several words written as one.
func joined(words []token) []string {
	if len(words) == 1 {
		return words[0].keys
	}
	readings := []string{""}
	for _, w := range words {
		var next []string
		for _, so := range readings {
			for _, key := range w.keys {
				if len(next) < maxSpellings {
					next = append(next, so+key)
				}
			}
		}
		readings = next
	}
	for i := range readings {
		readings[i] = foldCyrillic(readings[i])
	}
	return readings
}

// nameLike says whether words end as names of villages do and everyday words seldom.
func nameLike(words []token) bool {
	last := words[len(words)-1]
	for _, key := range last.keys {
		for _, ending := range []string{"ово", "ево", "град", "ино", "арци", "овци", "евци", "ене", "овец"} {
			if strings.HasSuffix(key, ending) && len([]rune(key)) >= len([]rune(ending))+2 {
				return len(words) > 1 || !everyday[last.text]
			}
		}
	}
	return false
}
