package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthAsksTheServer(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the index is being built", http.StatusServiceUnavailable)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, c := range []struct{ addr, args, want, fault string }{
		{port, "health", "ok", ""},
		{"0.0.0.0" + port, "health", "ok", ""},
		{"127.0.0.1" + port, "health --ready", "", "503: the index is being built"},
		{"127.0.0.1:1", "health", "", "не отговаря"},
		{"nonsense", "health", "", "ORIENTIR_ADDR"},
	} {
		root := command(func(name string) string {
			return map[string]string{"ORIENTIR_ADDR": c.addr, "ORIENTIR_DATA_DIR": "/nowhere"}[name]
		})
		var out bytes.Buffer
		root.SetArgs(strings.Fields(c.args))
		root.SetOut(&out)
		err := root.ExecuteContext(t.Context())
		if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) || strings.TrimSpace(out.String()) != c.want {
			t.Errorf("%s on %s: %q, %v", c.args, c.addr, out.String(), err)
		}
	}
}

func TestVersionIsToldInBulgarian(t *testing.T) {
	t.Parallel()
	said, err := run(t, "--version")
	if err != nil || !strings.HasPrefix(said, "orientir ") || strings.Contains(said, "version") {
		t.Errorf("%q, %v", said, err)
	}
}
