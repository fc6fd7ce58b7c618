package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
)

// fingerprint is what the database holds, table by table, but for those that note that somebody looked in.
func (g *guarded) fingerprint() map[string]string {
	g.Helper()
	rows, err := g.program.pool.Query(g.ctx, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	g.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	g.must(err)
	out := map[string]string{}
	for _, table := range tables {
		if slices.Contains([]string{"staff_sessions", "staff_sign_in_tries"}, table) {
			continue
		}
		var sum string
		g.must(g.program.pool.QueryRow(g.ctx, `SELECT coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') FROM `+pgx.Identifier{table}.Sanitize()+` t`).Scan(&sum))
		out[table] = sum
	}
	return out
}

// changed names the tables that are no longer as they were.
func changed(before, after map[string]string) (tables []string) {
	for table, sum := range after {
		if before[table] != sum {
			tables = append(tables, table)
		}
	}
	slices.Sort(tables)
	return tables
}

// TestAnotherSiteCannotSend sends every change of the whole site as a browser does that another site makes send it, with the cookies of
// somebody who may do everything.
func TestAnotherSiteCannotSend(t *testing.T) {
	t.Parallel()
	g := guard(t)
	g.staff(staff.Profile{Email: "last@example.bg", Roles: []staff.Role{staff.Admin}})
	w, _ := g.staff(staff.Profile{Email: "all@example.bg", Roles: staff.Roles()})
	w.post("/", map[string][]string{"text": {"здравейте"}, "event_id": {"event-000001"}})
	before := g.fingerprint()
	asked := 0
	for _, pattern := range g.patterns() {
		method, path := addressOf(pattern)
		if method == http.MethodGet || strings.HasPrefix(path, "/telegram/") { // Telegram is no browser: it has the secret
			continue
		}
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Origin", "https://evil.example"},
			{"Origin", "https://orientir.example.evil.example"},
			{"Origin", "http://orientir.example"},
			{"Origin", "null"},
			{"Origin", "https://library.example"}, // may show the chat in a frame, and sends nothing itself
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example", "X-HTTP-Method-Override", "GET"},
		} {
			got := w.send(method, path, "application/x-www-form-urlencoded", strings.NewReader("text=x&host=evil.example&event_id=event-000009"), headers...)
			asked++
			if got.code != http.StatusForbidden {
				t.Errorf("%s with %v: %d", pattern, headers, got.code)
			}
			if strings.HasPrefix(path, "/api/") && got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s with %v says it as %q", pattern, headers, got.header.Get("Content-Type"))
			}
		}
	}
	if asked < 500 {
		t.Errorf("only %d were sent", asked)
	}
	if tables := changed(before, g.fingerprint()); len(tables) > 0 {
		t.Errorf("changed: %v", tables)
	}

	// Our own pages, and programs, send as they do.
	for _, headers := range [][]string{{"Sec-Fetch-Site", "same-origin", "Origin", "https://orientir.example"}, {"Sec-Fetch-Site", "none"}, {}} {
		if got := w.send(http.MethodPost, "/console/rules", "application/x-www-form-urlencoded", strings.NewReader("grace=30"), headers...); got.code != http.StatusSeeOther {
			t.Errorf("our own page with %v: %d", headers, got.code)
		}
		if got := w.json("/api/v1/conversations", `{}`, headers...); got.code != http.StatusCreated {
			t.Errorf("a program with %v: %d", headers, got.code)
		}
	}
}

// TestWebhookForgery sends what is not Telegram's to where Telegram posts.
func TestWebhookForgery(t *testing.T) {
	t.Parallel()
	g := guard(t)
	w := g.nobody()
	update := func(id int, text string) string {
		return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1700000000,"chat":{"id":7,"type":"private"},"from":{"id":7,"first_name":"x"},"text":%q}}`, id, id, text)
	}
	secret := []string{"X-Telegram-Bot-Api-Secret-Token", webhookSecret}
	stored := func() int { return g.count(`SELECT count(*) FROM messages`) }
	for name, ask := range map[string]struct {
		method, body string
		header       []string
		want         int
	}{
		"no secret":           {"POST", update(1, "a"), nil, 401},
		"a wrong one":         {"POST", update(1, "a"), []string{secret[0], webhookSecret + "x"}, 401},
		"an empty one":        {"POST", update(1, "a"), []string{secret[0], ""}, 401},
		"its beginning":       {"POST", update(1, "a"), []string{secret[0], webhookSecret[:5]}, 401},
		"another method":      {"GET", "", secret, 404},
		"another one still":   {"PUT", update(1, "a"), secret, 404},
		"too much":            {"POST", update(1, strings.Repeat("а", 1<<20)), secret, 413},
		"no JSON":             {"POST", "{", secret, 400},
		"nothing":             {"POST", "", secret, 400},
		"no update":           {"POST", `{"message":{}}`, secret, 400},
		"a list":              {"POST", `[1,2]`, secret, 400},
		"a very deep one":     {"POST", strings.Repeat("[", 20000), secret, 400},
		"an id that is words": {"POST", `{"update_id":"1"}`, secret, 400},
	} {
		got := w.send(ask.method, "/telegram/webhook", "application/json", strings.NewReader(ask.body), ask.header...)
		if got.code != ask.want && !(ask.want == 404 && got.code == 405) {
			t.Errorf("%s: %d, not %d", name, got.code, ask.want)
		}
	}
	if n := stored(); n != 0 {
		t.Fatalf("%d messages were stored", n)
	}
	for range 3 { // the same update again changes nothing
		if got := w.send("POST", "/telegram/webhook", "application/json", strings.NewReader(update(2, "истински")), secret...); got.code != 200 {
			t.Errorf("Telegram itself: %d", got.code)
		}
	}
	if n := stored(); n != 1 {
		t.Errorf("%d messages of one update", n)
	}
	if strings.Contains(g.log.String(), webhookSecret) || strings.Contains(g.log.String(), g.double.Token) {
		t.Error("the log has a secret")
	}
}
