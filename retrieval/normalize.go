package retrieval

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalize gives the one spelling of a text that all analysis works on: composed (NFC), lower case, without stress
// marks and invisible characters, ѝ as и, and each word in one script where look-alike letters of the other crept in.
func Normalize(s string) string {
	s = norm.NFC.String(s)
	var b strings.Builder
	b.Grow(len(s))
	word := make([]rune, 0, 24)
	flush := func() {
		if len(word) > 0 {
			for _, r := range oneScript(word) {
				b.WriteRune(unicode.ToLower(r))
			}
			word = word[:0]
		}
	}
	for _, r := range s {
		switch {
		case invisible(r) || unicode.Is(unicode.Mn, r):
			// stress marks (и́), variation selectors, zero-width joiners, soft hyphens: nothing that is said aloud
		case r == 'ѝ' || r == 'Ѝ':
			word = append(word, 'и')
		case unicode.IsLetter(r):
			word = append(word, r)
		default:
			flush()
			if unicode.IsSpace(r) {
				r = ' '
			}
			b.WriteRune(r)
		}
	}
	flush()
	return b.String()
}

func invisible(r rune) bool {
	switch r {
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff':
		return true
	}
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// Look-alikes, both cases: the Latin letter and the Cyrillic one that is drawn the same.
var (
	latinToCyrillic = lookalikes("AaBEeKkMHOoPpCcTXxYy", "АаВЕеКкМНОоРрСсТХхУу")
	cyrillicToLatin = lookalikes("АаВЕеКМНОоРрСсТХхУу", "AaBEeKMHOoPpCcTXxYy")
)

func lookalikes(from, to string) map[rune]rune {
	f, t := []rune(from), []rune(to)
	m := make(map[rune]rune, len(f))
	for i := range f {
		m[f[i]] = t[i]
	}
	return m
}

// oneScript rewrites look-alike letters in a word of mixed script to the script of its unmistakable letters, or else
// of its majority. A word in one script comes back as it is.
func oneScript(w []rune) []rune {
	var latin, cyrillic, surelyLatin, surelyCyrillic int
	for _, r := range w {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
			if _, twin := latinToCyrillic[r]; !twin {
				surelyLatin++
			}
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
			if _, twin := cyrillicToLatin[r]; !twin {
				surelyCyrillic++
			}
		}
	}
	if latin == 0 || cyrillic == 0 {
		return w
	}
	table := latinToCyrillic
	if surelyLatin > surelyCyrillic || surelyLatin == surelyCyrillic && latin > cyrillic {
		table = cyrillicToLatin
	}
	for i, r := range w {
		if t, ok := table[r]; ok {
			w[i] = t
		}
	}
	return w
}
