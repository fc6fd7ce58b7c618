package knowledge

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Quarter is a part of a town that has no code of its own. The zero Quarter is the whole town.
type Quarter struct {
	ID   string `json:"id"` // stable slug
	Name string `json:"name"`
}

// Code names a place for buttons and searches: its EKATTE, and where a quarter is meant «68134/mladost».
func (p Place) Code() string {
	if p.Quarter.ID == "" {
		return p.Ekatte
	}
	return p.Ekatte + "/" + p.Quarter.ID
}

// sofiaEkatte is the capital's code, the one town whose quarters are known.
const sofiaEkatte = "68134"

// sofiaQuarter is a quarter of Sofia with its middle, right within a kilometre: enough to rank what is around it.
type sofiaQuarter struct {
	name string
	lat  float64
	lon  float64
	// shared: other towns have a quarter, or everybody a word, of this name; without «София» beside it one is asked.
	shared bool
	also   string // other names, joined by |
}

// sofiaQuarters are the 24 districts of Sofia (Territorial Division of the Capital Municipality and the Big Cities Act), and then the
// quarters that people call by their own names. Positions are read off the map by hand.
var sofiaQuarters = []sofiaQuarter{
	{"Средец", 42.6880, 23.3290, true, ""},
	{"Красно село", 42.6790, 23.2850, false, ""},
	{"Възраждане", 42.7020, 23.3060, true, ""},
	{"Оборище", 42.6985, 23.3420, true, ""},
	{"Сердика", 42.7150, 23.3170, false, ""},
	{"Подуяне", 42.7060, 23.3620, false, "Подуене"},
	{"Слатина", 42.6880, 23.3720, true, ""},
	{"Изгрев", 42.6700, 23.3510, true, ""},
	{"Лозенец", 42.6720, 23.3210, true, ""},
	{"Триадица", 42.6740, 23.3050, false, ""},
	{"Красна поляна", 42.6920, 23.2800, true, ""},
	{"Илинден", 42.7080, 23.2930, true, ""},
	{"Надежда", 42.7330, 23.3030, true, "Надежда 1|Надежда 2|Надежда 3|Надежда 4"},
	{"Искър", 42.6570, 23.4010, true, ""},
	{"Младост", 42.6470, 23.3780, true, ""},
	{"Студентски град", 42.6510, 23.3480, false, "Студентски|Студентския град|Студентския|Студентско градче|Студенстки град"},
	{"Витоша", 42.6560, 23.2700, true, ""},
	{"Овча купел", 42.6780, 23.2520, false, "Овча купел 1|Овча купел 2"},
	{"Люлин", 42.7180, 23.2530, true, ""},
	{"Връбница", 42.7390, 23.2890, true, "Връбница 1|Връбница 2"},
	{"Нови Искър", 42.8030, 23.3520, false, ""},
	{"Кремиковци", 42.7790, 23.4960, false, ""},
	{"Панчарево", 42.5960, 23.4100, false, ""},
	{"Банкя", 42.7070, 23.1470, false, ""},

	{"Младост 1", 42.6550, 23.3770, true, "Младост 1А"},
	{"Младост 2", 42.6440, 23.3700, true, ""},
	{"Младост 3", 42.6390, 23.3810, true, ""},
	{"Младост 4", 42.6280, 23.3790, false, ""},
	{"Дружба 1", 42.6650, 23.3960, true, ""},
	{"Дружба 2", 42.6480, 23.4040, true, ""},
	{"Дружба", 42.6570, 23.4010, true, ""},
	{"Люлин 1", 42.7230, 23.2620, false, ""},
	{"Люлин 2", 42.7250, 23.2570, false, ""},
	{"Люлин 3", 42.7240, 23.2510, false, ""},
	{"Люлин 4", 42.7200, 23.2500, false, ""},
	{"Люлин 5", 42.7160, 23.2480, false, ""},
	{"Люлин 6", 42.7180, 23.2430, false, ""},
	{"Люлин 7", 42.7130, 23.2530, false, ""},
	{"Люлин 8", 42.7120, 23.2590, false, ""},
	{"Люлин 9", 42.7160, 23.2570, false, ""},
	{"Люлин 10", 42.7180, 23.2620, false, ""},
	{"Обеля", 42.7390, 23.2790, false, "Обеля 1|Обеля 2"},
	{"Дианабад", 42.6650, 23.3490, false, "Диана бад"},
	{"Дървеница", 42.6570, 23.3550, false, ""},
	{"Мусагеница", 42.6580, 23.3640, false, ""},
	{"Изток", 42.6720, 23.3490, true, ""},
	{"Гео Милев", 42.6810, 23.3600, true, ""},
	{"Редута", 42.6900, 23.3660, false, ""},
	{"Христо Смирненски", 42.6840, 23.3730, true, ""},
	{"Хаджи Димитър", 42.7090, 23.3500, true, ""},
	{"Сухата река", 42.7060, 23.3600, false, "Суха река"},
	{"Левски", 42.7140, 23.3790, true, "Левски Г|Левски В"},
	{"Хладилника", 42.6600, 23.3150, false, ""},
	{"Кръстова вада", 42.6510, 23.3140, false, ""},
	{"Бояна", 42.6440, 23.2660, true, ""},
	{"Драгалевци", 42.6290, 23.3130, false, ""},
	{"Симеоново", 42.6180, 23.3330, true, ""},
	{"Бъкстон", 42.6640, 23.2720, false, "Бакстон"},
	{"Павлово", 42.6610, 23.2660, false, ""},
	{"Княжево", 42.6570, 23.2420, true, ""},
	{"Манастирски ливади", 42.6570, 23.2870, false, ""},
	{"Гоце Делчев", 42.6680, 23.2930, true, ""},
	{"Стрелбище", 42.6740, 23.2950, false, ""},
	{"Мотописта", 42.6690, 23.3020, false, ""},
	{"Иван Вазов", 42.6790, 23.3080, true, ""},
	{"Белите брези", 42.6760, 23.2840, false, "Бели брези"},
	{"Борово", 42.6680, 23.2830, true, ""},
	{"Хиподрума", 42.6800, 23.2930, false, ""},
	{"Лагера", 42.6830, 23.2890, false, ""},
	{"Славия", 42.6740, 23.2720, true, ""},
	{"Горна баня", 42.6760, 23.2320, false, ""},
	{"Суходол", 42.6950, 23.2200, true, ""},
	{"Разсадника", 42.6960, 23.2900, false, ""},
	{"Факултета", 42.6900, 23.2700, false, ""},
	{"Света Троица", 42.7080, 23.2880, true, ""},
	{"Захарна фабрика", 42.7110, 23.2810, true, ""},
	{"Зона Б-5", 42.7000, 23.3060, false, "Зона Б5"},
	{"Банишора", 42.7110, 23.3110, false, ""},
	{"Орландовци", 42.7240, 23.3310, false, ""},
	{"Малашевци", 42.7200, 23.3490, false, ""},
	{"Толстой", 42.7270, 23.3060, true, ""},
	{"Свобода", 42.7230, 23.2990, true, ""},
	{"Модерно предградие", 42.7260, 23.2770, false, ""},
	{"Горубляне", 42.6380, 23.4070, false, ""},
	{"Малинова долина", 42.6310, 23.3480, false, ""},
	{"Ботунец", 42.7390, 23.5070, false, ""},
	{"Враждебна", 42.7080, 23.4170, false, ""},
}

