package staff

import (
	"strings"
	"testing"
)

// A code that somebody types is one of ours in one form, or none, whatever keyboard it was typed on.
func FuzzCodes(f *testing.F) {
	for _, seed := range []string{"K7XM-2PQR", "к7хм2рqr", "K7XM 2PQR K7XM 2PQR", "", "ı", "ß\u0130", "\xff", "ＫＭ", strings.Repeat("-", 4000) + "K7XM2PQR", "K7XM\u00ad2PQR"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		if code, ok := ReadCode(typed); ok {
			if len(code) != codeLength || strings.Trim(string(code), codeAlphabet) != "" {
				t.Errorf("%q is %q", typed, string(code))
			}
			if again, ok := ReadCode(code.String()); !ok || again != code {
				t.Errorf("%q is %q, and that is %q", typed, string(code), string(again))
			}
		}
		if code, ok := readRecoveryCode(typed); ok {
			if again, ok := readRecoveryCode(code.String()); !ok || again != code || len(code) != recoveryLength {
				t.Errorf("%q is %q, and that is %q", typed, string(code), string(again))
			}
		}
	})
}
