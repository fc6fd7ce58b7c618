package privacy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// known are the phones and addresses of the tests' guides and help points.
var known = NewPublic("Контакт: 02 9859 6801, priemna@obshtina.example.bg", "тел. 092 62 41 21", "тел. 0886 100 200")

// TestEachFormIsMasked takes made-up numbers in every form in which people write them. Nothing of a number may be left.
func TestEachFormIsMasked(t *testing.T) {
	t.Parallel()
	m := newMaker(1)
	e19, e20, e18 := m.egn(19), m.egn(20), m.egn(18)
	l, visa, master, amex := m.lnch(), m.card("4", 16), m.card("53", 16), m.card("37", 15)
	bg, de, gb := m.bulgarianIBAN(), m.iban("DE", m.digits(18)), m.iban("GB", "TEST"+m.digits(14))
	document, fresh := m.digits(9), "AB"+m.digits(7)
	phone := "88" + m.digits(7)
	type form struct {
		kind Kind
		text string
	}
	var forms []form
	add := func(k Kind, texts ...string) {
		for _, text := range texts {
			forms = append(forms, form{k, text})
		}
	}
	for _, e := range []string{e18, e19, e20, m.egn(19), m.egn(20)} {
		add(EGN, e, "ЕГН "+e, "егн:"+e, "егн"+e, "EGN "+e, "моето егн е "+e+", благодаря", e+" е егн-то на майка ми", "("+e+")", "№"+e, "вх. № "+e,
			"ЕГН\n"+e, "ЕИК "+e+" на едноличен търговец", "BG"+e, "https://example.bg/spravka?egn="+e+"&x=1", "https://example.bg/"+e+"/", "egn%3D"+e,
			parts(e, " ", 6), parts(e, "-", 6), parts(e, " ", 2, 2, 2), parts(e, ".", 2, 2, 2, 2), parts(e, " ", 4, 4), parts(e, "/", 6), parts(e, "_", 6),
			each(e, " "), each(e, "-"), each(e, "."), each(e, ", "), each(e, " . "), parts(e, "\n", 6), parts(e, "\u00a0", 6), parts(e, " - ", 6),
			parts(e, "\u200b", 3, 3), each(e, "\u200d"), parts(e, "\u00ad", 6), fullWidth(e), inWords(e), "ЕГН "+strings.ToUpper(inWords(e)), strings.ReplaceAll(inWords(e), " ", ", "),
			"ЕГН: "+parts(e, ", ", 6), "моля"+e+"моля", e+"\u20e3", each(e, "\ufe0f\u20e3"))
		if strings.Contains(e[1:9], "0") {
			add(EGN, "егн "+e[:1]+strings.ReplaceAll(e[1:9], "0", "O")+e[9:], "егн "+e[:1]+strings.ReplaceAll(e[1:9], "0", "о")+e[9:])
		}
	}
	add(LNCH, l, "ЛНЧ "+l, "лнч:"+l, "личен номер на чужденец "+l, "LNCH "+l, "ЛНЧ "+parts(l, " ", 3, 3), each(l, " "), fullWidth(l), parts(l, " ", 6), "ЛНЧ "+parts(l, "-", 2, 2, 2, 2),
		"?lnch="+l, inWords(l), "лнч"+l, "ЛНЧ\n"+l, parts(l, "\u200b", 5))
	for _, c := range []string{visa, master, m.card("6759", 16), m.card("2221", 16), m.card("62", 16)} {
		add(Card, c, "карта "+c, parts(c, " ", 4, 4, 4), parts(c, "-", 4, 4, 4), parts(c, ".", 4, 4, 4), each(c, " "), "VISA "+c+" изтича 05/28", parts(c, "\n", 4, 4, 4),
			parts(c, " ", 2, 2, 2, 2, 2, 2, 2), fullWidth(c), parts(c, "\u200b", 4, 4, 4), "card="+c, parts(c, " - ", 4, 4, 4), parts(c, "/", 4, 4, 4))
	}
	add(Card, amex, parts(amex, " ", 4, 6), "картата ми "+parts(amex, "-", 4, 6), m.card("4", 13)+" карта", "карта "+m.card("4", 19), m.card("36", 14), m.card("3530", 16))
	for _, a := range []string{bg, de, gb, m.iban("RO", "TEST"+m.digits(16)), m.iban("NL", "TEST"+m.digits(10)), m.iban("NO", m.digits(11)), m.iban("MT", "TEST"+m.digits(23))} {
		add(IBAN, a, strings.ToLower(a), "IBAN "+a, "iban:"+a, "IBAN"+a, "сметката ми е "+a+".", parts(a, " ", 4, 4, 4), parts(a, "-", 4, 4, 4), parts(a, "\u200b", 4, 4), "?iban="+a,
			each(a, " "), parts(a, "\n", 12))
	}
	add(IBAN, strings.NewReplacer("B", "В", "T", "Т", "E", "Е").Replace(bg), "сметка "+broken(bg))
	add(Document, "лична карта № "+document, "лична карта "+fresh, "ЛК "+document, "л.к. № "+document, "л. к. "+document, "паспорт "+document, "паспортът ми е "+document, "паспорт\n"+document,
		document+" е номерът на личната ми карта", "шофьорска книжка № "+document, "СУМПС "+document, "lichna karta "+document, "passport no "+document, "my passport is "+fresh,
		"ID card "+fresh, "лична карта AB "+fresh[2:], "лична карта "+parts(document, " ", 3, 3), "документ за самоличност "+document, "лична карта "+fullWidth(document), "лична карта АВ"+fresh[2:])
	for _, p := range []string{phone, "87" + m.digits(7), "89" + m.digits(7), "98" + m.digits(7), "99" + m.digits(7)} {
		add(Phone, "0"+p, "тел. 0"+p, "тел.0"+p, "0"+parts(p, " ", 2, 3, 2), "0"+parts(p, " ", 2, 2, 2), "0"+parts(p, "/", 2), "0"+parts(p, "-", 2, 3), "0"+parts(p, ".", 2, 3),
			"+359"+p, "+359 "+parts(p, " ", 2, 3), "00359"+p, "00359 "+parts(p, " ", 2, 3, 2), "+359 (0) "+p, "+359(0)"+p, "(0"+p[:2]+") "+p[2:], "359"+p, "тел. "+p, "gsm "+parts(p, " ", 3, 2, 2),
			"обадете ми се на 0"+p, "звъннете0"+p, "O"+p, "О"+p, "0 "+p, inWords("0"+p), each("0"+p, " "), fullWidth("0"+p), "tel:+359"+p, "https://wa.me/359"+p, "viber 0"+parts(p, " ", 2, 3),
			"(+359) "+p, "+ 359 "+p, parts("0"+p, "\u200b", 4), "0"+parts(p, "\n", 2), "нула осемстотин "+inWords("4567890")+" "+"тел. 0"+p)
	}
	add(Phone, "02 9859 6802", "тел. 0298596802", "02/98596802", "+359 2 9859 6802", "02 981 44 55", "02/9814455", "02-981-44-55", "(02) 981 44 55", "тел. 029814455", "+359 2 981 44 55", "+35929814455", "0035929814455", "032 62 44 55", "032/624455", "052 601 234", "056/84 22 33",
		"0361 5 44 55", "тел. 0361 54455", "03145 2345", "тел. 62 44 55", "телефонът ми е 624455", "+44 20 7946 0958", "+442079460958", "+49 30 901820", "0044 20 7946 0958", "+1 (202) 555-0143", "+7 495 123-45-67",
		"+380 44 123 4567", "+90 212 555 01 23", "домашният ми е 02 981 44 55", "my number is 02 981 44 55", "осемстотин осемдесет и осем",
		"нула осемстотин осемдесет и осем сто двайсет и три четиристотин петдесет и шест", "нула осемдесет и осем седем шест пет четири три две едно")
	forms = slices.DeleteFunc(forms, func(f form) bool { return f.text == "осемстотин осемдесет и осем" }) // three digits are no phone
	add(Email, "ivan@abv.bg", "IVAN.PETROV@ABV.BG", "ivan_petrov+x@gmail.com", "пишете ми на ivan@abv.bg.", "ivan @ abv.bg", "ivan@ abv.bg", "ivan (at) abv.bg", "ivan[at]abv.bg", "ivan(at)abv(dot)bg", "иван@абв.бг",
		"mailto:ivan@abv.bg", "?email=ivan%40abv.bg", "<ivan@abv.bg>", "ivan＠abv.bg", "ivan@mail.example.co.uk", "i@x.bg", "ivan@abv . bg", "ivan.petrov@mon.bg", "мейл:ivan@abv.bg,тел.", "ivan@\u200babv.bg", "ivan(маймунка)abv.bg")
	add(Code, "пикът ми е 123456789012", "ПИК AB12CD34EF", "пин 4821")
	add(Password, "паролата ми е Mimi1975", "password: hunter22")
	if len(forms) < 150 {
		t.Fatalf("only %d forms", len(forms))
	}
	t.Logf("%d forms", len(forms))
	for i, f := range forms {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			masked, kinds := Mask(f.text, known)
			if !slices.Equal(kinds, []Kind{f.kind}) || !strings.Contains(masked, f.kind.Token()) {
				t.Fatalf("Mask(%q) = %q %v, want %s", f.text, masked, kinds, f.kind)
			}
			if left := countDigits(masked); left > 3 && f.kind != Card { // «05/28» of a card may stay, «x=1» too
				t.Errorf("Mask(%q) = %q leaves %d digits", f.text, masked, left)
			}
			for _, around := range []string{"Добър ден. %s Какво да правя?", "%s\nдо 30.04.2027 г. такса 15,34 €", "имам въпрос за чл. 50, ал. 1: %s"} {
				text := fmt.Sprintf(around, f.text)
				if masked, kinds := Mask(text, known); !slices.Contains(kinds, f.kind) || countDigits(masked) > countDigits(around)+4 {
					t.Errorf("Mask(%q) = %q %v", text, masked, kinds)
				}
				once, _ := Mask(text, known)
				if twice, more := Mask(once, known); twice != once || more != nil {
					t.Errorf("masked twice %q: %q %v", once, twice, more)
				}
			}
		})
	}
}

