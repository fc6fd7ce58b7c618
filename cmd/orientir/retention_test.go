package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/handoff/statistics"
)

// stocked is a little of every kind of data, begun at $1, in a house that has a guide and a place; what still waits is among it.
const stocked = `
INSERT INTO staff (id, email, name, roles, password_hash) OVERRIDING SYSTEM VALUE VALUES (900, 'r@example.bg', 'Р', '{librarian}', 'x');
INSERT INTO contacts (id, channel, key, created_at) OVERRIDING SYSTEM VALUE VALUES (901, 'web', 'w', @at), (902, 'telegram', '77', @at), (903, 'telegram', '78', @at), (904, 'telegram', '79', @at);
INSERT INTO conversations (id, contact, created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT id + 10, id, @at, @at FROM contacts WHERE id > 900;
INSERT INTO messages (conversation, sender, kind, text, turn, created_at, handled_at) SELECT id + 10, 'person', 'text', 'дума', 1, @at, @at FROM contacts WHERE id > 900;
INSERT INTO subscriptions (contact, topics, role, since) VALUES (903, '{services}', 'citizen', @at);
INSERT INTO answers (id, answered_at, conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model) OVERRIDING SYSTEM VALUE
	SELECT 920 + n, @at, CASE WHEN n > 0 THEN 910 + n END, 'дума', 'bg', 'bg', 'answered', 'question', 0.5, '[]', '[]', 'm' FROM generate_series(0, 2) n;
INSERT INTO tickets (id, conversation, state, reason, language, why, opened_at, closed_at, outcome, rating, rated_at, rating_comment, contact, contact_kind) OVERRIDING SYSTEM VALUE
	VALUES (930, NULL, 'closed', 'asked', 'bg', 'x', @at, @at, 'answered', 'helped', @at, 'дума', NULL, ''),
	       (931, 914, 'waiting', 'asked', 'bg', 'x', @at, NULL, NULL, NULL, NULL, '', NULL, '');
INSERT INTO ticket_notes (ticket, staff, text, at) VALUES (930, 900, 'дума', @at);
INSERT INTO guide_tasks (ticket, kind, words, state, at, by, ended_at) VALUES (930, 'missing', 'дума', 'done', @at, 900, @at);
INSERT INTO desk_blocks (contact, reason, by, at, until) VALUES (903, 'дума', 900, @at, @at::timestamptz + interval '1 hour');
INSERT INTO staff_notices (ticket, staff, created_at, ended_at, way) VALUES (930, 900, @at, @at, 'mail');
INSERT INTO problems (id, first_at, last_at, changed_by) OVERRIDING SYSTEM VALUE VALUES (940, @at, @at, 900);
INSERT INTO problem_items (problem, source, answer, at) VALUES (940, 'unanswered', 920, @at);
INSERT INTO problem_reports (guide, version, at) VALUES ('vignette', 1, @at);
INSERT INTO telegram_groups (chat, title, connected_by, connected_at, disconnected_at) VALUES (-5, 'т', 900, @at, @at), (-6, 'т', 900, @at, @at);
INSERT INTO group_topics (ticket, chat, state, closed_at, name, start, message, event, note) VALUES (930, -5, 'deleted', @at, '✓', 0, 0, 0, 0);
INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
	VALUES (920, @at::timestamptz::date, 0, 'api', '', '', '', 'answered', '', '', 0), (922, @at::timestamptz::date, 912, 'telegram', '', '', '', 'answered', '', '', 0);
INSERT INTO figure_tickets (ticket, day, person, channel, region, audience, service, resolved, rating) VALUES (930, @at::timestamptz::date, 912, 'telegram', '', '', '', 'yes', '');
INSERT INTO guide_imports (name, how, guides, begun_by, begun_at) VALUES ('f.md', 'draft', '[]', 'staff:900', @at);
INSERT INTO forgotten (contact, created_at, forgotten_at) VALUES (1, @at, @at);
INSERT INTO audit_log (at, staff, verb) VALUES (@at, 900, 'x.y');
`

