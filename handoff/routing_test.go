package handoff

import (
	"strings"
	"testing"
	"time"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	place := func(ekatte, district string, lat, lon float64) knowledge.Place {
		return knowledge.Place{Ekatte: ekatte, District: district, Lat: lat, Lon: lon}
	}
	vratsa := place("12259", "Враца", 43.20, 23.55)
	mezdra := place("47714", "Враца", 43.14, 23.71)   // 15 km from Vratsa
	kozloduy := place("37798", "Враца", 43.78, 23.73) // 66 km
	montana := place("48489", "Монтана", 43.41, 23.22)
	ruse := place("63427", "Русе", 43.85, 25.97)
	morning := time.Date(2026, 11, 27, 7, 0, 0, 0, time.UTC)
	type is func(*queue)
	here, full := is(func(q *queue) { q.room = roomFree }), is(func(q *queue) { q.room = roomBusy })
	opened, perhaps := is(func(q *queue) { q.open = isOpen }), is(func(q *queue) { q.open = isUnsure })
	until := is(func(q *queue) { q.until = morning })
	lib := func(id string, at knowledge.Place, as ...is) queue {
		q := queue{served: true, point: knowledge.HelpPoint{ID: id, Name: strings.ToUpper(id), Ekatte: at.Ekatte, Place: at}}
		for _, set := range as {
			set(&q)
		}
		return q
	}
	libs := func(q ...queue) staffing { return staffing{libraries: q} }
	pool := func(q ...queue) staffing { return staffing{libraries: q, pool: queue{served: true}} }
	poolHere := func(q ...queue) staffing { return staffing{libraries: q, pool: queue{served: true, room: roomFree}} }
	poolFull := func(q ...queue) staffing { return staffing{libraries: q, pool: queue{served: true, room: roomBusy}} }
	for _, c := range []struct {
		name  string
		wish  bot.Wish
		from  knowledge.Place
		at    staffing
		to    string
		why   string
		named string // the library that the reason names
		until time.Time
		none  bool
	}{
		{name: "nobody anywhere", from: vratsa, none: true},
		{name: "the own library at night, when nobody is anywhere", from: vratsa, at: pool(lib("mezdra", mezdra), lib("vratsa", vratsa)), to: "vratsa", why: "own"},
		{name: "of two own libraries the one where somebody is", from: vratsa, at: libs(lib("a", vratsa), lib("b", vratsa, here)), to: "b", why: "own"},
		{name: "of two own libraries the open one", from: vratsa, at: libs(lib("a", vratsa), lib("b", vratsa, perhaps), lib("c", vratsa, opened)), to: "c", why: "own"},
		{name: "of two own libraries where somebody is, the one with room", from: vratsa, at: libs(lib("a", vratsa, full), lib("b", vratsa, here)), to: "b", why: "own"},
		{name: "presence decides: a neighbour, because the own library is closed", from: vratsa, at: pool(lib("vratsa", vratsa, until), lib("mezdra", mezdra, here)), to: "mezdra", why: "closed", named: "VRATSA", until: morning},
		{name: "presence decides: a neighbour, because nobody is at the open own library", from: vratsa, at: pool(lib("vratsa", vratsa, opened), lib("mezdra", mezdra, here)), to: "mezdra", why: "absent", named: "VRATSA"},
		{name: "a neighbour, because all at the own library are busy", from: vratsa, at: pool(lib("vratsa", vratsa, full), lib("mezdra", mezdra, here)), to: "mezdra", why: "busy", named: "VRATSA"},
		{name: "the own busy library before an empty neighbour", from: vratsa, at: pool(lib("vratsa", vratsa, full), lib("mezdra", mezdra, opened)), to: "vratsa", why: "own"},
		{name: "a busy neighbour before an empty own library", from: vratsa, at: poolFull(lib("vratsa", vratsa, opened), lib("mezdra", mezdra, full)), to: "mezdra", why: "absent", named: "VRATSA"},
		{name: "room in the pool before a busy neighbour", from: vratsa, at: poolHere(lib("mezdra", mezdra, full)), to: "", why: "busy", named: "MEZDRA"},
		{name: "the nearest neighbour", from: vratsa, at: libs(lib("montana", montana), lib("mezdra", mezdra)), to: "mezdra", why: "neighbour"},
		{name: "a neighbour who is present before a nearer one", from: vratsa, at: libs(lib("montana", montana, here), lib("mezdra", mezdra)), to: "montana", why: "neighbour"},
		{name: "an open neighbour before a nearer closed one", from: vratsa, at: libs(lib("montana", montana, opened), lib("mezdra", mezdra)), to: "montana", why: "neighbour"},
		{name: "unknown hours between open and closed", from: vratsa, at: libs(lib("montana", montana, perhaps), lib("mezdra", mezdra)), to: "montana", why: "neighbour"},
		{name: "an open neighbour, because the own library is closed", from: vratsa, at: libs(lib("vratsa", vratsa, until), lib("mezdra", mezdra, opened)), to: "mezdra", why: "closed", named: "VRATSA", until: morning},
		{name: "the own library of unknown hours before an open neighbour", from: vratsa, at: libs(lib("vratsa", vratsa, perhaps), lib("mezdra", mezdra, opened)), to: "vratsa", why: "own"},
		{name: "a neighbour across the district's border before the district", from: vratsa, at: libs(lib("kozloduy", kozloduy, here), lib("montana", montana, here)), to: "montana", why: "neighbour"},
		{name: "the district, because nobody is at the neighbour", from: vratsa, at: libs(lib("kozloduy", kozloduy, here), lib("montana", montana)), to: "kozloduy", why: "absent", named: "MONTANA"},
		{name: "the district before the pool", from: vratsa, at: pool(lib("kozloduy", kozloduy), lib("ruse", ruse)), to: "kozloduy", why: "district"},
		{name: "the pool, where somebody is, before an empty own library", from: vratsa, at: poolHere(lib("vratsa", vratsa, until)), to: "", why: "closed", named: "VRATSA", until: morning},
		{name: "the pool before a far library", from: vratsa, at: pool(lib("ruse", ruse, here)), to: "", why: "pool"},
		{name: "a far library before nobody", from: vratsa, at: libs(lib("ruse", ruse)), to: "ruse", why: "anywhere"},
		{name: "place unknown: the pool", at: pool(lib("ruse", ruse, here)), to: "", why: "pool_no_place"},
		{name: "place unknown, no pool: who is present", at: libs(lib("a", ruse), lib("b", vratsa, here)), to: "b", why: "anywhere"},
		{name: "the person's choice", wish: bot.Wish{HelpPoint: "ruse"}, from: vratsa, at: libs(lib("vratsa", vratsa, here), lib("ruse", ruse)), to: "ruse", why: "chosen"},
		{name: "a choice that is routing's own keeps its reason", wish: bot.Wish{HelpPoint: "vratsa"}, from: vratsa, at: libs(lib("vratsa", vratsa)), to: "vratsa", why: "own"},
		{name: "what was shown a minute ago, though somebody came elsewhere", wish: bot.Wish{HelpPoint: "mezdra", Shown: true}, from: vratsa, at: libs(lib("vratsa", vratsa, here), lib("mezdra", mezdra)), to: "mezdra", why: "neighbour"},
		{name: "the pool by choice, where routing goes anyway", wish: bot.Wish{Pool: true}, from: vratsa, at: pool(), to: "", why: "pool"},
		{name: "a choice that nobody serves any more", wish: bot.Wish{HelpPoint: "ruse"}, from: vratsa, at: libs(lib("vratsa", vratsa)), to: "vratsa", why: "own"},
		{name: "the pool by choice", wish: bot.Wish{Pool: true}, from: vratsa, at: pool(lib("vratsa", vratsa, here)), to: "", why: "chosen"},
		{name: "the pool by choice, but nobody serves it", wish: bot.Wish{Pool: true}, from: vratsa, at: libs(lib("vratsa", vratsa)), to: "vratsa", why: "own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := choose(c.wish, c.from, c.at)
			want := bot.Why{Key: "console.why_" + c.why, Name: c.named, Until: c.until}
			if c.none {
				want = bot.Why{}
			}
			if got.to.id() != c.to || got.why != want || ok == c.none {
				t.Errorf("got %q, %+v, %v; want %q, %+v", got.to.id(), got.why, ok, c.to, want)
			}
		})
	}
}

