package privacy

import (
	"slices"
	"strings"
	"unicode"
)

// longest is the most digits of any number that is looked for: those of a card.
const longest = 19

// numbers finds what is told by its digits: ЕГН, ЛНЧ, cards, phones, and documents beside a word.
func numbers(t *reading) (found []span) {
	for _, r := range t.runs {
		for i := 0; i < len(r); {
			if last, ok := t.kept(r, i); ok {
				i = last + 1
				continue
			}
			kind, last, ok := t.number(r, i)
			if !ok {
				found = append(found, t.glued(r[i])...)
				i++
				continue
			}
			from, to := r[i].from, r[last].to
			switch kind {
			case Phone:
				from = t.phoneFrom(from, to)
			case Document:
				from = t.documentFrom(from)
			}
			found = append(found, span{from, to, kind})
			i = last + 1
		}
	}
	return found
}

// stretch is some groups of a run that follow each other, taken for one number.
type stretch struct {
	groups []group
	digits string
}

func (s stretch) from() int    { return s.groups[0].from }
func (s stretch) alone() bool  { return len(s.groups) == 1 }
func (s stretch) single() bool { return len(s.groups) == len(s.digits) } // digit by digit

// gaps says whether any gap within has a property.
func (s stretch) gaps(has func(gap) bool) bool {
	for _, g := range s.groups[1:] {
		if has(g.before) {
			return true
		}
	}
	return false
}

// loose says whether the groups may well be a list and no number: a comma between them, or more than one new line.
func (s stretch) loose() bool {
	if s.alone() || s.single() {
		return false
	}
	lines := 0
	for _, g := range s.groups[1:] {
		if g.before.line {
			lines++
		}
	}
	return lines > 1 || s.gaps(func(g gap) bool { return g.comma })
}

// even says whether all groups have as many digits, as when a number is read out in pairs.
func (s stretch) even() bool {
	for _, g := range s.groups {
		if len(g.digits) != len(s.groups[0].digits) {
			return false
		}
	}
	return true
}

// stretches calls look with ever more groups from i on, until it says false or there are too many digits.
func stretches(r run, i int, look func(s stretch, last int) bool) {
	digits := ""
	for j := i; j < len(r); j++ {
		if digits += r[j].digits; len(digits) > longest || !look(stretch{r[i : j+1], digits}, j) {
			return
		}
	}
}

// number looks at the groups from i on: which kind of number begins there, and its last group. Of several the longest wins, for a
// card's beginning may look like something shorter; but digits written together that are a number by themselves are that number.
func (t *reading) number(r run, i int) (kind Kind, last int, ok bool) {
	stretches(r, i, func(s stretch, j int) bool {
		k := t.kindOf(s, j == len(r)-1)
		if k == "" {
			return true
		}
		kind, last, ok = k, j, true
		return !(s.alone() && (k == EGN || k == LNCH || k == Phone && bulgarianMobile(s.digits)))
	})
	return kind, last, ok
}

// kindOf says what a stretch of digits is; "" nothing personal. atEnd says that no digits follow in its run.
func (t *reading) kindOf(s stretch, atEnd bool) Kind {
	n := len(s.digits)
	switch {
	case n < fewestLocal:
		return ""
	case n == 10 && ValidEGN(s.digits) && t.joinsEGN(s):
		return EGN
	case n == 10 && s.alone() && t.called(s.from()) != "":
		return t.called(s.from())
	case t.phone(s, atEnd):
		return Phone
	case n == 10 && ValidLNCH(s.digits) && t.joinsLNCH(s):
		return LNCH
	case n >= 13 && Luhn(s.digits) && t.cardLike(s):
		return Card
	case (n == 9 && !s.loose() || s.alone() && n >= 6 && n <= 8 && t.lettersBefore(s.from()) > 0) && t.document(s):
		return Document
	}
	return ""
}

// joinsEGN says whether the groups may be one ЕГН: no list, no amount in thousands, no number of a plot.
func (t *reading) joinsEGN(s stretch) bool {
	if s.alone() || t.said(s.from(), aboutEGN) {
		return true
	}
	return !s.loose() && !t.amount(s) && !plot(s)
}

// called says what a number is said to be, an ЕГН or a ЛНЧ: it is hidden with a slip in it too. "" where no such word stands
// before it, or a nearer one says otherwise.
func (t *reading) called(at int) Kind {
	for own, kind := range map[class]Kind{aboutEGN: EGN, aboutLNCH: LNCH} {
		if t.said(at, own) && !slices.ContainsFunc([]class{aboutEGN, aboutLNCH, aboutFirm, aboutPhone, aboutFile, aboutPublicID, aboutDocument}, func(other class) bool {
			return other != own && t.said(at, other) && !t.nearer(at, own, other)
		}) {
			return kind
		}
	}
	return ""
}

