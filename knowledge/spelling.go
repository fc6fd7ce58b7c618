package knowledge

import (
	"strings"
	"unicode"
)

// maxSpellings bounds how many readings a word in Latin letters gets.
const maxSpellings = 24

// spellings folds one word to the form in which names are compared: small Cyrillic letters, where those that people confuse are one
// (й and и, ъ and а, шт and щ, ия and я), and a doubled letter is single. A Cyrillic word has one reading; one in Latin letters,
// official or as in chats («6umen», «sofiq»), may have several, because y, u, j, v and c each stand for more than one letter.
func spellings(word string) []string {
	word = strings.ToLower(word)
	latin, cyrillic := false, false
	for _, r := range word {
		latin = latin || r >= 'a' && r <= 'z'
		cyrillic = cyrillic || unicode.Is(unicode.Cyrillic, r)
	}
	if latin && cyrillic {
		word = lookalikes.Replace(word) // «Markovо» with one Cyrillic letter happens even in official registers
		latin = false
	}
	if !latin {
		return []string{foldCyrillic(word)}
	}
	readings := []string{""}
	for rest := word; rest != ""; {
		length, letters := readLatin(rest)
		rest = rest[length:]
		var next []string
		for _, letter := range letters {
			for _, so := range readings {
				if len(next) < maxSpellings {
					next = append(next, so+letter)
				}
			}
		}
		readings = next
	}
	for i, so := range readings {
		readings[i] = foldCyrillic(so)
	}
	return append(readings, word) // as it is: a name's own Latin form need not follow the rules («Thompson»)
}

// lookalikes turn the Latin letters that look like Cyrillic ones into these.
var lookalikes = strings.NewReplacer("a", "а", "b", "в", "c", "с", "e", "е", "h", "н", "k", "к", "m", "м", "o", "о", "p", "р", "t", "т", "x", "х", "y", "у")

// foldLetters makes one letter of what sounds alike; twice, because one change may make room for another.
var foldLetters = strings.NewReplacer(
	"шт", "щ", "ия", "я", "иа", "я", "йя", "я", "йа", "я", "ья", "я", "ьа", "я", "ию", "ю", "иу", "ю", "йю", "ю", "йу", "ю", "ью", "ю", "ьу", "ю",
	"й", "и", "ь", "и", "ъ", "а", "ѝ", "и", "ы", "и", "э", "е", "ё", "ио", "і", "и", "ї", "и", "є", "е", "ґ", "г")

func foldCyrillic(word string) string { return single(foldLetters.Replace(foldLetters.Replace(word))) }

// single makes doubled letters single.
func single(word string) string {
	var out strings.Builder
	last := rune(0)
	for _, r := range word {
		if r != last {
			out.WriteRune(r)
		}
		last = r
	}
	return out.String()
}

// readLatin reads the first letter or group of letters of a word in Latin letters: its length in bytes and what it may stand for, most likely first.
func readLatin(word string) (length int, letters []string) {
	for _, group := range latinGroups {
		if strings.HasPrefix(word, group.latin) {
			return len(group.latin), group.cyrillic
		}
	}
	for i := range word { // something else, as it is
		if i > 0 {
			return i, []string{word[:i]}
		}
	}
	return len(word), []string{word}
}

// latinGroups are tried in order, longer ones first.
var latinGroups = []struct {
	latin    string
	cyrillic []string
}{
	{"sht", []string{"шт"}}, {"6t", []string{"шт"}}, {"tch", []string{"ч"}},
	{"sh", []string{"ш"}}, {"ch", []string{"ч"}}, {"zh", []string{"ж"}}, {"ts", []string{"ц", "тс"}}, {"tz", []string{"ц"}}, {"kh", []string{"х"}},
	{"ck", []string{"ц", "цк"}}, {"ya", []string{"иа"}}, {"ia", []string{"иа"}}, {"yu", []string{"иу"}}, {"iu", []string{"иу"}},
	{"ja", []string{"иа", "жа"}}, {"ju", []string{"иу", "жу"}}, {"dj", []string{"дж"}}, {"ou", []string{"у", "оу"}}, {"ph", []string{"ф"}},
	{"a", []string{"а"}}, {"b", []string{"б"}}, {"c", []string{"ц", "к"}}, {"d", []string{"д"}}, {"e", []string{"е"}}, {"f", []string{"ф"}},
	{"g", []string{"г"}}, {"h", []string{"х"}}, {"i", []string{"и"}}, {"j", []string{"ж", "и"}}, {"k", []string{"к"}}, {"l", []string{"л"}},
	{"m", []string{"м"}}, {"n", []string{"н"}}, {"o", []string{"о"}}, {"p", []string{"п"}}, {"q", []string{"иа"}}, {"r", []string{"р"}},
	{"s", []string{"с"}}, {"t", []string{"т"}}, {"u", []string{"у", "а"}}, {"v", []string{"в"}}, {"w", []string{"в"}}, {"x", []string{"х"}},
	{"y", []string{"и", "а", "у"}}, {"z", []string{"з"}}, {"4", []string{"ч"}}, {"6", []string{"ш"}}, {"@", []string{"а"}},
}

// plain folds text for a search by parts of words: small letters, no quotation marks or other signs.
func plain(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// within says whether two words differ by at most most slips: a letter more, less, other, or two neighbours exchanged.
func within(a, b []rune, most int) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a)-len(b) > most {
		return false
	}
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return false
		}
		before, above, row = above, row, before
	}
	return above[len(b)] <= most
}
