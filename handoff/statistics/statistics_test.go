package statistics

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
)

var now = time.Now().UTC().Truncate(time.Second)

// seed makes two libraries' desks and the pool's: at Vratsa ten tickets taken after 10, 20 … 100 seconds, one given up, one that waits;
// in the pool one taken after an hour, forty days ago.
func seed(t *testing.T) *pgxpool.Pool {
	t.Helper()
	t.Parallel()
	pool := postgrestest.New(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, origin) VALUES ('12259', 'гр.', 'Враца', 'Vratsa', 'Враца', 'Враца', 43.20, 23.55, 'starter')`)
	exec(`INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, offers, source, origin, changed_by)
		VALUES ('vratsa', 'regional', 'Библиотека Враца', 'враца', '12259', '', '', '', '', '{}', 'test', 'starter', 'test')`)
	exec(`INSERT INTO staff (email, name, roles, password_hash) VALUES ('m@example.bg', 'Мария', '{librarian}', 'x'), ('s@example.bg', 'Сава', '{supervisor}', 'x')`)
	exec(`INSERT INTO staff_libraries VALUES (1, 'vratsa')`)
	ticket := func(helpPoint string, opened time.Time, wait time.Duration, state, outcome string) {
		t.Helper()
		var conversation, id int64
		err := pool.QueryRow(t.Context(), `
			WITH k AS (INSERT INTO contacts (channel, key, created_at) VALUES ('web', gen_random_uuid()::text, $1) RETURNING id)
			INSERT INTO conversations (contact, created_at, updated_at) SELECT id, $1, $1 FROM k RETURNING id`, opened).Scan(&conversation)
		if err != nil {
			t.Fatal(err)
		}
		var by *int64
		var taken, closed *time.Time
		if wait > 0 {
			maria, at := int64(1), opened.Add(wait)
			by, taken = &maria, &at
		}
		if state == "closed" {
			at := opened.Add(wait + time.Minute)
			closed = &at
		}
		err = pool.QueryRow(t.Context(), `
			INSERT INTO tickets (conversation, state, reason, place, language, help_point, why, opened_at, claimed_by, claimed_at, closed_at, outcome)
			VALUES ($1, $2, 'asked', '12259', 'bg', NULLIF($3, ''), 'console.why_own', $4, $5, $6, $7, NULLIF($8, '')) RETURNING id`,
			conversation, state, helpPoint, opened, by, taken, closed, outcome).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		if taken != nil {
			// Claimed, given back and claimed again: the first counts.
			exec(`INSERT INTO ticket_events (ticket, at, kind, staff) VALUES ($1, $2, 'claimed', 1), ($1, $3, 'claimed', 1)`, id, taken, taken.Add(time.Hour))
		}
		exec(`INSERT INTO messages (conversation, sender, kind, text, turn, created_at) VALUES ($1, 'person', 'text', $2, 1, $3)`, conversation, fmt.Sprintf("въпрос %d за 100%% съдебно", id), opened.Add(-time.Second))
		if taken != nil {
			exec(`INSERT INTO messages (conversation, sender, kind, text, body, author, turn, created_at) VALUES ($1, 'librarian', 'reply', '=HYPERLINK("x")', '{}', 'staff:1', 1, $2)`, conversation, taken.Add(time.Second))
		}
	}
	for i := 1; i <= 10; i++ {
		state, outcome := "closed", "answered"
		if i == 10 {
			state, outcome = "claimed", ""
		}
		ticket("vratsa", now.Add(-2*time.Hour), time.Duration(i)*10*time.Second, state, outcome)
	}
	ticket("vratsa", now.Add(-3*24*time.Hour), 0, "closed", "expired")
	ticket("vratsa", now.Add(-time.Hour), 0, "waiting", "")
	ticket("", now.Add(-40*24*time.Hour), time.Hour, "closed", "not-helped")
	return pool
}

func TestWaits(t *testing.T) {
	pool := seed(t)
	s := New(pool)
	day, week, quarter := now.Add(-24*time.Hour), now.Add(-7*24*time.Hour), now.Add(-90*24*time.Hour)
	waits, err := s.Waits(t.Context(), day, week, quarter, now.Add(time.Hour))
	if err != nil || len(waits) != 4 {
		t.Fatalf("%+v, %v", waits, err)
	}
	if w := waits[0]; w.Opened != 11 || w.Taken != 10 || w.Unanswered != 0 || w.Median != 55*time.Second || w.P90 != 91*time.Second {
		t.Errorf("a day: %+v", w)
	}
	if w := waits[1]; w.Opened != 12 || w.Unanswered != 1 || w.Median != 55*time.Second {
		t.Errorf("a week: %+v", w)
	}
	if w := waits[2]; w.Opened != 13 || w.Taken != 11 || w.Median != 60*time.Second {
		t.Errorf("a quarter: %+v", w)
	}
	if w := waits[3]; w.Opened != 0 || w.Median != 0 || w.P90 != 0 {
		t.Errorf("no time at all: %+v", w)
	}
	libraries, err := s.Libraries(t.Context(), week)
	if err != nil || len(libraries) != 1 {
		t.Fatalf("%+v, %v", libraries, err)
	}
	if l := libraries[0]; l.HelpPoint != "vratsa" || l.Waiting != 1 || l.Held != 1 || l.Oldest == nil || !l.Oldest.Equal(now.Add(-time.Hour)) || l.Opened != 12 || l.Unanswered != 1 || l.P90 != 91*time.Second {
		t.Errorf("Vratsa: %+v", l)
	}
	// What waits now is seen however old it is; what was long ago isn't counted.
	if l, err := s.Libraries(t.Context(), now); err != nil || len(l) != 1 || l[0].Waiting != 1 || l[0].Opened != 0 || l[0].Median != 0 {
		t.Errorf("now: %+v, %v", l, err)
	}
	if l, err := s.Libraries(t.Context(), quarter); err != nil || len(l) != 2 || l[0].HelpPoint != "" || l[0].Median != time.Hour {
		t.Errorf("a quarter: %+v, %v", l, err)
	}
}

func TestLoads(t *testing.T) {
	pool := seed(t)
	loads, err := New(pool).Loads(t.Context(), now.Add(-24*time.Hour))
	if err != nil || len(loads) != 1 {
		t.Fatalf("%+v, %v", loads, err)
	}
	if l := loads[0]; l.Name != "Мария" || l.Open != 1 || l.Closed != 9 || l.Unanswered != 0 || l.Most != 4 || len(l.Libraries) != 1 {
		t.Errorf("%+v", l)
	}
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO messages (conversation, sender, kind, text, turn, created_at)
		SELECT conversation, 'person', 'text', 'още нещо', 2, now() FROM tickets WHERE state = 'claimed'`); err != nil {
		t.Fatal(err)
	}
	if loads, err := New(pool).Loads(t.Context(), now); err != nil || loads[0].Unanswered != 1 || loads[0].Closed != 0 {
		t.Errorf("%+v, %v", loads, err)
	}
}

