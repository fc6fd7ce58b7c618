package console

import (
	"slices"
	"testing"
	"time"

	"orientir/bot"
	"orientir/handoff"
)

func TestLastWords(t *testing.T) {
	t.Parallel()
	opened := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return opened.Add(time.Duration(minutes) * time.Minute) }
	person := func(id int64, minutes int, text string) line {
		return line{ID: id, From: bot.Person, At: at(minutes), Text: text, Written: true}
	}
	before := []line{person(1, -3, "трябва ми съдебно"), {ID: 2, From: bot.Robot, At: at(-3)}, person(3, -2, "искам човек"), person(4, -1, "Враца")}
	asked := handoff.Ticket{OpenedAt: opened, Summary: "трябва ми съдебно"}
	for name, c := range map[string]struct {
		lines   []line
		ticket  handoff.Ticket
		message int64
		words   []string
	}{
		"what the ticket was opened with":        {before, asked, 4, []string{"трябва ми съдебно"}},
		"what was written since leans on it":     {append(slices.Clone(before), person(5, 1, "а колко струва")), asked, 5, []string{"трябва ми съдебно", "а колко струва"}},
		"a ticket without a question":            {before, handoff.Ticket{OpenedAt: opened}, 4, []string{"трябва ми съдебно", "искам човек", "Враца"}},
		"a librarian had the last word":          {append(slices.Clone(before), line{ID: 5, From: bot.Librarian, At: at(1)}), asked, 0, nil},
		"what came before the librarian is over": {append(slices.Clone(before), line{ID: 5, From: bot.Librarian, At: at(1)}, person(6, 2, "благодаря")), asked, 6, []string{"благодаря"}},
		"what was pressed or shared is no words": {[]line{person(1, 1, "ало"), {ID: 2, From: bot.Person, At: at(2), Text: "Натисна бутон."}}, asked, 1, []string{"ало"}},
	} {
		if message, words := lastWords(c.lines, c.ticket); message != c.message || !slices.Equal(words, c.words) {
			t.Errorf("%s: %d %q, want %d %q", name, message, words, c.message, c.words)
		}
	}
}
