package retrieval

import "strings"

// Stem strips the definite article, the plural and the last vowel of a lower-case Bulgarian word.
//
// The rules are those of the light stemmer in Jacques Savoy, «Searching Strategies for the Bulgarian Language»,
// Information Retrieval 10 (2007), 509–529; no dictionary. Words of up to three letters stay as they are. Two changes,
// each seen to join more forms of the same word: -та goes only after a vowel or т («документа» is документ, not
// докумен), and an и that is left at the end goes too («пенсия», «пенсии» and «пенсията» meet).
func Stem(word string) string {
	w := []rune(word)
	if len(w) < 4 {
		return word
	}
	if len(w) > 5 && hasEnding(w, "ища") {
		return string(w[:len(w)-3])
	}
	w = withoutArticle(w)
	w = withoutPlural(w)
	if len(w) > 3 {
		if hasEnding(w, "я") {
			w = w[:len(w)-1]
		}
		if hasEnding(w, "а") || hasEnding(w, "о") || hasEnding(w, "е") {
			w = w[:len(w)-1]
		}
		if len(w) > 3 && hasEnding(w, "и") {
			w = w[:len(w)-1]
		}
	}
	if len(w) > 4 && hasEnding(w, "ен") {
		w = append(w[:len(w)-2], 'н')
	}
	if len(w) > 5 && w[len(w)-2] == 'ъ' {
		w = append(w[:len(w)-2], w[len(w)-1])
	}
	return string(w)
}

func withoutArticle(w []rune) []rune {
	n := len(w)
	switch {
	case n > 6 && hasEnding(w, "ият"):
		return w[:n-3]
	case n > 5 && (hasEnding(w, "ът") || hasEnding(w, "то") || hasEnding(w, "те") || definiteTa(w) || hasEnding(w, "ия")):
		return w[:n-2]
	case n > 4 && hasEnding(w, "ят"):
		return w[:n-2]
	}
	return w
}

func withoutPlural(w []rune) []rune {
	n := len(w)
	if n > 6 {
		switch {
		case hasEnding(w, "овци"), hasEnding(w, "ове"):
			return w[:n-3]
		case hasEnding(w, "еве"):
			return append(w[:n-3], 'й')
		}
	}
	if n > 5 {
		switch {
		case hasEnding(w, "ища"):
			return w[:n-3]
		case definiteTa(w):
			return w[:n-2]
		case hasEnding(w, "ци"):
			return append(w[:n-2], 'к')
		case hasEnding(w, "зи"):
			return append(w[:n-2], 'г')
		case w[n-1] == 'е' && w[n-3] == 'я':
			return append(w[:n-3], 'е', w[n-2])
		}
	}
	if n > 4 {
		switch {
		case hasEnding(w, "си"):
			return append(w[:n-2], 'х')
		case hasEnding(w, "и"):
			return w[:n-1]
		}
	}
	return w
}

// definiteTa tells -та that is an ending of its own: картата, пролетта, момчета.
func definiteTa(w []rune) bool {
	if !hasEnding(w, "та") || len(w) < 4 {
		return false
	}
	switch w[len(w)-3] {
	case 'а', 'я', 'е', 'и', 'о', 'у', 'т', 'щ':
		return true
	}
	return false
}

func hasEnding(w []rune, ending string) bool {
	e := []rune(ending)
	if len(w) < len(e) {
		return false
	}
	for i, r := range e {
		if w[len(w)-len(e)+i] != r {
			return false
		}
	}
	return true
}

// stemEnglish strips what changes least of an English word's meaning: plural and third-person s (Harman's S-stemmer,
// «How Effective Is Suffixing?», JASIS 42 (1991)), then -ing and -ed where a stem with a vowel remains.
func stemEnglish(w string) string {
	n := len(w)
	switch {
	case n > 4 && strings.HasSuffix(w, "ies") && !strings.HasSuffix(w, "eies") && !strings.HasSuffix(w, "aies"):
		w = w[:n-3] + "y"
	case n > 4 && (strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "sses")):
		w = w[:n-2]
	case n > 4 && strings.HasSuffix(w, "es") && !strings.HasSuffix(w, "aes") && !strings.HasSuffix(w, "ees") && !strings.HasSuffix(w, "oes"):
		w = w[:n-1]
	case n > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "ss"):
		w = w[:n-1]
	}
	for _, ending := range []string{"ing", "ed"} {
		if stem, ok := strings.CutSuffix(w, ending); ok && len(stem) > 2 && strings.ContainsAny(stem, "aeiouy") {
			if stem[len(stem)-1] == stem[len(stem)-2] && !strings.ContainsAny(stem[len(stem)-1:], "lsz") {
				stem = stem[:len(stem)-1]
			}
			w = stem
			break
		}
	}
	if len(w) > 4 {
		w = strings.TrimSuffix(w, "e")
	}
	return w
}
