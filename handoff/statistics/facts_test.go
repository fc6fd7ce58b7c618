package statistics

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
)

// world is a database in which a test lets people ask.
type world struct {
	*testing.T
	pool *pgxpool.Pool
	s    *Store
}

func newWorld(t *testing.T) world {
	t.Parallel()
	pool := postgrestest.New(t)
	w := world{t, pool, New(pool)}
	w.exec(`INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, origin) VALUES
		('12259', 'гр.', 'Враца', 'Vratsa', 'Враца', 'Враца', 'starter'), ('68134', 'гр.', 'София', 'Sofia', 'Столична', 'София (град)', 'starter')`)
	w.exec(`INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, offers, source, origin, changed_by)
		VALUES ('vratsa', 'regional', 'Библиотека Враца', 'враца', '12259', '', '', '', '', '{}', 'test', 'starter', 'test')`)
	w.exec(`INSERT INTO staff (email, name, roles, password_hash) VALUES ('m@example.bg', 'Мария', '{librarian}', 'x')`)
	return w
}

func (w world) exec(sql string, args ...any) {
	w.Helper()
	if _, err := w.pool.Exec(w.Context(), sql, args...); err != nil {
		w.Fatalf("%v in %s", err, sql)
	}
}

// id runs a statement that returns one.
func (w world) id(sql string, args ...any) (id int64) {
	w.Helper()
	if err := w.pool.QueryRow(w.Context(), sql, args...).Scan(&id); err != nil {
		w.Fatalf("%v in %s", err, sql)
	}
	return id
}

// somebody makes a contact with its conversation.
func (w world) somebody(channel, place, audience string) (contact, conversation int64) {
	w.Helper()
	contact = w.id(`INSERT INTO contacts (channel, key, place, audience, created_at) VALUES ($1, gen_random_uuid()::text, nullif($2, ''), $3, now()) RETURNING id`, channel, place, audience)
	return contact, w.id(`INSERT INTO conversations (contact, created_at, updated_at) VALUES ($1, now(), now()) RETURNING id`, contact)
}

// asks records an answer of a conversation; 0 is the API.
func (w world) asks(conversation int64, at time.Time, outcome, slug string) int64 {
	w.Helper()
	guides := "[]"
	if slug != "" {
		guides = `[{"slug": "` + slug + `", "version": 1, "score": 0.9}]`
	}
	return w.id(`INSERT INTO answers (conversation, answered_at, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES (nullif($1::bigint, 0), $2, 'въпрос', 'bg', 'bg', $3, 'question', 0.9, $4, '[]', 'm') RETURNING id`, conversation, at, outcome, guides)
}

func (w world) rates(answer, contact int64, rating string) {
	w.Helper()
	w.exec(`INSERT INTO feedback (answer, contact, rating, created_at, updated_at) VALUES ($1, $2, $3, now(), now())`, answer, contact, rating)
}

func (w world) presses(conversation int64, at time.Time, data string) {
	w.Helper()
	w.exec(`INSERT INTO messages (conversation, sender, kind, data, turn, event_id, created_at) VALUES ($1, 'person', 'button', $2, 1, gen_random_uuid()::text, $3)`, conversation, data, at)
}

func (w world) refresh(at time.Time) {
	w.Helper()
	if err := w.s.Refresh(w.Context(), at); err != nil {
		w.Fatal(err)
	}
}

func (w world) figures(c Cut) Figures {
	w.Helper()
	if c.To.IsZero() {
		c = c.Last(60, noon, time.UTC)
	}
	f, err := w.s.Figures(w.Context(), c)
	if err != nil {
		w.Fatal(err)
	}
	return f
}

// noon is when the tests of facts are: a Thursday. Facts don't depend on the clock.
var noon = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)

func group(list []Count, key string) Count {
	for _, c := range list {
		if c.Key == key {
			return c
		}
	}
	return Count{Key: "none"}
}

