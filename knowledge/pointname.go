package knowledge

import (
	"fmt"
	"strings"
)

// kindOf tells the kind by the name.
func kindOf(name string) Kind {
	words := plain(name)
	switch {
	case strings.Contains(words, "филиал"):
		return Branch
	case strings.HasPrefix(words, "национална библиотека"):
		return National
	case strings.HasPrefix(words, "регионална"), strings.HasPrefix(words, "столична библиотека"), words == "народна библиотека иван вазов":
		return Regional
	case strings.HasPrefix(words, "нч "), strings.Contains(words, "читалищ"), strings.Contains(words, "при нч "):
		return Chitalishte
	}
	return Municipal
}

// pointKey folds a help point's name so that one in one settlement is known again: «Библиотека при НЧ „Искра-1860“» and «НЧ „Искра 1860“» are one.
func pointKey(name string) string {
	key := plain(name)
	for _, prefix := range []string{"библиотека при ", "народно читалище ", "нч "} {
		key = strings.TrimPrefix(key, prefix)
	}
	return key
}

// newPointID makes a slug of the settlement and the name, free of those that are used.
func newPointID(h HelpPoint, used func(string) bool) string {
	const longest = 36
	id := latinSlug(h.Place.Name + " " + pointKey(h.Name))
	if len(id) > longest {
		id = id[:longest]
		if cut := strings.LastIndexByte(id, '-'); cut > longest/2 {
			id = id[:cut]
		}
	}
	if id == "" {
		id = "library"
	}
	for n := 1; ; n++ {
		candidate := id
		if n > 1 {
			candidate = fmt.Sprintf("%s-%d", id, n)
		}
		if !used(candidate) {
			return candidate
		}
	}
}

// latinSlug writes Bulgarian words in Latin letters as the law says (Transliteration Act, 2009), joined by hyphens.
func latinSlug(text string) string {
	latin := strings.NewReplacer("а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ж", "zh", "з", "z", "и", "i", "й", "y", "к", "k", "л", "l", "м", "m",
		"н", "n", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "h", "ц", "ts", "ч", "ch", "ш", "sh", "щ", "sht", "ъ", "a", "ь", "y",
		"ю", "yu", "я", "ya").Replace(strings.ToLower(text))
	return strings.Join(strings.FieldsFunc(latin, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "-")
}
