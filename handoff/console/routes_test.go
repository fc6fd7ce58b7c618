package console

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"orientir/handoff/staff"
)

// who is the table of permissions, written down a second time on purpose: a new route fails until it has a row here.
// «-» is everybody, signed in or not; else l(ibrarian), s(upervisor), e(ditor), a(dmin).
var who = map[string]string{
	"GET /console/{$}":                           "lsea",
	"GET /console/static/{name}":                 "-",
	"POST /console/language":                     "-",
	"GET /console/sign-in":                       "-",
	"POST /console/sign-in":                      "-",
	"POST /console/sign-out":                     "lsea",
	"GET /console/welcome":                       "-",
	"POST /console/welcome":                      "-",
	"GET /console/link":                          "-",
	"POST /console/link":                         "-",
	"GET /console/queue":                         "ls",
	"GET /console/queue/stream":                  "ls",
	"POST /console/chats/{id}/claim":             "ls",
	"GET /console/chats/{id}":                    "ls",
	"GET /console/chats/{id}/stream":             "ls",
	"POST /console/chats/{id}/reply":             "ls",
	"POST /console/chats/{id}/seen":              "ls",
	"GET /console/chats/{id}/suggestion":         "ls",
	"POST /console/chats/{id}/note":              "ls",
	"POST /console/chats/{id}/transfer":          "ls",
	"POST /console/chats/{id}/accept":            "ls",
	"POST /console/chats/{id}/decline":           "ls",
	"POST /console/chats/{id}/join":              "ls",
	"POST /console/chats/{id}/leave":             "ls",
	"POST /console/chats/{id}/take-over":         "ls",
	"POST /console/chats/{id}/block":             "ls",
	"POST /console/chats/{id}/busy":              "ls",
	"POST /console/chats/{id}/contact":           "ls",
	"POST /console/chats/{id}/return":            "ls",
	"POST /console/chats/{id}/close":             "ls",
	"POST /console/chats/{id}/draft":             "ls",
	"GET /console/canned":                        "ls",
	"POST /console/canned":                       "ls",
	"GET /console/canned/{id}":                   "ls",
	"POST /console/canned/{id}":                  "ls",
	"POST /console/canned/{id}/remove":           "ls",
	"GET /console/tasks":                         "e",
	"GET /console/guides/{slug}/try":             "e",
	"POST /console/guides/{slug}/try":            "e",
	"GET /console/guides/{slug}/replay":          "e",
	"GET /console/guides/{slug}/replay/progress": "e",
	"POST /console/guides/{slug}/replay":         "e",
	"POST /console/guides/{slug}/replay/cancel":  "e",
	"GET /console/worklist":                      "e",
	"GET /console/worklist/{id}":                 "e",
	"POST /console/worklist/{id}/name":           "e",
	"POST /console/worklist/{id}/draft":          "e",
	"POST /console/worklist/{id}/mend":           "e",
	"POST /console/worklist/{id}/sample":         "e",
	"POST /console/worklist/{id}/everyday-name":  "e",
	"POST /console/worklist/{id}/aside":          "e",
	"POST /console/worklist/{id}/reopen":         "e",
	"POST /console/worklist/{id}/merge":          "e",
	"POST /console/worklist/{id}/split":          "e",
	"GET /console/supervisor":                    "s",
	"POST /console/blocks/{id}/lift":             "s",
	"GET /console/transcripts":                   "s",
	"POST /console/transcripts/export":           "s",
	"GET /console/feedback":                      "se",
	"GET /console/figures":                       "sea",
	"GET /console/figures/{dimension}":           "sea",
	"GET /console/people":                        "a",
	"GET /console/people/new":                    "a",
	"POST /console/people/new":                   "a",
	"GET /console/people/{id}":                   "a",
	"POST /console/people/{id}":                  "a",
	"POST /console/people/{id}/link":             "a",
	"POST /console/people/{id}/active":           "a",
	"GET /console/hosts":                         "a",
	"POST /console/hosts":                        "a",
	"POST /console/hosts/remove":                 "a",
	"GET /console/groups":                        "as",
	"POST /console/groups":                       "as",
	"POST /console/groups/{id}/remove":           "as",
	"GET /console/audit":                         "as",
	"GET /console/account":                       "lsea",
	"POST /console/account/password":             "lsea",
	"POST /console/account/desk":                 "le",
	"POST /console/account/sessions/{id}/revoke": "lsea",
	"POST /console/account/telegram":             "lsea",
	"POST /console/account/telegram/remove":      "lsea",
}

var wildcard = regexp.MustCompile(`\{[a-z]+\}`)

