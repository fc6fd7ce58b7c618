package handoff

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"orientir/bot"
)

// reminds lets two replicas remind at once.
func (m *mailbox) reminds() {
	m.Helper()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := m.Editors(m.ctx); err != nil {
				m.Error(err)
			}
		})
	}
	both.Wait()
}

// dated publishes a guide with a review date; municipality is "" for the whole country.
func (b *bundle) dated(slug, municipality, reviewBy string, doors ...string) {
	b.Helper()
	local := "[" + strings.Join(doors, ",") + "]"
	b.exec(`
		WITH g AS (INSERT INTO guides (slug, version) VALUES ($1, 1)),
			v AS (INSERT INTO guide_versions (slug, version, audience, status, title_english, link, identification, related, review_by, origin, published_by, why, municipality, local)
				VALUES ($1, 1, 'citizen', 'active', '', 'https://cs.mjs.bg/' || $1, '{none}', '{}', NULLIF($3, '')::date, 'starter', 'test', 'test', $2, $4))
		INSERT INTO guide_texts (slug, version, language, title, authority, contact, summary, who, exceptions, place, steps, identification_note, needed, fees, fee_note, duration, deadlines, good_to_know, names)
		VALUES ($1, 1, 'bg', 'Упътване ' || $1, 'x', '', 'x', 'x', '{x}', 'x', '{x}', '', '{x}', '[]', '', '', '{}', '{}', '{}')`, slug, municipality, reviewBy, local)
}

func TestEditorsAreRemindedOnceOfEachStep(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-21 11:00") // Saturday
	m := b.mailbox()
	b.editor("e", "")
	b.librarian("l@example.bg", "vratsa")
	quiet := b.editor("quiet", "")
	b.exec(`UPDATE staff SET notices = false WHERE id = $1`, quiet.ID)
	b.dated("soon", "", "2026-12-14") // a Monday
	b.dated("far", "", "2027-06-01")
	b.dated("undated", "", "")
	m.reminds()
	if len(m.sent()) != 0 {
		t.Fatalf("at the weekend: %v", m.sent())
	}
	expect := func(what string, n int, words ...string) {
		t.Helper()
		m.reminds()
		letters := m.server.Letters()
		if len(letters) != n || m.sent()["e@example.bg"] != n {
			t.Fatalf("%s: %d letters, want %d: %v", what, len(letters), n, m.sent())
		}
		for _, w := range words {
			if !strings.Contains(letters[n-1].Subject+letters[n-1].Text, w) {
				t.Errorf("%s: no %q in %s", what, w, letters[n-1].Text)
			}
		}
	}
	time.pass(48 * 3600e9) // Monday, 23 November
	expect("a month before", 1, "Упътване soon", "14 декември 2026 г.", "https://orientir.example/console/guides/soon", "/console/sources?view=past", "/console/account")
	if letters := m.server.Letters(); strings.Contains(letters[0].Text, "far") || strings.Contains(letters[0].Text, "undated") {
		t.Errorf("too much: %s", letters[0].Text)
	}
	time.pass(7 * 24 * 3600e9)
	expect("a week later", 1)
	time.pass(14 * 24 * 3600e9) // 14 December
	expect("on the day", 2)
	time.pass(7 * 24 * 3600e9)
	expect("after it", 2)
	time.pass(28 * 24 * 3600e9) // 18 January: thirty days and some later
	expect("a month after it", 3, "датата беше 14 декември 2026 г.")

	// A new date begins anew; what is retired or checked falls silent.
	b.exec(`INSERT INTO guide_reviews (slug, version, review_by, reviewed_by) VALUES ('soon', 1, '2027-02-01', 'staff:1')`)
	expect("a new date", 4, "1 февруари 2027 г.")
	b.exec(`INSERT INTO guide_reviews (slug, version, review_by, reviewed_by) VALUES ('soon', 1, '2028-01-18', 'staff:1')`)
	time.pass(28 * 24 * 3600e9)
	expect("reviewed", 4)
}

func TestAReminderThatWasNotSentIsTriedAgain(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	a := b.editor("e", "")
	b.exec(`INSERT INTO staff_telegram (staff, telegram) VALUES ($1, 77)`, a.ID)
	b.dated("soon", "", "2026-12-14")
	m.answers = []error{&bot.RetryAfter{D: 60e9}, errors.New("down")}
	m.reminds()
	m.reminds()
	if len(m.telegram) != 0 {
		t.Fatalf("told though Telegram is busy: %v", m.telegram)
	}
	time.pass(61e9)
	m.reminds() // down
	time.pass(25 * 3600e9)
	m.reminds()
	m.reminds()
	if len(m.telegram) != 1 || !strings.HasPrefix(m.telegram[0], "77: ") || len(m.sent()) != 0 {
		t.Errorf("by Telegram %v, by mail %v", m.telegram, m.sent())
	}
}

