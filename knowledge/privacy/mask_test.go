package privacy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, masked string
		kinds              []Kind
	}{
		{"ЕГН", "егн 6101057509 е моето", "егн [ЕГН скрито] е моето", []Kind{EGN}},
		{"ЕГН after 2000", "детето е 1142011234 не", "детето е 1142011234 не", nil},
		{"ЕГН in groups", "610105 7509", "[ЕГН скрито]", []Kind{EGN}},
		{"ЕГН with dots", "61.01.05.75.09", "[ЕГН скрито]", []Kind{EGN}},
		{"ЕГН digit by digit", "6 1 0 1 0 5 7 5 0 9", "[ЕГН скрито]", []Kind{EGN}},
		{"ЕГН in full width", "ЕГН：６１０１０５７５０９", "ЕГН：[ЕГН скрито]", []Kind{EGN}},
		{"ЕГН inside a word", "егн6101057509моля", "егн[ЕГН скрито]моля", []Kind{EGN}},
		{"ЕГН with invisible letters", "610105\u200b7509", "[ЕГН скрито]", []Kind{EGN}},
		{"ЕГН with a wrong check digit", "6101057508", "6101057508", nil},
		{"ЕГН with a slip, said to be one", "ЕГН-то на майка ми е 6101057508", "ЕГН-то на майка ми е [ЕГН скрито]", []Kind{EGN}},
		{"ЛНЧ with a slip, said to be one", "лнч 1000000002", "лнч [ЛНЧ скрито]", []Kind{LNCH}},
		{"file number after a word of ЕГН", "без ЕГН, преписка 6101057508", "без ЕГН, преписка 6101057508", nil},
		{"phone after a word of ЕГН", "ЕГН не давам, тел. 0888123456", "ЕГН не давам, тел. [телефон скрит]", []Kind{Phone}},
		{"two numbers together", "6101057509, 6101057509", "[ЕГН скрито], [ЕГН скрито]", []Kind{EGN}},
		{"ЛНЧ", "ЛНЧ 1000000001", "ЛНЧ [ЛНЧ скрито]", []Kind{LNCH}},
		{"IBAN", "BG80 BNBG 9661 1020 3456 78", "[IBAN скрит]", []Kind{IBAN}},
		{"IBAN with Cyrillic letters and a slip", "сметка ВG80ВNBG96611020345679.", "сметка [IBAN скрит].", []Kind{IBAN}},
		{"IBAN abroad", "DE89370400440532013000", "[IBAN скрит]", []Kind{IBAN}},
		{"card in fours", "4111 1111 1111 1111", "[номер на карта скрит]", []Kind{Card}},
		{"card with hyphens", "картата ми е 5500-0000-0000-0004", "картата ми е [номер на карта скрит]", []Kind{Card}},
		{"card of another check digit", "4111 1111 1111 1112", "4111 1111 1111 1112", nil},
		{"identity card", "лична карта № 641234567", "лична карта № [номер на документ скрит]", []Kind{Document}},
		{"identity card of 2024", "новата ми лична карта е AA1234567", "новата ми лична карта е [номер на документ скрит]", []Kind{Document}},
		{"number before the word", "641234567 е номерът на паспорта ми", "[номер на документ скрит] е номерът на паспорта ми", []Kind{Document}},
		{"ЕИК is public", "фирмата ни е с ЕИК 175074752", "фирмата ни е с ЕИК 175074752", nil},
		{"ЕИК beside a passport", "паспорт няма, ЕИК 175074752", "паспорт няма, ЕИК 175074752", nil},
		{"ПИК на НАП", "пикът ми е 123456789012", "пикът ми е [код скрит]", []Kind{Code}},
		{"ПИК на НОИ", "ПИК AB12CD34EF", "ПИК [код скрит]", []Kind{Code}},
		{"ПИН", "пин 4821 не работи", "пин [код скрит] не работи", []Kind{Code}},
		{"ПИН code", "пин код: 4821", "пин код: [код скрит]", []Kind{Code}},
		{"ПИН on its own line", "ПИК-а ми не е приет, пинът ми е:\n4821 от писмото", "ПИК-а ми не е приет, пинът ми е:\n[код скрит] от писмото", []Kind{Code}},
		{"a year in the line after", "как да взема ПИК\n2026 данъчна декларация", "как да взема ПИК\n2026 данъчна декларация", nil},
		{"password", "паролата ми е Мимi1975!", "паролата ми е [парола скрита]!", []Kind{Password}},
		{"a forgotten password", "паролата ми е забравена", "паролата ми е забравена", nil},
		{"mobile", "звъннете на 0888 123 456", "звъннете на [телефон скрит]", []Kind{Phone}},
		{"mobile with country", "+359 88 812 3456", "[телефон скрит]", []Kind{Phone}},
		{"phone abroad", "+44 20 7946 0958", "[телефон скрит]", []Kind{Phone}},
		{"own fixed line", "телефонът ми е 02 923 7555", "телефонът ми е [телефон скрит]", []Kind{Phone}},
		{"a fixed line that no guide names", "обадете се на 02/923 7555", "обадете се на [телефон скрит]", []Kind{Phone}},
		{"public numbers", "112, 0700 18 700, 0800 1 86 76", "112, 0700 18 700, 0800 1 86 76", nil},
		{"e-mail", "пишете на Maria.P@abv.bg.", "пишете на [имейл скрит].", []Kind{Email}},
		{"an office's e-mail", "infocenter@nra.bg", "infocenter@nra.bg", nil},
		{"dates and amounts", "до 30.04.2027 г. 15,34 € и чл. 50, ал. 1", "до 30.04.2027 г. 15,34 € и чл. 50, ал. 1", nil},
		{"date and hour that add up", "на 12.03.2022 10 и на 12.03.2023 10 и на 12.03.2024 10, 12.03.2025 10, 12.03.2026 10", "на 12.03.2022 10 и на 12.03.2023 10 и на 12.03.2024 10, 12.03.2025 10, 12.03.2026 10", nil},
		{"date beside a passport", "паспортът изтича на 12.03.2027, 5 дни ли чакам", "паспортът изтича на 12.03.2027, 5 дни ли чакам", nil},
		{"ЕГН in fours", "6101 0575 09", "[ЕГН скрито]", []Kind{EGN}},
		{"passport in parts", "паспорт 38 1234567", "паспорт [номер на документ скрит]", []Kind{Document}},
		{"mobile in parts", "(0888) 12-34-56", "[телефон скрит]", []Kind{Phone}},
		{"ЕГН in pairs", "61 01 05 75 09", "[ЕГН скрито]", []Kind{EGN}},
		{"card digit by digit", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[номер на карта скрит]", []Kind{Card}},
		{"American Express", "3782 822463 10005", "[номер на карта скрит]", []Kind{Card}},
		{"a branch's ЕИК", "ЕИК 4000000000006", "ЕИК 4000000000006", nil},
		{"two numbers without a gap in words", "6101057509и0888123456", "[ЕГН скрито]и[телефон скрит]", []Kind{EGN, Phone}},
		{"Arabic digits", "٦١٠١٠٥٧٥٠٩", "[ЕГН скрито]", []Kind{EGN}},
		{"a masked word is no sign", "[номер на документ скрит] 641234567", "[номер на документ скрит] 641234567", nil},
		{"nothing", "къде се вади съдебно", "къде се вади съдебно", nil},
		{"several", "ЕГН 6101057509, тел. 0888123456", "ЕГН [ЕГН скрито], тел. [телефон скрит]", []Kind{EGN, Phone}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			masked, kinds := Mask(c.text)
			if masked != c.masked || !slices.Equal(kinds, c.kinds) {
				t.Errorf("Mask(%q)\n got %q %v\nwant %q %v", c.text, masked, kinds, c.masked, c.kinds)
			}
			if again, more := Mask(masked); again != masked || more != nil {
				t.Errorf("masked again: %q %v", again, more)
			}
		})
	}
}

