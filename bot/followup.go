package bot

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orientir/knowledge"
)

// leans says that words may lean on the question before, where no guide is on the screen yet: at most six that begin as a
// continuation does. With a guide on the screen retrieval tells better (retrieval.Question.Guide).
func leans(text string) bool {
	words := strings.Fields(plainWords(text))
	if len(words) < 2 || len(words) > 6 {
		return false
	}
	switch words[0] {
	case "а", "ами", "и", "a", "ami", "and", "what", "but":
		return true
	}
	return false
}

// yesOrNo hears a typed answer to «Да го изпратя ли?».
func yesOrNo(text string) string {
	switch plainWords(text) {
	case "да", "да изпрати", "изпрати", "добре", "ок", "да моля", "da", "ok", "yes", "yes please", "evet", "tamam":
		return "yes"
	case "не", "недей", "отказ", "откажи", "не искам", "ne", "no", "cancel", "hayır", "hayir":
		return "no"
	}
	return ""
}

// takesBack hears who no longer wants a librarian, also when the question is sent already.
func takesBack(text string) bool {
	switch plainWords(text) {
	case "отказ", "откажи", "отказвам", "отказвам се", "отмени", "размислих", "не искам вече", "вече не искам", "всъщност не искам",
		"otkaz", "otkaji", "otkazvam se", "cancel", "cancel it", "never mind":
		return true
	}
	return false
}

// tellsWhatIsMissing says that words after a bad rating tell what is missing and ask nothing: «не пише до кога е».
func tellsWhatIsMissing(text string) bool {
	switch word, _, _ := strings.Cut(plainWords(text), " "); word {
	case "не", "няма", "нямаше", "липсва", "липсват", "нищо", "грешно", "ne", "nyama", "niama", "lipsva", "it", "not", "no", "missing", "nothing", "wrong":
		return true
	}
	return false
}

// plainWords is text in lower case with letters and digits alone, one space between words.
func plainWords(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}

// hasWords says that there is something to read: a letter or a digit.
func hasWords(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// cut shortens text to at most n letters, at a word's end where there is one, with an ellipsis.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	short := string([]rune(text)[:n-1])
	if i := strings.LastIndexByte(short, ' '); i > len(short)/2 {
		short = short[:i]
	}
	return short + "…"
}

func digits(id int64) string { return strconv.FormatInt(id, 10) }

func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

func position(lat, lon float64) *knowledge.Position { return &knowledge.Position{Lat: lat, Lon: lon} }