func TestNextRing(t *testing.T) {
	t.Parallel()
	vratsa := knowledge.Place{Ekatte: "12259", District: "Враца", Lat: 43.20, Lon: 23.55}
	own := queue{served: true, point: knowledge.HelpPoint{ID: "vratsa", Ekatte: "12259", Place: vratsa}, room: roomFree}
	s := staffing{libraries: []queue{own}, pool: queue{served: true, room: roomFree}}
	for _, c := range []struct {
		name  string
		tried []string
		to    string
		ok    bool
	}{
		{"the own library", nil, "vratsa", true},
		{"then the pool", []string{"vratsa"}, "", true},
		{"not the pool again", []string{""}, "vratsa", true},
		{"nowhere twice", []string{"vratsa", ""}, "", false},
	} {
		if got, ok := pick(vratsa, s, c.tried); ok != c.ok || got.to.id() != c.to {
			t.Errorf("%s: %q, %v", c.name, got.to.id(), ok)
		}
	}
}

func TestRoom(t *testing.T) {
	t.Parallel()
	ana := staff.Account{ID: 1, Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa", "mezdra"}, ChatLimit: 2}
	boris := staff.Account{ID: 2, Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}, ChatLimit: 1}
	pool := staff.Account{ID: 3, Roles: []staff.Role{staff.Librarian}, ChatLimit: 4}
	all := []staff.Account{ana, boris, pool}
	for _, c := range []struct {
		name    string
		here    []int64
		held    map[int64]int
		waiting map[string]int
		at      string
		want    room
	}{
		{"nobody is there", []int64{3}, nil, nil, "vratsa", roomNone},
		{"one who serves two libraries", []int64{1}, nil, nil, "mezdra", roomFree},
		{"at the limit", []int64{1}, map[int64]int{1: 2}, nil, "vratsa", roomBusy},
		{"over the limit is no room of others", []int64{1, 2}, map[int64]int{1: 5}, nil, "vratsa", roomFree},
		{"who waits there already takes the room", []int64{1}, map[int64]int{1: 1}, map[string]int{"vratsa": 1}, "vratsa", roomBusy},
		{"who waits elsewhere doesn't", []int64{1}, map[int64]int{1: 1}, map[string]int{"mezdra": 1}, "vratsa", roomFree},
		{"the pool is who serves no library", []int64{1, 3}, map[int64]int{3: 4}, nil, "", roomBusy},
	} {
		here := map[int64]bool{}
		for _, id := range c.here {
			here[id] = true
		}
		if got := (load{c.held, c.waiting}).room(all, presence{desk: here}, c.at); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	sofia := knowledge.Place{Ekatte: "68134", Lat: 42.70, Lon: 23.32}
	varna := knowledge.HelpPoint{Ekatte: "10135", Place: knowledge.Place{Lat: 43.21, Lon: 27.91}}
	if d := distance(sofia, varna); d < 375_000 || d > 383_000 { // 379 km on the great circle
		t.Errorf("Sofia to Varna is %.0f m", d)
	}
	varna.Position = &knowledge.Position{Lat: 42.70, Lon: 23.33}
	if d := distance(sofia, varna); d < 780 || d > 860 {
		t.Errorf("by the building's own position: %.0f m", d)
	}
}