// TestRetention lets time pass over a little of every kind of data: each is there the day before its period ends, and gone a day after; what somebody
// still waits for stays, and so do the figures.
func TestRetention(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	ctx := t.Context()
	rules := h.p.retention(h.site)
	began := time.Now().Add(-6 * 365 * day) // the database's own clock guards the audit log
	for statement := range strings.SplitSeq(stocked, ";\n") {
		if _, err := h.p.pool.Exec(ctx, statement, pgx.NamedArgs{"at": began}); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
	left := func(r postgres.Rule) bool {
		var oldest *time.Time
		if err := h.p.pool.QueryRow(ctx, r.Oldest).Scan(&oldest); err != nil && err != pgx.ErrNoRows {
			t.Fatalf("%s: %v", r.Kind, err)
		}
		return oldest != nil && oldest.Before(began.Add(36*time.Hour))
	}
	if _, err := h.p.pool.Exec(ctx, `UPDATE figure_state SET kept_at = now()`); err != nil { // all of it is counted
		t.Fatal(err)
	}
	// Each by itself, the shortest period first, as time passes.
	for _, r := range rules {
		if r.Swept != "" {
			continue
		}
		t.Run(r.Kind, func(t *testing.T) {
			if !left(r) {
				t.Fatal("there is none to end")
			}
		})
	}
	var now time.Time
	registry := prometheus.NewRegistry()
	keeper := postgres.NewKeeper(h.p.pool, rules, postgres.RetentionOptions{Now: func() time.Time { return now }, Registry: registry, Batch: 2, Pause: time.Microsecond})
	periods := map[time.Duration]bool{}
	for _, r := range rules {
		periods[r.Keep] = true
	}
	round := func(at time.Time) {
		t.Helper()
		now = at
		if err := keeper.Round(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []time.Duration{2 * day, 91 * day, 366 * day, 401 * day, 3*365*day + day, 5*365*day + 2*day} {
		// A day before the periods that end now: nothing of them is touched.
		for _, r := range rules {
			if r.Swept == "" && r.Keep < step && r.Keep > step-3*day && r.Keep > 2*day {
				round(began.Add(r.Keep - day))
				if !left(r) {
					t.Errorf("%s went before its time", r.Kind)
				}
			}
		}
		round(began.Add(step))
		for _, r := range rules {
			stays := map[string]bool{"conversations": true, "messages": true} // somebody waits
			if r.Swept == "" && r.Keep < step-36*time.Hour && left(r) != stays[r.Kind] {
				t.Errorf("after %s: %s left is %v", step, r.Kind, left(r))
			}
		}
	}
	var contacts string
	if err := h.p.pool.QueryRow(ctx, `SELECT string_agg(id::text, ',' ORDER BY id) FROM contacts WHERE id > 900`).Scan(&contacts); err != nil || contacts != "903,904" {
		t.Errorf("left are the contacts %s, %v; want those who wait", contacts, err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	for _, f := range families {
		if f.GetName() == "orientir_retention_rows_total" {
			for _, m := range f.Metric {
				if m.GetCounter().GetValue() > 0 {
					counted++
				}
			}
		}
	}
	if counted < 15 {
		t.Errorf("%d kinds are counted", counted)
	}
}

// TestFiguresOutliveTheirPeople keeps what is counted when the person's time is over, without the person. Nothing goes that is not counted yet.
func TestFiguresOutliveTheirPeople(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	for statement := range strings.SplitSeq(stocked, ";\n") {
		if _, err := h.p.pool.Exec(t.Context(), statement, pgx.NamedArgs{"at": time.Now().Add(-380 * day)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.p.pool.Exec(t.Context(), `UPDATE figure_state SET kept_at = now() - interval '500 days'; DELETE FROM figure_questions`); err != nil { // statistics stood still, and lack these
		t.Fatal(err)
	}
	now := time.Now()
	keeper := postgres.NewKeeper(h.p.pool, h.p.retention(h.site), postgres.RetentionOptions{Now: func() time.Time { return now }, Pause: time.Microsecond})
	round := func(what string, answers, worded, messages, questions int) {
		t.Helper()
		if err := keeper.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got [4]int
		var known int
		if err := h.p.pool.QueryRow(t.Context(), `
			SELECT (SELECT count(*) FROM answers), (SELECT count(*) FROM answers WHERE question <> ''), (SELECT count(*) FROM messages), count(*), count(*) FILTER (WHERE person > 0)
			FROM figure_questions`).Scan(&got[0], &got[1], &got[2], &got[3], &known); err != nil {
			t.Fatal(err)
		}
		if want := [4]int{answers, worded, messages, questions}; got != want || known != 0 {
			t.Errorf("%s: %d answers, %d with words, %d messages, %d counted; want %v; of %d the person is known", what, got[0], got[1], got[2], got[3], want, known)
		}
	}
	// Two people are forgotten, and counted with it; what belongs to nobody, and of who waits, is not counted yet.
	// Of what belongs to nobody the words' time has long been over.
	round("statistics stand still", 3, 0, 2, 2)
	if err := statistics.New(h.p.pool).Refresh(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	round("all is counted", 0, 0, 1, 3) // a message to a librarian waits
	round("again", 0, 0, 1, 3)
	if _, err := h.p.pool.Exec(t.Context(), `
		INSERT INTO answers (answered_at, question, language, detected, outcome, intent, confidence, guides, evidence, model)
			SELECT now() - d * interval '1 day', 'дума', 'bg', 'bg', 'answered', 'question', 0.5, '[]', '[]', 'm' FROM unnest('{110,380}'::int[]) d;
		UPDATE figure_state SET kept_at = NULL`); err != nil {
		t.Fatal(err)
	}
	round("statistics begin anew, and fail", 2, 1, 1, 3)
	now = now.Add(20 * day)
	round("they fail for more than a month after their time", 1, 0, 1, 3)
}

// TestTheAuditLogIsOnlyGivenUpToRetention holds the database's own guard.
func TestTheAuditLogIsOnlyGivenUpToRetention(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	if _, err := h.p.pool.Exec(t.Context(), `INSERT INTO audit_log (at, verb) VALUES (now(), 'new.row'), (now() - interval '400 days', 'old.row')`); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`DELETE FROM audit_log`, `UPDATE audit_log SET verb = 'x'`, `TRUNCATE audit_log`,
		`WITH a AS MATERIALIZED (SELECT set_config('orientir.audit_retention', 'on', true)) DELETE FROM audit_log USING a WHERE verb = 'new.row'`,
	} {
		if _, err := h.p.pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("the log took %s", statement)
		}
	}
}

// TestDocumentsTellTheSamePeriods holds README and the operator's document to the policy.
func TestDocumentsTellTheSamePeriods(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	for file, words := range map[string]func(time.Duration) string{"../../README.md": englishPeriod, "../../deploy/data-protection.md": bulgarianPeriod} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]string{}
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(line, "|")
			if len(cells) < 4 {
				continue
			}
			for i, part := range strings.Split(cells[1], "`") {
				if i%2 == 1 {
					rows[part] = line
				}
			}
		}
		for _, r := range h.p.retention(h.site) {
			if !strings.Contains(rows[r.Kind], "| "+words(r.Keep)+" ") {
				t.Errorf("%s says of %s %q; it is kept for %s", file, r.Kind, rows[r.Kind], words(r.Keep))
			}
		}
	}
	page := (&desk{t, &program{t: t, url: h.server.URL}, h.server.Client()}).page("/privacy")
	for _, want := range []string{"<dd>90 дни</dd>", "<dd>1 година</dd>", "<dd>5 години</dd>", "<dd>7 дни</dd>"} {
		if !strings.Contains(page, want) {
			t.Errorf("/privacy doesn't say %s", want)
		}
	}
	if strings.Contains(page, "mydata.") {
		t.Error("/privacy says a key")
	}
}

func englishPeriod(d time.Duration) string { return period(d, "day", "days", "hours", "minutes") }
func bulgarianPeriod(d time.Duration) string {
	return period(d, "ден", "дни", "часа", "минути")
}

func period(d time.Duration, one, days, hours, minutes string) string {
	switch {
	case d == day:
		return "1 " + one
	case d%day == 0:
		return fmt.Sprint(int(d/day), " ", days)
	case d%time.Hour == 0:
		return fmt.Sprint(int(d/time.Hour), " ", hours)
	}
	return fmt.Sprint(int(d/time.Minute), " ", minutes)
}

// TestWhoWasForgottenIsForgottenAgain restores a backup from before somebody was forgotten.
func TestWhoWasForgottenIsForgottenAgain(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	maria, ivan := h.double.Person(7, "Мария", "bg"), h.double.Person(8, "Иван", "bg")
	maria.Say("винетка за трактор")
	ivan.Say("винетка за мотор")
	web := &program{t: t, double: h.double, url: h.server.URL}
	eventually(t, "answers", func() string {
		if len(h.double.Sent(7)) == 0 || len(h.double.Sent(8)) == 0 {
			return "nobody answers"
		}
		return ""
	})
	backup := func() (rows [][]any) {
		r, err := h.p.pool.Query(t.Context(), `SELECT k.id, k.created_at, m.created_at FROM contacts k JOIN conversations c ON c.contact = k.id JOIN messages m ON m.conversation = c.id WHERE k.key = '7' ORDER BY m.id LIMIT 1`)
		if err != nil {
			t.Fatal(err)
		}
		rows, err = pgx.CollectRows(r, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}()
	maria.Say("/forget")
	eventually(t, "goodbye", func() string { return heard(web, 7, "Изтрих всичко") })
	gone := func() string {
		var n int
		if err := h.p.pool.QueryRow(t.Context(), `SELECT count(*) FROM contacts WHERE key = '7'`).Scan(&n); err != nil || n > 0 {
			return fmt.Sprint(n, " contacts, ", err)
		}
		return ""
	}
	eventually(t, "forgotten", gone)
	var file strings.Builder
	list, err := h.site.conversations.Forgotten(t.Context())
	if err == nil {
		err = writeForgotten(&file, list)
	}
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	// As the backup had it.
	for _, statement := range []string{
		`INSERT INTO contacts (id, channel, key, created_at) OVERRIDING SYSTEM VALUE VALUES (@contact, 'telegram', '7', @at)`,
		`INSERT INTO conversations (contact, created_at, updated_at) VALUES (@contact, @at, @said)`,
		`INSERT INTO messages (conversation, sender, kind, text, turn, created_at, handled_at) SELECT id, 'person', 'text', 'винетка за трактор', 1, @said, @said FROM conversations WHERE contact = @contact`,
	} {
		if _, err := h.p.pool.Exec(t.Context(), statement, pgx.NamedArgs{"contact": backup[0][0], "at": backup[0][1], "said": backup[0][2]}); err != nil {
			t.Fatal(err)
		}
	}
	again, err := readForgotten(strings.NewReader(file.String()))
	if err != nil || len(again) != 1 {
		t.Fatalf("%d rows, %v in %s", len(again), err, &file)
	}
	for _, want := range []int{1, 0} {
		if n, err := h.site.engine.ForgetAgain(t.Context(), again); err != nil || n != want {
			t.Errorf("forgot %d again, %v; want %d", n, err, want)
		}
	}
	if complaint := gone(); complaint != "" {
		t.Error(complaint)
	}
	if _, err := readForgotten(strings.NewReader("1\tпреди\tсега\n")); err == nil {
		t.Error("takes a file that is wrong")
	}
	// A number that is somebody else's after the restore forgets nobody.
	other := []bot.Forgotten{{Contact: 0, CreatedAt: time.Now(), ForgottenAt: time.Now()}}
	if err := h.p.pool.QueryRow(context.Background(), `SELECT id FROM contacts WHERE key = '8'`).Scan(&other[0].Contact); err != nil {
		t.Fatal(err)
	}
	if n, err := h.site.engine.ForgetAgain(t.Context(), other); err != nil || n != 0 {
		t.Errorf("forgot %d who only have the number, %v", n, err)
	}
}
