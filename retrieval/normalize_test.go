package retrieval

import (
	"slices"
	"strings"
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
		"compatible forms are one":                   {"ｏｎｌｉｎｅ ﬁle Ⅳ", "online file iv"},
		"grave accents go too":                       {"Ѐдин вѝден зѐт", "един виден зет"},
		"stress marks go, composed or typed":         {"вóда", "вода"},
		"accents of Latin vowels go":                 {"résumé café", "resume cafe"},
		"й keeps its breve":                          {"и\u0306 Й", "й й"},
		"zero-width characters go":                   {"да\u200bнъ\u200dк\ufeff \u2060но\u034fи", "данък нои"},
		"a soft hyphen inside a word":                {"удосто\u00adверение", "удостоверение"},
		"narrow and non-breaking spaces":             {"15\u00a0000\u202fлв", "15 000 лв"},
		"a number sign is no word":                   {"№5 образец", " 5 образец"},
		"all capitals":                               {"ЛИЧНА КАРТА", "лична карта"},
		"capitals drawn alike":                       {"ПEHCИЯ", "пенсия"},
		"two words of two scripts without a space":   {"PINкод", "pinкод"},
		"a Ukrainian word typed with a Latin i":      {"довiдка", "довідка"},
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
		"чл.50 ззддфл":    {"член", "50", "ззддфл"},
		"обр. 7, обр7":    {"образец", "7", "образец", "7"},
		"e-здраве":        {"e", "здраве"},
		"4estit 6kola":    {"4estit", "6kola"},
		"ke4ap 2 broq":    {"ke4ap", "2", "broq"},
		"don't об'єкт":    {"don't", "об'єкт"},
		"уп2 и 15,34 €":   {"уп2", "и", "15", "34"},
		"":                nil,
		"!!! …":           nil,
		"„лична“ «карта»": {"лична", "карта"},
		"карта🙏🏽изгубена": {"карта", "изгубена"},
		"1️⃣ карта":       {"1", "карта"},
		"лична_карта":     {"лична", "карта"},
		"pinкод":          {"pin", "код"},
		"дон’т don´t":     {"дон’т", "don", "t"},
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

func TestSpellingsOfOneThingMeet(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		"член 50":      {"чл.50", "чл. 50", "чл 50", "чл50", "Член 50", "ЧЛ.50", "член50", "чл.\u00a050", "чл. № 50", "chl.50", "4l. 50", "chlen 50"},
		"член 97а":     {"чл.97а", "чл. 97а", "член 97а", "чл 97a"},
		"образец 7":    {"обр. 7", "обр.7", "обр7", "образец 7", "Образец №7", "обр. № 7", "obr 7", "obr7", "ОБР. 7"},
		"приложение 1": {"Приложение 1", "прил. 1", "прил.1", "Приложение № 1", "приложение №1", "pril. 1"},
		"д6":           {"Д6", "д-6", "Д-6", "д6", "Д–6", "„Д6“"},
		"уп2":          {"УП2", "уп-2", "УП-2"},
		"d6":           {"D6", "d-6"},
		"сумпс":        {"СУМПС", "сумпс", "С.У.М.П.С.", "с.у.м.п.с"},
		"ззд":          {"ЗЗД", "З.З.Д.", "ззд,"},
		"65 години":    {"65 г.", "65г", "65 год.", "65 години"},
		"100 лева":     {"100лв", "100 лв.", "100 лева"},
		"свидетелство": {"св-во", "СВ-ВО", "свид-во"},
		"доктор":       {"д-р", "Д-р"},
		"и т н":        {"и т н"},
		"на 4 деца":    {"на 4 деца"},
		"до 6":         {"до 6", "до-6"},
		"112":          {"112"},
		"точка 5":      {"т5", "т. 5"},
	} {
		for _, s := range spellings {
			var got []string
			for _, token := range Tokens(Normalize(s)) {
				got = append(got, token.Text)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("Tokens(%q) = %q, want %q", s, got, want)
			}
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
