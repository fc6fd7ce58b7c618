package handoff

import (
	"testing"

	"orientir/bot"
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
	lib := func(id string, at knowledge.Place, present ...bool) library {
		return library{point: knowledge.HelpPoint{ID: id, Name: id, Ekatte: at.Ekatte, Place: at}, present: len(present) > 0}
	}
	for _, c := range []struct {
		name string
		wish bot.Wish
		from knowledge.Place
		at   staffing
		want route
		none bool
	}{
		{name: "nobody anywhere", from: vratsa, none: true},
		{name: "the own library, though a neighbour is present", from: vratsa, at: staffing{libraries: []library{lib("mezdra", mezdra, true), lib("vratsa", vratsa)}, pool: true}, want: route{"vratsa", "console.why_own"}},
		{name: "of two own libraries the one that is present", from: vratsa, at: staffing{libraries: []library{lib("a", vratsa), lib("b", vratsa, true)}}, want: route{"b", "console.why_own"}},
		{name: "the nearest neighbour", from: vratsa, at: staffing{libraries: []library{lib("montana", montana), lib("mezdra", mezdra)}}, want: route{"mezdra", "console.why_neighbour"}},
		{name: "a neighbour who is present before a nearer one", from: vratsa, at: staffing{libraries: []library{lib("montana", montana, true), lib("mezdra", mezdra)}}, want: route{"montana", "console.why_neighbour"}},
		{name: "a neighbour across the district's border before the district", from: vratsa, at: staffing{libraries: []library{lib("kozloduy", kozloduy, true), lib("montana", montana)}}, want: route{"montana", "console.why_neighbour"}},
		{name: "the district before the pool", from: vratsa, at: staffing{libraries: []library{lib("kozloduy", kozloduy), lib("ruse", ruse)}, pool: true}, want: route{"kozloduy", "console.why_district"}},
		{name: "the pool before a far library", from: vratsa, at: staffing{libraries: []library{lib("ruse", ruse, true)}, pool: true}, want: route{"", "console.why_pool"}},
		{name: "a far library before nobody", from: vratsa, at: staffing{libraries: []library{lib("ruse", ruse)}}, want: route{"ruse", "console.why_anywhere"}},
		{name: "place unknown: the pool", at: staffing{libraries: []library{lib("ruse", ruse)}, pool: true}, want: route{"", "console.why_pool_no_place"}},
		{name: "place unknown, no pool: who is present", at: staffing{libraries: []library{lib("a", ruse), lib("b", vratsa, true)}}, want: route{"b", "console.why_anywhere"}},
		{name: "the person's choice", wish: bot.Wish{HelpPoint: "ruse"}, from: vratsa, at: staffing{libraries: []library{lib("vratsa", vratsa), lib("ruse", ruse)}}, want: route{"ruse", "console.why_chosen"}},
		{name: "a choice that is routing's own keeps its reason", wish: bot.Wish{HelpPoint: "vratsa"}, from: vratsa, at: staffing{libraries: []library{lib("vratsa", vratsa)}}, want: route{"vratsa", "console.why_own"}},
		{name: "the pool by choice, where routing goes anyway", wish: bot.Wish{Pool: true}, from: vratsa, at: staffing{pool: true}, want: route{"", "console.why_pool"}},
		{name: "a choice that nobody serves any more", wish: bot.Wish{HelpPoint: "ruse"}, from: vratsa, at: staffing{libraries: []library{lib("vratsa", vratsa)}}, want: route{"vratsa", "console.why_own"}},
		{name: "the pool by choice", wish: bot.Wish{Pool: true}, from: vratsa, at: staffing{libraries: []library{lib("vratsa", vratsa)}, pool: true}, want: route{"", "console.why_chosen"}},
		{name: "the pool by choice, but nobody serves it", wish: bot.Wish{Pool: true}, from: vratsa, at: staffing{libraries: []library{lib("vratsa", vratsa)}}, want: route{"vratsa", "console.why_own"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := choose(c.wish, c.from, c.at)
			if got != c.want || ok == c.none {
				t.Errorf("got %+v, %v, want %+v", got, ok, c.want)
			}
		})
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
