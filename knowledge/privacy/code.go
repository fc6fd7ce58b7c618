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

// codes finds ПИК на НАП (12 digits), ПИК на НОИ (10 letters and digits) and a ПИН (4 to 8 digits right after its word).
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
		if g := r[0]; len(r) == 1 && len(g.digits) >= 4 && len(g.digits) <= 8 && t.shortCode(g) {
			found = append(found, span{g.from, g.to, Code})
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

// codeWords are those right after which a few digits are a code.
var codeWords = []string{"пин код", "pin code", "пинът", "пина", "пин", "pin", "пикът", "пик"}

// shortCode says whether a few digits are a code: its word stands right before them. Over the end of a line, as which the end of a message
// counts, that is not enough: after «как да взема ПИК» a line that begins «2026 данъчна декларация» tells none. There either the line before
// says what comes («пинът ми е», «ПИК:», or nothing but the word), or the digits are all of theirs.
func (t *reading) shortCode(g group) bool {
	end := g.from
	for end > 0 && strings.ContainsRune(" :=-–№\n", t.plain[end-1]) {
		end--
	}
	between := string(t.plain[end:g.from])
	begin := end
	for begin > 0 && t.plain[begin-1] != '\n' {
		begin--
	}
	line := string(t.plain[begin:end])
	words := line
	for _, own := range []string{" ми е", " ми", " е"} {
		words = strings.TrimSuffix(words, own)
	}
	for _, word := range codeWords {
		rest, ok := strings.CutSuffix(words, word)
		if before, _ := utf8.DecodeLastRuneInString(rest); !ok || unicode.IsLetter(before) || unicode.IsDigit(before) {
			continue
		}
		return !strings.Contains(between, "\n") || strings.HasSuffix(line, " е") || strings.ContainsAny(between, ":=-–№") ||
			slices.Contains([]string{"", "моят", "my"}, strings.TrimSpace(rest)) || t.fillsLine(g.to)
	}
	return false
}

// fillsLine says whether nothing follows in the line.
func (t *reading) fillsLine(from int) bool {
	for _, r := range t.plain[from:] {
		if r == '\n' {
			return true
		}
		if !unicode.IsSpace(r) && !unicode.IsPunct(r) {
			return false
		}
	}
	return true
}

func asciiWord(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
