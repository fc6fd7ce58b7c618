package knowledge

import (
	"slices"
	"strings"
)

// mention is a place that a part of the text may name.
type mention struct {
	from, to int // tokens
	found    []int
	weight   int // how surely a place is meant
	others   bool
}

// Weights of a mention. Only the heaviest count.
const (
	named   = 1 // the name of a town stands there
	located = 2 // «в», «от», «до» before it
	typed   = 3 // «гр.», «с.» before it
	lived   = 4 // «живея в», «библиотека в»
)

// mentions finds the places in a sentence, the longest names first; a municipality or district beside a place only narrows it.
func (g *gazetteer) mentions(tokens []token) (all []mention) {
	for from := 0; from < len(tokens); from++ {
		kind, weight := sign(tokens[max(0, from-6):from])
		if weight < 0 {
			continue
		}
		m, ok := g.longestMention(tokens[:min(len(tokens), from+g.longest)], from, weight, g.named)
		if !ok && weight >= located { // a slip is forgiven only where a place is expected, and only in a town's name: two words at most
			m, ok = g.longestMention(tokens[:min(len(tokens), from+2)], from, weight, g.misspelt)
		}
		if !ok {
			continue
		}
		// «с. Баня, общ. Карлово»; «Баня, Пловдив»
		for end := min(len(tokens), m.to+4); end > m.to; end-- {
			if narrowed := g.within(m.found, tokens[m.to:end]); len(narrowed) > 0 {
				m.found, m.to = narrowed, end
				break
			}
		}
		m.found = g.ofKind(m.found, kind)
		m.others = others(tokens, m.from)
		all = append(all, m)
		from = m.to - 1
	}
	return all
}

// longestMention finds the longest name that begins at a token, read in one way.
func (g *gazetteer) longestMention(tokens []token, from, weight int, read func([]token) []int) (mention, bool) {
	for to := len(tokens); to > from; to-- {
		words := tokens[from:to]
		found := g.meant(read(words), words, weight)
		if len(found) > 0 {
			return mention{from: from, to: to, found: found, weight: max(weight, named)}, true
		}
	}
	return mention{}, false
}

// sign reads what stands before a name: the kind that it says and how surely a place follows; -1 where none does.
func sign(words []token) (kind string, weight int) {
	if len(words) == 0 {
		return "", 0
	}
	before := words[len(words)-1]
	k, isKind := kinds[before.text]
	switch {
	case notSettlement[before.text]:
		return "", -1
	case isKind && (before.text != "с" && before.text != "s" || before.dot):
		return k, typed
	case !locative[before.text]:
		return "", 0
	}
	weight = located
	wasBorn := false
	for _, t := range words[:len(words)-1] {
		switch {
		case born[t.text]: // «роден съм в»
			wasBorn, weight = true, located
		case living[t.text] && !(wasBorn && being[t.text]):
			wasBorn, weight = false, lived
		}
	}
	return "", weight
}

// meant keeps the places that a sentence may mean by words with a sign of this weight before them.
func (g *gazetteer) meant(found []int, words []token, weight int) []int {
	if len(found) == 0 || len(words) == 1 && verbs[words[0].text] {
		return nil
	}
	if slip := len(g.named(words)) == 0; slip {
		return slices.DeleteFunc(found, func(i int) bool {
			short := len([]rune(nameKey(g.places[i].Name))) <= shortestSlip
			return weight < located || g.places[i].Kind != "гр." || weight < lived && (short || !g.sure(i))
		})
	}
	if weight >= typed || g.sure(found[0]) {
		return found
	}
	// A village, or a town called like an everyday word: spelt to the letter, since «Румъния» and «Руманя» fold alike, and as a name.
	found = slices.DeleteFunc(found, func(i int) bool { return !g.spelt(i, words) })
	if weight != located || len(found) == 0 {
		return nil
	}
	if capital := words[0].capital && !words[0].first && !everyday[g.places[found[0]].Name]; capital || nameLike(words) {
		return found
	}
	return nil
}

// sure says whether a place's name in a sentence is surely the place: a town not called like an everyday word.
func (g *gazetteer) sure(i int) bool {
	p := g.places[i]
	return p.Kind == "гр." && !everyday[p.Name] || p.Name == p.Municipality && strings.Contains(p.Name, " ")
}

// spelt says whether the words are the very letters of a place's name, Cyrillic or official Latin.
func (g *gazetteer) spelt(i int, words []token) bool {
	texts := make([]string, len(words))
	for n, w := range words {
		texts[n] = w.text
	}
	text := strings.Join(texts, " ")
	return text == plain(g.places[i].Name) || text == plain(g.places[i].NameLatin)
}
