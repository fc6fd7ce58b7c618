package retrieval

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	addressPattern     = regexp.MustCompile(`(?i)(?:https?://)?(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?:/[^\s)»"”]*)?`)
	numberPattern      = regexp.MustCompile(`\p{N}+(?:[.,]\p{N}+)?`)
	listNumber         = regexp.MustCompile(`(?m)^\s*\d{1,2}[.)]\s`)
	institutionPattern = regexp.MustCompile(`(?i)\b?(министерств\p{L}*|агенци\p{L}*|комиси\p{L}*|институт\p{L}*|дирекци\p{L}*|инспекци\p{L}*|фонд\p{L}*|каса\p{L}*|община\p{L}*|кметств\p{L}*|съд\p{L}{0,3}|полици\p{L}*|банк\p{L}*|нотариус\p{L}*|посолств\p{L}*|консулств\p{L}*|библиотек\p{L}*|ministry|agency|commission|institute|directorate|inspectorate|fund|municipality|court|police|bank|notary|embassy|consulate|library)`)
)

// spelledNumbers and moments are words that state amounts and times: in a model's text they must stand in the guide too.
var spelledNumbers = set(`един една едно два две двама три трима четири пет шест седем осем девет десет единайсет дванайсет тринайсет четиринайсет
петнайсет двайсет двадесет трийсет тридесет четиридесет петдесет шейсет сто двеста хиляда седмица месец година тримесечие безплатно безплатна
януари февруари март април май юни юли август септември октомври ноември декември понеделник вторник сряда четвъртък петък събота неделя
one two three four five six seven eight nine ten eleven twelve fourteen fifteen twenty thirty sixty ninety hundred thousand week month year quarter free
january february march april june july august september october november december monday tuesday wednesday thursday friday saturday sunday
лв лева лев bgn levs leva евро euro eur usd`)

// unfaithful tells what in a model's text does not stand in the guide: an address, a number, an amount or a time in
// words, an abbreviation, an institution, or a word that the guide never uses for signing in. "" means that nothing was
// found. It errs on the side of refusing: the laid-out guide is always there instead.
func unfaithful(text, guide string) string {
	if s := strings.TrimSpace(text); s == "" || strings.Contains(strings.ToUpper(s), "NONE") {
		return "no answer"
	}
	known := strings.ToLower(guide)
	for _, address := range addressPattern.FindAllString(text, -1) {
		plain := strings.ToLower(strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "/.,;:"))
		if i := strings.Index(known, plain); i < 0 || !addressEnds(known[i+len(plain):]) {
			return "address " + address
		}
	}
	numbers := map[string]bool{}
	for _, n := range numberPattern.FindAllString(listNumber.ReplaceAllString(guide, " "), -1) { // that a step is the second states nothing
		numbers[strings.ReplaceAll(n, ",", ".")] = true
	}
	rest := listNumber.ReplaceAllString(addressPattern.ReplaceAllString(text, " "), " ")
	for _, n := range numberPattern.FindAllString(rest, -1) {
		if !numbers[strings.ReplaceAll(n, ",", ".")] {
			return "number " + n
		}
	}
	words := map[string]bool{}
	for _, t := range Tokens(Normalize(guide)) {
		words[t.Text] = true
		words[Stem(t.Text)] = true
	}
	for _, t := range Tokens(Normalize(rest)) {
		if (spelledNumbers[t.Text] || spelledNumbers[Stem(t.Text)]) && !words[t.Text] && !words[Stem(t.Text)] {
			return "amount or time " + t.Text
		}
	}
	for _, name := range institutionPattern.FindAllString(rest, -1) {
		if name = strings.ToLower(name); !words[name] && !words[Stem(name)] && !strings.Contains(known, strings.TrimRight(name, "атяоиъе")) {
			return "institution " + name
		}
	}
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if abbreviation(word) && !strings.Contains(guide, word) {
			return "abbreviation " + word
		}
	}
	return ""
}

// addressEnds tells that an address found in the guide ends where the text's does: nra.bg is not nra.bg.evil.top, and
// the other way round.
func addressEnds(rest string) bool {
	if rest == "" {
		return true
	}
	r := rest[0]
	return !(r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9') && !(r == '.' && len(rest) > 1 && rest[1] > ' ')
}

// abbreviation tells words of two or more capital letters: НАП, КЕП, EORI, еАвт.
func abbreviation(word string) bool {
	capitals := 0
	for _, r := range word {
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	return capitals >= 2
}
