package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"orientir/handoff/staff"
)

// parameterNames are all that the handlers of a folder read from addresses and forms, as their source has them.
func parameterNames(t *testing.T, folder string) (names []string) {
	t.Helper()
	reads := regexp.MustCompile(`(?:FormValue|\bGet|\bHas|\bat)\("([a-z][a-z_.]{0,30})"`)
	files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(folder, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reads.FindAllStringSubmatch(string(source), -1) {
			if !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
	}
	if len(names) < 8 {
		t.Fatalf("%s: only %q", folder, names)
	}
	return names
}

// whoever may do everything, so that a handler is reached.
func (g *guarded) whoMayAll() *caller {
	g.Helper()
	g.staff(staff.Profile{Email: "last@example.bg", Roles: []staff.Role{staff.Admin}})
	w, _ := g.staff(staff.Profile{Email: "all@example.bg", Roles: staff.Roles()})
	return w
}

// quiet holds an answer to telling nothing of how the program is made.
func quiet(got reply) string {
	for _, words := range []string{"SQLSTATE", "pgx", "pgconn", "goroutine ", ".go:", "syntax error", "root:x:0"} {
		if strings.Contains(got.body, words) {
			return words
		}
	}
	return ""
}

// TestHostileAddresses puts into every part of every address, and into every parameter that a handler reads, what breaks out of SQL, of paths
// and of headers. Nothing is a fault of ours, nothing changes, and nobody learns how it is made.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	g := guard(t)
	w := g.whoMayAll()
	before := g.fingerprint()
	parameters := map[bool][]string{true: parameterNames(t, "handoff/console"), false: parameterNames(t, "bot/webchat")}
	values := []string{`'`, `"`, `\`, `');DROP TABLE staff;--`, `1' OR '1'='1`, `%_*?[`, "\x00", "\xff\xfe", "-1", "9223372036854775808", "1e400", "NaN", "\r\nSet-Cookie: a=b", "../../../../etc/passwd", "{{.}}", strings.Repeat("ж", 3000)}
	asked := 0
	ask := func(path string) {
		got := w.get(path)
		asked++
		if got.code >= 500 && path != "/readyz" && !strings.HasPrefix(path, "/readyz?") {
			t.Errorf("%.200s: %d", path, got.code)
		}
		if words := quiet(got); words != "" {
			t.Errorf("%.200s says %q", path, words)
		}
		if got.header.Get("Set-Cookie") != "" && strings.Contains(got.header.Get("Set-Cookie"), "a=b") {
			t.Errorf("%.200s sets a cookie", path)
		}
	}
	for i, pattern := range g.patterns() {
		method, path := addressOf(pattern)
		if method != http.MethodGet || strings.HasSuffix(path, "/stream") {
			continue
		}
		for _, value := range values {
			query := url.Values{}
			for _, name := range parameters[strings.HasPrefix(path, "/console/")] {
				query.Set(name, value)
			}
			if len(value) < 1000 { // longer than headers may be, all together
				ask(path + "?" + query.Encode())
			}
			if _, after, _ := strings.Cut(pattern, " "); wildcard.MatchString(after) {
				ask(wildcard.ReplaceAllLiteralString(strings.ReplaceAll(after, "{$}", ""), url.PathEscape(value)))
			}
		}
		n := 0
		for names := range slices.Chunk(parameters[strings.HasPrefix(path, "/console/")], 8) { // few at a time: another's fault may hide one
			query := url.Values{}
			for _, name := range names {
				query.Set(name, values[(i+n)%(len(values)-1)])
				n++
			}
			ask(path + "?" + query.Encode())
		}
	}
	for _, path := range []string{"/static/../../../../etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd", "/static/%2e%2e/%2e%2e/etc/passwd", "/console/static/..%5c..%5cetc%5cpasswd", "/static/chat.css%00.png", "/guides/..%2f..%2fprivacy",
		"/kiosk/..%2f..%2fetc%2fpasswd", "/libraries/../../etc/passwd", "/libraries/x%2f..%2f..%2ftrainings.ics", "/guides/%2e%2e%2f.jsonld", "/?x=%zz", "/guides?q=%zz;a=b"} {
		ask(path)
	}
	if asked < 1000 {
		t.Errorf("only %d were asked", asked)
	}
	// A reading of transcripts and figures is noted.
	if tables := slices.DeleteFunc(changed(before, g.fingerprint()), func(t string) bool { return t == "audit_log" || t == "figure_views" }); len(tables) > 0 {
		t.Errorf("changed: %v", tables)
	}
	g.oneLineEach()
}

// oneLineEach holds the log to one record a line, each with its time first, and to letters that a terminal shows.
func (g *guarded) oneLineEach() {
	g.Helper()
	record := regexp.MustCompile(`^time=\S+ level=[A-Z]+ msg=`)
	for line := range strings.Lines(g.log.String()) {
		if !record.MatchString(line) || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool {
			return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r == 0x2028
		}) {
			g.Errorf("the log has a line that nobody wrote: %.300q", line)
		}
		if strings.Contains(line, "level=ERROR") && !strings.Contains(line, "index") {
			g.Errorf("a fault of ours: %.400s", line)
		}
	}
}

