package main

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"orientir/bot/webchat"
	"orientir/handoff/console"
	"orientir/handoff/staff"
)

// Who may ask what, beside the staff site. A new route fails the test until it has a row here.
const (
	all     = "everybody"
	person  = "the person of the conversation, by its token"
	webhook = "Telegram, by the webhook's secret"
)

var whoMay = map[string]string{
	"GET /{$}":                            all,
	"POST /{$}":                           all,
	"GET /embed":                          all,
	"GET /widget.js":                      all,
	"GET /guides":                         all,
	"GET /guides/{slug}":                  all,
	"GET /guides/{slug}/report":           all,
	"POST /guides/{slug}/report":          all,
	"GET /sitemap.xml":                    all,
	"GET /robots.txt":                     all,
	"GET /kiosk/{library}":                all,
	"GET /continue":                       all,
	"POST /continue":                      all,
	"GET /libraries/{id}":                 all,
	"GET /libraries/{id}/trainings.ics":   all,
	"GET /news":                           all,
	"GET /news/{id}":                      all,
	"GET /news.atom":                      all,
	"GET /stats":                          all,
	"GET /stats.json":                     all,
	"GET /stats.csv":                      all,
	"GET /privacy":                        all,
	"GET /accessibility":                  all,
	"GET /static/{name}":                  all,
	"POST /api/v1/ask":                    all,
	"GET /api/v1/help-points":             all,
	"POST /api/v1/conversations":          all,
	"POST /api/v1/conversations/continue": all, // by a code, that works once
	"POST /api/v1/conversations/messages": person,
	"POST /api/v1/conversations/signs":    person,
	"GET /api/v1/conversations/stream":    person,
	"GET /my-data.json":                   person,
	"POST /api/v1/kiosk/code":             person,
	"POST /api/v1/kiosk/qr":               all, // draws the address that it is given
	"POST /api/v1/kiosk/end":              all, // without a token it forgets nobody
	"POST /telegram/webhook":              webhook,
	"GET /healthz":                        all,
	"GET /readyz":                         all,
	"/":                                   all, // the web chat's own list
	"/console/":                           all, // the staff site's own list
}

var wildcard = regexp.MustCompile(`\{[a-z]+\}`)

// addressOf gives a method and an address that a pattern answers, with nothing behind its wildcards.
func addressOf(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	if path == "" {
		method, path = http.MethodGet, method
	}
	return method, wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "987654")
}

// patterns are those of all lists: the program's own, the web chat's and the staff site's.
func (g *guarded) patterns() (list []string) {
	for _, r := range g.program.routes(g.site, http.NotFoundHandler(), http.NotFoundHandler()) {
		list = append(list, r.pattern)
	}
	list = append(list, webchat.Routes()...)
	for _, r := range console.Routes() {
		list = append(list, r.Pattern)
	}
	return list
}

// everyRole signs in somebody of each role, and a last administrator, so that nothing is refused to protect one.
func (g *guarded) everyRole() map[staff.Role]*caller {
	g.Helper()
	g.staff(staff.Profile{Email: "last@example.bg", Roles: []staff.Role{staff.Admin}})
	browsers := map[staff.Role]*caller{}
	for _, role := range staff.Roles() {
		browsers[role], _ = g.staff(staff.Profile{Email: string(role) + "@example.bg", Roles: []staff.Role{role}})
	}
	return browsers
}

// TestEveryRouteAsEveryRole asks each address of the whole program as nobody and as each role. What the staff site lists as a role's is asked
// here through the program as it is wired; handoff/console holds that list to a table of its own.
func TestEveryRouteAsEveryRole(t *testing.T) {
	t.Parallel()
	g := guard(t)
	browsers := g.everyRole()
	browsers[""] = g.nobody()
	may := map[string]func(role staff.Role) (bool, []int){} // and the statuses that refuse
	for pattern, who := range whoMay {
		may[pattern] = func(staff.Role) (bool, []int) { return who == all, []int{http.StatusUnauthorized} }
	}
	for _, r := range console.Routes() {
		if _, twice := may[r.Pattern]; twice {
			t.Errorf("%s stands in two lists", r.Pattern)
		}
		may[r.Pattern] = func(role staff.Role) (bool, []int) {
			if role == "" {
				return r.Public, []int{http.StatusUnauthorized, http.StatusSeeOther}
			}
			return r.Public || slices.Contains(r.Roles, role), []int{http.StatusForbidden}
		}
	}
	asked := map[string]bool{}
	for _, pattern := range g.patterns() {
		asked[pattern] = true
		allowed, ok := may[pattern]
		if !ok {
			t.Errorf("%s has no row in the table", pattern)
			continue
		}
		method, path := addressOf(pattern)
		if strings.HasSuffix(path, "/sign-out") {
			continue // it would end the sessions that the others need; handoff/console asks it
		}
		for role, w := range browsers {
			var got reply
			switch {
			case method == http.MethodGet:
				got = w.get(path)
			case strings.HasPrefix(path, "/api/"):
				got = w.json(path, `{}`)
			default:
				got = w.post(path, url.Values{})
			}
			yes, refusals := allowed(role)
			refused := slices.Contains(refusals, got.code) && (got.code != http.StatusSeeOther || strings.HasPrefix(got.header.Get("Location"), "/console/sign-in"))
			if strings.HasSuffix(path, "/console/language") {
				refused = false // it leads everybody to where they came from
			}
			if got.code >= 500 && !strings.HasSuffix(path, "/readyz") || yes == refused {
				t.Errorf("%s as %q: %d %s", pattern, role, got.code, got.header.Get("Location"))
			}
		}
	}
	for pattern := range may {
		if !asked[pattern] {
			t.Errorf("%s stands in the table, and no list has it", pattern)
		}
	}
}