func TestTranscripts(t *testing.T) {
	pool := seed(t)
	s := New(pool)
	for _, c := range []struct {
		name string
		f    Filter
		want int
	}{
		{"all", Filter{}, 13},
		{"a page", Filter{Limit: 5}, 5},
		{"the next page", Filter{Before: 9}, 8},
		{"words", Filter{Words: "СЪДЕБНО въпрос"}, 13},
		{"words that only one of them holds", Filter{Words: "съдебно хвърчило"}, 0},
		{"words of the librarian", Filter{Words: "hyperlink"}, 11},
		{"a sign that SQL reads otherwise", Filter{Words: "100%"}, 13},
		{"a sign that would fit anything", Filter{Words: "_ъдебно"}, 0},
		{"a library", Filter{HelpPoint: "vratsa"}, 12},
		{"the pool", Filter{HelpPoint: "pool"}, 1},
		{"an outcome", Filter{Outcome: "expired"}, 1},
		{"what is open", Filter{Outcome: "open"}, 2},
		{"from a day", Filter{From: now.Add(-24 * time.Hour)}, 11},
		{"until a day", Filter{To: now.Add(-24 * time.Hour)}, 2},
		{"all at once", Filter{Words: "съдебно", HelpPoint: "vratsa", Outcome: "answered", From: now.Add(-24 * time.Hour), To: now}, 9},
	} {
		found, err := s.Transcripts(t.Context(), c.f)
		if err != nil || len(found) != c.want {
			t.Errorf("%s: %d found, want %d (%v)", c.name, len(found), c.want, err)
		}
	}
	found, err := s.Transcripts(t.Context(), Filter{Outcome: "not-helped"})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if f := found[0]; f.By != "Мария" || f.Place != "Враца" || f.Messages != 1 || f.TakenAt == nil || !strings.Contains(f.Question, "въпрос 13") {
		t.Errorf("%+v", f)
	}
	lines, err := s.Lines(t.Context(), []int64{found[0].Ticket})
	if err != nil || len(lines) != 2 || lines[0].From != "person" {
		t.Fatalf("%+v, %v", lines, err)
	}
	var table bytes.Buffer
	if err := WriteLines(&table, lines); err != nil || !strings.Contains(table.String(), `"'=HYPERLINK(""x"")"`) {
		t.Errorf("a formula goes out as one:\n%s", table.String())
	}
	table.Reset()
	if err := WriteTranscripts(&table, found); err != nil || !strings.HasPrefix(table.String(), "ticket,opened_at") || !strings.Contains(table.String(), ",3600,,Враца,web,bg,asked,Мария,closed,not-helped,") {
		t.Errorf("%v\n%s", err, table.String())
	}
}
