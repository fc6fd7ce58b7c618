package privacy

import "strings"

// ValidEGN checks a Bulgarian personal number: its date (month +20 before 1900, +40 from 2000 on) and check digit
// (weights and remainder as ГРАО publishes them).
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
	return weighted(digits, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == int(digits[9]-'0')
}

// weighted adds the first digits, each times its weight.
func weighted(digits string, weights ...int) (sum int) {
	for i, weight := range weights {
		sum += weight * int(digits[i]-'0')
	}
	return sum
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
	return len(digits) == 10 && strings.Trim(digits, "0") != "" &&
		weighted(digits, 21, 19, 17, 13, 11, 9, 7, 3, 1)%10 == int(digits[9]-'0')
}

// ValidEIK checks the number of a firm, 9 digits, or of its branch, 13.
func ValidEIK(digits string) bool {
	switch len(digits) {
	case 9:
		return strings.Trim(digits, "0") != "" && eikDigit(weighted(digits, 1, 2, 3, 4, 5, 6, 7, 8), weighted(digits, 3, 4, 5, 6, 7, 8, 9, 10)) == int(digits[8]-'0')
	case 13:
		return ValidEIK(digits[:9]) && eikDigit(weighted(digits[8:], 2, 7, 3, 5), weighted(digits[8:], 4, 9, 5, 7)) == int(digits[12]-'0')
	}
	return false
}

// eikDigit is the check digit of a sum; where it would be 10, of a second sum with other weights.
func eikDigit(first, second int) int {
	if first%11 < 10 {
		return first % 11
	}
	return second % 11 % 10
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

// mod97 is the check of ISO 13616.
func mod97(letters []byte) bool {
	rest := 0
	for i := range letters {
		c := letters[(i+4)%len(letters)]
		if c >= 'a' {
			rest = (rest*100 + int(c-'a') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}
