package privacy

import (
	"strings"
	"unicode"
)

// ibanLengths is the length of an account number by country (the IBAN registry of SWIFT, ISO 13616).
var ibanLengths = func() map[string]int {
	lengths := map[string]int{}
	for entry := range strings.FieldsSeq("ad24 ae23 al28 at20 az28 ba20 be16 bg22 bh22 bi27 br29 by28 ch21 cr22 cy28 cz24 de22 dj27 dk18 do28 ee20 eg29 es24 fi18 fk18 fo18 fr27 gb22 " +
		"ge22 gi23 gl18 gr27 gt28 hr21 hu28 ie22 il23 iq23 is26 it27 jo30 kw30 kz20 lb28 lc32 li21 lt20 lu20 lv21 ly25 mc27 md24 me22 mk19 mn20 mr27 mt31 mu30 ni28 nl18 no15 om23 " +
		"pk24 pl28 ps29 pt25 qa29 ro24 rs22 ru33 sa24 sc31 sd18 se24 si19 sk24 sm27 so23 st25 sv28 tl23 tn24 tr26 ua29 va22 vg24 xk20 ye30") {
		n := 0
		for _, d := range entry[2:] {
			n = n*10 + int(d-'0')
		}
		lengths[entry[:2]] = n
	}
	return lengths
}()

// mostSpread is how many runes an account number may take with what stands between its letters.
const mostSpread = 80

// ibans finds account numbers, also in groups, also with Cyrillic letters that look like Latin ones. One of a Bulgarian form is masked
// even where a digit is wrong, if a word says that it is an account: a slip doesn't make it anybody else's.
func ibans(t *reading) (found []span) {
	for at := 0; at+4 <= len(t.plain); at++ {
		if !unicode.IsLetter(t.plain[at]) || !t.startsAccount(at) {
			continue
		}
		letters, to := t.account(at)
		if letters == nil || !mod97(letters) && !mod97(zeros(letters)) && !(bulgarianAccount(zeros(letters)) && t.said(at, aboutAccount)) {
			continue
		}
		found = append(found, span{at, to, IBAN})
		at = to - 1
	}
	return found
}

// startsAccount says whether an account number may begin at a letter: where a word does, or right after the word IBAN.
func (t *reading) startsAccount(at int) bool {
	if at == 0 || !unicode.IsLetter(t.plain[at-1]) {
		return true
	}
	word := string(t.plain[max(0, at-4):at])
	return word == "iban" || word == "ибан"
}

// account reads the letters and digits of an account number from a place on, as many as its country's have; nil where they are none.
func (t *reading) account(at int) (letters []byte, to int) {
	wanted := 0
	for to = at; to < len(t.plain) && to-at < mostSpread; to++ {
		r := t.plain[to]
		if len(letters) > 0 && strings.ContainsRune(" -–./\n\r\t", r) {
			continue
		}
		c := latin(r)
		if c == 0 {
			return nil, 0
		}
		letters = append(letters, c)
		switch n := len(letters); {
		case n == 2:
			if wanted = ibanLengths[string(letters)]; wanted == 0 {
				return nil, 0
			}
		case n <= 4 && n > 2 && c > '9' && c != 'o':
			return nil, 0
		case n == wanted:
			if to+1 < len(t.plain) && (digit(t.plain[to+1]) || latin(t.plain[to+1]) != 0 && t.plain[to+1] < 0x80) {
				return nil, 0 // longer than any of that country
			}
			return letters, to + 1
		}
	}
	return nil, 0
}

// latin gives the letter or digit of an account number that a rune is, or looks like; 0 for anything else.
func latin(r rune) byte {
	if digit(r) || r >= 'a' && r <= 'z' {
		return byte(r)
	}
	return lookalikes[r]
}

// lookalikes are the Cyrillic letters that look like Latin ones.
var lookalikes = map[rune]byte{'а': 'a', 'в': 'b', 'с': 'c', 'е': 'e', 'н': 'h', 'к': 'k', 'м': 'm', 'о': 'o', 'р': 'p', 'т': 't', 'х': 'x', 'у': 'y', 'і': 'i', 'ѕ': 's', 'ј': 'j'}

// zeros takes each O where a Bulgarian account has digits for a zero.
func zeros(letters []byte) []byte {
	out := append([]byte(nil), letters...)
	for i := range out {
		if out[i] == 'o' && (i < 4 || i >= 8) {
			out[i] = '0'
		}
	}
	return out
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
