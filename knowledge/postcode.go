package knowledge

import (
	"cmp"
	"regexp"
	"slices"
)

// postcodes are the settlements that stand behind each postcode, learned from the addresses of help points; the commonest first.
type postcodes map[string][]string

var postcodeForm = regexp.MustCompile(`(?:^|[\s,])([1-9][0-9]{3})(?:\s|,|$)`)

// learnPostcodes reads the addresses, «Иван Вазов 53, 4330». A number of four digits inside an address may be something else (a year in a street's
// name), so only the last one counts, where it stands at the end.
func learnPostcodes(points []HelpPoint) postcodes {
	counts := map[string]map[string]int{}
	for _, h := range points {
		m := postcodeForm.FindAllStringSubmatchIndex(h.Address, -1)
		if len(m) == 0 {
			continue
		}
		last := m[len(m)-1]
		if last[3] != len(h.Address) && last[2] != 0 {
			continue
		}
		code := h.Address[last[2]:last[3]]
		if counts[code] == nil {
			counts[code] = map[string]int{}
		}
		counts[code][h.Ekatte]++
	}
	out := postcodes{}
	for code, places := range counts {
		for ekatte := range places {
			out[code] = append(out[code], ekatte)
		}
		slices.SortFunc(out[code], func(a, b string) int { return cmp.Or(cmp.Compare(places[b], places[a]), cmp.Compare(a, b)) })
	}
	return out
}

// postcodeMatch answers a text that is nothing but a postcode.
func (g *gazetteer) postcodeMatch(tokens []token, posts postcodes) (PlaceMatch, bool) {
	rest, code := withoutPostcode(tokens)
	if code == "" || len(withoutWords(rest, aroundPostcode)) > 0 {
		return PlaceMatch{}, false
	}
	var found []int
	for _, ekatte := range posts[code] {
		if i, ok := g.byEkatte[ekatte]; ok {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		return PlaceMatch{Outcome: PlaceUnknown}, true
	}
	if len(found) == 1 {
		return PlaceMatch{Outcome: PlaceFound, Place: g.places[found[0]]}, true
	}
	slices.Sort(found)
	return g.ask(found), true
}

// narrowed chooses between namesakes by a postcode that was written with the name.
func (g *gazetteer) narrowed(match PlaceMatch, there []string) PlaceMatch {
	if match.Outcome != PlaceAmbiguous || len(there) == 0 {
		return match
	}
	var fit []Place
	for _, p := range match.Places {
		if slices.Contains(there, p.Ekatte) {
			fit = append(fit, p)
		}
	}
	if len(fit) == 1 {
		return PlaceMatch{Outcome: PlaceFound, Place: fit[0], Others: match.Others}
	}
	return match
}

// shortAddress is how many words a text has at most in which any number of four digits is taken for a postcode.
const shortAddress = 6

// withoutPostcode leaves a postcode out, «4330 Сопот», «Баня, п.к. 4360», so that the name beside it is read, and gives it; "" where none is.
func withoutPostcode(tokens []token) (rest []token, code string) {
	for i, t := range tokens {
		if !isPostcode(t.text) || len(tokens) > shortAddress && (i == 0 || !postcodeSign[tokens[i-1].text]) {
			continue
		}
		rest = slices.Delete(slices.Clone(tokens), i, i+1)
		if i < len(rest) {
			rest[i].comma = rest[i].comma || t.comma
		}
		return slices.DeleteFunc(rest, func(t token) bool { return postcodeSign[t.text] && !locative[t.text] }), t.text
	}
	return tokens, ""
}

func isPostcode(word string) bool {
	if len(word) != 4 || word[0] == '0' {
		return false
	}
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return true
}

var (
	postcodeSign   = set(`пк код кода пощенски postcode postal zip индекс`)
	aroundPostcode = set(`п к пк код кода пощенски пощенския postcode postal code zip аз съм сме живея живеем в във с до около при тук моят е my is i am in live моля индекс`)
)