func TestPermissions(t *testing.T) {
	who := maps.Clone(who)
	maps.Copy(who, whoLibraries)
	maps.Copy(who, whoGuides)
	maps.Copy(who, whoSources)
	maps.Copy(who, whoGuideForm)
	maps.Copy(who, whoNews)
	maps.Copy(who, whoImport)
	maps.Copy(who, whoSignIn)
	b := setup(t)
	// A last administrator who is not part of the test, so that none of it is refused for that reason.
	b.account(staff.Profile{Email: "last@example.bg", Roles: []staff.Role{staff.Admin}})
	nobody := b.browser()
	browsers := map[string]*browser{}
	for letter, role := range map[string]staff.Role{"l": staff.Librarian, "s": staff.Supervisor, "e": staff.Editor, "a": staff.Admin} {
		a := b.account(staff.Profile{Email: letter + "@example.bg", Roles: []staff.Role{role}})
		browsers[letter] = b.as(a)
	}
	asked := 0
	for _, r := range b.site.routes() {
		allowed, ok := who[r.pattern]
		if !ok {
			t.Errorf("%s has no row in the table", r.pattern)
			continue
		}
		asked++
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.ReplaceAll(path, "{$}", "")
		path = wildcard.ReplaceAllString(path, "987654")
		if strings.HasSuffix(path, "sign-out") {
			continue // it would end the browsers' sessions; TestSignOut asks it
		}
		send := func(w *browser) answer {
			if method == http.MethodGet {
				return w.get(path)
			}
			return w.post(path)
		}
		got := send(nobody)
		refused := got.code == http.StatusUnauthorized || strings.HasPrefix(got.location, "/console/sign-in")
		if public := allowed == "-" || strings.HasSuffix(path, "/language"); refused == public {
			t.Errorf("%s, not signed in: %d %s", r.pattern, got.code, got.location)
		}
		for letter, w := range browsers {
			got := send(w)
			may := allowed == "-" || strings.Contains(allowed, letter)
			if may == (got.code == http.StatusForbidden) || got.code >= 500 || strings.HasPrefix(got.location, "/console/sign-in") {
				t.Errorf("%s as %s: %d %s", r.pattern, letter, got.code, got.location)
			}
		}
	}
	if asked != len(who) {
		t.Errorf("%d routes were asked, the table has %d", asked, len(who))
	}
}

func TestEveryPageHoldsToItsHeaders(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()})
	_, ticket := b.person("p", "трябва ми съдебно")
	w := b.as(a)
	if err := b.desk.Claim(b.ctx, ticket, a); err != nil {
		t.Fatal(err)
	}
	outside := regexp.MustCompile(`<a href="https://[^"]*" rel="noopener noreferrer"`) // an official page that a librarian may want to read
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<style|(?:src|href)="(?:https?:)?//`)
	for _, path := range []string{"/console/queue", "/console/chats/" + strconv.FormatInt(ticket, 10), "/console/canned", "/console/worklist", "/console/supervisor", "/console/transcripts", "/console/feedback", "/console/figures", "/console/figures?show=ratings", "/console/figures?show=desk&days=365", "/console/figures?show=funnel", "/console/people",
		"/console/people/new", "/console/people/1", "/console/hosts", "/console/groups", "/console/audit", "/console/account", "/console/nowhere",
		"/console/libraries", "/console/libraries?find=vratsa", "/console/libraries/vratsa", "/console/libraries/vratsa/hours", "/console/libraries/vratsa/days",
		"/console/guides", "/console/guides?find=съдимост&view=renew", "/console/guides/criminal-record",
		"/console/guides/criminal-record/history", "/console/guides/criminal-record/history/1", "/console/guides/criminal-record/history/1/1", "/console/rules",
		"/console/libraries/vratsa/about", "/console/libraries/vratsa/trainings/new", "/console/news", "/console/news/new"} {
		for _, language := range []string{"bg", "en"} {
			w.post("/console/language", "language", language)
			got := w.get(path)
			want := http.StatusOK
			if path == "/console/nowhere" {
				want = http.StatusNotFound
			}
			if got.code != want {
				t.Errorf("%s: %d\n%s", path, got.code, got.body)
			}
			if found := inline.FindString(outside.ReplaceAllString(got.body, "")); found != "" {
				t.Errorf("%s has %q", path, found)
			}
			csp := got.header.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: headers %v", path, got.header)
			}
			got.has(t, `<html lang="`+language+`">`)
			if leaks := regexp.MustCompile(`>\s*(?:console|bot|common|library)\.|%!|<no value>|\b(?:verb|outcome|role|event|delivery|why|fact|channel|language|audit_area|subject|reason)_[a-z-]+\s*<`).FindString(got.body); leaks != "" {
				t.Errorf("%s in %s leaves a phrase out: %q", path, language, leaks)
			}
		}
	}
}

func TestAnotherSiteCannotAct(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()})
	w := b.as(a)
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		got := w.send(http.MethodPost, "/console/hosts", map[string][]string{"host": {"evil.example"}}, headers...)
		if got.code != http.StatusForbidden {
			t.Errorf("%v: %d", headers, got.code)
		}
	}
	if hosts, err := b.store.AllowedHosts(b.ctx); err != nil || slices.Contains(hosts, "evil.example") {
		t.Errorf("hosts %v, %v", hosts, err)
	}
}
