// Package privacy finds personal numbers in what people type, and masks them before anything is stored.
//
// It owns no tables. The bot masks every message with it, whoever wrote it; `orientir mask` does the same line by line.
//
// What is masked: ЕГН and ЛНЧ that validate, IBAN, bank cards, numbers of identity documents and ПИК/ПИН beside a word that
// says so, passwords beside such a word, mobile and foreign phone numbers, e-mail addresses. What is kept on purpose:
// a firm's ЕИК (public; one that validates as ЕГН is a sole trader's and is masked), short numbers (112), 0700 and 0800, and
// fixed lines such as 02/923 7555, which are nearly always an institution's and which librarians give people all day, unless
// the words before say that it is the writer's own; and addresses at the state's own domains, for the same reason.
package privacy

import (
	"slices"
	"strings"
	"unicode"
)

// Kind says what was masked.
type Kind string

// The kinds of personal data that Mask knows.
const (
	EGN      Kind = "egn"
	LNCH     Kind = "lnch"
	IBAN     Kind = "iban"
	Card     Kind = "card"
	Document Kind = "document"
	Code     Kind = "code" // ПИК, ПИН
	Password Kind = "password"
	Phone    Kind = "phone"
	Email    Kind = "email"
)

// token is what stands in the text instead. Tokens hold no digits, so nothing in them is found again.
func (k Kind) token() string {
	switch k {
	case EGN:
		return "[ЕГН скрито]"
	case LNCH:
		return "[ЛНЧ скрито]"
	case IBAN:
		return "[IBAN скрит]"
	case Card:
		return "[номер на карта скрит]"
	case Document:
		return "[номер на документ скрит]"
	case Code:
		return "[код скрит]"
	case Password:
		return "[парола скрита]"
	case Phone:
		return "[телефон скрит]"
	}
	return "[имейл скрит]"
}

// allKinds is in the order in which kinds are reported.
func allKinds() []Kind { return []Kind{EGN, LNCH, IBAN, Card, Document, Code, Password, Phone, Email} }

// Mask replaces personal numbers by words in brackets, and says which kinds there were, each once. Masking twice is masking once.
func Mask(text string) (masked string, kinds []Kind) {
	found := map[Kind]bool{}
	// What a first pass took away may leave something else to be seen (two numbers written together), so it goes on until nothing is found.
	// Each pass takes digits or an address away, so it ends.
	for {
		if !suspicious(text) {
			break
		}
		spans := find([]rune(text))
		if len(spans) == 0 {
			break
		}
		for _, s := range spans {
			found[s.kind] = true
		}
		text = replace([]rune(text), spans)
	}
	for _, k := range allKinds() {
		if found[k] {
			kinds = append(kinds, k)
		}
	}
	return text, kinds
}

// suspicious is the quick look that most messages fail.
func suspicious(text string) bool {
	for _, r := range text {
		if r == '@' || r == '＠' || unicode.IsDigit(r) {
			return true
		}
	}
	return false
}

// span is a part of the text, in runes, that is personal.
type span struct {
	from, to int
	kind     Kind
}

// find gives the personal parts in order, not overlapping. What is looked for first wins.
func find(text []rune) []span {
	t := newReading(text)
	var all []span
	for _, look := range []func(*reading) []span{emails, passwords, ibans, numbers, codes} {
		for _, s := range look(t) {
			if !slices.ContainsFunc(all, func(o span) bool { return s.from < o.to && o.from < s.to }) {
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b span) int { return a.from - b.from })
	return all
}

func replace(text []rune, spans []span) string {
	var out strings.Builder
	at := 0
	for _, s := range spans {
		out.WriteString(string(text[at:s.from]))
		out.WriteString(s.kind.token())
		at = s.to
	}
	out.WriteString(string(text[at:]))
	return out.String()
}

// reading is a text prepared for looking: each rune's plain form (small letters, full-width ones narrowed, what stands inside a mask blanked).
type reading struct {
	text  []rune
	plain []rune
	runs  []run
}

// group is digits that follow each other without anything between.
type group struct {
	from, to int
	digits   string
}

// run is groups with nothing but separators between them.
type run []group

func newReading(text []rune) *reading {
	t := &reading{text: text, plain: make([]rune, len(text))}
	for i, r := range text {
		switch {
		case r >= '！' && r <= '～': // full-width forms
			r -= '！' - '!'
		case r == '　' || r == '\u00a0':
			r = ' '
		}
		t.plain[i] = unicode.ToLower(r)
	}
	t.blankMasks()
	t.findRuns()
	return t
}

// blankMasks hides the words of earlier masks, which must not count as signs of what follows them.
func (t *reading) blankMasks() {
	for i := range t.plain {
		if t.plain[i] != '[' {
			continue
		}
		for _, k := range allKinds() {
			token := []rune(k.token())
			if i+len(token) <= len(t.text) && string(t.text[i:i+len(token)]) == string(token) {
				for n := range token {
					t.plain[i+n] = '\n'
				}
			}
		}
	}
}

// digit gives the value of a digit of any script, as a byte '0' to '9'.
func digit(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r), true
	}
	if r < 0x80 || !unicode.IsDigit(r) {
		return 0, false
	}
	// Decimal digits of a script stand together, zero first.
	zero := r
	for n := 0; n < 9 && unicode.IsDigit(zero-1); n++ {
		zero--
	}
	return byte('0' + (r-zero)%10), true
}

// separator says whether a rune may stand between the digits of one number.
func separator(r rune) bool {
	switch r {
	case ' ', '\t', '.', ',', '-', '–', '—', '‑', '−', '/', '\\', '_', '·', '*', '(', ')', '\'', '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.Is(unicode.Zs, r)
}

// mostBetween is how many separators may stand between two groups of one number.
const mostBetween = 3

func (t *reading) findRuns() {
	var current run
	for i := 0; i < len(t.plain); {
		if _, ok := digit(t.plain[i]); !ok {
			i++
			continue
		}
		g := group{from: i}
		var digits []byte
		for i < len(t.plain) {
			d, ok := digit(t.plain[i])
			if !ok {
				break
			}
			digits = append(digits, d)
			i++
		}
		g.to, g.digits = i, string(digits)
		if n := len(current); n > 0 {
			between := t.plain[current[n-1].to:g.from]
			if len(between) > mostBetween || slices.ContainsFunc(between, func(r rune) bool { return !separator(r) }) {
				t.runs = append(t.runs, current)
				current = nil
			}
		}
		current = append(current, g)
	}
	if len(current) > 0 {
		t.runs = append(t.runs, current)
	}
}

// before gives the words that stand before a place, at most n runes of them, within the same line.
func (t *reading) before(at, n int) string {
	from := max(0, at-n)
	words := t.plain[from:at]
	if cut := lastIndex(words, '\n'); cut >= 0 {
		words = words[cut+1:]
	}
	return string(words)
}

// after gives the words that stand after a place.
func (t *reading) after(at, n int) string {
	words := t.plain[at:min(len(t.plain), at+n)]
	if cut := slices.Index(words, '\n'); cut >= 0 {
		words = words[:cut]
	}
	return string(words)
}

func lastIndex(list []rune, r rune) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == r {
			return i
		}
	}
	return -1
}
