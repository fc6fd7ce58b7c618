package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
)

func TestPagesAreStrict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/", "/?lang=en", "/privacy", "/accessibility?lang=en", "/guides/criminal-record", "/guides/none", "/nowhere", "/embed", "/kiosk/vratsa", "/kiosk/vratsa?lang=en", "/kiosk/xyz", "/continue"} {
		response, body := b.call(t, "GET", path, "")
		policy := response.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		framed := "frame-ancestors 'none'"
		if path == "/embed" {
			framed = "frame-ancestors https://library.example"
		}
		if !strings.HasSuffix(policy, framed) {
			t.Errorf("%s: policy %q does not end in %q", path, policy, framed)
		}
		if deny := response.Header.Get("X-Frame-Options") == "DENY"; deny == (path == "/embed") {
			t.Errorf("%s: X-Frame-Options %q", path, response.Header.Get("X-Frame-Options"))
		}
		for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"} {
			if got := response.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", path, header, got)
			}
		}
		if !strings.Contains(response.Header.Get("Permissions-Policy"), "geolocation=(self)") {
			t.Errorf("%s: Permissions-Policy %q", path, response.Header.Get("Permissions-Policy"))
		}
		for _, never := range []string{" style=", " onclick=", "<style", "<script>", "javascript:"} {
			if strings.Contains(body, never) {
				t.Errorf("%s holds %q, which the policy forbids", path, never)
			}
		}
		if len(response.Cookies()) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
	}
}

func TestNobodyFramesUsWithoutASetting(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.EmbedOrigins = nil })
	response, _ := b.call(t, "GET", "/embed", "")
	if policy := response.Header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %q", policy)
	}
}

func TestOtherSitesCannotPostForAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/", "/api/v1/ask", "/api/v1/conversations/messages"} {
		response, _ := b.call(t, "POST", path, `{"question":"съдебно"}`, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, test := range map[string]struct {
		method, path string
		status       int
		media, words string
	}{
		"page":           {"GET", "/nowhere", 404, "text/html; charset=utf-8", "Няма такава страница"},
		"page, English":  {"GET", "/nowhere?lang=en", 404, "text/html; charset=utf-8", "There is no such page"},
		"guide":          {"GET", "/guides/none", 404, "text/html; charset=utf-8", "Към чата"},
		"API":            {"GET", "/api/v2/ask", 404, "application/problem+json", "Няма такава"},
		"API, method":    {"GET", "/api/v1/ask", 405, "application/problem+json", ""},
		"static file":    {"GET", "/static/none.js", 404, "text/html; charset=utf-8", ""},
		"outside static": {"GET", "/static/..%2fsite.go", 404, "text/html; charset=utf-8", ""},
	} {
		response, body := b.call(t, test.method, test.path, "")
		if response.StatusCode != test.status || response.Header.Get("Content-Type") != test.media || !strings.Contains(body, test.words) {
			t.Errorf("%s: %d %s\n%s", name, response.StatusCode, response.Header.Get("Content-Type"), body)
		}
	}
	response, _ := b.call(t, "DELETE", "/api/v1/ask", "")
	if got := response.Header.Get("Allow"); got != "POST" {
		t.Errorf("Allow is %q", got)
	}
}

func TestTooManyRequestsAreToldKindly(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Limits.Questions, o.Limits.Messages = 3, 3 })
	var last *http.Response
	var body string
	for range 4 {
		last, body = b.call(t, "GET", "/api/v1/help-points?place=Враца", "")
	}
	var problem struct {
		Status int
		Detail string
	}
	if err := json.Unmarshal([]byte(body), &problem); err != nil {
		t.Fatal(err)
	}
	if last.StatusCode != 429 || problem.Status != 429 || last.Header.Get("Retry-After") == "" || !strings.Contains(problem.Detail, "112") {
		t.Errorf("%d, Retry-After %q: %s", last.StatusCode, last.Header.Get("Retry-After"), body)
	}
	if ok, _ := b.call(t, "GET", "/", ""); ok.StatusCode != 200 {
		t.Errorf("reading a page costs nothing, got %d", ok.StatusCode)
	}
	open := setup(t, func(o *Options) { o.Limits.Questions, o.NoLimits = 1, true })
	for range 3 {
		if response, _ := open.call(t, "GET", "/api/v1/help-points?place=Враца", ""); response.StatusCode != 200 {
			t.Errorf("limits are off, got %d", response.StatusCode)
		}
	}
}

