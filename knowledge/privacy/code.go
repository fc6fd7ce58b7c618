package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var passwordWords = []string{"паролата ми е", "паролата е", "парола:", "паролата:", "парола е", "парола -", "password:", "password is", "parolata mi e", "parola:"}

// longestPassword is the most letters that are taken for one.
const longestPassword = 128

// passwords finds the word after «паролата ми е», where it looks like one: with a digit in it, so «паролата ми е забравена» stays.
func passwords(t *reading) (found []span) {
	text := string(t.plain)
	for _, words := range passwordWords {
		runes := 0 // of text before at
		for at := 0; ; {
			n := strings.Index(text[at:], words)
			if n < 0 {
				break
			}
			runes += utf8.RuneCountInString(text[at : at+n+len(words)])
			at += n + len(words)
			from := runes
			for from < len(t.plain) && (t.plain[from] == ' ' || strings.ContainsRune(`:-–„“"'`, t.plain[from])) {
				from++
			}
			to := from
			for to < len(t.plain) && to-from < longestPassword && !unicode.IsSpace(t.plain[to]) {
				to++
			}
			for to > from && strings.ContainsRune(`.,;!?“”"'`, t.plain[to-1]) {
				to--
			}
			if to-from >= 4 && slices.ContainsFunc(t.plain[from:to], digit) {
				found = append(found, span{from, to, Password})
			}
		}
	}
	return found
}

// codes finds ПИК на НАП (12 digits), ПИК на НОИ (10 letters and digits) and a ПИН (4 to 8 digits right after the word).
func codes(t *reading) (found []span) {
	for _, r := range t.runs {
		digits := ""
		for j, g := range r {
			if digits += g.digits; len(digits) > 12 {
				break
			}
			if len(digits) == 12 && t.said(r[0].from, aboutCode) {
				found = append(found, span{r[0].from, r[j].to, Code})
			}
		}
		if g := r[0]; len(r) == 1 && len(g.digits) >= 4 && len(g.digits) <= 8 {
			words := strings.TrimRight(string(t.plain[max(0, g.from-14):g.from]), " :=-–№\n")
			for _, own := range []string{" ми е", " ми", " е"} {
				words = strings.TrimSuffix(words, own)
			}
			if slices.Contains([]string{"пин", "пинът", "пина", "pin", "пин код", "pin code", "пик"}, lastWord(words)) {
				found = append(found, span{g.from, g.to, Code})
			}
		}
	}
	for from := 0; from < len(t.plain); {
		if !asciiWord(t.plain[from]) {
			from++
			continue
		}
		to := from
		letters, digits := 0, 0
		for to < len(t.plain) && asciiWord(t.plain[to]) {
			if t.plain[to] >= 'a' {
				letters++
			} else {
				digits++
			}
			to++
		}
		if to-from == 10 && letters > 0 && digits > 0 && (from == 0 || !unicode.IsLetter(t.plain[from-1])) && t.said(from, aboutCode) {
			found = append(found, span{from, to, Code})
		}
		from = to
	}
	return found
}

func asciiWord(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

func lastWord(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}
