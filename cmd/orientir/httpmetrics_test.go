package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestWhoIsGoneIsNoErrorOfTheSite: who leaves before the answer is counted apart from those who are told that it can't be given.
func TestWhoIsGoneIsNoErrorOfTheSite(t *testing.T) {
	t.Parallel()
	for want, leave := range map[string]bool{"499": true, "503": false} {
		registry := prometheus.NewRegistry()
		ctx, cancel := context.WithCancel(t.Context())
		handler := newHTTPMetrics(registry).count(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if leave {
				cancel()
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		cancel()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "orientir_http_requests_total" {
				continue
			}
			for _, l := range f.Metric[0].Label {
				if l.GetName() == "status" && l.GetValue() != want {
					t.Errorf("the status is %s, want %s", l.GetValue(), want)
				}
			}
		}
	}
}