func TestAMunicipalitysGuidesAreItsEditorsToRead(t *testing.T) {
	b := setup(t)
	b.clock("2026-11-23 10:00")
	m := b.mailbox()
	b.editor("e", "")
	b.editor("v", "VRC10")
	b.dated("national", "", "2026-11-01")
	b.dated("vratsa", "VRC10", "2026-11-01")
	b.dated("mezdra", "VRC27", "2026-11-01")
	m.reminds()
	got := map[string]string{}
	for _, l := range m.server.Letters() {
		got[l.To] += l.Text
	}
	for to, want := range map[string][3]bool{"e@example.bg": {true, false, true}, "v@example.bg": {false, true, false}} {
		for i, slug := range []string{"national", "vratsa", "mezdra"} {
			if strings.Contains(got[to], "/guides/"+slug) != want[i] {
				t.Errorf("%s hears of %s: %t", to, slug, !want[i])
			}
		}
	}
}

func TestBrokenLinksAreToldOnceAWeek(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	b.editor("e", "")
	b.editor("v", "VRC10")
	m.reminds()
	for i := range 12 {
		slug := fmt.Sprintf("g%02d", i)
		b.dated(slug, "", "")
		b.exec(`INSERT INTO link_checks (url, host, fault, status, broken_since, checked_at) VALUES ('https://cs.mjs.bg/' || $1, 'cs.mjs.bg', 'status', 404, now(), now())`, slug)
	}
	if len(m.sent()) != 0 {
		t.Fatalf("where nothing is broken: %v", m.sent())
	}
	m.reminds()
	time.pass(24 * 3600e9)
	m.reminds()
	letters := m.server.Letters()
	if len(letters) != 1 || letters[0].To != "e@example.bg" {
		t.Fatalf("%v", m.sent())
	}
	for _, w := range []string{"12 адреса", "https://cs.mjs.bg/g", "Упътване g", "и още 2", "https://orientir.example/console/sources"} {
		if !strings.Contains(letters[0].Subject+"\n"+letters[0].Text, w) {
			t.Errorf("no %q in %s: %s", w, letters[0].Subject, letters[0].Text)
		}
	}
	time.pass(7 * 24 * 3600e9) // Tuesday again
	m.reminds()
	if n := m.sent()["e@example.bg"]; n != 2 {
		t.Errorf("%d letters after a week", n)
	}
	// Whoever's time hasn't come isn't counted for: neither who was told, nor who has none.
	b.exec(`ALTER TABLE link_checks RENAME TO away`)
	time.pass(3600e9)
	m.reminds()
	b.exec(`ALTER TABLE away RENAME TO link_checks`)
	// A municipality hears of its own door in a guide of the whole country.
	b.dated("doors", "", "", `{"municipality": "Враца", "link": "https://cs.mjs.bg/vratsa"}`, `{"municipality": "Мездра", "link": "https://cs.mjs.bg/mezdra"}`)
	b.exec(`INSERT INTO link_checks (url, host, fault, status, broken_since, checked_at) SELECT 'https://cs.mjs.bg/' || u, 'cs.mjs.bg', 'status', 404, now(), now() FROM unnest('{vratsa,mezdra}'::text[]) u`)
	time.pass(24 * 3600e9) // v was looked at a day before
	m.reminds()
	letters = m.server.Letters()
	if last := letters[len(letters)-1]; last.To != "v@example.bg" || !strings.Contains(last.Text, "https://cs.mjs.bg/vratsa") || strings.Contains(last.Text, "mezdra") || strings.Contains(last.Text, "/g01") {
		t.Errorf("the municipality hears %+v", last)
	}
	b.exec(`UPDATE link_checks SET broken_since = NULL, fault = ''`)
	time.pass(7 * 24 * 3600e9)
	m.reminds()
	if n := m.sent()["e@example.bg"]; n != 2 {
		t.Errorf("%d letters though all was mended", n)
	}
}

// What was told is not written, nor locked, each time that it is looked at.
func TestWhatWasToldIsLeftAlone(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	b.editor("e", "")
	b.dated("soon", "", "2026-12-14")
	b.dated("past", "", "2026-11-01")
	m.reminds()
	lock := func() (xmax string) {
		if err := b.pool.QueryRow(b.ctx, `SELECT string_agg(xmax::text, ' ' ORDER BY slug) FROM guide_reminders WHERE told_at IS NOT NULL`).Scan(&xmax); err != nil {
			t.Fatal(err)
		}
		return xmax
	}
	before := lock()
	time.pass(3600e9)
	m.reminds()
	if after := lock(); after != before || len(m.server.Letters()) != 1 {
		t.Errorf("locked by %s, then by %s; %d letters", before, after, len(m.server.Letters()))
	}
}

func TestAReminderThatIsRefusedWasNotTold(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	m.o.Mail = nil
	a := b.editor("e", "")
	b.exec(`INSERT INTO staff_telegram (staff, telegram) VALUES ($1, 77)`, a.ID)
	b.dated("soon", "", "2026-12-14")
	b.exec(`INSERT INTO link_checks (url, host, fault, status, broken_since, checked_at) VALUES ('https://cs.mjs.bg/soon', 'cs.mjs.bg', 'status', 404, now(), now())`)
	m.answers = []error{&bot.Refused{Reason: "message is too long"}, &bot.Refused{Reason: "message is too long"}}
	m.reminds()
	time.pass(25 * 3600e9)
	m.reminds()
	if len(m.telegram) != 2 {
		t.Errorf("told a day later: %q", m.telegram)
	}
}