func TestFactsTellWhatBecameOfQuestions(t *testing.T) {
	w := newWorld(t)
	yesterday := noon.Add(-24 * time.Hour)
	contact, one := w.somebody("telegram", "12259", "citizen")
	w.rates(w.asks(one, yesterday, "answered", "id-card"), contact, "good")
	w.asks(one, yesterday.Add(time.Hour), "abstained", "")
	_, two := w.somebody("web", "", "")
	w.asks(two, noon.Add(-time.Hour), "clarify", "passport")
	w.presses(two, noon.Add(-50*time.Minute), "guide:id-card")
	w.presses(two, noon.Add(-49*time.Minute), "more:id-card")
	w.asks(two, noon.Add(-30*time.Minute), "clarify", "passport")
	// After midnight in Bulgaria it is the next day, whatever it is in London.
	w.asks(two, time.Date(2026, 11, 24, 22, 30, 0, 0, time.UTC), "out_of_scope", "")
	w.asks(0, noon.Add(-time.Hour), "answered", "id-card")
	w.exec(`INSERT INTO answers (conversation, answered_at, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES ($1, $2, 'здравей', 'bg', 'bg', 'out_of_scope', 'smalltalk', 0.9, '[]', '[]', 'm')`, two, noon)
	// What somebody is told who wanted to hear back, nobody asks.
	w.exec(`UPDATE answers SET unasked = true WHERE id = $1`, w.asks(one, noon, "answered", "id-card"))
	w.refresh(noon)
	f := w.figures(Cut{})
	if n := f.Total; n.People != 2 || n.Questions != 6 || n.Answered != 3 || n.Choice != 1 || n.Abstained != 1 || n.Outside != 1 || n.Good != 1 || n.Bad != 0 {
		t.Errorf("in all: %+v", n)
	}
	if n := group(f.By[ByService], "id-card"); n.People != 2 || n.Questions != 3 || n.Steps != [6]int{2, 2, 1, 0, 0, 0} {
		t.Errorf("the identity card: %+v", n)
	}
	if n := group(f.By[ByRegion], "Враца"); n.People != 1 || n.Questions != 2 {
		t.Errorf("Vratsa: %+v", n)
	}
	if n := group(f.By[ByRegion], ""); n.People != 1 || n.Questions != 4 {
		t.Errorf("no region: %+v", n)
	}
	if n := group(f.By[ByChannel], "api"); n.People != 0 || n.Questions != 1 {
		t.Errorf("the API: %+v", n)
	}
	if n := group(f.By[ByDay], "2026-11-25"); n.Questions != 3 || n.People != 2 {
		t.Errorf("yesterday: %+v", n)
	}
	// A rating that comes later is counted with the day of the question, and a place that is told later is known.
	w.exec(`UPDATE feedback SET rating = 'bad', reason = 'unclear'`)
	w.exec(`UPDATE contacts SET place = '68134' WHERE channel = 'web'`)
	w.refresh(noon.Add(time.Minute))
	f = w.figures(Cut{})
	if n := group(f.By[ByDay], "2026-11-25"); n.Good != 0 || n.Bad != 1 || len(f.Reasons) != 1 || f.Reasons[0] != (Reason{"unclear", 1}) {
		t.Errorf("a later rating: %+v, %v", n, f.Reasons)
	}
	if n := group(f.By[ByRegion], "София (град)"); n.People != 1 || n.Questions != 3 {
		t.Errorf("a place told later: %+v", n)
	}
	for _, c := range []struct {
		name string
		cut  Cut
		want int
	}{{"channel", Cut{Channel: "web"}, 3}, {"region", Cut{Region: "Враца"}, 2}, {"no region", Cut{Region: Unknown}, 1}, {"service", Cut{Service: "id-card"}, 3},
		{"no service", Cut{Service: Unknown}, 3}, {"audience", Cut{Audience: "citizen"}, 2}, {"all at once", Cut{Channel: "telegram", Region: "Враца", Audience: "citizen", Service: "id-card"}, 1}} {
		if f := w.figures(c.cut.Last(60, noon, time.UTC)); f.Total.Questions != c.want {
			t.Errorf("by %s: %d questions, want %d", c.name, f.Total.Questions, c.want)
		}
	}
}

