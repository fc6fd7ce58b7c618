package openai

import (
	"testing"
	"time"
)

// A server that says when to come back is heard, and one that says nonsense is not.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"3", "0.5", "-1", "1e5", "1e300", "NaN", "Inf", "Sun, 22 Nov 2026 10:00:05 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "", "0x1p10", "\xff"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if wait := retryAfter(header, now); wait < 0 {
			t.Errorf("%q is %v", header, wait)
		}
	})
}