// FuzzMask holds what is true of every text: masking ends, twice is once, nothing breaks, and what is outside of the marks was there before, in order.
func FuzzMask(f *testing.F) {
	m := newMaker(3)
	for _, text := range []string{"егн 6101057509", "BG80 BNBG 9661 1020 3456 78", "a@b.bg 4111111111111111", "лк 641234567 пик 123456789012", "паролата ми е a1b2c3", "٠١٢٣٤٥٦٧٨٩", "[ЕГН скрито]6101057509",
		"тел. " + m.egn(20) + inWords(m.egn(19)), each(m.card("4", 16), "\n"), "(at)(dot)@@. .@", "O0O0O0 l1l1 ззз333", "+359 (0) 88" + m.digits(7), "\xff\xfe12", "[телефон скрит", fullWidth(m.lnch()) + "\u200b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked, kinds := Mask(text)
		if again, more := Mask(masked); again != masked || len(more) > 0 {
			t.Errorf("%q became %q, then %q %v", text, masked, again, more)
		}
		if len(kinds) == 0 && masked != text {
			t.Errorf("%q became %q, and no kind was told", text, masked)
		}
		if !utf8.ValidString(text) {
			return
		}
		left := masked
		for _, k := range Kinds() {
			left = strings.ReplaceAll(left, k.Token(), "\x01")
		}
		rest := text
		for _, k := range Kinds() {
			rest = strings.ReplaceAll(rest, k.Token(), "\x01")
		}
		for part := range strings.SplitSeq(left, "\x01") {
			_, after, ok := strings.Cut(rest, part)
			if !ok {
				t.Fatalf("%q became %q: %q is new", text, masked, part)
			}
			rest = after
		}
	})
}