func TestFactsTellHowFarPeopleCame(t *testing.T) {
	w := newWorld(t)
	for i, later := range []string{"", `used = 'no'`, `used = 'soon'`, `used = 'yes'`, `used = 'yes', worked = false, recommends = true`, `used = 'yes', worked = true`, `used = 'yes', worked = true, recommends = true`} {
		contact, conversation := w.somebody("web", "", "")
		answer := w.asks(conversation, noon.Add(-time.Duration(i+1)*time.Hour), "answered", "id-card")
		w.exec(`INSERT INTO aftermaths (contact, answer, service, offered_at) VALUES ($1, $2, 'id-card', now())`, contact, answer)
		if later != "" {
			w.exec(`UPDATE aftermaths SET agreed_at = now(), asked_at = now(), replied_at = now(), `+later+` WHERE contact = $1`, contact)
		}
	}
	w.refresh(noon)
	if n := w.figures(Cut{}).Total.Steps; n != [6]int{7, 5, 5, 4, 2, 1} {
		t.Errorf("people came so far: %v", n)
	}
}

// However long a conversation is, its messages are read once, and not once for each answer.
func TestALongConversationIsReadOnce(t *testing.T) {
	w := newWorld(t)
	_, conversation := w.somebody("telegram", "", "")
	const turns = 300
	for i := range turns {
		at := noon.Add(time.Duration(i) * time.Minute)
		w.asks(conversation, at, "answered", "vignette")
		w.presses(conversation, at.Add(time.Second), "near")
	}
	w.exec(`ANALYZE messages`)
	tx, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	var plan []map[string]any
	err = tx.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+questionsSQL, pgx.NamedArgs{"from": noon.Add(-time.Hour), "conversation": 0}).Scan(&plan)
	if err != nil {
		t.Fatal(err)
	}
	read := 0.0
	var walk func(node map[string]any)
	walk = func(node map[string]any) {
		if node["Relation Name"] == "messages" {
			rows, _ := node["Actual Rows"].(float64)
			removed, _ := node["Rows Removed by Filter"].(float64)
			loops, _ := node["Actual Loops"].(float64)
			read += (rows + removed) * loops
		}
		below, _ := node["Plans"].([]any)
		for _, n := range below {
			walk(n.(map[string]any))
		}
	}
	walk(plan[0]["Plan"].(map[string]any))
	if read == 0 || read > 4*turns {
		t.Errorf("%v rows are read of a conversation of %d messages", read, turns)
	}
}

func TestHandOversAreResolvedForGoodAfterSevenDays(t *testing.T) {
	w := newWorld(t)
	contact, conversation := w.somebody("telegram", "12259", "business")
	_ = contact
	opened := noon.AddDate(0, 0, -20)
	w.asks(conversation, opened.Add(-time.Minute), "answered", "id-card")
	ticket := func(opened time.Time, wait time.Duration, outcome string, earlier int64) int64 {
		t.Helper()
		id := w.id(`INSERT INTO tickets (conversation, state, reason, language, why, opened_at, closed_at, outcome, claimed_by, claimed_at, rating, rated_at, earlier)
			VALUES ($1, 'closed', 'asked', 'bg', 'console.why_own', $2, $3, $4, CASE WHEN $5 THEN 1 END, CASE WHEN $5 THEN $3::timestamptz END, 'helped', $3, nullif($6::bigint, 0)) RETURNING id`,
			conversation, opened, opened.Add(time.Hour), outcome, wait > 0, earlier)
		if wait > 0 {
			w.exec(`INSERT INTO ticket_events (ticket, at, kind, staff) VALUES ($1, $2, 'claimed', 1), ($1, $3, 'claimed', 1)`, id, opened.Add(wait), opened.Add(wait+time.Hour))
		}
		return id
	}
	first := ticket(opened, time.Minute, "answered", 0)
	ticket(opened.AddDate(0, 0, 3), 3*time.Minute, "sent-library", first) // came back within seven days, and then no more
	ticket(opened.AddDate(0, 0, 5), 0, "expired", 0)
	w.refresh(opened.AddDate(0, 0, 6))
	if n := w.figures(Cut{}).Total; n.Handed != 3 || n.Taken != 2 || n.Resolved != 0 || n.Unresolved != 2 || n.Open() != 1 {
		t.Errorf("before seven days are over: %+v", n)
	}
	w.refresh(noon)
	f := w.figures(Cut{})
	if n := f.Total; n.Resolved != 1 || n.Unresolved != 2 || n.Open() != 0 || n.Median != 2*time.Minute || n.P90 != 168*time.Second || n.Helped != 3 {
		t.Errorf("after: %+v", n)
	}
	if n := group(f.By[ByService], "id-card"); n.Handed != 1 || n.Resolved != 0 || n.Unresolved != 1 {
		t.Errorf("what was asked before: %+v", n)
	}
	if n := group(f.By[ByAudience], "business"); n.Handed != 3 {
		t.Errorf("for businesses: %+v", n)
	}
}

