package main

import (
	"fmt"
	"net/http"
	"net/url"

	"orientir/bot/telegram/telegramtest"
)

// asking are the questions of those who wait for a librarian, for the clerk's forms to have something to be about. No guide answers them.
var asking = []string{
	"разрешително за пчелин", "къде се заверява ловен билет", "скица на имот", "прием в детска градина", // for want of a guide
	"разрешително за кошер", // handed over by a colleague
	"скица на къща", "ловен билет за чужденец", "прием в ясла",
}

// first are the pages from which the clerk goes on.
func (c *clerk) first() []string {
	list := []string{"/console/queue", "/console/account", "/console/guides/new", "/console/news/new", "/console/people/new", "/console/worklist", "/console/local", "/console/local?of=VRC10",
		"/console/libraries/vratsa", "/console/libraries/vratsa/hours", "/console/libraries/vratsa/days", "/console/libraries/vratsa/about", "/console/libraries/vratsa/trainings/new"}
	for n := range len(asking) + 4 {
		list = append(list, fmt.Sprint("/console/chats/", n+1), fmt.Sprint("/console/worklist/", n+1))
	}
	return list
}

// plantCases brings people who wait for a librarian, reports that are work for editors, chats that end for want of a guide and one that a
// colleague hands over, with words wherever somebody writes. Nothing of it may be refused.
func (c *clerk) plantCases(colleague *caller, say func(where string, most int) string) {
	c.Helper()
	chats := &program{t: c.T, double: c.double}
	before := c.count(`SELECT count(*) FROM tickets`)
	var people []*telegramtest.Person
	for i, question := range asking {
		who := c.double.Person(int64(30+i), "Човек", "bg")
		who.Say(question)
		who.Say("/librarian")
		people = append(people, who)
	}
	for i, who := range people { // one after the other, so that each has the ticket of their number
		c.eventually("an offer", func() bool { return tap(chats, who, "human:yes") })
		c.eventually("a ticket", func() bool { return c.count(`SELECT count(*) FROM tickets`) == before+i+1 })
	}
	c.must(c.site.worklist.Collect(c.ctx))
	taken := func(by *caller, path string, form url.Values) {
		c.Helper()
		got := by.post(path, form)
		if c.look(path, got); got.code != http.StatusSeeOther {
			c.Errorf("%s was not taken: %d %s", path, got.code, textsOf(got.body))
		}
	}
	for _, report := range [][2]string{{"vignette", "fee"}, {"vignette", "steps"}, {"criminal-record", "contact"}} {
		taken(c.nobody(), "/guides/"+report[0]+"/report", url.Values{"part": {report[1]}, "text": {say("report of "+report[0]+", "+report[1], 500)}})
	}
	chat := func(i int, do string) string { return fmt.Sprintf("/console/chats/%d/%s", before+i+1, do) }
	for i := range asking {
		switch {
		case i < 4:
			taken(c.caller, chat(i, "claim"), nil)
			taken(c.caller, chat(i, "close"), url.Values{"outcome": {"answered"}, "effort": {"2"}, "guide": {"missing"}, "comment": {say(fmt.Sprint("words at closing ", i), 1500)}})
		case i == 4:
			taken(colleague, chat(i, "claim"), nil)
			taken(colleague, chat(i, "transfer"), url.Values{"to": {"account:" + c.self[len("/console/people/"):]}, "note": {say("words to who takes over", 900)}})
		default:
			taken(c.caller, chat(i, "claim"), nil)
		}
	}
	c.eventually("a question whether it helped", func() bool { return tap(chats, people[0], "desk:bad:") })
	c.eventually("a question why not", func() bool { return heard(chats, people[0].ID, "напишете с няколко думи") == "" })
	people[0].Say("хахаха, рецепта за баница, кой спечели мача, " + say("words about a hand-over", 300))
	c.eventually("words about a hand-over", func() bool {
		return c.count(`SELECT count(*) FROM tickets WHERE rating_comment LIKE 'хахаха%'`) == 1
	})
	c.must(c.site.worklist.Collect(c.ctx))
}
