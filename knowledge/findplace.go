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

// longestRegion is how many words may say where a place lies: «в община Горна Оряховица».
const longestRegion = 5

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
				return g.choose(g.ofKind(found, kind)), true
			}
		}
	}
	return PlaceMatch{}, false
}

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
			return mention{from, to, found, max(weight, named)}, true
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
	for _, t := range words[:len(words)-1] {
		if born[t.text] { // «роден съм в»
			return "", located
		}
		if living[t.text] {
			weight = lived
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

// named gives the places that the words name, spelt right in any alphabet, or with an abbreviated first word.
func (g *gazetteer) named(words []token) []int {
	if len(words) >= 2 && words[0].dot && len([]rune(words[0].text)) <= 4 {
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
	for len(words) > 0 && regionWords[words[0].text] {
		words = words[1:]
	}
	for len(words) > 1 && regionWords[words[len(words)-1].text] {
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
			if g.region[i][key] || len(words) == 1 && adjectiveOf(key, g.region[i]) {
				inside = append(inside, i)
				break
			}
		}
	}
	return inside
}

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
		"гр": "гр.", "град": "гр.", "gr": "гр.", "grad": "гр.", "town": "гр.", "city": "гр.",
		"с": "с.", "село": "с.", "s": "с.", "selo": "с.", "village": "с.", "ман": "ман.",
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
	verbs = set(`върна`) // «как да се върна» folds like «Варна»
	// everyday are names of towns that are everyday words or somebody's name, and endings of villages that are words.
	everyday = set(`Баня Бяла Септември Роман Белене Левски Раковски Съединение Първомай Елена Лом Батак Завет Рила Искър Средец Твърдица Любимец Приморско Кула
		Девин Борово Люлин Тракия Бояна Охрид Надежда Младост Изток Център Летница Сопот Шабла Априлци Каспичан Правец Ветрен Меричлери Земен Доспат
		ново първо право здраво готово отново наново слово дърво ляво първене четене плащане намерено лечение`)
)