func countDigits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// TestWhatStays takes what must not be touched.
func TestWhatStays(t *testing.T) {
	t.Parallel()
	m := newMaker(2)
	texts := []string{
		"обадете се на 02 9859 6801", "02/98596801", "+359 2 9859 6801", "0035929859 6801", "(02) 9859 6801", "092/62 41 21", "092 624121", "+359 92 624121", "0886 100 200", "+359886100200", "priemna@obshtina.example.bg", "PRIEMNA@obshtina.example.bg",
		"0700 18 700", "0700 17 670", "070018700", "0700/18/700", "+359 700 18 700", "0800 1 86 76", "0800 1 4726", "080014726", "0800 20 100", "0900 32 123", "112", "116 111", "116000", "116 006", "тел. 116 111", "обадете се на 112", "150", "160", "166",
		"тел. 0700 18 700", "телефон 0800 1 86 76", "обадете се на 0700 14 802 и кажете", "112, 0700 18 700, 0800 1 86 76", "*88", "118 44",
		"15,34 €", "1 234,56 лв.", "1234567,89 лв", "12 500 евро", "8 401 012 345 лв.", "1 000 000 лв", "до 2000 лева", "минимална заплата 1 213 лв. за 2026", "€ 1.234,56", "0,51 €", "100000", "20 000 000",
		"2026", "през 2025 и 2026 г.", "12.03.2027", "12.03.2027 г. 10:30 ч.", "до 30.04.2027 г.", "2027-03-12", "03/12/2027", "от 1.1.2026 до 31.12.2026", "12.03.2022 10", "01.02.2023-03.04.2024", "9:00–17:30 ч.", "от 08.30 до 17.00", "05.05.2025 05.05.2026", "31.12.2026 23:59:59", "роден 12.03.1985", "2026-11-25T21:43:13",
		"вх. № 94-00-123/12.05.2025", "вх. № 08-00-12345/2026", "изх. № 02-03-4567", "рег. № 123456789", "преписка 1234/2025", "дело № 20255330112345", "гр. д. № 1234/2026", "протокол № 12345678", "фактура № 0000012345", "заповед № РД-09-1234/12.05.2025", "договор № 1234567", "уведомление 45678/2025", "акт № 0123", "№ 1234567", "решение № 02123456",
		"чл. 50, ал. 1, т. 3", "чл. 123а", "чл. 19, ал. 2 от ЗБЛД", "§ 12", "обр. 7", "Д6", "образец 50", "приложение № 3", "ДВ, бр. 98 от 2026 г.", "ДВ бр. 112/2025", "Наредба № 8121з-1429 от 23.11.2017 г.", "чл. 26, 27 и 28", "формуляр 1234", "Регламент (ЕС) 2016/679", "ISO 27001", "ЗДвП чл. 186",
		"СВ1234АВ", "CB 1234 AB", "колата е Вр 4567 ВА", "EB1234AA", "B 1234 XX", "автомобил 2015 г. 1998 куб. см.", "VIN WVWZZZ1JZXW000001",
		"ЕИК по БУЛСТАТ", "ул. „Васил Левски“ 88, ап. 12", "бл. 123, вх. 5, ет. 7, ап. 45", "1000 София", "София 1113, бул. „Цариградско шосе“ 125", "пощенски код 3000", "ЕКАТТЕ 12259", "имот 68134.1234.567.1.2", "имот с идентификатор 12259.1024.31", "поземлен имот 68134.905.123",
		"КИН 1234567", "№ на КЕП 12345", "версия 1.2.3.4", "192.168.10.25", "10.0.0.1:8080", "ISBN 978-954-26-1234-5", "поръчка 12345678", "5 деца на 3, 7 и 12 години", "3 и 4 клас", "1, 2, 3, 4, 5, 6, 7, 8", "от 1 до 10", "2+2=4", "910/2014 + 2024/1183", "12345678+123456789", "100 + 200000000", "50/50", "телефон 5G", "iPhone 15 Pro 256 GB", "тел. 5",
		"имам две деца и три внучета", "една две три", "осем без десет", "един въпрос за две неща", "първо, второ, трето", "сто лева", "петстотин и двайсет лева на месец", "пет години и шест месеца", "за четири дни и пет нощи",
		"къде се вади съдебно", "паролата ми е забравена", "забравих си ПИК-а", "как се вади ПИК на НОИ", "нов ПИН за картата", "личната карта ми изтича 2027", "паспортът изтича на 12.03.2027, 5 дни ли чакам", "лична карта за 30 евро", "сметката за ток е 123,45 лв", "какво е IBAN", "@orientir_bot", "пишете @ivan", "a @ b", "infocenter@nra.bg", "office@egov.bg", "info@bgtoll.bg.", "каквото@", "@abv",
		"[ЕГН скрито] 2026", "[телефон скрит] и [имейл скрит]", "https://egov.bg/wps/portal/egov/dostavchitsi/uslugi-23/2341", "https://www.nra.bg/wps/portal/nra/uslugi?id=12345", "https://www.mvr.bg/2026/05/12", "https://www.cpdp.bg", "глоба 1234567 по фиш серия К № 7654321", "фиш К 1234567", "АУАН № 123456", "билет 12345678 за вината", "винетка за 2026", "EORI", "Закон 123", "код по НКПД 2411", "КИД 62.01", "6201", "група 40", "6101057508", "1142011234",
	}
	for range 20 {
		eik := m.eik()
		texts = append(texts, "ЕИК "+eik, "фирмата ни е с ЕИК "+eik+" и търсим", eik, "BG"+eik, "булстат: "+eik, "ЕИК "+m.branch(), m.noEGN(), "вх. № "+m.noEGN(), "преписка "+m.noEGN()+"/2026", broken(m.card("4", 16)), "EORI BG"+eik)
	}
	if len(texts) < 150 {
		t.Fatalf("only %d texts", len(texts))
	}
	t.Logf("%d texts", len(texts))
	for i, text := range texts {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if masked, kinds := Mask(text, known); masked != text || kinds != nil {
				t.Errorf("Mask(%q) = %q %v", text, masked, kinds)
			}
			around := "Добър ден, " + text + ", какво да правя?"
			if masked, kinds := Mask(around, known); masked != around || kinds != nil {
				t.Errorf("Mask(%q) = %q %v", around, masked, kinds)
			}
		})
	}
}