// slowest are pieces of the texts that take longest: much in them looks like the beginning of a number.
func slowest() map[string]string {
	return map[string]string{
		"single digits": "1 ", "ЕГН": newMaker(4).egn(19) + " ", "signs": "лк тел егн ", "signs and digits": "лк 123456789 ", "words": "осем ", "ats": "a@", "dots": "1.", "parentheses": "(at)", "letters": "bg11", "mixed": "0о", "brackets": "[ЕГН скрито] ", "passwords": "парола: ", "passwords without a gap": "парола:1", "one address": "a.", "accounts": "bg80",
	}
}

// first gives so many characters of a piece again and again.
func first(characters int, piece string) string {
	return string([]rune(strings.Repeat(piece, characters))[:characters])
}

func TestLongestTextsAreMaskedOnce(t *testing.T) {
	t.Parallel()
	for name, piece := range slowest() {
		masked, _ := Mask(first(20_000, piece), known)
		if again, more := Mask(masked, known); again != masked || len(more) > 0 {
			t.Errorf("%s: masked again, %v", name, more)
		}
	}
}

// BenchmarkMaskSlowest masks the longest message that is read, and one ten times as long: the time may grow with the
// length, not with its square.
func BenchmarkMaskSlowest(b *testing.B) {
	for name, piece := range slowest() {
		for _, characters := range []int{2000, 20_000} {
			text := first(characters, piece)
			b.Run(fmt.Sprintf("%s/%d", name, characters), func(b *testing.B) {
				for b.Loop() {
					Mask(text, known)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(characters), "ns/character")
			})
		}
	}
}

func BenchmarkMask(b *testing.B) {
	short := "Добър ден, искам да попитам за пенсията на майка ми, ЕГН 6101057509, тел. 0888 123 456. Подадохме документите на 12.03.2026 г."
	for name, text := range map[string]string{
		"none":    "Добър ден, искам да попитам за пенсията на майка ми. Какво трябва и къде да отида?",
		"two":     short,
		"longest": string([]rune(strings.Repeat(short+"\n", 20))[:2000]),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Mask(text)
			}
		})
	}
}

func TestContact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0888 123 456": "0888 123 456", "888 12 34 56": "888 12 34 56", "+359888123456": "+359888123456", "моят е 0888/123456, след 17 ч.": "0888/123456", "02 981 44 55": "02 981 44 55",
		"624455": "624455", "ivan@abv.bg": "ivan@abv.bg", "на ivan@abv.bg, моля": "ivan@abv.bg", "+44 20 7946 0958": "+44 20 7946 0958", "О888123456": "О888123456", "00359 888 123 456": "00359 888 123 456",
		"0888 123": "", "08881234567": "", "не искам": "", "112": "", "0700 18 700": "", "6101057509": "", "0888 123 456 или 0888 654 321": "", "": "", "12345": "",
		"колко струва глобата ми с номер 1234567 и мога ли да я платя от чужбина": "",
	} {
		value, _, ok := Contact(text)
		if ok != (want != "") || ok && value != want {
			t.Errorf("Contact(%q) = %q, %v; want %q", text, value, ok, want)
		}
	}
}
