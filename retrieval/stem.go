package retrieval

import (
	"strings"
	"unicode/utf8"
)

// Stem strips the definite article, the plural, the person and tense of a verb and the last vowel of a lower-case
// Bulgarian word, and writes the sounds that change between its forms as one.
//
// It began as the light stemmer of Jacques Savoy, «Searching Strategies for the Bulgarian Language», Information
// Retrieval 10 (2007), 509–529, which knows nouns and adjectives: no dictionary, words of up to three letters stay as
// they are. The endings of verbs and participles follow the idea of Preslav Nakov, «BulStem: Design and Evaluation of
// Inflectional Stemmer for Bulgarian», BCI 2003: of all endings that the forms of many words share the longest goes.
// He learned thousands of endings with their context; these few are those of the three conjugations. Each rule, and each
// that differs from Savoy's, was kept because it joined more forms of the same word and not more of different ones
// (TestStemmingOfWordForms measures it).
func Stem(word string) string {
	n := utf8.RuneCountInString(word)
	if n < 4 {
		return word
	}
	w := withoutPlural(withoutArticle(word))
	if n = utf8.RuneCountInString(w); n > 3 {
		if s, ok := strings.CutSuffix(w, "я"); ok {
			w, n = s, n-1
		}
		for _, vowel := range [...]string{"а", "о", "е"} {
			if s, ok := strings.CutSuffix(w, vowel); ok {
				w, n = s, n-1
				break
			}
		}
		if s, ok := strings.CutSuffix(w, "и"); ok && n > 3 {
			w, n = s, n-1
		}
	}
	return oneSound(withoutPerson(w, n))
}

// personEndings are what is left of the ending of a verb or participle once its last vowel is gone («плащам»,
// «плащат», «плащахм(е)», «плащал(и)», «плащащ(и)», «плащан(е)»), longest first. least is how many letters must remain.
var personEndings = []struct {
	ending string
	least  int
	after  string // the letters that may stand before; "" is any
}{
	{"ахм", 3, ""}, {"яхм", 3, ""}, {"ехм", 3, ""}, {"ихм", 3, ""}, {"охм", 3, ""},
	{"ам", 3, ""}, {"ям", 3, ""}, {"ем", 3, "бвгджзклмнпрстфхцчшщ"}, {"им", 3, ""},
	{"аш", 3, ""}, {"яш", 3, ""}, {"еш", 3, ""}, {"иш", 4, "бвгджзклмнрстфхцчшщ"},
	{"ат", 3, "абвгджзийкмнсуфхцчшщ"},
	{"ал", 3, ""}, {"ял", 3, ""}, {"ел", 3, ""}, {"ил", 3, ""},
	{"ах", 3, ""}, {"ях", 3, ""}, {"ех", 3, ""}, {"их", 3, ""}, {"ох", 3, ""},
	{"ащ", 3, ""}, {"ящ", 3, ""}, {"ещ", 3, ""},
	{"ан", 4, ""}, {"ян", 4, ""},
	{"ай", 3, ""}, {"яй", 4, ""},
}

func withoutPerson(w string, n int) string {
	for _, e := range personEndings {
		s, ok := strings.CutSuffix(w, e.ending)
		if !ok || n-utf8.RuneCountInString(e.ending) < e.least {
			continue
		}
		if last, _ := utf8.DecodeLastRuneInString(s); e.after == "" || strings.ContainsRune(e.after, last) {
			return s
		}
	}
	return w
}

// oneSound writes a stem's last sounds as one, whatever form it was taken from: болен and болн(а), малък and малк(а),
// търговец and търговц(и), ученик and учениц(и), бял and бел(и).
func oneSound(w string) string {
	n := utf8.RuneCountInString(w)
	if n < 4 {
		return w
	}
	last, size := utf8.DecodeLastRuneInString(w)
	head := w[:len(w)-size]
	if n > 4 {
		for _, vowel := range [...]struct{ letter, before string }{{"ъ", "влмнрк"}, {"е", "нц"}} {
			if s, ok := strings.CutSuffix(head, vowel.letter); ok && strings.ContainsRune(vowel.before, last) {
				head = s
				break
			}
		}
	}
	if last == 'ц' {
		last = 'к'
	}
	if s, ok := strings.CutSuffix(head, "я"); ok {
		head = s + "е"
	}
	return head + string(last)
}

func withoutArticle(w string) string {
	n := utf8.RuneCountInString(w)
	has := func(ending string) bool { return strings.HasSuffix(w, ending) }
	switch {
	case n > 6 && has("ият"):
		return w[:len(w)-6]
	case n > 5 && (has("то") || has("те") || definiteTa(w) || has("ия")), n > 4 && (has("ът") || has("ят")):
		return w[:len(w)-4]
	}
	return w
}

func withoutPlural(w string) string {
	n := utf8.RuneCountInString(w)
	has := func(ending string) bool { return strings.HasSuffix(w, ending) }
	switch {
	case n > 6 && has("овци"), n > 5 && has("ове"):
		return w[:len(w)-6]
	case n > 6 && has("еве"):
		return w[:len(w)-6] + "й"
	case n > 5 && definiteTa(w):
		return w[:len(w)-4]
	case n > 5 && has("зи"):
		return w[:len(w)-4] + "г"
	case n > 4 && has("и"):
		return w[:len(w)-2]
	}
	return w
}

// definiteTa tells -та that is an ending of its own (картата, пролетта, нощта) from that of документа, кредита, работа
// and заплата.
func definiteTa(w string) bool {
	s, ok := strings.CutSuffix(w, "та")
	if !ok || strings.HasSuffix(w, "плата") {
		return false
	}
	switch last, _ := utf8.DecodeLastRuneInString(s); last {
	case 'а', 'я', 'т', 'щ':
		return true
	}
	return false
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