// A token may be made by anybody: what begins a conversation is its first message, and those are counted.
func TestInventedTokensBeginNoMoreConversations(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Limits.Beginnings = 3 })
	say := func(token, event string) int {
		r, _ := b.call(t, "POST", "/api/v1/conversations/messages", `{"event_id":"`+event+`","kind":"text","text":"съдебно"}`,
			"Content-Type", "application/json", "Orientir-Conversation", token)
		return r.StatusCode
	}
	first := newToken()
	for i, token := range []string{first, newToken(), newToken()} {
		if status := say(token, fmt.Sprintf("event-%04d", i)); status != http.StatusAccepted {
			t.Fatalf("beginning %d is refused with %d", i, status)
		}
	}
	if status := say(newToken(), "event-0009"); status != http.StatusTooManyRequests {
		t.Errorf("a fourth beginning gets %d", status)
	}
	if status := say(first, "event-0010"); status != http.StatusAccepted {
		t.Errorf("a conversation that goes on gets %d", status)
	}
}

func TestAddressIsBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	s := &site{Options: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for name, test := range map[string]struct{ remote, forwarded, want string }{
		"nobody between":             {"198.51.100.7:4000", "", "198.51.100.7"},
		"a stranger claims another":  {"198.51.100.7:4000", "203.0.113.9", "198.51.100.7"},
		"our proxy":                  {"10.1.2.3:4000", "203.0.113.9", "203.0.113.9"},
		"two of our proxies":         {"10.1.2.3:4000", "203.0.113.9, 10.4.4.4", "203.0.113.9"},
		"a lie before our proxy":     {"10.1.2.3:4000", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		"nonsense":                   {"10.1.2.3:4000", "nonsense", "10.1.2.3"},
		"our proxy on the same host": {"[::1]:4000", "203.0.113.9", "203.0.113.9"},
		"IPv6 counts as a household": {"[2001:db8:1:2:3:4:5:6]:4000", "", "2001:db8:1:2::/64"},
		"IPv4 written as IPv6":       {"[::ffff:198.51.100.7]:4000", "", "198.51.100.7"},
		"no address (a unix socket)": {"@", "", "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = test.remote
			if test.forwarded != "" {
				r.Header.Set("X-Forwarded-For", test.forwarded)
			}
			if got := s.address(r); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestOurOwnFaultsAreOurs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, question := range []string{"гръм", "паника"} {
		response, body := b.call(t, "POST", "/api/v1/ask", `{"question":"`+question+`"}`)
		if response.StatusCode != 500 || !strings.Contains(body, "Грешката е наша") || strings.Contains(body, "answerer") {
			t.Errorf("%s: %d %s", question, response.StatusCode, body)
		}
	}
}

// An empty 200 would tell a script that its message was taken.
func TestRequestThatAStopCutsOffIsNoSuccess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, r := range []*http.Request{
		httptest.NewRequestWithContext(ctx, "GET", "/guides/criminal-record", nil),
		httptest.NewRequestWithContext(ctx, "POST", "/api/v1/ask", strings.NewReader(`{"question": "гръм"}`)),
	} {
		w := httptest.NewRecorder()
		b.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d", r.URL.Path, w.Code)
		}
	}
}

func TestStaticFilesAreKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, home := b.call(t, "GET", "/", "")
	_, rest, _ := strings.Cut(home, `href="/static/tokens.css`)
	address, _, _ := strings.Cut(rest, `"`)
	response, _ := b.call(t, "GET", "/static/tokens.css"+address, "")
	if got := response.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("with its hash: %q", got)
	}
	response, _ = b.call(t, "GET", "/static/stream.js", "")
	if got := response.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("without: %q", got)
	}
	again, _ := b.call(t, "GET", "/static/stream.js", "", "If-None-Match", response.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("an unchanged file came again: %d", again.StatusCode)
	}
}

func TestFirstPageIsSmall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, home := b.call(t, "GET", "/", "")
	total := len(home)
	a, err := LoadAssets(os.DirFS("static"), "/static/")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range a.content {
		if name != "widget.js" && name != "embed.js" && name != "embed.css" && !strings.HasPrefix(name, "kiosk.") && !strings.HasPrefix(name, "continue.") {
			total += len(data)
		}
	}
	if total > 100<<10 {
		t.Errorf("the first page weighs %d bytes uncompressed, at most 100 KB are allowed", total)
	}
}

// TestOurOwnPageBehindAProxy sends as an older browser does, through a proxy that asks for another host.
func TestOurOwnPageBehindAProxy(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.PublicURL = "https://orientir.example/" })
	for origin, want := range map[string]int{"https://orientir.example": http.StatusOK, "https://evil.example": http.StatusForbidden} {
		if response, body := b.call(t, "POST", "/api/v1/ask", `{"question":"съдебно"}`, "Origin", origin); response.StatusCode != want {
			t.Errorf("%s: %d %s", origin, response.StatusCode, body)
		}
	}
}
