package staff

import (
	"crypto/sha256"
	"testing"
	"time"
)

// TestCodesOfTheStandard holds codes to RFC 4226, appendix D, and RFC 6238, appendix B, whose codes of eight digits end in ours.
func TestCodesOfTheStandard(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for step, code := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if step == 0 {
			continue // the first half minute of 1970 is no step
		}
		if got, err := stepOf(secret, code, time.Unix(int64(step)*codeSeconds, 0)); err != nil || got != int64(step) {
			t.Errorf("step %d: %d, %v", step, got, err)
		}
	}
	for at, code := range map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130"} {
		if got, err := stepOf(secret, code[2:], time.Unix(at, 0)); err != nil || got != at/codeSeconds {
			t.Errorf("at %d: %d, %v", at, got, err)
		}
	}
	now := time.Unix(59, 0)
	for ahead, fits := range map[time.Duration]bool{-30 * time.Second: true, 30 * time.Second: true, 60 * time.Second: false, -time.Hour: false} {
		if got, err := stepOf(secret, "28 70 82", now.Add(ahead)); err != nil || got == 1 != fits {
			t.Errorf("%s later: %d, %v", ahead, got, err)
		}
	}
	for _, typed := range []string{"", "28708", "2870822", "287083", "２８７０８２"} {
		if got, err := stepOf(secret, typed, now); err != nil || got != 0 {
			t.Errorf("%q is of step %d, %v", typed, got, err)
		}
	}
}

func TestRecoveryCodesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	code := newRecoveryCode()
	for _, typed := range []string{code.String(), string(code), " " + code.String() + " "} {
		if got, ok := readRecoveryCode(typed); !ok || got != code {
			t.Errorf("%q is %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "123456", string(code[1:]), string(code) + "A"} {
		if _, ok := readRecoveryCode(typed); ok {
			t.Errorf("%q is a recovery code", typed)
		}
	}
	if code.LogValue().String() == string(code) {
		t.Error("it is logged")
	}
}

// openVault is a Sealer that hides nothing. The real one, which is of a floor above, is tried in handoff/console.
type openVault struct{}

func (openVault) Seal(text, _ string) []byte                   { return []byte(text) }
func (openVault) Open(sealed []byte, _ string) (string, error) { return string(sealed), nil }
func (openVault) Fingerprint(words string) []byte {
	h := sha256.Sum256([]byte("key " + words))
	return h[:]
}
