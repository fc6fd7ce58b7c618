package privacy

import "strings"

const (
	fewestLocal = 6  // digits of a number without its town's code
	mostAbroad  = 15 // digits of an international number (ITU-T E.164)
)

// national gives a Bulgarian number as it is dialled at home, 0888123456, or the digits as they are: without 359, 00359 or +359,
// also with the zero in parentheses, +359 (0) 888.
func national(digits string) string {
	for _, code := range []string{"00359", "359"} {
		if rest, ok := strings.CutPrefix(digits, code); ok && len(rest) >= 8 {
			return "0" + strings.TrimPrefix(rest, "0")
		}
	}
	return digits
}

// bulgarianMobile says whether digits are a Bulgarian mobile number: 0 87, 88, 89, 98 or 99 and seven more, also with 359 for the 0.
func bulgarianMobile(digits string) bool {
	digits = national(digits)
	if len(digits) != 10 {
		return false
	}
	switch digits[:3] {
	case "087", "088", "089", "098", "099":
		return true
	}
	return false
}

// whole says whether a phone has as many digits as can be called: a mobile all ten, a line with its town's code eight to ten.
func whole(phone string) bool {
	var digits []byte
	for _, r := range newReading(phone, nil).plain {
		if digit(r) {
			digits = append(digits, byte(r))
		}
	}
	n := national(string(digits))
	switch {
	case len(n) < fewestLocal || len(n) > mostAbroad+2:
		return false
	case n[0] != '0' || n[1] == '0':
		return true
	}
	switch n[:3] {
	case "087", "088", "089", "098", "099":
		return len(n) == 10
	}
	return len(n) >= 8 && len(n) <= 10
}

// fixedLine says whether a phone is a Bulgarian line with its town's code: nine digits with the zero, in some towns eight, and no mobile one.
func fixedLine(phone string) bool {
	var digits []byte
	for _, r := range newReading(phone, nil).plain {
		if digit(r) {
			digits = append(digits, byte(r))
		}
	}
	n := national(string(digits))
	return (len(n) == 8 || len(n) == 9) && n[0] == '0' && n[1] >= '2' && !bulgarianMobile(n)
}

// publicNumber says whether digits are one of the numbers that everybody may call: 0700, 0800 and 0900 with five more.
func publicNumber(digits string) bool {
	digits = national(digits)
	if len(digits) != 9 && len(digits) != 10 {
		return false
	}
	switch digits[:4] {
	case "0700", "0800", "0900", "0901":
		return true
	}
	return false
}

// short says whether digits are a short public number: 116 xxx (harmonised), 150, 160, 166, 112.
func short(digits string) bool { return len(digits) == 6 && strings.HasPrefix(digits, "116") }

// kept says whether a number begins at i that is not to be looked into: a public phone, a firm's ЕИК, a phone of an office; and its last group.
func (t *reading) kept(r run, i int) (last int, ok bool) {
	stretches(r, i, func(s stretch, j int) bool {
		switch {
		case len(s.digits) < fewestLocal:
			return true
		case s.loose():
			return true
		case len(national(s.digits)) == 9 && publicNumber(s.digits), short(s.digits), t.known(s.digits),
			(len(s.digits) == 9 || len(s.digits) == 13) && ValidEIK(s.digits) && t.firm(s):
			last, ok = j, true
			return false
		}
		return true
	})
	if !ok && len(r[i].digits) == 10 && publicNumber(r[i].digits) {
		return i, true
	}
	return last, ok
}

// firm says whether the word nearest to a number says that it is a firm's.
func (t *reading) firm(s stretch) bool {
	return t.nearer(s.from(), aboutFirm, aboutDocument) && t.nearer(s.from(), aboutFirm, aboutPhone) && t.nearer(s.from(), aboutFirm, aboutCard)
}

func (t *reading) known(digits string) bool {
	for _, p := range t.public {
		if p.phone(digits) {
			return true
		}
	}
	return false
}