// TestHostileBodies sends to every address that takes something what is too much, what is none of it, and what breaks out of what it is put
// into: 413 or 400 and the like, never a fault of ours.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	g := guard(t)
	w := g.whoMayAll()
	token := w.json("/api/v1/conversations", `{}`)
	var begun struct{ Token string }
	g.must(json.Unmarshal([]byte(token.body), &begun))
	w.header.Set("Orientir-Conversation", begun.Token)
	names := map[bool][]string{true: parameterNames(t, "handoff/console"), false: parameterNames(t, "bot/webchat")}
	for _, pattern := range g.patterns() {
		method, path := addressOf(pattern)
		if method == http.MethodGet || strings.HasPrefix(path, "/telegram/") || strings.HasSuffix(path, "/sign-out") {
			continue
		}
		console, program := strings.HasPrefix(path, "/console/"), strings.HasPrefix(path, "/api/")
		hostile := func(value string) string {
			form := url.Values{}
			for _, name := range names[console] {
				form.Set(name, value)
			}
			return form.Encode()
		}
		big := 80 << 10
		if strings.HasPrefix(path, "/console/guides/") {
			big = 1<<20 + 4096
		}
		for name, body := range map[string]string{
			"too much": "text=" + strings.Repeat("a", big), "too many": strings.Repeat("a=1&", big/4+1), "no form": "text=%zz&=%", "quotes": hostile(`');DROP TABLE staff;--`), "no text": hostile("\x00"), "not UTF-8": hostile("\xff\xfe"),
			"lines": hostile("a\r\nlevel=ERROR msg=forged\x1b[31m\u202e"), "numbers": hostile("9223372036854775808"), "nothing": "",
		} {
			kinds := []string{"application/x-www-form-urlencoded"}
			if program {
				kinds = []string{"application/json", "text/plain"}
			}
			by := w
			if strings.HasSuffix(path, "/account/password") { // some wrong ones end the session
				by, _ = g.staff(staff.Profile{Email: strings.ReplaceAll(name, " ", "-") + "@example.bg", Roles: []staff.Role{staff.Librarian}})
			}
			for _, kind := range kinds {
				got := by.send(method, path, kind, strings.NewReader(body))
				if got.code >= 500 || quiet(got) != "" {
					t.Errorf("%s, %s: %d %s", pattern, name, got.code, quiet(got))
				}
				if name == "too much" && console && got.code != http.StatusRequestEntityTooLarge {
					t.Errorf("%s, %s: %d", pattern, name, got.code)
				}
				if program && got.code >= 400 && got.header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s, %s, is told as %q", pattern, name, got.header.Get("Content-Type"))
				}
			}
		}
		if !program {
			for _, kind := range []string{"multipart/form-data", "multipart/form-data; boundary=x", "application/json", "text/xml"} {
				if got := w.send(method, path, kind, strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x")); got.code >= 500 {
					t.Errorf("%s as %q: %d", pattern, kind, got.code)
				}
			}
			continue
		}
		for name, body := range map[string]string{
			"too much": `{"question":"` + strings.Repeat("a", 64<<10) + `"}`, "half": `{"question":"a`, "deep": strings.Repeat(`{"a":`, 3000), "deep lists": strings.Repeat(`[`, 15000), "two": `{}{}`, "a list": `[]`, "null": `null`, "words": `"a"`,
			"numbers": `{"question":1,"lat":1e999,"lon":"x","event_id":[],"kind":{},"code":null}`, "NUL": `{"question":"\u0000","event_id":"event-000001","kind":"text","text":"\u0000\u202e","code":"\u0000","link":"\u0000"}`, "halves": `{"question":"\ud800","text":"\udfff","event_id":"event-000002","kind":"text"}`,
			"long": `{"event_id":"` + strings.Repeat("a", 5000) + `","kind":"text","text":"a"}`, "far": `{"event_id":"event-000003","kind":"location","lat":1e308,"lon":-1e308}`, "a button": `{"event_id":"event-000004","kind":"button","data":"rate:good:99999999999999999999:x"}`,
			"not UTF-8": "{\"question\":\"\xff\xfe\",\"event_id\":\"event-000005\",\"kind\":\"text\",\"text\":\"\xff\xfe\"}", "a mark first": "\ufeff{}",
		} {
			got := w.json(path, body)
			if got.code >= 500 && got.code != http.StatusServiceUnavailable || quiet(got) != "" { // 503: nothing is learned yet
				t.Errorf("%s, %s: %d %s %s", pattern, name, got.code, quiet(got), got.body)
			}
			if got.code >= 400 && got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s, %s, is told as %q", pattern, name, got.header.Get("Content-Type"))
			}
			if name == "too much" && got.code != http.StatusRequestEntityTooLarge && path != "/api/v1/conversations" && path != "/api/v1/kiosk/code" { // these two read none
				t.Errorf("%s, %s: %d", pattern, name, got.code)
			}
		}
	}
	g.oneLineEach()
}
