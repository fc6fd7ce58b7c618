package retrieval

import (
	"strings"
	"testing"

	"orientir/knowledge/starter"
)

func TestLayoutsAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	// the three rows, as printed in БДС 5237:2006 and in xkeyboard-config
	for i, want := range []string{"уеишщксдзцьяаожгтнвмчюйъэфхпрлб", "явертъуиопшщасдфгхйклзьцжбнм", "чшертъуиопящасдфгхйклзжцвбнм"} {
		for _, r := range want {
			key, ok := layouts[i].latin[r]
			if !ok || layouts[i].cyrillic[key] != r {
				t.Errorf("layout %d has no key for %q", i, r)
			}
		}
	}
}

func TestWrongLayoutIsRead(t *testing.T) {
	t.Parallel()
	v := vocabularyForTest(t)
	for meant, typed := range map[string][]string{
		"как да сменя личната карта":  {layouts[0].inLatin("как да сменя личната карта"), layouts[1].inLatin("как да сменя личната карта"), layouts[2].inLatin("как да сменя личната карта")},
		"къде се плаща данък":         {layouts[0].inLatin("къде се плаща данък"), layouts[1].inLatin("къде се плаща данък"), layouts[2].inLatin("къде се плаща данък")},
		"шофьорска книжка":            {layouts[0].inLatin("шофьорска книжка"), layouts[1].inLatin("шофьорска книжка"), layouts[2].inLatin("шофьорска книжка")},
		"удостоверение за наследници": {layouts[0].inLatin("удостоверение за наследници"), layouts[1].inLatin("удостоверение за наследници"), layouts[2].inLatin("удостоверение за наследници")},
		"пенсия":                     {layouts[0].inLatin("пенсия"), layouts[1].inLatin("пенсия"), layouts[2].inLatin("пенсия")},
		"how do i renew my passport": {layouts[0].inCyrillic("how do i renew my passport"), layouts[1].inCyrillic("how do i renew my passport"), layouts[2].inCyrillic("how do i renew my passport")},
		"where can i pay my tax":     {layouts[0].inCyrillic("where can i pay my tax"), layouts[1].inCyrillic("where can i pay my tax"), layouts[2].inCyrillic("where can i pay my tax")},
		"изгубих личната си карта":   {layouts[0].inLatin("изгубих личната си карта"), "izgubih li`nata si karta"},
		"искам да подам жалба":       {layouts[0].inLatin("искам да подам жалба"), "iskam da podam valba", "iskam da podam xalba"},
	} {
		for i, s := range typed {
			if got := v.Analyze(s); got.words() != meant {
				t.Errorf("%d: %q is read as %q (%s), want %q", i, s, got.words(), got.Language, meant)
			}
		}
	}
}

// No question that somebody typed with the right layout is read by another.
func TestRightLayoutIsLeftAlone(t *testing.T) {
	t.Parallel()
	v := vocabularyForTest(t)
	read := 0
	for _, name := range []string{"sample", "negatives", "unanswerable"} {
		f, err := starter.Files.Open("questions/" + name + ".tsv")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readQuestions(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			read++
			m := v.read(r.question)
			if meant, ok := v.retyped(r.question, m.known()); ok {
				t.Errorf("%q is read as %q", r.question, meant)
			}
			if s := v.pressed(r.question); s != r.question {
				t.Errorf("%q is read as %q", r.question, s)
			}
		}
	}
	for _, q := range heldOut(t, func(evalRow) bool { return true }) {
		read++
		if meant, ok := v.retyped(q, v.read(q).known()); ok {
			t.Errorf("%q is read as %q", q, meant)
		}
	}
	// the same without the vocabulary's help for English: names, codes and addresses
	for _, s := range strings.Split("qwerty|asdf|www.mvr.bg|https://egov.bg/wps/portal|ok|lol|iPhone 15 Pro|IBAN|PDF|Wi-Fi|error 404 [page not found]|C:\\temp\\file.pdf|a`b|hfgjkd|Schengen|Müller|Überweisung bitte", "|") {
		read++
		if meant, ok := v.retyped(s, v.read(s).known()); ok {
			t.Errorf("%q is read as %q", s, meant)
		}
	}
	if read < 8000 {
		t.Errorf("only %d messages were read", read)
	}
}