// phone says whether digits are a telephone number that isn't public.
func (t *reading) phone(s stretch, atEnd bool) bool {
	n := len(s.digits)
	switch {
	case publicNumber(s.digits), short(s.digits), t.known(s.digits):
		return false
	case bulgarianMobile(s.digits):
		return !s.loose() || t.said(s.from(), aboutPhone)
	case t.international(s, atEnd):
		return true
	case n > mostAbroad || s.loose():
		return false
	case fixed(s) && t.line(s):
		return true
	case t.said(s.from(), aboutPhone) && !t.nearer(s.from(), aboutFirm, aboutPhone) && !t.nearer(s.from(), aboutFile, aboutPhone):
		// «тел. 888 12 34 56», «на 0361 2345», and right after the word whatever may be a number, also without the town's code
		switch s.digits[:2] {
		case "87", "88", "89", "98", "99":
			if n == 9 {
				return true
			}
		}
		return n >= 8 && n <= 10 && s.digits[0] == '0' && s.digits[1] != '0' || n <= 12 && t.touches(s.from(), aboutPhone) && !t.amount(s)
	}
	return false
}

// international says whether digits are a number with a country's code, after a plus or 00.
func (t *reading) international(s stretch, atEnd bool) bool {
	digits := s.digits
	if t.plus(s.from()) < 0 {
		rest, ok := strings.CutPrefix(digits, "00")
		if !ok || rest == "" || rest[0] == '0' || len(rest) < 9 {
			return false
		}
		digits = rest
	}
	n := len(digits)
	if n < 8 || n > mostAbroad || digits[0] == '0' {
		return false
	}
	if strings.HasPrefix(digits, "359") {
		return n == 11 || n == 12 && (atEnd || s.alone() || bulgarianMobile(digits) || digits[3] == '2')
	}
	return !s.loose() && n >= 9 && (atEnd || n >= 11 || len(s.groups) == 1)
}

// plus gives where the plus before a number stands, at most a parenthesis or a space away; -1 where none does.
func (t *reading) plus(at int) int {
	for i := at - 1; i >= 0 && i >= at-2; i-- {
		switch t.plain[i] {
		case '+':
			if i > 0 && digit(t.plain[i-1]) || t.plain[i+1] == ' ' && !strings.HasPrefix(string(t.plain[at:min(len(t.plain), at+3)]), "359") && !t.said(at, aboutPhone) {
				return -1 // a sum
			}
			return i
		case ' ', '(':
		default:
			return -1
		}
	}
	return -1
}

// phoneFrom takes what belongs to a phone before its digits: the plus, and a parenthesis that closes within.
func (t *reading) phoneFrom(from, to int) int {
	if at := t.plus(from); at >= 0 {
		from = at
	}
	if from > 0 && t.plain[from-1] == '(' && strings.ContainsRune(string(t.plain[from:to]), ')') {
		from--
	}
	return from
}

// fixed says whether digits have the form of a Bulgarian fixed line: a town's code and a number, nine digits with the zero, in Sofia also ten.
func fixed(s stretch) bool {
	if len(s.digits) != 9 && !(len(s.digits) == 10 && s.digits[1] == '2') || s.digits[0] != '0' || s.digits[1] < '2' {
		return false
	}
	if s.alone() || s.single() {
		return true
	}
	// The first group is the code, or its beginning; a subscriber's number begins with 2 to 9, a file's often with 0.
	first, second := s.groups[0].digits, s.groups[1].digits
	if len(first) == 1 {
		return len(second) > 1
	}
	for _, g := range s.groups {
		if len(g.digits) < 2 && len(first) < 3 {
			return false
		}
	}
	return second[0] >= '2'
}

// line says whether nine digits in the form of a fixed line are one, and no file's number and no firm's.
func (t *reading) line(s stretch) bool {
	from := s.from()
	if t.said(from, aboutPhone) && !t.nearer(from, aboutFile, aboutPhone) && !t.nearer(from, aboutFirm, aboutPhone) {
		return true
	}
	if t.said(from, aboutFile) || t.said(from, aboutFirm) || t.said(from, aboutPublicID) || t.said(from, aboutDocument) {
		return false
	}
	return !s.alone() || !ValidEIK(s.digits)
}
