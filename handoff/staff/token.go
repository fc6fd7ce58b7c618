package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
)

// Token is a random secret of 256 bits, for a cookie or a one-time link. The database holds only its hash.
type Token string

func newToken() Token {
	b := make([]byte, 32)
	rand.Read(b)
	return Token(base64.RawURLEncoding.EncodeToString(b))
}

// hash is a plain SHA-256: the token has full entropy, so nothing slower is needed.
func (t Token) hash() []byte {
	h := sha256.Sum256([]byte(t))
	return h[:]
}

// LogValue keeps tokens out of logs.
func (t Token) LogValue() slog.Value { return slog.StringValue("…") }
