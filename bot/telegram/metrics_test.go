package telegram

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestATelegramThatNeverAnswersIsUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	m := newMetrics(nil)
	left, leave := context.WithCancel(t.Context())
	leave()
	for _, c := range []struct {
		name, method string
		ctx          context.Context
		want         float64
	}{
		{"no answer in time", "sendMessage", t.Context(), 1},
		{"a poll without an end", "getUpdates", t.Context(), 0},
		{"the program stops", "getMe", left, 0},
	} {
		client := countingClient(&http.Client{Timeout: 300 * time.Millisecond, Transport: &http.Transport{}}, m.calls)
		r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, "http://"+listener.Addr().String()+"/bot1:secret/"+c.method, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := client.Do(r); err == nil {
			resp.Body.Close()
			t.Errorf("%s: an answer", c.name)
		}
		if got := countOf(t, m.calls, c.method, "unreachable"); got != c.want {
			t.Errorf("%s: %v calls found Telegram unreachable, want %v", c.name, got, c.want)
		}
	}
}

func countOf(t *testing.T, calls *prometheus.CounterVec, method, result string) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(calls)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range families[0].GetMetric() {
		if m.GetLabel()[0].GetValue() == method && m.GetLabel()[1].GetValue() == result {
			return m.GetCounter().GetValue()
		}
	}
	return 0
}

func TestACallIsCountedByItsMethodAndNeverByItsAddress(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/bot1:secret/sendMessage":       "sendMessage",
		"/bot1:secret/getUpdates":        "getUpdates",
		"/local/bot1:secret/getMe":       "getMe",
		"/bot1:secret/somethingNew":      "other",
		"/bot1:secret":                   "other",
		"/file/bot1:secret/photos/1.jpg": "other",
	} {
		if got := methodOf(path); got != want {
			t.Errorf("%s is counted as %q, want %q", path, got, want)
		}
	}
}

func TestAStatusOfTelegramHasAName(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "ok", 400: "refused", 401: "unauthorized", 403: "blocked", 404: "unauthorized", 409: "conflict", 429: "limited", 500: "failed", 502: "failed"} {
		if got := resultOf(status); got != want {
			t.Errorf("status %d is %q, want %q", status, got, want)
		}
	}
}
