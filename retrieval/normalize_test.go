package retrieval

import (
	"slices"
	"testing"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"lower case":                                 {"Лична КАРТА", "лична карта"},
		"decomposed й is composed":                   {"мои\u0306", "мой"},
		"ѝ is и":                                     {"картата ѝ", "картата и"},
		"stress marks go":                            {"ви\u0301за", "виза"},
		"invisible characters go":                    {"под\u00adпис\u200b", "подпис"},
		"Latin letters inside a Cyrillic word":       {"пacпopт", "паспорт"},
		"Cyrillic letters inside a Latin word":       {"pаssport", "passport"},
		"two words of two scripts stay":              {"паспорт online", "паспорт online"},
		"other spaces become spaces":                 {"нова\u00a0карта\n", "нова карта "},
		"direction marks can't hide a word":          {"\u202eкеп\u202c", "кеп"},
		"a plate number of look-alikes stays as one": {"СB1234ХХ", "св1234хх"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Normalize(c[0]); got != c[1] {
				t.Errorf("Normalize(%q) = %q, want %q", c[0], got, c[1])
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"чл.50 ззддфл":    {"чл", "50", "ззддфл"},
		"обр. 7, обр7":    {"обр", "7", "обр", "7"},
		"e-здраве":        {"e", "здраве"},
		"4estit 6kola":    {"4estit", "6kola"},
		"ke4ap 2 broq":    {"ke4ap", "2", "broq"},
		"don't об'єкт":    {"don't", "об'єкт"},
		"уп2 и 15,34 €":   {"уп", "2", "и", "15", "34"},
		"":                nil,
		"!!! …":           nil,
		"nra.bg/портал 1": {"nra", "bg", "портал", "1"},
	} {
		var got []string
		for _, token := range Tokens(text) {
			got = append(got, token.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("Tokens(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTokensAreBounded(t *testing.T) {
	t.Parallel()
	text := ""
	for range 1000 {
		text += "дума "
	}
	if n := len(Tokens(text)); n != maxTokens {
		t.Fatalf("%d tokens, want %d", n, maxTokens)
	}
}

func TestStem(t *testing.T) {
	t.Parallel()
	for _, family := range [][]string{
		{"пенсия", "пенсията", "пенсии", "пенсиите"},
		{"карта", "картата", "карти", "картите"},
		{"документ", "документа", "документът", "документи", "документите"},
		{"свидетелство", "свидетелството", "свидетелства", "свидетелствата"},
		{"градина", "градината", "градини", "градините"},
	} {
		stem := Stem(family[0])
		for _, word := range family[1:] {
			if got := Stem(word); got != stem {
				t.Errorf("Stem(%q) = %q, but Stem(%q) = %q", word, got, family[0], stem)
			}
		}
	}
	for word, want := range map[string]string{"къде": "къд", "кеп": "кеп", "картата": "карт", "карти": "карт", "документите": "документ", "училища": "училищ", "фирмите": "фирм", "болнични": "болничн"} {
		if got := Stem(word); got != want {
			t.Errorf("Stem(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestStemEnglish(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"taxes": "tax", "companies": "company", "paying": "pay", "stopped": "stop", "address": "address", "pension": "pension", "certificate": "certificat", "certificates": "certificat"} {
		if got := stemEnglish(word); got != want {
			t.Errorf("stemEnglish(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestSkeletonFoldsBothScripts(t *testing.T) {
	t.Parallel()
	for cyrillic, latin := range map[string]string{"диплома": "diploma", "паспорт": "pasport", "пенсия": "pensiia", "апостил": "apostil"} {
		if a, b := Skeleton(cyrillic), Skeleton(latin); a != b {
			t.Errorf("Skeleton(%q) = %q, Skeleton(%q) = %q", cyrillic, a, latin, b)
		}
	}
}