// quarters finds the quarters of Sofia in words.
type quarters struct {
	all   []Quarter
	at    []Position
	share []bool
	byKey map[string]int
	byID  map[string]int
	heads map[string]bool // of the keys: their first two letters
}

func newQuarters() *quarters {
	q := &quarters{byKey: map[string]int{}, byID: map[string]int{}, heads: map[string]bool{}}
	for i, s := range sofiaQuarters {
		one := Quarter{ID: latinSlug(s.name), Name: s.name}
		q.all, q.at, q.share = append(q.all, one), append(q.at, Position{s.lat, s.lon}), append(q.share, s.shared)
		q.byID[one.ID] = i
		for name := range strings.SplitSeq(s.name+"|"+s.also, "|") {
			if name != "" {
				q.byKey[nameKey(name)] = i
				q.heads[head(nameKey(name))] = true
			}
		}
	}
	return q
}

// in gives the place of a town narrowed to a quarter.
func (q *quarters) in(town Place, i int) Place {
	town.Quarter, town.Lat, town.Lon = q.all[i], q.at[i].Lat, q.at[i].Lon
	return town
}

// longestQuarter is how many words the name of a quarter has at most, its number too: «Овча купел 2».
const longestQuarter = 3

// named gives the quarter that words name; -1 where they name none.
func (q *quarters) named(words []token) int {
	if len(words) > 1 && !slices.ContainsFunc(words[0].keys, func(key string) bool { return utf8.RuneCountInString(key) < 3 || q.heads[head(key)] }) {
		return -1 // most words begin no name: the joining of those behind them is spared
	}
	for _, key := range joined(words) {
		if i, ok := q.byKey[key]; ok {
			return i
		}
	}
	return -1
}

