package knowledge

import (
	"slices"
	"strings"
	"unicode"
)

// token is one word of what a person typed.
type token struct {
	text    string   // small letters
	keys    []string // readings, folded
	dot     bool     // a full stop follows at once: an abbreviation, perhaps
	capital bool     // begins with a capital letter, in a text that isn't all capitals
	first   bool     // begins a sentence, where a capital letter says nothing
}

// mention is a place that a part of the text may name.
type mention struct {
	from, to int // tokens
	found    []int
	weight   int // how surely a place is meant
}

// Weights of a mention. Only the heaviest count.
const (
	named   = 1 // the name of a town stands there
	located = 2 // «в», «от», «до» before it
	typed   = 3 // «гр.», «с.» before it
	lived   = 4 // «живея в», «библиотека в»
)

// find reads a text. A text that is nothing but a place is read most freely; inside a sentence a village needs a sign that it is one,
// because hundreds are called like everyday things (Градина, Държава, Изгрев).
func (g *gazetteer) find(words string) PlaceMatch {
	tokens := tokenize(words)
	if match, ok := g.alone(tokens); ok {
		return match
	}
	mentions := g.mentions(tokens)
	if len(mentions) == 0 {
		return PlaceMatch{Outcome: PlaceUnknown}
	}
	heaviest := slices.MaxFunc(mentions, func(a, b mention) int { return a.weight - b.weight }).weight
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
		match := PlaceMatch{Outcome: PlaceAmbiguous}
		for _, i := range found[:min(len(found), 8)] {
			match.Places = append(match.Places, g.places[i])
		}
		return match
	}
	return g.choose(found)
}

// alone reads a text that is only a place: an optional kind, the name, an optional municipality or district.
func (g *gazetteer) alone(tokens []token) (PlaceMatch, bool) {
	tokens = slices.DeleteFunc(slices.Clone(tokens), func(t token) bool { return polite[t.text] && !t.dot })
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
	for end := min(len(tokens), start+g.longest); end > start; end-- {
		found := g.named(tokens[start:end])
		if len(found) == 0 && (end == len(tokens) || regional(tokens[end:])) {
			found = g.slipped(joined(tokens[start:end]))
		}
		if len(found) == 0 {
			continue
		}
		rest := tokens[end:]
		if len(rest) > 0 {
			if found = g.within(found, rest); len(found) == 0 {
				continue
			}
		}
		return g.choose(g.ofKind(found, kind)), true
	}
	return PlaceMatch{}, false
}

// mentions finds the places in a sentence, the longest names first; a municipality or district beside a place only narrows it.
func (g *gazetteer) mentions(tokens []token) (all []mention) {
	for from := 0; from < len(tokens); from++ {
		for to := min(len(tokens), from+g.longest); to > from; to-- {
			m, ok := g.mention(tokens, from, to)
			if !ok {
				continue
			}
			// «с. Баня, общ. Карлово»; «Баня, Пловдив»
			for end := min(len(tokens), to+4); end > to; end-- {
				if narrowed := g.within(m.found, tokens[to:end]); len(narrowed) > 0 {
					m.found, to = narrowed, end
					break
				}
			}
			m.to = to
			all = append(all, m)
			from = to - 1
			break
		}
	}
	return all
}

