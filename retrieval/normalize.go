package retrieval

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalize gives the one spelling of a text that all analysis works on: compatible forms (NFKC) made one, lower case,
// without stress marks and invisible characters, ѝ as и, and each word in one script where look-alike letters of the
// other crept in.
func Normalize(s string) string {
	s = norm.NFKC.String(beforeFolding.Replace(s))
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
		case r >= 'а' && r <= 'я' || r >= 'a' && r <= 'z': // most letters, and no mark among them
			word = append(word, r)
		case invisible(r) || unicode.In(r, unicode.Mn, unicode.Me):
			// stress marks (и́), variation selectors, keycaps, soft hyphens, zero-width and direction marks: nothing that is
			// said aloud
		case unicode.IsLetter(r):
			if plain, ok := stressed[r]; ok {
				r = plain
			}
			word = append(word, r)
		default:
			flush()
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				r = ' '
			}
			b.WriteRune(r)
		}
	}
	flush()
	return b.String()
}

// invisible tells characters that steer how a text is laid out and are not seen: soft hyphens, zero-width and direction marks.
func invisible(r rune) bool { return unicode.Is(unicode.Cf, r) }

// beforeFolding keeps signs that NFKC would turn into letters or tear words with: № is no «No», and ´ stands for a
// stress or an apostrophe.
var beforeFolding = strings.NewReplacer("№", " ", "™", " ", "℠", " ", "´", "'", "`", "'", "ˈ", "'")

// stressed are vowels that Unicode composes with their stress mark, and what they are without it.
var stressed = map[rune]rune{
	'ѝ': 'и', 'Ѝ': 'И', 'ѐ': 'е', 'Ѐ': 'Е',
	'á': 'a', 'à': 'a', 'é': 'e', 'è': 'e', 'í': 'i', 'ì': 'i', 'ó': 'o', 'ò': 'o', 'ú': 'u', 'ù': 'u', 'ý': 'y',
	'Á': 'A', 'À': 'A', 'É': 'E', 'È': 'E', 'Í': 'I', 'Ì': 'I', 'Ó': 'O', 'Ò': 'O', 'Ú': 'U', 'Ù': 'U', 'Ý': 'Y',
}

// Look-alikes, both cases: the Latin letter and the Cyrillic one that is drawn the same.
var (
	latinToCyrillic = lookalikes("AaBEeKkMHOoPpCcTXxYyIiJjSs", "АаВЕеКкМНОоРрСсТХхУуІіЈјЅѕ")
	cyrillicToLatin = lookalikes("АаВЕеКМНОоРрСсТХхУуІіЈјЅѕ", "AaBEeKMHOoPpCcTXxYyIiJjSs")
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
	var latin, cyrillic, surelyLatin, surelyCyrillic, runs int
	before := OtherScript
	for _, r := range w {
		script := scriptOf(r)
		if script != before {
			runs++
			before = script
		}
		switch script {
		case LatinScript:
			latin++
			if _, twin := latinToCyrillic[r]; !twin {
				surelyLatin++
			}
		case CyrillicScript:
			cyrillic++
			if _, twin := cyrillicToLatin[r]; !twin {
				surelyCyrillic++
			}
		}
	}
	if latin == 0 || cyrillic == 0 || runs == 2 && surelyLatin > 0 && surelyCyrillic > 0 {
		return w // the last: two words without a space (PINкод), which the tokens part
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
