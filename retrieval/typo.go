package retrieval

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
	yield(reading{from: 1, to: string(in[i])})
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
func readExact(in []rune, i int, yield func(reading)) { yield(reading{from: 1, to: string(in[i])}) }

// tolerance is the highest cost at which a word of n letters may be taken for another: slips of the ear up to
// three letters, swapped ones up to five, one wrong letter up to eight, two beyond.
func tolerance(n int) float32 {
	switch {
	case n < 4:
		return 0.35
	case n < 6:
		return 0.8 // two swapped letters or a slip of the ear: another letter makes another word too often
	case n < 9:
		return 1.3
	}
	return 2
}