// mention says whether the tokens from, to name a place, and how surely.
func (g *gazetteer) mention(tokens []token, from, to int) (mention, bool) {
	words := tokens[from:to]
	kind, weight := "", 0
	if from > 0 {
		before := tokens[from-1]
		switch k, isKind := kinds[before.text]; {
		case notSettlement[before.text]:
			return mention{}, false
		case isKind && (before.text != "с" && before.text != "s" || before.dot):
			kind, weight = k, typed
		case locative[before.text]:
			weight = located
			for _, t := range tokens[max(0, from-5) : from-1] {
				if born[t.text] { // «роден съм в»
					weight = located
					break
				}
				if living[t.text] {
					weight = lived
				}
			}
		}
	}
	found := g.named(words)
	exact := len(found) > 0
	if !exact && weight >= located && len(words) <= 2 {
		found = slices.DeleteFunc(g.slipped(joined(words)), func(i int) bool { return !g.sure(i) })
	}
	if len(words) > 1 { // «doesn't run» is no Трън: words are joined only as the name has them
		found = slices.DeleteFunc(found, func(i int) bool { return len(splitWords(g.places[i].Name)) != len(words) })
	}
	if len(found) == 0 {
		return mention{}, false
	}
	if weight == 0 {
		weight = named
	}
	if weight < typed {
		town := g.sure(found[0])
		if !town {
			// A village: spelt to the letter, since «Румъния» and «Руманя» fold alike, and as a name.
			found = slices.DeleteFunc(found, func(i int) bool { return !g.spelt(i, words) })
			looksLike := words[0].capital && !words[0].first && !everyday[g.nameOf(found)] || nameLike(words)
			if weight != located || !looksLike || len(found) == 0 {
				return mention{}, false
			}
		}
		if town && len(words) == 1 && !exact && !words[0].capital && weight < lived && len([]rune(words[0].text)) < 6 {
			return mention{}, false
		}
	}
	return mention{from, to, g.ofKind(found, kind), weight}, true
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

// nameOf gives the name of the first of several places of one name, "" where there is none.
func (g *gazetteer) nameOf(found []int) string {
	if len(found) == 0 {
		return ""
	}
	return g.places[found[0]].Name
}

// named gives the places that the words name, spelt right in any alphabet, or with an abbreviated first word.
func (g *gazetteer) named(words []token) []int {
	if len(words) >= 2 && words[0].dot && len([]rune(words[0].text)) <= 4 {
		return g.abbreviated(words[0].keys, joined(words[1:]))
	}
	return g.exact(joined(words))
}

// within keeps those places that lie where the words say: «общ. Карлово», «Пловдивско», «област Враца». None where the words say nothing of the kind.
func (g *gazetteer) within(found []int, words []token) (inside []int) {
	for len(words) > 0 && regionWords[words[0].text] {
		words = words[1:]
	}
	for len(words) > 1 && regionWords[words[len(words)-1].text] {
		words = words[:len(words)-1]
	}
	if len(words) == 0 || len(words) > 3 {
		return nil
	}
	for _, i := range found {
		for _, key := range joined(words) {
			if g.region[i][key] || len(words) == 1 && adjectiveOf(key, g.region[i]) {
				inside = append(inside, i)
				break
			}
		}
	}
	return inside
}

// regional says whether the words begin as a municipality or district does.
func regional(words []token) bool { return regionWords[words[0].text] }

// adjectiveOf says whether a folded word is the adjective of one of these names: «карловско», «врачанска».
func adjectiveOf(word string, names map[string]bool) bool {
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
		return names[full]
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
		readings[i] = single(readings[i])
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

// tokenize splits a text into words.
func tokenize(text string) (tokens []token) {
	const longest = 2000 // letters; nobody writes where they live after that
	const longestWord = 40
	capitals := strings.ToUpper(text) == text
	runes := []rune(text)
	runes = runes[:min(len(runes), longest)]
	first := true
	for i := 0; i < len(runes); {
		if !wordRune(runes[i]) {
			if strings.ContainsRune(".!?\n", runes[i]) {
				first = true
			}
			i++
			continue
		}
		start := i
		for i < len(runes) && wordRune(runes[i]) {
			i++
		}
		word := strings.ToLower(string(runes[start:i]))
		dot := i < len(runes) && runes[i] == '.'
		var keys []string
		if i-start <= longestWord {
			keys = spellings(word)
		}
		tokens = append(tokens, token{
			text: word, keys: keys, dot: dot, first: first, capital: !capitals && unicode.IsUpper(runes[start]),
		})
		first = false
		if dot && i-start <= 4 && i+1 < len(runes) { // «гр. Враца»: no end of a sentence
			i++
		}
	}
	return tokens
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' }

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// What people say around a place. These are constants that Go can't write as such.
var (
	kinds = map[string]string{
		"гр": "гр.", "град": "гр.", "града": "гр.", "gr": "гр.", "grad": "гр.", "town": "гр.", "city": "гр.",
		"с": "с.", "село": "с.", "селото": "с.", "s": "с.", "selo": "с.", "village": "с.", "ман": "ман.", "манастир": "ман.",
	}
	notSettlement = set(`кв квартал квартала кв-л жк ж к ул улица улицата бул булевард пл площад блок бл вх местност м спирка метростанция kv ul bul jk zhk
		васил георги христо хан цар княз княгиня свети св света баба дядо проф акад д-р`)
	locative = set(`в във от до край из към при близо v vav vyv ot do kym kam iz krai near in from around во біля у`)
	living   = set(`живея живеем живеят живее живеете съм сме намирам намираме пребивавам пребивава родом жител жители библиотека библиотеката библиотеки
		читалище читалището идвам местя преместих преместихме настанен настанени близо най-близката най-близкото jiveq jivea zhiveya jiveia jiveem sam sym sme biblioteka bibliotekata
		live living library libraries based am located живу живем живём живемо мешкаю проживаю проживаем`)
	born        = set(`роден родена родени роди родих born родился родилась народився`)
	regionWords = set(`общ община общината обл област областта окръг район obsht obshtina obl oblast region municipality district в във от до край`)
	polite      = set(`моля благодаря здравейте здравей добър добро ден вечер утро ало ами аз съм сме живея живеем библиотека библиотеката в във от za моето нашето
		населено място please hello hi the library biblioteka аз ние тук`)
	// everyday are names of towns that are everyday words or somebody's name, and endings of villages that are words.
	everyday = set(`Баня Бяла Септември Роман Белене Левски Раковски Съединение Първомай Елена Лом Батак Завет Рила Искър Средец Твърдица Любимец Приморско Кула
		Девин Борово Люлин Тракия Бояна Охрид Надежда Младост Изток Център Летница Сопот Шабла Априлци Каспичан Правец Ветрен Меричлери Земен Доспат
		ново първо право здраво готово отново наново слово дърво ляво първене четене плащане намерено лечение`)
)
