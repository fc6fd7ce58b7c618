package handoff

import (
	"testing"
	"time"

	"orientir/bot"
)

func TestUsualFallsBackToWiderGroups(t *testing.T) {
	t.Parallel()
	min := func(n int) waits { return waits{most: time.Duration(n) * time.Minute} }
	p := pickups{
		{"vratsa", "morning", "attended"}: min(1), {"vratsa", "", "attended"}: min(2),
		{"", "morning", "attended"}: min(3), {"", "", "attended"}: min(4), {"pool", "", "attended"}: min(5), {"", "", "open"}: min(60),
	}
	for _, c := range []struct {
		name, at, attendance, part string
		want                       int
	}{
		{"the library at this time", "vratsa", "attended", "morning", 1},
		{"the library at any time", "vratsa", "attended", "evening", 2},
		{"everybody at this time", "mezdra", "attended", "morning", 3},
		{"everybody", "mezdra", "attended", "weekend", 4},
		{"the pool", "", "attended", "weekend", 5},
		{"nobody at the desk, but open", "vratsa", "open", "morning", 60},
		{"all busy: no data", "vratsa", "busy", "morning", 0},
		{"closed", "vratsa", "closed", "morning", 0},
		{"before this was kept", "vratsa", "", "morning", 0},
	} {
		if got := p.usual(c.at, c.attendance, c.part); got != min(c.want) {
			t.Errorf("%s: %v, want %d minutes", c.name, got.most, c.want)
		}
	}
}

func TestUsualIsLearntFromRealPickups(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-24 10:00") // Tuesday
	a := b.librarian("v@example.bg", "vratsa")
	// taken adds a pickup on the Tuesday before that many weeks, so many seconds after it was opened at an hour.
	taken := func(helpPoint, attendance string, weeks, hour, waited int) {
		b.exec(`
			WITH t AS (
				INSERT INTO tickets (reason, language, help_point, why, opened_as, opened_at, state, closed_at, outcome)
				VALUES ('asked', 'bg', NULLIF($1, ''), 'console.why_own', $2,
					('2026-11-24 00:30'::timestamp + make_interval(hours => $4) - make_interval(weeks => $3)) AT TIME ZONE 'Europe/Sofia', 'closed', now(), 'answered')
				RETURNING id, opened_at)
			INSERT INTO ticket_events (ticket, kind, staff, at)
			SELECT t.id, 'claimed', $6::bigint, t.opened_at + make_interval(secs => $5 + n * 3600) FROM t, generate_series(0, 1) n`, // taken again an hour later: the first counts
			helpPoint, attendance, weeks, hour, waited, a.ID)
	}
	usual := func(attendance string) waits {
		t.Helper()
		if err := b.desk.learn(b.ctx); err != nil {
			t.Fatal(err)
		}
		return b.desk.pickups.Load().usual("vratsa", attendance, partOfWeek(time.now))
	}
	for n := 1; n <= 9; n++ {
		taken("vratsa", "attended", 1, 9, 60*n)
	}
	taken("vratsa", "attended", 9, 9, 6000) // too long ago
	taken("vratsa", "closed", 1, 9, 50000)  // left overnight
	taken("vratsa", "", 1, 9, 6000)         // before this was kept
	if w := usual("attended"); w != (waits{}) {
		t.Errorf("nine pickups say %v", w)
	}
	taken("vratsa", "attended", 2, 10, 600)
	if w := usual("attended"); w.median.Seconds() != 330 || w.most.Seconds() != 492 {
		t.Errorf("of one to ten minutes: %v", w)
	}
	for range 30 {
		taken("vratsa", "attended", 1, 15, 3000) // the afternoons are another matter
		taken("mezdra", "busy", 1, 9, 1200)
	}
	if w := usual("attended"); w.most.Seconds() != 492 {
		t.Errorf("the morning heard of the afternoon: %v", w)
	}
	if w := usual("busy"); w.most.Seconds() != 1200 {
		t.Errorf("the neighbours' pickups stand in where the library has none: %v", w)
	}
	b.desk.Here(b.ctx, a)
	if err := b.desk.look(b.ctx); err != nil {
		t.Fatal(err)
	}
	c := b.person("a")
	if o, err := b.desk.Offer(b.ctx, b.pool, b.wish(c)); err != nil || bot.UsualWords(o.Usual, "bg") != "Обикновено отговарят до 10 минути." {
		t.Errorf("offer %+v, %v", o, err)
	}
	if ticket := b.open(b.wish(c)); ticket.Usual.Seconds() != 492 {
		t.Errorf("opened %+v", ticket)
	}
	time.pass(500e9)
	if now, _, err := b.desk.Status(b.ctx, b.pool, c); err != nil || now.Usual != 0 {
		t.Errorf("who has waited longer than most is told %v, %v", now.Usual, err)
	}
}

func TestPartOfWeek(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-11-24 11:59": "morning", "2026-11-24 12:00": "afternoon", "2026-11-24 17:00": "evening", "2026-11-24 00:10": "morning", "2026-11-28 10:00": "weekend",
	} {
		local, err := time.ParseInLocation("2006-01-02 15:04", at, sofia())
		if err != nil {
			t.Fatal(err)
		}
		if got := partOfWeek(local.UTC()); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
}