// misspelt gives the one quarter whose name is a slip away; -1 where there is none. A number must be right.
func (q *quarters) misspelt(words []token) int {
	found := -1
	for _, key := range joined(words) {
		runes := []rune(key)
		if len(runes) < 6 {
			continue
		}
		for name, i := range q.byKey {
			other := []rune(name)
			if other[0] == runes[0] && len(other) >= 6 && isDigit(other[len(other)-1]) == isDigit(runes[len(runes)-1]) &&
				(!isDigit(runes[len(runes)-1]) || other[len(other)-1] == runes[len(runes)-1]) && within(runes, other, 1) {
				if found >= 0 && found != i {
					return -1
				}
				found = i
			}
		}
	}
	return found
}

// head is the first two letters of a key.
func head(key string) string {
	_, first := utf8.DecodeRuneInString(key)
	_, second := utf8.DecodeRuneInString(key[first:])
	return key[:first+second]
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// saidQuarter is a quarter that a part of the text names.
type saidQuarter struct {
	from, to int // tokens
	index    int
	signed   bool // «кв.», «жк», «район» before it
	lived    bool // where the person says that they live
}

// say finds the quarters that a text names, the longest names first.
func (q *quarters) say(tokens []token) (all []saidQuarter) {
	for from := 0; from < len(tokens); from++ {
		signed := from > 0 && quarterSign[tokens[from-1].text] || from > 1 && tokens[from-1].text == "к" && tokens[from-2].text == "ж"
		kind, weight := sign(tokens[max(0, from-6):from])
		if !signed && (kind != "" || weight < 0) { // «с. Люлин», «ул. Изгрев»
			continue
		}
		for to := min(len(tokens), from+longestQuarter); to > from; to-- {
			words := tokens[from:to]
			if _, kind := kinds[words[0].text]; kind {
				continue
			}
			i := q.named(words)
			if i < 0 && signed {
				i = q.misspelt(words)
			}
			if i >= 0 {
				all = append(all, saidQuarter{from, to, i, signed, weight >= lived})
				from = to - 1
				break
			}
		}
	}
	return all
}

// quarterMatch answers a text that names a quarter: one of Sofia where Sofia stands beside it or nothing else has such a name, else a question.
// It is false where the text is about something else.
func (g *gazetteer) quarterMatch(tokens []token) (PlaceMatch, bool) {
	town, ok := g.byEkatte[sofiaEkatte]
	said := g.quarters.say(tokens)
	if !ok || len(said) == 0 {
		return g.unknownQuarter(tokens)
	}
	sofia, other := g.besideSofia(tokens, town)
	bare := len(withoutWords(tokens, aroundQuarter))
	for _, s := range said {
		var meant bool
		switch {
		case sofia:
			meant = s.signed || s.lived || g.touches(tokens, s, town)
		case !other:
			meant = s.signed || s.lived || bare == s.to-s.from
		}
		if meant {
			return g.chooseQuarter(tokens[s.from:s.to], s, town, sofia), true
		}
	}
	return PlaceMatch{}, false
}

func withoutWords(tokens []token, words map[string]bool) []token {
	return slices.DeleteFunc(slices.Clone(tokens), func(t token) bool { return words[t.text] })
}

// chooseQuarter decides between a quarter of Sofia and what else has its name.
func (g *gazetteer) chooseQuarter(words []token, s saidQuarter, town int, sofia bool) PlaceMatch {
	quarter := g.quarters.in(g.places[town], s.index)
	same := g.named(words)
	for _, i := range same { // Банкя, Панчарево and Нови Искър are districts and settlements
		if g.places[i].Municipality == g.places[town].Municipality && i != town {
			return PlaceMatch{Outcome: PlaceFound, Place: g.places[i]}
		}
	}
	if !sofia && len(same) > 0 && g.places[same[0]].Kind == "гр." && !s.signed { // the towns Искър and Банкя, Гоце Делчев and Левски
		return g.choose(same)
	}
	if sofia || !g.quarters.share[s.index] && (s.signed || len(same) == 0) {
		return PlaceMatch{Outcome: PlaceFound, Place: quarter}
	}
	match := PlaceMatch{Outcome: PlaceAmbiguous, Places: []Place{quarter}, Town: s.signed || len(same) == 0}
	if !s.signed {
		for _, i := range same[:min(len(same), mostChoices-1)] {
			match.Places = append(match.Places, g.places[i])
		}
	}
	return match
}

// besideSofia says whether the text names Sofia, and whether it names another settlement that is no quarter's namesake.
func (g *gazetteer) besideSofia(tokens []token, town int) (sofia, other bool) {
	for i, t := range tokens {
		if !t.dot && (i == 0 || !notSettlement[tokens[i-1].text]) && slices.Contains(g.named(tokens[i:i+1]), town) {
			sofia = true
		}
	}
	for _, m := range g.mentions(tokens) {
		if slices.Contains(m.found, town) || g.quarters.named(tokens[m.from:m.to]) >= 0 {
			continue
		}
		other = other || g.places[m.found[0]].Kind == "гр." || m.weight >= located
	}
	return sofia, other
}

// touches says whether Sofia's name stands within two words of a quarter's: «Младост 1, София», «София, район Люлин».
func (g *gazetteer) touches(tokens []token, s saidQuarter, town int) bool {
	const gap = 3
	for i := max(0, s.from-gap); i < min(len(tokens), s.to+gap); i++ {
		if (i < s.from || i >= s.to) && slices.Contains(g.named(tokens[i:i+1]), town) {
			return true
		}
	}
	return false
}

// unknownQuarter answers a text that is nothing but a quarter that we don't know: which town is it in?
func (g *gazetteer) unknownQuarter(tokens []token) (PlaceMatch, bool) {
	bare := len(withoutWords(tokens, aroundQuarter))
	if bare == 0 || bare > longestQuarter || len(g.mentions(tokens)) > 0 {
		return PlaceMatch{}, false
	}
	for i, t := range tokens[:len(tokens)-1] {
		if quarterSign[t.text] && t.text != "район" || t.text == "ж" && tokens[i+1].text == "к" {
			return PlaceMatch{Outcome: PlaceUnknown, Town: true}, true
		}
	}
	return PlaceMatch{}, false
}

// near gives the middle of the quarter of Sofia that an address or a name says; false where it says none.
func (q *quarters) near(text string) (Position, bool) {
	said := q.say(tokenize(text))
	if len(said) == 0 {
		return Position{}, false
	}
	best := slices.MaxFunc(said, func(a, b saidQuarter) int { return cmp.Compare(a.to-a.from, b.to-b.from) })
	if !best.signed && q.share[best.index] { // «ул. Оборище», «бл. Изгрев»
		return Position{}, false
	}
	return q.at[best.index], true
}

// What people say around a quarter.
var (
	quarterSign   = set(`кв квартал квартала жк комплекс комплекса район района р-н kv kvartal jk zhk rayon raion quarter neighbourhood neighborhood`)
	aroundQuarter = set(`кв квартал квартала ж к жк комплекс комплекса район района в във от до край при към аз съм сме живея живеем намирам се тук ние kv kvartal
		jk zhk v vav ot sam sym az jiveq jivea zhiveya i live am in near from the quarter rayon raion моля`)
)

// othersQuarter says whether a text speaks of somebody else's quarter.
func (g *gazetteer) othersQuarter(tokens []token) bool {
	said := g.quarters.say(tokens)
	return len(said) > 0 && others(tokens, said[0].from)
}
