package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"orientir/handoff/staff"
)

// mayBeKept are the addresses whose answers a browser or a proxy may keep: they are the same for everybody.
var mayBeKept = []string{"/widget.js", "/static/", "/console/static/", "/sitemap.xml", "/robots.txt", "/news.atom", "/stats.json", "/stats.csv", ".ics", ".jsonld"}

// forOthers are the addresses that other sites may take into their pages.
var forOthers = []string{"/widget.js", "/embed", ".jsonld"}

func anyOf(of []string) func(path string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(of, func(part string) bool {
			return strings.HasSuffix(part, "/") && strings.HasPrefix(path, part) || strings.HasSuffix(path, part)
		})
	}
}

// strict holds an answer to the headers that every one has.
func strict(path string, got reply) (faults []string) {
	fault := func(words ...string) { faults = append(faults, path+": "+strings.Join(words, " ")) }
	h := got.header
	csp := h.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || strings.Contains(csp, "data:") || !strings.Contains(csp, "frame-ancestors ") {
		fault("policy", csp)
	}
	if strings.Contains(csp, "script-src") && (!strings.Contains(csp, "base-uri 'none'") || !strings.Contains(csp, "form-action ")) {
		fault("a page's policy", csp)
	}
	framed := !strings.HasSuffix(csp, "frame-ancestors 'none'")
	if framed != (path == "/embed") || framed && !strings.HasSuffix(csp, "frame-ancestors https://library.example") {
		fault("may be framed:", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000", "Cross-Origin-Opener-Policy": "same-origin"} {
		if h.Get(name) != want {
			fault(name, h.Get(name))
		}
	}
	if !slices.Contains([]string{"no-referrer", "same-origin", "strict-origin-when-cross-origin"}, h.Get("Referrer-Policy")) {
		fault("Referrer-Policy", h.Get("Referrer-Policy"))
	}
	for _, feature := range []string{"camera=()", "microphone=()"} {
		if !strings.Contains(h.Get("Permissions-Policy"), feature) {
			fault("Permissions-Policy", h.Get("Permissions-Policy"))
		}
	}
	if want := map[bool]string{true: "cross-origin", false: "same-origin"}[anyOf(forOthers)(path) && got.code < 300]; h.Get("Cross-Origin-Resource-Policy") != want {
		fault("Cross-Origin-Resource-Policy", h.Get("Cross-Origin-Resource-Policy"))
	}
	if !strings.Contains(h.Get("Cache-Control"), "no-store") && (!anyOf(mayBeKept)(path) || got.code >= 400) {
		fault("Cache-Control", h.Get("Cache-Control"))
	}
	if strings.HasPrefix(path, "/console/") && !strings.HasPrefix(path, "/console/static/") && h.Get("Cache-Control") != "no-store" {
		fault("Cache-Control of the staff site", h.Get("Cache-Control"))
	}
	if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
		fault("says what it is made with")
	}
	for _, c := range got.cookies {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode {
			fault("cookie", c.String())
		}
	}
	return faults
}

// TestHeadersOfEveryRoute asks every address, as nobody and as somebody who may do everything, whatever the answer is.
func TestHeadersOfEveryRoute(t *testing.T) {
	t.Parallel()
	g := guard(t)
	g.staff(staff.Profile{Email: "last@example.bg", Roles: []staff.Role{staff.Admin}})
	everything, _ := g.staff(staff.Profile{Email: "all@example.bg", Roles: staff.Roles()})
	cookies := 0
	for _, pattern := range g.patterns() {
		method, path := addressOf(pattern)
		for _, w := range []*caller{g.nobody(), everything} {
			if strings.HasSuffix(path, "/sign-out") && w == everything {
				continue
			}
			got := w.send(method, path, "application/x-www-form-urlencoded", strings.NewReader(""))
			cookies += len(got.cookies)
			for _, f := range strict(path, got) {
				t.Errorf("%s, %d: %s", pattern, got.code, f)
			}
		}
	}
	// And what no route answers, what is refused before one, and what sets cookies.
	signedIn := g.nobody()
	for _, ask := range []struct{ method, path, form string }{
		{"GET", "/nowhere", ""}, {"DELETE", "/", ""}, {"PUT", "/api/v1/ask", ""}, {"GET", "//nowhere//", ""}, {"GET", "/console/nowhere", ""}, {"GET", "/console/static/nothing.js", ""}, {"GET", "/telegram/webhook", ""},
		{"GET", "/static/chat.css", ""}, {"GET", "/static/nothing", ""}, {"GET", "/api/v1/nothing", ""},
		{"POST", "/console/sign-in", url.Values{"email": {"all@example.bg"}, "password": {testPassword}}.Encode()}, {"POST", "/console/language", "language=en"},
		{"POST", "/console/hosts", "host=mjs.bg"}, {"GET", "/console/hosts", ""}, {"POST", "/console/sign-out", ""},
		{"POST", "/", "text=%D1%80&event_id=event-000001"}, {"GET", "/", ""}, {"POST", "/", "command=forget&event_id=event-000002"},
	} {
		got := signedIn.send(ask.method, ask.path, "application/x-www-form-urlencoded", strings.NewReader(ask.form))
		cookies += len(got.cookies)
		for _, f := range strict(ask.path, got) {
			t.Errorf("%s %s, %d: %s", ask.method, ask.path, got.code, f)
		}
	}
	if cookies < 6 {
		t.Errorf("only %d cookies were set", cookies)
	}
}

// Without https there is nothing to hold browsers to, and a cookie that asks for it would be lost.
func TestHeadersWithoutHTTPS(t *testing.T) {
	t.Parallel()
	g := guard(t, "ORIENTIR_PUBLIC_URL", "http://localhost:8080")
	w, _ := g.staff(staff.Profile{Email: "all@example.bg", Roles: staff.Roles()})
	got := w.post("/console/language", url.Values{"language": {"en"}})
	if got.header.Get("Strict-Transport-Security") != "" || len(got.cookies) != 1 {
		t.Fatalf("%v", got.header)
	}
	if c := got.cookies[0]; c.Name != "orientir_staff_language" || c.Secure || !c.HttpOnly || c.Path != "/console/" {
		t.Errorf("cookie %v", c)
	}
	if _, ok := w.cookies["orientir_staff"]; !ok {
		t.Errorf("cookies %v", w.cookies)
	}
}
