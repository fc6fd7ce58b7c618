package privacy

import "testing"

func TestAcross(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, text, wantBefore, want string }{
		{"a number begun before", "моето ЕГН е 610105", "7509", "моето ЕГН е [ЕГН скрито]", "[ЕГН скрито]"},
		{"a card in two", "картата е 4111 1111", "1111 1111, валидна", "картата е [номер на карта скрит]", "[номер на карта скрит], валидна"},
		{"a word before", "номерът на личната ми карта е", "641234567", "номерът на личната ми карта е", "[номер на документ скрит]"},
		{"what was masked before stays", "ЕГН [ЕГН скрито]", "какво да правя", "ЕГН [ЕГН скрито]", "какво да правя"},
		{"nothing", "колко струва", "на 15 май", "колко струва", "на 15 май"},
		{"a year is no part", "паспортът ми изтича 2027", "колко струва, 50 лева ли", "паспортът ми изтича 2027", "колко струва, 50 лева ли"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before, text, _ := Across(c.before, c.text)
			if before != c.wantBefore || text != c.want {
				t.Errorf("got %q and %q, want %q and %q", before, text, c.wantBefore, c.want)
			}
		})
	}
}

func TestMaskButLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"телефонът е грешен, верният е 02 987 6543":             "телефонът е грешен, верният е 02 987 6543",
		"новият им телефон е 092 62 12 29, моят е 0888 123 457": "новият им телефон е 092 62 12 29, моят е [телефон скрит]",
		"звънете на +359 2 987 6543, ЕГН 6101057509":            "звънете на +359 2 987 6543, ЕГН [ЕГН скрито]",
		"тел. +44 20 7946 0958":        "тел. [телефон скрит]",
		"мобилният им е 0899 11 22 33": "мобилният им е [телефон скрит]",
	} {
		if got, _ := MaskButLines(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}
