package privacy

import "unicode"

// units are single digits in words, as people dictate a number, in Bulgarian (also in Latin letters) and English.
var units = map[string]string{
	"нула": "0", "едно": "1", "един": "1", "една": "1", "две": "2", "два": "2", "три": "3", "четири": "4", "пет": "5", "шест": "6", "седем": "7", "осем": "8", "девет": "9",
	"nula": "0", "edno": "1", "edin": "1", "edna": "1", "dve": "2", "dva": "2", "tri": "3", "chetiri": "4", "4etiri": "4", "pet": "5", "shest": "6", "6est": "6", "sedem": "7", "osem": "8", "devet": "9",
	"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}

// teens are the numbers from 10 to 19 in words.
var teens = map[string]string{
	"десет": "10", "единайсет": "11", "единадесет": "11", "дванайсет": "12", "дванадесет": "12", "тринайсет": "13", "тринадесет": "13", "четиринайсет": "14", "четиринадесет": "14",
	"петнайсет": "15", "петнадесет": "15", "шестнайсет": "16", "шестнадесет": "16", "седемнайсет": "17", "седемнадесет": "17", "осемнайсет": "18", "осемнадесет": "18",
	"деветнайсет": "19", "деветнадесет": "19",
}

// tens and hundreds begin a number in words, by their first digit.
var (
	tens = map[string]byte{
		"двайсет": '2', "двадесет": '2', "трийсет": '3', "тридесет": '3', "четирийсет": '4', "четиридесет": '4', "петдесет": '5', "шейсет": '6', "шестдесет": '6', "шейсе": '6',
		"седемдесет": '7', "осемдесет": '8', "деветдесет": '9',
	}
	hundreds = map[string]byte{
		"сто": '1', "двеста": '2', "триста": '3', "четиристотин": '4', "петстотин": '5', "шестстотин": '6', "седемстотин": '7', "осемстотин": '8', "деветстотин": '9',
	}
)

// fewestSpelled is how many numbers in words a text must have before they are looked at: a phone read out in hundreds has five.
const fewestSpelled = 4

// spelledOut says whether so many numbers stand in words that they may be a personal one.
func spelledOut(plain []rune) bool {
	n := 0
	for i := 0; i < len(plain); {
		word, to := wordAt(plain, i)
		if word == "" {
			i++
			continue
		}
		if spelledWord(word) {
			if n++; n >= fewestSpelled {
				return true
			}
		}
		i = to
	}
	return false
}

func spelledWord(word string) bool {
	_, unit := units[word]
	_, teen := teens[word]
	_, ten := tens[word]
	_, hundred := hundreds[word]
	return unit || teen || ten || hundred
}

// longestSpelled is the most letters of a number word.
const longestSpelled = 14

// wordAt gives the whole word that begins at a place, "" where none does. Of a word longer than any number's only its end is told.
func wordAt(plain []rune, i int) (word string, to int) {
	if i >= len(plain) || !unicode.IsLetter(plain[i]) || i > 0 && (unicode.IsLetter(plain[i-1]) || digit(plain[i-1])) {
		return "", i
	}
	to = i
	for to < len(plain) && unicode.IsLetter(plain[to]) {
		to++
	}
	if to-i > longestSpelled {
		return " ", to
	}
	return string(plain[i:to]), to
}

// spelled reads a number below a thousand in words: «осем», «осемдесет и четири», «осемстотин осемдесет и осем».
func (t *reading) spelled(i int) (group, bool) {
	word, to := wordAt(t.plain, i)
	if word == "" {
		return group{}, false
	}
	if d, ok := units[word]; ok {
		return group{from: i, to: to, digits: d}, true
	}
	if d, ok := teens[word]; ok {
		return group{from: i, to: to, digits: d}, true
	}
	if ten, ok := tens[word]; ok {
		if unit, end, ok := t.joined(to, true, units); ok && unit != "0" {
			return group{from: i, to: end, digits: string(ten) + unit}, true
		}
		return group{from: i, to: to, digits: string(ten) + "0"}, true
	}
	hundred, ok := hundreds[word]
	if !ok {
		return group{}, false
	}
	if teen, end, ok := t.joined(to, false, teens); ok {
		return group{from: i, to: end, digits: string(hundred) + teen}, true
	}
	if unit, end, ok := t.joined(to, true, units); ok && unit != "0" {
		return group{from: i, to: end, digits: string(hundred) + "0" + unit}, true
	}
	for from := to; from < len(t.plain) && from <= to+3; from++ { // «осемстотин осемдесет и осем», «сто и двайсет»
		if word, _ := wordAt(t.plain, from); word != "" && word != "и" {
			if _, ok := tens[word]; ok {
				rest, _ := t.spelled(from)
				return group{from: i, to: rest.to, digits: string(hundred) + rest.digits}, true
			}
			break
		}
	}
	return group{from: i, to: to, digits: string(hundred) + "00"}, true
}

// joined reads the word after a place that goes on with a number, «и четири»; with and only after «и».
func (t *reading) joined(at int, and bool, words map[string]string) (digits string, to int, ok bool) {
	next := func(i int) (string, int) {
		if i < len(t.plain) && (t.plain[i] == ' ' || t.plain[i] == '\n') {
			return wordAt(t.plain, i+1)
		}
		return "", i
	}
	word, end := next(at)
	if word == "и" || word == "i" {
		word, end = next(end)
	} else if and {
		return "", 0, false
	}
	digits, ok = words[word]
	return digits, end, ok
}
