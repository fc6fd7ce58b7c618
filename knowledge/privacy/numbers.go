package privacy

import (
	"strings"
	"unicode"
)

// reach is how far, in runes, a word may stand from the number that it explains.
const reach = 40

// Words that say what a number is. Stems, as they stand in small letters.
var (
	documentWords = []string{"лична карта", "личната ми карта", "личната карта", "лк", "л.к", "л. к", "паспорт", "книжка", "книжката", "шофьорск", "сумпс", "документ за самоличност",
		"номер на документ", "lichna karta", "licna karta", "pasport", "passport", "id card", "identity card", "licence", "license", "knijka", "удостоверение за пребиваване"}
	firmWords    = []string{"еик", "булстат", "bulstat", "eik", "фирма", "дружество"}
	foreignWords = []string{"лнч", "ленче", "личен номер на чужденец", "lnch", "lnc"}
	cardWords    = []string{"карта", "картата", "visa", "mastercard", "card", "дебитна", "кредитна", "виза", "мастеркард"}
	ownPhone     = []string{"телефонът ми", "телефона ми", "телефонът ми е", "моят телефон", "моя телефон", "обадете ми се", "звъннете ми", "номерът ми", "номера ми",
		"домашен", "домашният", "my phone", "my number", "call me"}
)

// numbers finds what is told by its digits: ЕГН, ЛНЧ, cards, phones, and documents beside a word.
func numbers(t *reading) (found []span) {
	for _, r := range t.runs {
		for i := 0; i < len(r); {
			kind, last, ok := t.number(r, i)
			if !ok {
				i++
				continue
			}
			from := r[i].from
			if kind == Phone && from > 0 && t.plain[from-1] == '+' {
				from--
			}
			if kind == Document { // two letters before the digits belong to it
				for n := 0; n < 2 && from > 0 && unicode.IsLetter(t.plain[from-1]); n++ {
					from--
				}
			}
			found = append(found, span{from, r[last].to, kind})
			i = last + 1
		}
	}
	return found
}

// number looks at the groups from i on: which kind of number begins there, and its last group.
func (t *reading) number(r run, i int) (kind Kind, last int, ok bool) {
	const longest = 19
	digits := ""
	plus := r[i].from > 0 && t.plain[r[i].from-1] == '+'
	type candidate struct {
		kind Kind
		last int
	}
	var best []candidate
	for j := i; j < len(r); j++ {
		if digits += r[j].digits; len(digits) > longest {
			break
		}
		groups := r[i : j+1]
		even := sameLength(groups) // also a single group
		switch n := len(digits); {
		case n == 10 && ValidEGN(digits) && !dated(groups):
			best = append(best, candidate{EGN, j})
		case mobile(digits) || plus && foreignPhone(digits) && (j == len(r)-1 || len(digits) >= 11):
			best = append(best, candidate{Phone, j})
		case n == 10 && ValidLNCH(digits) && (i == j || even && t.said(r[i].from, foreignWords)):
			best = append(best, candidate{LNCH, j})
		case n >= 13 && Luhn(digits) && t.cardLike(groups, digits):
			best = append(best, candidate{Card, j})
		case (n == 9 && !dated(groups) || n == 7 && i == j && t.twoLetters(r[i].from)) && t.document(r[i].from, r[j].to):
			best = append(best, candidate{Document, j})
		case (n == 9 || n == 10) && digits[0] == '0' && digits[1] != '0' && !strings.HasPrefix(digits, "0700") && !strings.HasPrefix(digits, "0800") &&
			!strings.HasPrefix(digits, "0900") && t.said(r[i].from, ownPhone):
			best = append(best, candidate{Phone, j})
		}
	}
	if len(best) == 0 {
		return "", 0, false
	}
	// The longest number that begins here: a card's beginning may look like something shorter.
	c := best[len(best)-1]
	return c.kind, c.last, true
}

// said says whether one of the words stands before a place.
func (t *reading) said(at int, words []string) bool {
	return lastOf(t.before(at, reach), words) >= 0
}

// document says whether the number between from and to is an identity document's: such a word stands near, and none nearer that says it is a firm's.
func (t *reading) document(from, to int) bool {
	words := t.before(from, reach)
	if at := lastOf(words, documentWords); at >= 0 {
		return lastOf(words, firmWords) < at
	}
	return lastOf(words, firmWords) < 0 && lastOf(t.after(to, reach), documentWords) >= 0
}

// twoLetters says whether exactly two letters stand before a place, as in the number of a card since 2024.
func (t *reading) twoLetters(at int) bool {
	letter := func(i int) bool { return i >= 0 && unicode.IsLetter(t.plain[i]) }
	return letter(at-1) && letter(at-2) && !letter(at-3)
}

