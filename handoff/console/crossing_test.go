package console

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// crossings say what somebody hears who asks for what is another's: a librarian of another library, an editor of another municipality, or
// somebody with the same role and no right to this one thing. Each route that names one thing has a row, or fails the test. 0 is not asked:
// why stands beside it. Nothing that is asked changes anything, but where the row says so.
var crossings = map[string]int{
	"GET /console/static/{name}": 0, // the site's own files

	"POST /console/chats/{id}/claim":     http.StatusSeeOther, // it says who has it
	"GET /console/chats/{id}":            http.StatusNotFound,
	"GET /console/chats/{id}/stream":     http.StatusNotFound,
	"POST /console/chats/{id}/reply":     http.StatusConflict,
	"POST /console/chats/{id}/busy":      http.StatusConflict,
	"POST /console/chats/{id}/seen":      http.StatusNotFound,
	"GET /console/chats/{id}/suggestion": http.StatusNotFound,
	"POST /console/chats/{id}/note":      http.StatusNotFound,
	"POST /console/chats/{id}/transfer":  http.StatusNotFound,
	"POST /console/chats/{id}/accept":    http.StatusSeeOther, // it says that nobody gave it
	"POST /console/chats/{id}/decline":   http.StatusSeeOther, // it says that nobody gave it
	"POST /console/chats/{id}/join":      http.StatusNotFound,
	"POST /console/chats/{id}/leave":     http.StatusConflict,
	"POST /console/chats/{id}/take-over": http.StatusConflict,
	"POST /console/chats/{id}/block":     http.StatusNotFound,
	"POST /console/chats/{id}/contact":   http.StatusConflict,
	"POST /console/chats/{id}/return":    http.StatusConflict,
	"POST /console/chats/{id}/close":     http.StatusNotFound,
	"POST /console/chats/{id}/draft":     http.StatusNotFound,
	"GET /console/canned/{id}":           http.StatusNotFound,
	"POST /console/canned/{id}":          http.StatusNotFound,
	"POST /console/canned/{id}/remove":   http.StatusSeeOther, // to a list without it

	"GET /console/libraries/{id}":                            http.StatusForbidden,
	"POST /console/libraries/{id}/confirm":                   http.StatusForbidden,
	"GET /console/libraries/{id}/hours":                      http.StatusForbidden,
	"POST /console/libraries/{id}/hours":                     http.StatusForbidden,
	"GET /console/libraries/{id}/days":                       http.StatusForbidden,
	"POST /console/libraries/{id}/days":                      http.StatusForbidden,
	"POST /console/libraries/{id}/days/remove":               http.StatusForbidden,
	"GET /console/libraries/{id}/about":                      http.StatusForbidden,
	"POST /console/libraries/{id}/about":                     http.StatusForbidden,
	"GET /console/libraries/{id}/trainings/new":              http.StatusForbidden,
	"POST /console/libraries/{id}/trainings/new":             http.StatusForbidden,
	"GET /console/libraries/{id}/trainings/{number}":         http.StatusForbidden,
	"POST /console/libraries/{id}/trainings/{number}":        http.StatusForbidden,
	"POST /console/libraries/{id}/trainings/{number}/cancel": http.StatusForbidden,

	"GET /console/guides/{slug}":                      http.StatusOK, // editors read each other's guides
	"GET /console/guides/{slug}/edit":                 http.StatusOK,
	"POST /console/guides/{slug}/edit":                http.StatusConflict, // what was typed stays in the form alone
	"POST /console/guides/{slug}/check":               http.StatusOK,       // says what would be wrong, and keeps nothing
	"GET /console/guides/{slug}/preview":              http.StatusOK,
	"POST /console/guides/{slug}/preview":             http.StatusOK,
	"GET /console/guides/{slug}/names":                http.StatusOK,
	"POST /console/guides/{slug}/send":                http.StatusForbidden,
	"POST /console/guides/{slug}/recall":              http.StatusForbidden,
	"POST /console/guides/{slug}/publish":             http.StatusForbidden,
	"POST /console/guides/{slug}/drop":                http.StatusForbidden,
	"POST /console/guides/{slug}/return":              http.StatusForbidden,
	"POST /console/guides/{slug}/retire":              http.StatusForbidden,
	"POST /console/guides/{slug}/reopen":              http.StatusForbidden,
	"GET /console/guides/{slug}/merge":                http.StatusSeeOther, // there is nothing to merge
	"POST /console/guides/{slug}/merge":               http.StatusForbidden,
	"GET /console/guides/{slug}/history":              http.StatusOK,
	"GET /console/guides/{slug}/history/{a}":          http.StatusOK,
	"GET /console/guides/{slug}/history/{a}/{b}":      http.StatusOK,
	"POST /console/guides/{slug}/history/{a}/restore": http.StatusForbidden,
	"GET /console/guides/{slug}/try":                  http.StatusOK,
	"POST /console/guides/{slug}/try":                 http.StatusOK,
	"GET /console/guides/{slug}/replay":               http.StatusOK,
	"GET /console/guides/{slug}/replay/progress":      http.StatusOK,
	"POST /console/guides/{slug}/replay":              http.StatusForbidden,
	"POST /console/guides/{slug}/replay/cancel":       http.StatusForbidden,

	"GET /console/import/{id}":       http.StatusNotFound,
	"POST /console/import/{id}":      http.StatusNotFound,
	"POST /console/import/{id}/drop": http.StatusNotFound,
	"GET /console/local/{slug}":      http.StatusNotFound, // of another municipality's own guide: there is no door in it
	"POST /console/local/{slug}":     http.StatusNotFound,

	"GET /console/worklist/{id}":                 http.StatusOK, // what people could not find, everybody's to know
	"POST /console/worklist/{id}/name":           http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/draft":          http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/mend":           http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/sample":         http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/everyday-name":  http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/aside":          http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/reopen":         http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/merge":          http.StatusUnprocessableEntity,
	"POST /console/worklist/{id}/split":          http.StatusUnprocessableEntity,
	"GET /console/news/{id}":                     http.StatusForbidden,
	"GET /console/news/{id}/edit":                http.StatusForbidden,
	"POST /console/news/{id}/edit":               http.StatusForbidden,
	"GET /console/news/{id}/progress":            http.StatusForbidden,
	"POST /console/news/{id}/publish":            http.StatusForbidden,
	"POST /console/news/{id}/withdraw":           http.StatusForbidden,
	"POST /console/news/{id}/try":                http.StatusForbidden,
	"POST /console/news/{id}/stop":               http.StatusForbidden,
	"POST /console/news/{id}/resume":             http.StatusForbidden,
	"POST /console/blocks/{id}/lift":             0, // supervisors look after all
	"GET /console/figures/{dimension}":           0, // counts of the whole country
	"GET /console/people/{id}":                   0, // administrators look after all
	"POST /console/people/{id}":                  0,
	"POST /console/people/{id}/link":             0,
	"POST /console/people/{id}/active":           0,
	"POST /console/people/{id}/second-step":      0,
	"POST /console/people/{id}/sessions":         0,
	"POST /console/groups/{id}/remove":           0,                   // administrators and supervisors look after all
	"POST /console/account/sessions/{id}/revoke": http.StatusSeeOther, // of another's session it is as of none
}

