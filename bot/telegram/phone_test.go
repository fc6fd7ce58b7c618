package telegram

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"orientir/bot"
	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
	"orientir/retrieval"
)

// TestFirstActionIsOnTheFirstScreen lays out every guide in both languages, asked for each of its parts and for none: what
// stands before the first thing to do – the first step, or the address – fits a phone's screen.
func TestFirstActionIsOnTheFirstScreen(t *testing.T) {
	t.Parallel()
	store := knowledge.NewStore(postgrestest.New(t))
	if _, err := store.LoadStarter(t.Context()); err != nil {
		t.Fatal(err)
	}
	guides, err := store.Guides(t.Context())
	if err != nil || len(guides) < 50 {
		t.Fatalf("%d guides: %v", len(guides), err)
	}
	fields := []retrieval.Field{"", retrieval.FieldFee, retrieval.FieldTime, retrieval.FieldNeeded, retrieval.FieldIdentification, retrieval.FieldDeadline,
		retrieval.FieldSteps, retrieval.FieldContact, retrieval.FieldLink, retrieval.FieldWhere, retrieval.FieldExceptions, retrieval.FieldWho, retrieval.FieldState}
	for _, g := range guides {
		for language := range g.Text {
			for _, asked := range fields {
				card := bot.NewCard(g, string(language), asked)
				blocks := guide(&card, string(language), false)
				if n := addresses(blocks, card.Link); n != 1 {
					t.Errorf("%s in %s, asked for %q: the address stands %d times", g.Slug, language, asked, n)
				}
				letters, lines := beforeTheAction(blocks, card.Link)
				if letters > 700 || lines > 14 {
					t.Errorf("%s in %s, asked for %q: %d letters, %d lines before the first action", g.Slug, language, asked, letters, lines)
				}
			}
		}
	}
}

// addresses counts the lines that are the official address and nothing else.
func addresses(blocks [][]line, link string) (n int) {
	for _, l := range slices.Concat(blocks...) {
		if strings.TrimPrefix(l.plain, "– ") == link {
			n++
		}
	}
	return n
}

// beforeTheAction counts what is seen before the first step or the address. A folded line shows three lines of itself.
func beforeTheAction(blocks [][]line, link string) (letters, lines int) {
	for _, block := range blocks {
		for _, l := range block {
			if strings.HasPrefix(l.plain, "1. ") || l.plain == link {
				return letters, lines
			}
			n, h := utf8.RuneCountInString(l.plain), height(strings.Split(l.plain, "\n"))
			if strings.HasPrefix(l.html, "<blockquote") && h > 3 {
				n, h = 3*lineLetters, 3
			}
			letters, lines = letters+n, lines+h
		}
	}
	return letters, lines
}
