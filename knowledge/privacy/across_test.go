package privacy

import (
	"strings"
	"testing"
)

func TestAcross(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, text, wantBefore, want string }{
		{"a number begun before", "моето ЕГН е 610105", "7509", "моето ЕГН е [ЕГН скрито]", "[ЕГН скрито]"},
		{"a card in two", "картата е 4111 1111", "1111 1111, валидна", "картата е [номер на карта скрит]", "[номер на карта скрит], валидна"},
		{"a word before", "номерът на личната ми карта е", "641234567", "номерът на личната ми карта е", "[номер на документ скрит]"},
		{"what was masked before stays", "ЕГН [ЕГН скрито]", "какво да правя", "ЕГН [ЕГН скрито]", "какво да правя"},
		{"nothing", "колко струва", "на 15 май", "колко струва", "на 15 май"},
		{"a code after a statement", "пинът ми е", "4821, а не става", "пинът ми е", "[код скрит], а не става"},
		{"a code after a colon", "ПИК:", "48213 помогнете", "ПИК:", "[код скрит] помогнете"},
		{"a code after its word alone", "моят ПИК", "48213 е грешен", "моят ПИК", "[код скрит] е грешен"},
		{"a code alone", "въведох си ПИК", "4821.", "въведох си ПИК", "[код скрит]."},
		{"a code of two words", "пин код", "4821 е", "пин код", "[код скрит] е"},
		{"a year after a question about a code", "как да взема ПИК", "2026 данъчна декларация", "как да взема ПИК", "2026 данъчна декларация"},
		{"a postcode after a question about a code", "къде се вади ПИК", "9000 Варна", "къде се вади ПИК", "9000 Варна"},
		{"a sum after a question about a code", "колко струва да взема ПИК", "1000 лева ли", "колко струва да взема ПИК", "1000 лева ли"},
		{"who has no code", "нямам пин", "2000 Самоков", "нямам пин", "2000 Самоков"},
		{"what is asked of a code", "как да взема ПИК?", "2026", "как да взема ПИК?", "2026"},
		{"a long code is one after a question too", "къде е моят ПИК", "123456789012 ли е", "къде е моят ПИК", "[код скрит] ли е"},
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

// FuzzAcross holds what is true of any two messages: hiding ends, twice is once, and what is hidden is told.
func FuzzAcross(f *testing.F) {
	for _, seed := range [][2]string{{"моето ЕГН е 610105", "7509"}, {"картата е 4111 1111", "1111 1111"}, {"пин", "4821"}, {"6101057509", "6101057509"}, {"ЕГН [ЕГН скрито]", "7509"}, {"[ЕГН", " скрито]"}, {"a@", "b.bg"}, {"\xff", "12"}, {"шест едно нула едно", "нула пет седем пет нула девет"}, {"BG80 BNBG 9661", "1020 3456 78"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, before, text string) {
		if len(before)+len(text) > 4000 {
			t.Skip("messages are shorter")
		}
		before, _ = Mask(before)
		text, _ = Mask(text)
		hiddenBefore, hidden, kinds := Across(before, text)
		if again, more, left := Across(hiddenBefore, hidden); again != hiddenBefore || more != hidden || len(left) > 0 {
			t.Errorf("%q, %q became %q, %q, and then %q, %q %v", before, text, hiddenBefore, hidden, again, more, left)
		}
		if len(kinds) == 0 && (hiddenBefore != before || hidden != strings.TrimSpace(text)) {
			t.Errorf("%q, %q became %q, %q, and no kind was told", before, text, hiddenBefore, hidden)
		}
	})
}
