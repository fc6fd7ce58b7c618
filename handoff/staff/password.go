package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id: the second choice of the OWASP Password Storage Cheat Sheet, 19 MiB, two passes, one lane
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32 // bytes
	argonSalt    = 16 // bytes
)

// MinPassword is the least number of characters of a password. Length is asked for and no mix of character kinds,
// as NIST SP 800-63B section 5.1.1 advises.
const MinPassword = 12

// Every hashing takes argonMemory, so there are hashingAtOnce at a time, and at most hashingAsked that run or wait: a flood of sign-ins costs
// 76 MiB, and who comes beyond it is asked to come again.
const (
	hashingAtOnce = 4
	hashingAsked  = 200
	hashingPause  = 10 * time.Second
)

// maxPassword bounds the work of hashing, in bytes.
const maxPassword = 512

// newPassword checks a new password and gives its PHC string. Faults come as *Fault.
func (s *Store) newPassword(ctx context.Context, password, email string) (string, error) {
	local, _, _ := strings.Cut(email, "@")
	lower := strings.ToLower(password)
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		return "", &Fault{Field: "password", Key: "console.fault_password_short", Args: []any{MinPassword}}
	case len(password) > maxPassword:
		return "", &Fault{Field: "password", Key: "console.fault_password_long"}
	case fewDifferent(lower), len(local) > 3 && strings.Contains(lower, local):
		return "", &Fault{Field: "password", Key: "console.fault_password_easy"}
	}
	return s.hash(ctx, password)
}

// hash gives the PHC string of a password.
func (s *Store) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key, err := s.derive(ctx, password, salt, argonTime, s.memory, argonThreads, argonKey)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, s.memory, argonTime, argonThreads, b64(salt), b64(key)), nil
}

// verify says whether the password fits the PHC string. With an empty string it does the same work and says no,
// so that the time of the answer doesn't tell which accounts exist.
func (s *Store) verify(ctx context.Context, phc, password string) (bool, error) {
	if len(password) > maxPassword {
		password = password[:maxPassword]
	}
	if phc == "" {
		_, err := s.derive(ctx, password, make([]byte, argonSalt), argonTime, s.memory, argonThreads, argonKey)
		return false, err
	}
	var version int
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("verify password: not an argon2id string")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("verify password: argon2 version %q", parts[2])
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false, fmt.Errorf("verify password: parameters: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("verify password: salt: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("verify password: key: %w", err)
	}
	got, err := s.derive(ctx, password, salt, passes, memory, threads, uint32(len(want)))
	if err != nil {
		return false, err
	}
	return len(want) > 0 && subtle.ConstantTimeCompare(got, want) == 1, nil
}

// weaker says whether a PHC string was made with less work than we ask for today.
func (s *Store) weaker(phc string) bool {
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 {
		return false
	}
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads)
	return err == nil && (memory < s.memory || passes < argonTime)
}

func (s *Store) derive(ctx context.Context, password string, salt []byte, passes, memory uint32, threads uint8, size uint32) ([]byte, error) {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > hashingAsked {
		return nil, &TooMany{RetryAfter: hashingPause}
	}
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("hash password: %w", ctx.Err())
	}
	defer func() { <-s.hashing }()
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, size), nil
}

// fewDifferent says whether a password is made of at most three different characters.
func fewDifferent(password string) bool {
	seen := map[rune]bool{}
	for _, r := range password {
		seen[r] = true
	}
	return len(seen) <= 3
}
