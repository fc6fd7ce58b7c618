package group

import (
	"math"
	"strings"
	"testing"
	"time"

	"orientir/bot/telegram"
	"orientir/handoff/staff"
)

func TestWhatTelegramIsToldNext(t *testing.T) {
	t.Parallel()
	whole := shownTopic{State: "open", Name: "⏳ А", Menu: menuTake, Thread: 5, Head: 6, ShownName: "⏳ А", ShownMenu: menuTake}
	change := func(do func(p *shownTopic)) shownTopic {
		p := whole
		do(&p)
		return p
	}
	for _, c := range []struct {
		name  string
		topic shownTopic
		want  act
	}{
		{"as it should be", whole, actNone},
		{"new", shownTopic{State: "open", Menu: menuTake, Pending: true}, actCreate},
		{"without its first message", change(func(p *shownTopic) { p.Head, p.Pending = 0, true }), actHead},
		{"claimed: the button goes before anything is said", change(func(p *shownTopic) { p.Menu, p.Name, p.Pending = menuHeld, "💬 А", true }), actButtons},
		{"words before the name", change(func(p *shownTopic) { p.Name, p.Pending = "💬 А", true }), actSay},
		{"the name", change(func(p *shownTopic) { p.Name = "💬 А" }), actRename},
		{"closed once all is said", change(func(p *shownTopic) { p.State, p.Pending = "closed", true }), actSay},
		{"closed", change(func(p *shownTopic) { p.State = "closed" }), actClose},
		{"closed and shown so", change(func(p *shownTopic) { p.State, p.ShownClosed = "closed", true }), actNone},
		{"back from another library", change(func(p *shownTopic) { p.ShownClosed, p.Pending = true, true }), actReopen},
		{"over before it was made", shownTopic{State: "closed", Pending: true}, actGone},
		{"to be deleted, whatever else waits", change(func(p *shownTopic) { p.State, p.Menu, p.Pending = "deleting", "", true }), actDelete},
		{"to be deleted and never made", shownTopic{State: "deleting"}, actGone},
		{"deleted", shownTopic{State: "deleted", Name: "✓"}, actNone},
	} {
		if got := c.topic.next(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPaceOfAGroup(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	var calls []time.Time
	now := start
	for range 200 {
		recent, wait := paced(calls, now)
		now = now.Add(wait)
		if recent, wait = paced(recent, now); wait > 0 {
			t.Fatalf("after the wait it is still %s", wait)
		}
		calls = append(recent, now)
		if len(calls) > mostCalls {
			t.Fatalf("%d calls in %s", len(calls), perWindow)
		}
	}
	if took := now.Sub(start); took < 200/20*time.Minute {
		t.Errorf("200 calls took %s", took)
	}
}

func TestBurstBecomesOneMessage(t *testing.T) {
	t.Parallel()
	html, ids := together([]waitingWords{{1, "Човекът", "а"}, {2, "Човекът", "<б>"}, {3, "", "— Поет"}, {4, "Човекът", "в"}})
	if want := "<b>Човекът</b>\nа\n\n&lt;б&gt;\n\n— Поет\n\n<b>Човекът</b>\nв"; html != want || len(ids) != 4 {
		t.Errorf("%q of %v", html, ids)
	}
	// What doesn't fit stays for the next, in order; one alone always fits.
	long := strings.Repeat("дума ", 1200)
	pieces := telegram.Pieces(long, telegram.GroupLimit)
	if len(pieces) != 2 {
		t.Fatalf("%d pieces", len(pieces))
	}
	var waiting []waitingWords
	for i, p := range pieces {
		waiting = append(waiting, waitingWords{int64(i), "Човекът", p})
	}
	for len(waiting) > 0 {
		html, ids := together(waiting)
		if n := telegram.Units(html); len(ids) == 0 || n > 4096+len("<b></b>") {
			t.Fatalf("%d units of %v", n, ids)
		}
		waiting = waiting[len(ids):]
	}
}

func TestMenusLeadToEachOther(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	open := []string{menuHeld, menuAsked, menuAskedAway}
	colleague := []staff.Account{{ID: math.MaxInt64, Name: strings.Repeat("Мария ", 30)}}
	for len(open) > 0 {
		menu := open[0]
		open = open[1:]
		if seen[menu] {
			continue
		}
		seen[menu] = true
		rows := buttons(menu, colleague)
		if len(rows) == 0 {
			t.Errorf("menu %q has no buttons", menu)
		}
		for _, row := range rows {
			for _, b := range row {
				if b.Label == "" || len(b.Data) == 0 || len(b.Data) > 64 {
					t.Errorf("menu %q has the button %+v", menu, b)
				}
				if known(b.Data) {
					open = append(open, b.Data)
				}
			}
		}
	}
	if len(seen) != 5+4*3 {
		t.Errorf("%d menus", len(seen))
	}
	for _, bad := range []string{"", "take", "effort:", "effort:answered", "effort:answered:great", "outcome:x"} {
		if known(bad) {
			t.Errorf("%q is taken for a menu", bad)
		}
	}
}