// joinsLNCH says whether ten digits may be a ЛНЧ, whose check one number in ten passes: written together, or in a usual form, or said to be one.
func (t *reading) joinsLNCH(s stretch) bool {
	if t.said(s.from(), aboutLNCH) {
		return true
	}
	if s.digits[0] == '0' || t.said(s.from(), aboutPublicID) {
		return false
	}
	return s.alone() || s.single() || len(s.groups) == 2 && len(s.groups[0].digits) == 6 && !s.loose()
}

// amount says whether groups are thousands of money, «8 401 012 345 лв.».
func (t *reading) amount(s stretch) bool {
	for _, g := range s.groups[1:] {
		if len(g.digits) != 3 {
			return false
		}
	}
	after := strings.TrimLeft(string(t.plain[s.groups[len(s.groups)-1].to:min(len(t.plain), s.groups[len(s.groups)-1].to+6)]), " ,")
	for _, currency := range []string{"лв", "лева", "евро", "€", "eur", "bgn", "usd", "$"} {
		if strings.HasPrefix(after, currency) {
			return true
		}
	}
	return false
}

// plot says whether groups have the form of a cadastral number, 68134.1234.56: ЕКАТТЕ first, dots between.
func plot(s stretch) bool {
	return len(s.groups) > 2 && len(s.groups[0].digits) == 5 && !s.gaps(func(g gap) bool { return !g.dot })
}

// document says whether a number is an identity document's: such a word stands near, and none nearer that says it is a firm's.
func (t *reading) document(s stretch) bool {
	from, to := s.from(), s.groups[len(s.groups)-1].to
	if t.said(from, aboutDocument) {
		return t.nearer(from, aboutDocument, aboutFirm)
	}
	return !t.said(from, aboutFirm) && t.follows(to, aboutDocument)
}

// lettersBefore counts the letters, at most two, that stand right before a place, alone or after one space, as in the number
// of a card since 2024.
func (t *reading) lettersBefore(at int) int {
	return at - t.documentFrom(at)
}

func (t *reading) documentFrom(at int) int {
	letter := func(i int) bool { return i >= 0 && unicode.IsLetter(t.plain[i]) }
	from := at
	if at >= 2 && (t.plain[at-1] == ' ' || t.plain[at-1] == '-') && letter(at-2) {
		from--
	}
	n := 0
	for letter(from - 1) {
		from--
		n++
	}
	if n < 1 || n > 2 || n == 1 && from+1 != at || t.plain[from] == 'е' || n == 2 && (string(t.plain[from:from+2]) == "ми" || string(t.plain[from:from+2]) == "no" || string(t.plain[from:from+2]) == "лк") {
		return at
	}
	return from
}

// cardLike says whether groups of digits look like a bank card: written together, in fours, 4-6-5, or in groups of one length; and begin as
// cards do, unless a word says that it is one. A branch's ЕИК has 13 digits too and is public.
func (t *reading) cardLike(s stretch) bool {
	if s.loose() && s.gaps(func(g gap) bool { return g.comma }) {
		return false
	}
	said := t.said(s.from(), aboutCard)
	if len(s.digits) == 13 && (t.nearer(s.from(), aboutFirm, aboutCard) || !said && ValidEIK(s.digits)) {
		return false
	}
	fours, g := true, s.groups
	for n := range g {
		last := n == len(g)-1
		fours = fours && (len(g[n].digits) == 4 || last && len(g[n].digits) < 4 ||
			len(g) == 3 && n == 1 && len(g[n].digits) == 6 || len(g) == 3 && last && len(g[n].digits) == 5)
	}
	return (fours || s.even()) && (said || issued(s.digits))
}

// issued says whether digits begin, and are as long, as the cards of one of the networks (ISO/IEC 7812 issuer numbers).
func issued(digits string) bool {
	n := len(digits)
	first := func(k int) (v int) {
		for _, d := range digits[:k] {
			v = v*10 + int(d-'0')
		}
		return v
	}
	two, three, four := first(2), first(3), first(4)
	switch {
	case digits[0] == '4': // Visa
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720, four >= 2200 && four <= 2204: // Mastercard, Mir
		return n == 16
	case two == 34 || two == 37: // American Express
		return n == 15
	case two == 36 || two == 38 || two == 39 || three >= 300 && three <= 305: // Diners
		return n == 14 || n == 16
	case four >= 3528 && four <= 3589: // JCB
		return n >= 16
	case two == 50 || two >= 56 && two <= 69: // Maestro, Discover, UnionPay, Bcard
		return n >= 13
	}
	return false
}

// glued finds two numbers written together without a gap, ЕГН and mobile.
func (t *reading) glued(g group) (found []span) {
	if len(g.digits) != 20 || g.to-g.from != 20 {
		return nil
	}
	for n := 0; n < 20; n += 10 {
		switch part := g.digits[n : n+10]; {
		case ValidEGN(part):
			found = append(found, span{g.from + n, g.from + n + 10, EGN})
		case bulgarianMobile(part):
			found = append(found, span{g.from + n, g.from + n + 10, Phone})
		}
	}
	return found
}
