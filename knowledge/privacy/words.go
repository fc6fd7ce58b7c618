package privacy

import (
	"slices"
	"strings"
	"unicode"
)

// stateDomains are those whose addresses are kept: they lead to offices.
var stateDomains = []string{"egov.bg", "government.bg", "nra.bg", "noi.bg", "nssi.bg", "nhif.bg", "his.bg", "mvr.bg", "mfa.bg", "mjs.bg", "justice.bg", "registryagency.bg", "cadastre.bg",
	"bgtoll.bg", "customs.bg", "nsi.bg", "bnb.bg", "kzp.bg", "cpdp.bg", "crc.bg", "dker.bg", "dfz.bg", "bpo.bg", "bfsa.bg", "mon.bg", "nacid.bg", "cik.bg"}

// emails finds e-mail addresses but those of the state.
func emails(t *reading) (found []span) {
	local := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._%+-'", r)
	}
	host := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '-' }
	for at, r := range t.plain {
		if r != '@' {
			continue
		}
		from, to := at, at+1
		for from > 0 && local(t.plain[from-1]) {
			from--
		}
		for to < len(t.plain) && host(t.plain[to]) {
			to++
		}
		for to > at+1 && (t.plain[to-1] == '.' || t.plain[to-1] == '-') {
			to--
		}
		domain := string(t.plain[at+1 : to])
		if from == at || !strings.Contains(strings.Trim(domain, "."), ".") {
			continue
		}
		if slices.ContainsFunc(stateDomains, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) }) {
			continue
		}
		found = append(found, span{from, to, Email})
	}
	return found
}

var passwordWords = []string{"паролата ми е", "паролата е", "парола:", "паролата:", "парола е", "парола -", "password:", "password is", "parolata mi e", "parola:"}

// passwords finds the word after «паролата ми е», where it looks like one: with a digit in it, so «паролата ми е забравена» stays.
func passwords(t *reading) (found []span) {
	text := string(t.plain)
	for _, words := range passwordWords {
		for at := 0; ; {
			n := strings.Index(text[at:], words)
			if n < 0 {
				break
			}
			at += n + len(words)
			from := len([]rune(text[:at]))
			for from < len(t.plain) && (t.plain[from] == ' ' || strings.ContainsRune(`:-–„“"'`, t.plain[from])) {
				from++
			}
			to := from
			for to < len(t.plain) && !unicode.IsSpace(t.plain[to]) {
				to++
			}
			for to > from && strings.ContainsRune(`.,;!?“”"'`, t.plain[to-1]) {
				to--
			}
			if to-from >= 4 && slices.ContainsFunc(t.plain[from:to], unicode.IsDigit) {
				found = append(found, span{from, to, Password})
			}
		}
	}
	return found
}

// ibanLength is the length of an account number by country (the SWIFT registry), of those that people here have.
func ibanLength(country string) int {
	switch country {
	case "bg", "de", "gb", "ie", "rs":
		return 22
	case "at", "lt", "lu":
		return 20
	case "nl":
		return 18
	case "be":
		return 16
	case "ch":
		return 21
	case "mk":
		return 19
	case "ro", "es", "cz", "se":
		return 24
	case "gr", "it", "fr":
		return 27
	case "pl", "hu", "cy":
		return 28
	case "tr":
		return 26
	case "ua":
		return 29
	}
	return 0
}

// ibans finds account numbers, also in groups, also with Cyrillic letters that look like Latin ones. One of a Bulgarian form is masked even where
// a digit is wrong, since a slip doesn't make it anybody else's.
func ibans(t *reading) (found []span) {
	for at := 0; at+4 <= len(t.plain); at++ {
		if at > 0 && unicode.IsLetter(t.plain[at-1]) || !unicode.IsLetter(t.plain[at]) {
			continue
		}
		var letters []byte
		to, wanted := at, 0
		for to < len(t.plain) {
			r := latin(t.plain[to])
			if r == ' ' || r == '-' || r == '.' {
				if len(letters) == 0 || to-at > 60 {
					break
				}
				to++
				continue
			}
			if r == 0 {
				break
			}
			letters = append(letters, r)
			to++
			if len(letters) == 2 {
				if wanted = ibanLength(string(letters)); wanted == 0 {
					break
				}
			}
			if len(letters) > 2 && len(letters) == wanted {
				break
			}
			if n := len(letters); (n == 3 || n == 4) && (r < '0' || r > '9') {
				wanted = 0
				break
			}
		}
		if wanted == 0 || len(letters) != wanted {
			continue
		}
		if !mod97(letters) && !bulgarianAccount(letters) {
			continue
		}
		found = append(found, span{at, to, IBAN})
		at = to - 1
	}
	return found
}

// latin gives a letter or digit of an account number, a separator as it is, and 0 for anything else.
func latin(r rune) byte {
	if d, ok := digit(r); ok {
		return d
	}
	if r >= 'a' && r <= 'z' || r == ' ' || r == '-' || r == '.' {
		return byte(r)
	}
	if at := strings.IndexRune("авсенкмортх", r); at >= 0 {
		return "abcehkmoptx"[at/2]
	}
	return 0
}

// mod97 is the check of ISO 13616.
func mod97(letters []byte) bool {
	rest := 0
	for i := range letters {
		c := letters[(i+4)%len(letters)]
		if c >= 'a' {
			rest = (rest*100 + int(c-'a') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// bulgarianAccount says whether letters have the form BG, two digits, four letters of the bank, six digits, eight letters or digits.
func bulgarianAccount(letters []byte) bool {
	for i, c := range letters {
		isDigit := c <= '9'
		if i < 2 && c != "bg"[i] || (i >= 4 && i < 8) == isDigit && i < 14 && i >= 2 {
			return false
		}
	}
	return len(letters) == 22
}

// codeWords stand before a ПИК or a ПИН.
var codeWords = []string{"пик", "пик-а", "пика", "пикът", "pik", "пин", "пина", "pin", "код", "кода", "кодът", "kod", "укд", "code"}

// codes finds ПИК на НАП (12 digits), ПИК на НОИ (10 letters and digits) and a ПИН (4 to 8 digits right after the word).
func codes(t *reading) (found []span) {
	for _, r := range t.runs {
		digits := ""
		for j, g := range r {
			if digits += g.digits; len(digits) == 12 && !dated(r[:j+1]) && t.said(r[0].from, codeWords) {
				found = append(found, span{r[0].from, r[j].to, Code})
			}
		}
		if g := r[0]; len(r) == 1 && len(g.digits) >= 4 && len(g.digits) <= 8 {
			words := strings.TrimRight(t.before(g.from, 12), " :=-–№")
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
		if to-from == 10 && letters > 0 && digits > 0 && (from == 0 || !unicode.IsLetter(t.plain[from-1])) && t.said(from, codeWords) {
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
