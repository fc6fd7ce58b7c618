package privacy

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The numbers of these tests are made here, by the published rules, and belong to nobody: the checks under test are not used to make them.

type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 7))} }

func (m maker) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + m.IntN(10)))
	}
	return b.String()
}

// egn makes a personal number of somebody born in a century: 18, 19 or 20.
func (m maker) egn(century int) string {
	month := 1 + m.IntN(12)
	switch century {
	case 18:
		month += 20
	case 20:
		month += 40
	}
	head := fmt.Sprintf("%02d%02d%02d%s", m.IntN(100), month, 1+m.IntN(28), m.digits(3))
	sum := 0
	for i, w := range []int{2, 4, 8, 5, 10, 9, 7, 3, 6} {
		sum += w * int(head[i]-'0')
	}
	check := sum % 11
	if check == 10 {
		check = 0
	}
	return head + fmt.Sprint(check)
}

// broken changes the last digit, which is a check digit.
func broken(number string) string {
	last := number[len(number)-1]
	return number[:len(number)-1] + string('0'+(last-'0'+1)%10)
}

// noEGN makes a number of an ЕГН's form with a wrong check digit, which is no ЛНЧ either: one in ten of all numbers passes that check.
func (m maker) noEGN() string {
	for {
		number := broken(m.egn(19 + m.IntN(2)))
		sum := 0
		for i, w := range []int{21, 19, 17, 13, 11, 9, 7, 3, 1} {
			sum += w * int(number[i]-'0')
		}
		if sum%10 != int(number[9]-'0') {
			return number
		}
	}
}

// lnch makes a foreigner's number that is no ЕГН: its month would be 13 to 19.
func (m maker) lnch() string {
	head := "10" + fmt.Sprintf("%02d", 13+m.IntN(7)) + m.digits(5)
	sum := 0
	for i, w := range []int{21, 19, 17, 13, 11, 9, 7, 3, 1} {
		sum += w * int(head[i]-'0')
	}
	return head + fmt.Sprint(sum%10)
}

// card makes a number of n digits with an issuer's beginning.
func (m maker) card(begin string, n int) string {
	head := begin + m.digits(n-1-len(begin))
	sum := 0
	for i := range len(head) {
		d := int(head[len(head)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return head + fmt.Sprint((10-sum%10)%10)
}

// iban makes an account number: country and the part behind the check digits.
func (m maker) iban(country, account string) string {
	rest := 0
	for _, r := range account + country + "00" {
		if r >= 'A' {
			rest = (rest*100 + int(r-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(r-'0')) % 97
		}
	}
	return fmt.Sprintf("%s%02d%s", country, 98-rest, account)
}

func (m maker) bulgarianIBAN() string { return m.iban("BG", "TEST"+m.digits(14)) }

// eik makes a firm's number of 9 digits.
func (m maker) eik() string {
	head := "2" + m.digits(7)
	sum := func(from int) (s int) {
		for i := range 8 {
			s += (from + i) * int(head[i]-'0')
		}
		return s % 11
	}
	check := sum(1)
	if check == 10 {
		check = sum(3) % 10
	}
	return head + fmt.Sprint(check)
}

// branch makes the 13 digits of a firm's branch.
func (m maker) branch() string {
	head := m.eik() + m.digits(3)
	sum := func(weights ...int) (s int) {
		for i, w := range weights {
			s += w * int(head[8+i]-'0')
		}
		return s % 11
	}
	check := sum(2, 7, 3, 5)
	if check == 10 {
		check = sum(4, 9, 5, 7) % 10
	}
	return head + fmt.Sprint(check)
}

// parts writes digits in groups of these sizes.
func parts(digits, between string, sizes ...int) string {
	var out []string
	for _, n := range sizes {
		out = append(out, digits[:n])
		digits = digits[n:]
	}
	if digits != "" {
		out = append(out, digits)
	}
	return strings.Join(out, between)
}

// each puts something between all digits.
func each(digits, between string) string { return strings.Join(strings.Split(digits, ""), between) }

func fullWidth(digits string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '０' }, digits)
}

func inWords(digits string) string {
	names := strings.Fields("нула едно две три четири пет шест седем осем девет")
	var out []string
	for _, d := range digits {
		out = append(out, names[d-'0'])
	}
	return strings.Join(out, " ")
}
