package webchat

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"orientir/bot"
)

// Who has said enough for an hour takes nothing of what others may say of the guide.
func TestOneAddressDoesNotSilenceTheReportsOnAGuide(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		o.Report = func(context.Context, bot.Report) (bot.Reported, error) { return bot.ReportKept, nil }
	})
	send := func(from string) int {
		answer, _ := b.call(t, "POST", "/guides/criminal-record/report", "part=fee&text=друга+такса",
			"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", from)
		return answer.StatusCode
	}
	for n := range reportsFromAddress + 2*reportsOfGuide {
		if code := send("198.51.100.1"); n < reportsFromAddress && code != http.StatusSeeOther {
			t.Fatalf("report %d: %d", n, code)
		} else if n > reportsFromAddress+2 && code != http.StatusTooManyRequests {
			t.Fatalf("report %d of one address: %d", n, code)
		}
	}
	for n := range 5 {
		if code := send(fmt.Sprintf("198.51.100.%d", 10+n)); code != http.StatusSeeOther {
			t.Errorf("another address is told %d", code)
		}
	}
}
