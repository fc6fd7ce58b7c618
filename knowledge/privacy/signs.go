package privacy

import (
	"slices"
	"strings"
	"unicode"
)

// reach is how far, in runes, a word may stand from the number that it explains.
const reach = 40

// class is what a word says of the number beside it.
type class int

const (
	aboutEGN class = iota
	aboutLNCH
	aboutDocument
	aboutFirm
	aboutCard
	aboutPhone
	aboutCode
	aboutAccount
	aboutFile // of an office or an archive: «вх. №», «фактура», «дело»
	aboutPublicID
)

// sign is where a telling word begins and ends, in runes of the reading.
type sign struct {
	class    class
	from, to int
}

// words are stems, in small letters. Up to three letters they must be the whole word; longer ones its beginning.
func (c class) words() string {
	switch c {
	case aboutEGN:
		return "егн|е.г.н|единен граждански номер|egn"
	case aboutLNCH:
		return "лнч|ленче|личен номер на чужденец|lnch|lnc"
	case aboutDocument:
		return "лична карта|личната ми карта|личната му карта|личната карта|личната|лк|л.к|л. к|паспорт|задграничен|книжка|книжката|шофьорск|сумпс|документ за самоличност|" +
			"номер на документ|документ №|карта за пребиваване|lichna karta|lichnata karta|licna karta|pasport|passport|id card|identity card|driving licen|driver's licen|" +
			"knijka|knizhka|удостоверение за пребиваване|residence permit"
	case aboutFirm:
		return "еик|булстат|bulstat|eik|фирма|фирмата|дружество|еоод|оод|eood|ddс|ддс №|vat"
	case aboutCard:
		return "карта|картата|visa|mastercard|maestro|card|дебитна|кредитна|виза|мастеркард"
	case aboutPhone:
		return "тел|телефон|тлф|gsm|гсм|мобилен|мобилният|мобилния|домашен|домашният|viber|вайбър|whatsapp|обадете|обади|звънн|звънете|звънни|номерът ми|номера ми|" +
			"telefon|phone|mobile|my number|call me|obadete|zvun"
	case aboutCode:
		return "пик|пик-а|пика|пикът|pik|пин|пина|pin|код|кода|кодът|kod|укд|ukd|code"
	case aboutAccount:
		return "iban|ибан|сметка|сметката|account|smetka"
	case aboutFile:
		return "вх|вх.|вход|изх|изх.|рег|№|no|преписка|дело|дела|протокол|заповед|наредба|решение|фактура|договор|invoice|case|уведомление|заявление|акт|анпп|наказателно"
	}
	return "уин|isbn|issn|imei|еори|eori|партида|абонат|аб|пратка|товарителница|поръчка|tracking|фактура|invoice|кин|ипн|кадаст|идентификатор|имот"
}

// phrase is one telling word or more.
type phrase struct {
	class class
	runes []rune
	whole bool // it must be a whole word
}

// phrases are all telling words by their first rune.
var phrases = func() map[rune][]phrase {
	all := map[rune][]phrase{}
	for c := aboutEGN; c <= aboutPublicID; c++ {
		for words := range strings.SplitSeq(c.words(), "|") {
			runes := []rune(words)
			for i := range runes {
				runes[i] = alike(runes[i])
			}
			all[runes[0]] = append(all[runes[0]], phrase{c, runes, len(runes) <= 3})
		}
	}
	return all
}()

// alike makes one of letters that look the same in Latin and Cyrillic: «ЕГН» may have been typed with a Latin E and H.
func alike(r rune) rune {
	switch r {
	case 'a':
		return 'а'
	case 'b':
		return 'в'
	case 'c':
		return 'с'
	case 'e':
		return 'е'
	case 'h':
		return 'н'
	case 'k':
		return 'к'
	case 'm':
		return 'м'
	case 'o':
		return 'о'
	case 'p':
		return 'р'
	case 't':
		return 'т'
	case 'x':
		return 'х'
	case 'y':
		return 'у'
	}
	return r
}

func (t *reading) findSigns() {
	letter := func(i int) bool { return i >= 0 && i < len(t.plain) && unicode.IsLetter(t.plain[i]) }
	for i, r := range t.plain {
		if letter(i-1) || r != '№' && !unicode.IsLetter(r) {
			continue
		}
		for _, p := range phrases[alike(r)] {
			to := i + len(p.runes)
			if to > len(t.plain) || p.whole && letter(to) {
				continue
			}
			same := true
			for n := 1; n < len(p.runes) && same; n++ {
				got := alike(t.plain[i+n])
				same = got == p.runes[n] || p.runes[n] == ' ' && got == '\n'
			}
			if same {
				t.signs = append(t.signs, sign{p.class, i, to})
			}
		}
	}
}

// before gives the last sign of a class that begins within reach before a place, and false where there is none.
func (t *reading) before(at int, c class) (sign, bool) {
	for i := t.signFrom(at) - 1; i >= 0 && t.signs[i].from >= at-reach; i-- {
		if s := t.signs[i]; s.class == c && s.to <= at {
			return s, true
		}
	}
	return sign{}, false
}

// signFrom gives the first sign that begins at a place or later. Signs stand in order, and few of them within reach.
func (t *reading) signFrom(at int) int {
	i, _ := slices.BinarySearchFunc(t.signs, at, func(s sign, at int) int { return s.from - at })
	return i
}

// said says whether a word of the class stands before a place.
func (t *reading) said(at int, c class) bool {
	_, ok := t.before(at, c)
	return ok
}

// nearer says whether a word of the first class stands before a place, and none of the second nearer to it.
func (t *reading) nearer(at int, c, than class) bool {
	a, ok := t.before(at, c)
	if !ok {
		return false
	}
	b, other := t.before(at, than)
	return !other || b.from < a.from
}

// follows says whether a word of the class begins within reach after a place, on the same line.
func (t *reading) follows(at int, c class) bool {
	for i := t.signFrom(at); i < len(t.signs) && t.signs[i].from < at+reach; i++ {
		if s := t.signs[i]; s.class == c {
			for _, r := range t.plain[at:s.from] {
				if r == '\n' || r == barrier {
					return false
				}
			}
			return true
		}
	}
	return false
}

// touches says whether a word of the class stands right before a place, with nothing between but marks and small words.
func (t *reading) touches(at int, c class) bool {
	s, ok := t.before(at, c)
	if !ok {
		return false
	}
	for s.to < at && unicode.IsLetter(t.plain[s.to]) { // the rest of the word
		s.to++
	}
	for word := range strings.FieldsFuncSeq(string(t.plain[s.to:at]), func(r rune) bool { return !unicode.IsLetter(r) && r != barrier }) {
		switch word {
		case "ми", "му", "и", "е", "ни", "им", "номер", "номера", "номерът", "на", "за", "връзка", "за връзка", "контакт", "мой", "моя", "моят", "number", "is", "my", "no", "at", "on", "me", "e", "mi", "na":
		default:
			return false
		}
	}
	return true
}