// cardLike says whether groups of digits look like a bank card: written together, in fours, 4-6-5, or in groups of one length; and begin as
// cards do, unless a word says that it is one. A branch's ЕИК has 13 digits too and is public.
func (t *reading) cardLike(groups []group, digits string) bool {
	fours := true
	for n, g := range groups {
		last := n == len(groups)-1
		fours = fours && (len(g.digits) == 4 || last && len(g.digits) < 4 || len(groups) == 3 && n == 1 && len(g.digits) == 6 || len(groups) == 3 && last && len(g.digits) == 5)
	}
	if !fours && !sameLength(groups) {
		return false
	}
	if t.said(groups[0].from, cardWords) {
		return true
	}
	return digits[0] >= '2' && digits[0] <= '6' && (len(digits) > 13 || digits[0] == '4' && !t.said(groups[0].from, firmWords))
}

// sameLength says whether all groups have as many digits, as when a number is read out in pairs. A date with an hour has not.
func sameLength(groups []group) bool {
	for _, g := range groups {
		if len(g.digits) != len(groups[0].digits) {
			return false
		}
	}
	return true
}

// dated says whether groups begin with a date, «12.03.2027 10»: such digits are no number, though they may add up.
func dated(groups []group) bool {
	return len(groups) > 2 && len(groups[0].digits) <= 2 && len(groups[1].digits) <= 2 && len(groups[2].digits) == 4 &&
		(strings.HasPrefix(groups[2].digits, "19") || strings.HasPrefix(groups[2].digits, "20"))
}

// lastOf gives where the last of these words begins in a text, -1 where there is none. A word begins after something that is no letter.
func lastOf(text string, words []string) int {
	last := -1
	for _, w := range words {
		for at := 0; ; {
			n := strings.Index(text[at:], w)
			if n < 0 {
				break
			}
			at += n
			if startsWord(text, at) && (len([]rune(w)) > 3 || endsWord(text, at+len(w))) {
				last = max(last, at)
			}
			at += len(w)
		}
	}
	return last
}

func startsWord(text string, at int) bool {
	before := []rune(text[:at])
	return len(before) == 0 || !unicode.IsLetter(before[len(before)-1])
}

func endsWord(text string, at int) bool {
	for _, r := range text[at:] {
		return !unicode.IsLetter(r)
	}
	return true
}

// mobile says whether digits are a Bulgarian mobile number: 0 87, 88, 89, 98 or 99 and seven more, or with 359 or 00359 for the 0.
func mobile(digits string) bool {
	switch {
	case len(digits) == 12 && strings.HasPrefix(digits, "359"):
		digits = "0" + digits[3:]
	case len(digits) == 14 && strings.HasPrefix(digits, "00359"):
		digits = "0" + digits[5:]
	case len(digits) == 13 && strings.HasPrefix(digits, "3590"): // +359 (0) 88…
		digits = digits[3:]
	}
	if len(digits) != 10 {
		return false
	}
	switch digits[:3] {
	case "087", "088", "089", "098", "099":
		return true
	}
	return false
}

// foreignPhone says whether digits after a plus are a number abroad (E.164: at most 15). A Bulgarian fixed line after +359 is kept like others.
func foreignPhone(digits string) bool {
	return len(digits) >= 9 && len(digits) <= 15 && digits[0] != '0' && !strings.HasPrefix(digits, "359")
}

// ValidEGN checks a Bulgarian personal number: its date (month +20 before 1900, +40 from 2000 on) and check digit.
func ValidEGN(digits string) bool {
	if len(digits) != 10 {
		return false
	}
	n := func(from, to int) (v int) {
		for _, d := range digits[from:to] {
			v = v*10 + int(d-'0')
		}
		return v
	}
	year, month, day := 1900+n(0, 2), n(2, 4), n(4, 6)
	switch {
	case month > 40:
		year, month = year+100, month-40
	case month > 20:
		year, month = year-100, month-20
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return false
	}
	sum := 0
	for i, weight := range [9]int{2, 4, 8, 5, 10, 9, 7, 3, 6} {
		sum += weight * int(digits[i]-'0')
	}
	return sum%11%10 == int(digits[9]-'0')
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// ValidLNCH checks the personal number of a foreigner. Ten zeros are no number.
func ValidLNCH(digits string) bool {
	if len(digits) != 10 || strings.Trim(digits, "0") == "" {
		return false
	}
	sum := 0
	for i, weight := range [9]int{21, 19, 17, 13, 11, 9, 7, 3, 1} {
		sum += weight * int(digits[i]-'0')
	}
	return sum%10 == int(digits[9]-'0')
}

// Luhn checks the last digit of a card number (ISO/IEC 7812-1).
func Luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(digits, "0") != ""
}