func TestWhoIsForgottenIsOnlyANumber(t *testing.T) {
	w := newWorld(t)
	contact, conversation := w.somebody("web", "12259", "citizen")
	for day := range 3 {
		w.asks(conversation, noon.AddDate(0, 0, -day), "answered", "id-card")
		w.asks(conversation, noon.AddDate(0, 0, -day).Add(-time.Hour), "answered", "passport")
	}
	w.exec(`INSERT INTO tickets (conversation, state, reason, language, why, opened_at) VALUES ($1, 'waiting', 'asked', 'bg', 'console.why_own', $2)`, conversation, noon)
	// Nothing was kept before; the wish to be forgotten keeps it, in its own transaction.
	forget := func() {
		t.Helper()
		if err := w.s.Forget(t.Context(), w.pool, contact); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	w.exec(`UPDATE answers SET question = '', conversation = NULL`) // as retrieval does
	w.exec(`UPDATE tickets SET conversation = NULL`)
	w.exec(`DELETE FROM contacts`)
	w.refresh(noon)
	if err := w.s.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.refresh(noon)
	f := w.figures(Cut{})
	if n := f.Total; n.People != 3 || n.Questions != 6 || n.Handed != 1 {
		t.Errorf("somebody on each of three days: %+v", n)
	}
	if n := group(f.By[ByRegion], "Враца"); n.Questions != 6 || n.Handed != 1 {
		t.Errorf("where from: %+v", n)
	}
	var traces int
	if err := w.pool.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM figure_questions WHERE person >= 0) + (SELECT count(*) FROM figure_tickets WHERE person >= 0)
			+ (SELECT count(*) FROM (SELECT person FROM figure_questions GROUP BY person HAVING count(DISTINCT day) > 1) AS joined)`).Scan(&traces); err != nil || traces != 0 {
		t.Errorf("%d facts lead back or join days, %v", traces, err)
	}
}

func TestViewsAreCountedBeforehand(t *testing.T) {
	w := newWorld(t)
	_, conversation := w.somebody("web", "", "")
	w.asks(conversation, noon, "answered", "id-card")
	w.refresh(noon)
	ctx := context.WithoutCancel(t.Context())
	if err := w.s.Prepare(ctx, noon, time.UTC); err != nil {
		t.Fatal(err)
	}
	w.exec(`DELETE FROM figure_questions`)
	for _, days := range Periods() {
		if f, at, err := w.s.View(ctx, days, Cut{}, noon.Add(time.Second), time.UTC); err != nil || f.Total.Questions != 1 || !at.Equal(noon) {
			t.Errorf("%d days: %+v at %s, %v", days, f.Total, at, err)
		}
	}
	if f, _, err := w.s.View(ctx, 7, Cut{}, noon.Add(time.Hour), time.UTC); err != nil || f.Total.Questions != 0 {
		t.Errorf("an old view still stands: %+v, %v", f.Total, err)
	}
}

func TestCountsAsFile(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	err := WriteCounts(&file, ByService, []Count{{Key: "id-card", People: 2, Questions: 3, Answered: 3, Handed: 2, Resolved: 1, Taken: 1, Median: time.Minute, P90: 2 * time.Minute, Steps: [6]int{2, 1}},
		{Key: "", Questions: 1, Abstained: 1}}, func(key string) string { return "=" + key })
	lines := strings.Split(file.String(), "\n")
	if err != nil || !strings.HasPrefix(lines[0], "service,name,people,questions,answered,") || lines[1] != "id-card,'=id-card,2,3,3,0,0,0,0,0,2,1,1,0,1,0,0,60,120,2,1,0,0,0,0" ||
		lines[2] != ",'=,0,1,0,0,1,0,0,0,0,0,0,0,0,0,0,,,0,0,0,0,0,0" {
		t.Errorf("%v\n%s", err, file.String())
	}
}
