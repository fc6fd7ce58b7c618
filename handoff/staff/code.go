package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"strings"
	"time"
)

// Code is a short one-time secret that people type: eight characters of 31, about 39 bits. It is good for a few minutes and
// a few tries only. The database holds its hash.
type Code string

// CodeLife is how long a code is good.
const CodeLife = 10 * time.Minute

const (
	codeLength   = 8
	codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ" // without 0 and O, 1, I and L
)

// NewCode makes a code.
func NewCode() Code {
	b := make([]byte, 0, codeLength)
	for random := make([]byte, 1); len(b) < codeLength; {
		rand.Read(random)
		// The 256 values of a byte don't divide by 31: those past the last whole multiple are thrown away.
		if n := int(random[0]); n < 256/len(codeAlphabet)*len(codeAlphabet) {
			b = append(b, codeAlphabet[n%len(codeAlphabet)])
		}
	}
	return Code(b)
}

// typedAs are Cyrillic letters that look like letters of the alphabet: a keyboard is easily left on Bulgarian.
var typedAs = strings.NewReplacer("А", "A", "В", "B", "С", "C", "Е", "E", "Н", "H", "К", "K", "М", "M", "Р", "P", "Т", "T", "Х", "X", "У", "Y", " ", "", "-", "")

// ReadCode takes a code as somebody typed it; false where it can be none.
func ReadCode(typed string) (Code, bool) {
	typed = typedAs.Replace(strings.ToUpper(strings.TrimSpace(typed)))
	if len(typed) != codeLength || strings.Trim(typed, codeAlphabet) != "" {
		return "", false
	}
	return Code(typed), true
}

// Hash is a plain SHA-256: guessing is limited by tries and by time, and a code that leaks with its table has long expired.
func (c Code) Hash() []byte {
	h := sha256.Sum256([]byte(c))
	return h[:]
}

// String parts the code in two, as people read it: «K7XM-2PQR».
func (c Code) String() string {
	if len(c) != codeLength {
		return string(c)
	}
	return string(c[:codeLength/2] + "-" + c[codeLength/2:])
}

// LogValue keeps codes out of logs.
func (c Code) LogValue() slog.Value { return slog.StringValue("…") }
