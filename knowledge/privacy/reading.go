package privacy

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// barrier stands in a reading for what belongs to an earlier mask: no word and no separator.
const barrier = '\x00'

// reading is a text prepared for looking: small letters in their plain forms, what cannot be seen left out, earlier masks blanked.
// Everything in it is counted in runes of plain.
type reading struct {
	plain   []rune
	at      []int  // where each rune of plain stands in the text; one more for the end
	written []rune // the text
	runs    []run
	signs   []sign
	public  []*Public
	worth   bool // there is something that could be personal
}

// group is digits that follow each other without anything between, or a number in words.
type group struct {
	from, to int
	digits   string
	before   gap // what stands between it and the group before
}

// gap says what stands between two groups.
type gap struct{ comma, line, spaced, dot bool }

// run is groups with nothing but separators between them.
type run []group

func newReading(text string, public []*Public) *reading {
	runes := []rune(text)
	t := &reading{plain: make([]rune, 0, len(runes)), at: make([]int, 0, len(runes)+1), written: runes, public: public}
	masks := maskRunes(runes)
	for i, r := range runes {
		switch {
		case masks != nil && masks[i]:
			r = barrier
		case r < 0x80:
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
		case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me): // zero width, marks, the frame of a keycap
			continue
		case unicode.Is(unicode.Zs, r):
			r = ' '
		case unicode.Is(unicode.Cyrillic, r):
			r = unicode.ToLower(r)
		default:
			r = unicode.ToLower(compatible(r))
		}
		t.plain = append(t.plain, r)
		t.at = append(t.at, i)
		t.worth = t.worth || r == '@' || digit(r) || r == '(' || r == '['
	}
	t.at = append(t.at, len(runes))
	t.worth = t.worth || spelledOut(t.plain)
	if t.worth {
		t.findRuns()
		t.findSigns()
	}
	return t
}

// decimals are the decimal digits of all scripts; those of one script stand together, zero first (Unicode, general category Nd).
var decimals = func() []unicode.Range32 {
	all := slices.Clone(unicode.Nd.R32)
	for _, r := range unicode.Nd.R16 {
		all = append(all, unicode.Range32{Lo: uint32(r.Lo), Hi: uint32(r.Hi)})
	}
	return all
}()

// compatible gives the plain form of a rune: a digit of any script, a full-width letter.
func compatible(r rune) rune {
	if unicode.Is(unicode.Nd, r) {
		for _, digits := range decimals {
			if rune(digits.Lo) <= r && r <= rune(digits.Hi) {
				return '0' + (r-rune(digits.Lo))%10
			}
		}
	}
	plain := []rune(norm.NFKC.String(string(r)))
	if len(plain) != 1 {
		return r
	}
	return plain[0]
}

// maskRunes says which runes belong to earlier masks, whose words must not count as signs of what follows them; nil where none does.
func maskRunes(text []rune) []bool {
	var masks []bool
	for i, r := range text {
		if r != '[' {
			continue
		}
		for _, k := range Kinds() {
			token := []rune(k.Token())
			if i+len(token) <= len(text) && slices.Equal(text[i:i+len(token)], token) {
				if masks == nil {
					masks = make([]bool, len(text))
				}
				for n := range token {
					masks[i+n] = true
				}
			}
		}
	}
	return masks
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

// separator says whether a rune may stand between the digits of one number.
func separator(r rune) bool { return strings.ContainsRune(" \t\r\n.,-–—‑−/\\_·*()'’", r) }

// mostBetween is how many separators may stand between two groups of one number.
const mostBetween = 3

func (t *reading) findRuns() {
	var current run
	end := func() {
		if len(current) > 0 {
			t.runs = append(t.runs, undated(current)...)
			current = nil
		}
	}
	for i := 0; i < len(t.plain); {
		g, ok := t.group(i)
		if !ok {
			i++
			continue
		}
		i = g.to
		if n := len(current); n > 0 {
			between := t.plain[current[n-1].to:g.from]
			if len(between) > mostBetween || slices.ContainsFunc(between, func(r rune) bool { return !separator(r) }) {
				end()
			} else {
				g.before = gap{
					comma: slices.Contains(between, ','), line: slices.Contains(between, '\n'),
					spaced: len(between) > 0 && strings.Trim(string(between), " \t") == "", dot: string(between) == ".",
				}
			}
		}
		current = append(current, g)
	}
	end()
}

// group reads the digits that begin at a place, or a number in words.
func (t *reading) group(i int) (group, bool) {
	r := t.plain[i]
	if !digit(r) {
		if g, ok := t.mistyped(i); ok {
			return g, true
		}
		return t.spelled(i)
	}
	if g, ok := t.mistyped(i); ok {
		return g, true
	}
	to := i
	for to < len(t.plain) && digit(t.plain[to]) {
		to++
	}
	return group{from: i, to: to, digits: string(t.plain[i:to])}, true
}

// mistyped reads a word of digits in which letters that look like digits stand for some: «O888», «84О1О12345», «l234».
// Three of its runes must be digits, and no other letter may touch it.
func (t *reading) mistyped(i int) (group, bool) {
	if i > 0 && (unicode.IsLetter(t.plain[i-1]) || digit(t.plain[i-1])) {
		return group{}, false
	}
	var digits []byte
	letters, to := 0, i
	for ; to < len(t.plain); to++ {
		r := t.plain[to]
		switch r {
		case 'o', 'о', 'ο': // Latin, Cyrillic, Greek
			digits, letters = append(digits, '0'), letters+1
			continue
		case 'l', 'i', 'і', '|':
			digits, letters = append(digits, '1'), letters+1
			continue
		case 'з':
			digits, letters = append(digits, '3'), letters+1
			continue
		}
		if !digit(r) {
			break
		}
		digits = append(digits, byte(r))
	}
	if letters == 0 || len(digits)-letters < 3 || letters > len(digits)/2 || to < len(t.plain) && unicode.IsLetter(t.plain[to]) {
		return group{}, false
	}
	return group{from: i, to: to, digits: string(digits)}, true
}

// undated cuts a run where dates stand in it: no personal number reaches into one.
func undated(r run) (parts []run) {
	from := 0
	for i := 0; i+2 < len(r); {
		if !isDate(r[i : i+3]) {
			i++
			continue
		}
		if i > from {
			parts = append(parts, r[from:i])
		}
		from, i = i+3, i+3
	}
	if from < len(r) {
		parts = append(parts, r[from:])
	}
	return parts
}

// isDate says whether three groups are a date, 12.03.2027 or 2027-03-12.
func isDate(g []group) bool {
	if g[1].before != g[2].before || g[1].before.spaced || g[1].before.comma || g[1].before.line {
		return false
	}
	day, month, year := g[0].digits, g[1].digits, g[2].digits
	if len(day) == 4 {
		day, year = year, day
	}
	return len(year) == 4 && (year[:2] == "19" || year[:2] == "20") && upTo(day, 31) && upTo(month, 12)
}

// upTo says whether one or two digits are a number from 1 to most.
func upTo(digits string, most int) bool {
	if len(digits) == 0 || len(digits) > 2 {
		return false
	}
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n >= 1 && n <= most
}
