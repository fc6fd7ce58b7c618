package retrieval

import (
	"math"
	"unicode/utf8"
)

// slips are letters that Bulgarians write for one another by ear, cheaper than a wrong letter.
var slips = map[rune][]reading{
	'а': {{1, "ъ", 0.35}, {1, "я", 0.6}},
	'ъ': {{1, "а", 0.35}, {1, "у", 0.6}},
	'о': {{1, "у", 0.5}},
	'у': {{1, "о", 0.5}},
	'е': {{1, "и", 0.5}, {1, "я", 0.6}},
	'и': {{1, "й", 0.2}, {1, "е", 0.5}, {1, "ий", 0.5}},
	'й': {{1, "и", 0.2}},
	'я': {{1, "йа", 0.4}, {1, "а", 0.6}, {1, "е", 0.6}, {1, "ия", 0.5}},
	'щ': {{1, "шт", 0.3}},
	'ш': {{1, "щ", 0.3}},
	'в': {{1, "ф", 0.5}},
	'ф': {{1, "в", 0.5}},
	'з': {{1, "с", 0.5}},
	'с': {{1, "з", 0.5}},
	'д': {{1, "т", 0.5}},
	'т': {{1, "д", 0.5}},
	'б': {{1, "п", 0.5}},
	'п': {{1, "б", 0.5}},
	'г': {{1, "к", 0.6}},
	'к': {{1, "г", 0.6}},
	'ж': {{1, "ш", 0.5}},
}

// readTyped yields a Cyrillic letter as itself and as what it is mistaken for. A doubled letter may stand for one,
// a single one for two.
func readTyped(in []rune, i int, yield func(reading)) {
	yield(exact(in[i]))
	for _, r := range slips[in[i]] {
		yield(r)
	}
	if in[i] == 'ш' && i+1 < len(in) && in[i+1] == 'т' {
		yield(reading{2, "щ", 0.3})
	}
	if i > 0 && in[i] == in[i-1] {
		yield(reading{from: 1, cost: 0.3})
	}
}

// readExact yields a letter as itself alone.
func readExact(in []rune, i int, yield func(reading)) { yield(exact(in[i])) }

// exact is a letter read as itself.
func exact(r rune) reading {
	if r >= 'а' && r <= 'я' {
		k := 2 * (r - 'а')
		return reading{from: 1, to: alphabet[k : k+2]}
	}
	return reading{from: 1, to: string(r)}
}

const alphabet = "абвгдежзийклмнопрстуфхцчшщъыьэюя"

// How likely an unknown word is what, as logarithms: Claude E. Shannon's noisy channel, with numbers that were measured
// on spoiled and on right words (typo_test.go).
const (
	slipWorth   = 5 // what a wrong letter costs
	wordWorth   = 6 // what a word that nobody has said yet costs,
	letterWorth = 2 // and each of its letters
)

// leftLikely is how likely a word of n letters is right as it was typed, though unknown.
func leftLikely(n int) float64 { return -wordWorth - letterWorth*float64(n) }

// slipLikely is how likely a known word of this weight was meant by one typed at this cost.
func (v *Vocabulary) slipLikely(cost, weight float32) float64 {
	return -slipWorth*float64(cost) + float64(weight) - math.Log(float64(v.total[bulgarian])+20000)
}

// meantBy gives the known word or words that an unknown Cyrillic one stands for, or the word itself where it is likelier
// right. A form of a known word is right, or a slip of that word alone.
func (v *Vocabulary) meantBy(word string, visits *int) (string, []string) {
	n := utf8.RuneCountInString(word)
	if n < 4 || n > 40 {
		return word, nil
	}
	limit, stem := tolerance(n), ""
	if s := Stem(word); n > 4 && v.stems[s] {
		limit, stem = 1, s
	}
	var parts []string
	best, left := math.Inf(-1), leftLikely(n)
	if stem == "" {
		parts, best = v.parts(word, visits)
	}
	if n < 30 {
		if near, weight, cost, ok := v.bg.find([]rune(word), readTyped, true, limit, unbounded, visits); ok && (stem == "" || Stem(near) == stem) {
			if likely := v.slipLikely(cost, weight); likely > left && likely > best {
				return near, nil
			}
		}
	}
	if parts != nil && best > left {
		return word, parts
	}
	return word, nil
}

// tolerance is the highest cost at which a word of n letters may be taken for another: slips of the ear up to
// three letters, one wrong letter up to eight, two beyond.
func tolerance(n int) float32 {
	switch {
	case n < 4:
		return 0.35
	case n < 9:
		return 1.3
	}
	return 2
}