// aboutMunicipality are the words with which somebody is refused for whose editor they are.
var aboutMunicipality = regexp.MustCompile("Общински редактор променя само своите упътвания|не е на Вашата община")

var wild = regexp.MustCompile(`\{[a-z]+\}`)

// TestNothingCrosses asks every route that names one thing for a thing of another library, another municipality, another colleague.
func TestNothingCrosses(t *testing.T) {
	b := setup(t)
	b.load("places", "ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\tpopulation\n10971\tгр.\tВидин\tVidin\tВидин\tВидин\t43.99\t22.87\t40000\n")
	b.load("help-points", "id\tname\tekatte\taddress\tphone\tlat\tlon\thours\nvidin\tБиблиотека Видин\t10971\tул. Първа 1\t\t43.991\t22.872\t\n")
	maria := b.librarian("maria")
	theirs := b.as(maria)
	stranger := b.as(b.account(staff.Profile{Email: "vidin-librarian@example.bg", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vidin"}}))
	_, vidin := b.vidin()
	vratsa, _ := b.vratsa()
	_, elsewhere := b.editor("Другаде")

	conversation, ticket := b.person("p", "трябва ми съдебно")
	if err := b.desk.Claim(b.ctx, ticket, maria); err != nil {
		t.Fatal(err)
	}
	b.exec(`UPDATE tickets SET help_point = 'vratsa' WHERE id = $1`, ticket)
	if _, err := b.desk.SaveCanned(b.ctx, maria, handoff.Canned{Language: "bg", Title: "Наш отговор", Text: "Заповядайте.", Scope: handoff.Library, HelpPoint: "vratsa"}); err != nil {
		t.Fatal(err)
	}
	day := time.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	if got := theirs.post("/console/libraries/vratsa/trainings/new", "topic", "Имейл", "date", day, "from", "10:00", "to", "11:30", "places", "8"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	b.publish("vratsa-own", "Паркиране във Враца", func(g *knowledge.Guide, _ *knowledge.Text) { g.Municipality = "VRC10" })
	b.drafted("vratsa-own", vratsa, func(_ *knowledge.Guide, text *knowledge.Text) { text.Time = "до един ден" })
	staged := b.uploadBy("Качила")
	b.as(vratsa).post("/console/news/new", typedItem("region", "Враца/Враца")...)
	b.exec(`INSERT INTO problems (guide, title, state, first_at, last_at) VALUES ('vratsa-own', 'проблем', 'open', now(), now()), ('', 'друг', 'open', now(), now())`)
	other := b.text(`SELECT max(id)::text FROM problems`)
	b.exec(`INSERT INTO problems (guide, title, state, reason, first_at, last_at) VALUES ('vratsa-own', 'трети', 'aside', 'стар', now(), now())`)
	for _, time := range []string{"до два дни", "до три дни"} { // the version before says something else
		b.publish("vratsa-plain", "Такси във Враца", func(g *knowledge.Guide, text *knowledge.Text) { g.Municipality, text.Time = "VRC10", time })
	}
	b.publish("vratsa-gone", "Няма я вече", func(g *knowledge.Guide, _ *knowledge.Text) {
		g.Municipality, g.Status, g.ReplacedBy = "VRC10", knowledge.Closed, "criminal-record"
	})
	// What can be asked of a thing in another state than the others'.
	another := map[string]string{
		"POST /console/guides/{slug}/retire": "vratsa-plain", "POST /console/guides/{slug}/history/{a}/restore": "vratsa-plain", "POST /console/guides/{slug}/reopen": "vratsa-gone",
		"POST /console/worklist/{id}/reopen": b.text(`SELECT max(id)::text FROM problems`),
	}

	ids := map[string]string{
		"/chats/": strconv.FormatInt(ticket, 10), "/canned/": b.text(`SELECT min(id)::text FROM canned_answers`), "/libraries/": "vratsa", "/trainings/": b.text(`SELECT min(number)::text FROM trainings`), "/guides/": "vratsa-own", "/local/": "vratsa-own",
		"/import/": staged, "/worklist/": b.text(`SELECT min(id)::text FROM problems`), "/news/": b.text(`SELECT min(id)::text FROM news`), "/history/": "1", "/sessions/": b.text(`SELECT max(id)::text FROM staff_sessions`), "": "1",
	}
	before := b.everything()
	asked := map[string]bool{}
	for _, r := range b.site.routes() {
		if !wild.MatchString(r.pattern) || strings.Contains(r.pattern, "{$}") {
			continue
		}
		asked[r.pattern] = true
		want, ok := crossings[r.pattern]
		if !ok {
			t.Errorf("%s has no row in the table", r.pattern)
		}
		if want == 0 {
			continue
		}
		method, path, _ := strings.Cut(r.pattern, " ")
		path = wild.ReplaceAllStringFunc(path, func(w string) string {
			before, _, _ := strings.Cut(path, w)
			parent := before[strings.LastIndex(strings.TrimSuffix(before, "/"), "/"):]
			if id, ok := another[r.pattern]; ok && parent != "/history/" {
				return id
			}
			if id, ok := ids[parent]; ok {
				return id
			}
			return ids[""]
		})
		w := vidin
		switch {
		case strings.HasPrefix(path, "/console/import/"):
			w = elsewhere // a municipality's editor may not at all
		case slices.Contains(r.who.roles, staff.Librarian):
			w = stranger
		}
		got := w.send(method, path, nil)
		if method == http.MethodPost {
			got = w.post(path, "text", "чуждо", "title", "чуждо", "topic", "Чуждо", "date", day, "from", "9:00", "to", "10:00", "revision", "1", "version", "1", "why", "чуждо", "word", "чуждо", "to", "library:vidin", "reason", "чуждо", "mark", "x", "office", "чуждо",
				"aside-title", "чуждо", "into", other, "case", "1", "slug", "chuzhdo", "guide-title", "Чуждо", "question", "чуждо", "name", "чуждо", "sample-guide", "vratsa-own", "name-guide", "vratsa-own", "find", "x", "nothing", "yes",
				"language", "bg", "scope", "own", "place", "Видин", "audience", "citizen", "outcome", "answered", "effort", "1")
		}
		if got.code != want {
			t.Errorf("%s: %d %s, not %d", r.pattern, got.code, got.location, want)
		}
		if got.code == http.StatusUnprocessableEntity && !aboutMunicipality.MatchString(mainOf(got.body)) { // what is refused is who asks, not how
			t.Errorf("%s is refused for another reason: %s", r.pattern, mainOf(got.body))
		}
		if changed := b.everything(); !equalTables(before, changed) {
			t.Errorf("%s changed %v", r.pattern, differing(before, changed))
			before = changed
		}
	}
	for pattern := range crossings {
		if !asked[pattern] {
			t.Errorf("%s stands in the table, and no route is it", pattern)
		}
	}

	// A thing of another library isn't found by one's own library's address either.
	number := ids["/trainings/"]
	for _, path := range []string{"/console/libraries/vidin/trainings/" + number, "/console/libraries/vidin/trainings/" + number + "/cancel"} {
		if got := stranger.post(path, "topic", "Чуждо", "date", day, "from", "9:00", "to", "10:00", "version", "1", "word", "чуждо"); got.code != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	// Nor by a list.
	for _, path := range []string{"/console/queue", "/console/canned", "/console/libraries", "/console/transcripts"} {
		if got := stranger.get(path); strings.Contains(got.body, "трябва ми съдебно") || strings.Contains(got.body, "Наш отговор") || strings.Contains(got.body, "Христо Ботев") {
			t.Errorf("%s shows what is another's", path)
		}
	}
	if heard := b.heard(conversation); len(heard) != 1 { // that Мария is there
		t.Errorf("the person heard %q", heard)
	}
	if changed := b.everything(); !equalTables(before, changed) {
		t.Errorf("changed: %v", differing(before, changed))
	}
}

// uploadBy lets an editor give a file, and gives its number.
func (b *bundle) uploadBy(name string) string {
	b.Helper()
	_, w := b.editor(name)
	got := w.upload("draft", "файл.jsonld", fileOf(b.T))
	if got.code != http.StatusSeeOther {
		b.Fatal(got.code)
	}
	return strings.TrimPrefix(got.location, "/console/import/")
}

func (b *bundle) text(sql string) (s string) {
	b.Helper()
	if err := b.pool.QueryRow(b.ctx, sql).Scan(&s); err != nil {
		b.Fatal(sql, err)
	}
	return s
}

// everything is what the database holds, table by table, but for those that note that somebody was there.
func (b *bundle) everything() map[string]string {
	b.Helper()
	var all string // one statement for all tables
	if err := b.pool.QueryRow(b.ctx, `
		SELECT string_agg(format('SELECT %L AS name, coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), %L) AS holds FROM %I t', tablename, '', tablename), ' UNION ALL ')
		FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'staff_sessions'`).Scan(&all); err != nil {
		b.Fatal(err)
	}
	rows, err := b.pool.Query(b.ctx, all)
	if err != nil {
		b.Fatal(err)
	}
	type table struct{ Name, Holds string }
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByName[table])
	if err != nil || len(tables) < 40 {
		b.Fatal(len(tables), err)
	}
	out := map[string]string{}
	for _, t := range tables {
		out[t.Name] = t.Holds
	}
	return out
}

func equalTables(a, b map[string]string) bool { return len(differing(a, b)) == 0 }

func differing(a, b map[string]string) (tables []string) {
	for table := range b {
		if a[table] != b[table] {
			tables = append(tables, table)
		}
	}
	slices.Sort(tables)
	return tables
}

// mainOf is what a page says between its head and its foot, without tags.
func mainOf(page string) string {
	_, page, _ = strings.Cut(page, "<main")
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")), " ")
}
