package retrieval

import (
	"slices"
	"testing"

	"orientir/knowledge"
)

func TestReplayTellsWhatAnAnswerLoses(t *testing.T) {
	t.Parallel()
	card, record := smallGuides[1].guide(), smallGuides[0].guide()
	changed := func(change func(*knowledge.Text)) *knowledge.Guide {
		g := smallGuides[1].guide()
		text := g.Text[knowledge.Bulgarian]
		text.Exceptions = []string{"Непълнолетните подават заедно с родител.", "За загубена карта се иска декларация, вижте https://mvr.bg/zaguba."}
		if change != nil {
			change(&text)
		}
		g.Text[knowledge.Bulgarian] = text
		return &g
	}
	answered := func(g *knowledge.Guide) Answer {
		return Answer{Outcome: Answered, Intent: WantsAnswer, Language: knowledge.Bulgarian, Guide: g,
			Guides: []Ranked{{Slug: g.Slug, Title: g.Text[knowledge.Bulgarian].Title}}, Links: []Link{{URL: g.Link}}}
	}
	offered := func(list ...*knowledge.Guide) Answer {
		a := Answer{Outcome: Clarify, Intent: WantsAnswer, Language: knowledge.Bulgarian}
		for _, g := range list {
			a.Guides = append(a.Guides, Ranked{Slug: g.Slug, Title: g.Text[knowledge.Bulgarian].Title})
		}
		return a
	}
	none := Answer{Outcome: Abstained, Intent: WantsAnswer, Language: knowledge.Bulgarian}
	danger := Answer{Outcome: Emergency, Intent: WantsAnswer, Topic: "fire", Language: knowledge.Bulgarian}
	thanks := Answer{Outcome: OutOfScope, Intent: Smalltalk, Topic: "thanks", Language: knowledge.Bulgarian}
	ofCard, ofNothing := &knowledge.Sample{Expected: []string{card.Slug}}, &knowledge.Sample{Kind: "near-miss"}
	full := answered(changed(nil))
	for name, c := range map[string]struct {
		sample        *knowledge.Sample
		before, after Answer
		kind          ReplayKind
		exceptions    int
		links         []string
	}{
		"nothing changes":      {nil, full, full, Same, 0, nil},
		"an exception is gone": {nil, full, answered(changed(func(t *knowledge.Text) { t.Exceptions = t.Exceptions[1:] })), Lost, 1, nil},
		"an exception in other words stays": {nil, full, answered(changed(func(t *knowledge.Text) {
			t.Exceptions[0] = "Непълнолетните подават само заедно с родител или настойник."
		})), OtherWords, 0, nil},
		"a link in the text is gone": {ofCard, full, answered(changed(func(t *knowledge.Text) {
			t.Exceptions[1] = "За загубена карта се иска декларация."
		})), Lost, 0, []string{"https://mvr.bg/zaguba"}},
		"a link with another prefix stays": {nil, full, answered(changed(func(t *knowledge.Text) {
			t.Exceptions[1] = "За загубена карта се иска декларация, вижте www.mvr.bg/zaguba"
		})), OtherWords, 0, nil},
		"a step is gone":                        {nil, full, answered(changed(func(t *knowledge.Text) { t.Steps = t.Steps[1:] })), OtherWords, 0, nil},
		"another guide, nobody knows if right":  {nil, full, answered(&record), OtherAnswer, 0, nil},
		"another guide, wrong":                  {ofCard, full, answered(&record), Worse, 0, nil},
		"another guide, right":                  {ofCard, answered(&record), full, Better, 0, nil},
		"asks back in place of answering":       {nil, full, offered(&card, &record), Worse, 0, nil},
		"answers in place of asking back":       {nil, offered(&card, &record), full, Better, 0, nil},
		"offers the same in another order":      {nil, offered(&card, &record), offered(&record, &card), OtherWords, 0, nil},
		"finds nothing in place of a wrong one": {ofCard, answered(&record), none, Better, 0, nil},
		"answers what nothing should":           {ofNothing, none, full, Worse, 0, nil},
		"declines what nothing should answer":   {ofNothing, full, none, Better, 0, nil},
		"danger is missed":                      {nil, danger, full, Worse, 0, nil},
		"thanks become a question":              {nil, thanks, full, OtherAnswer, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := replay(c.sample, c.before, c.after)
			if got.kind != c.kind || len(got.exceptions) != c.exceptions || !slices.Equal(got.links, c.links) {
				t.Errorf("%s, lost %q and %q; want %s, %d, %q", got.kind, got.exceptions, got.links, c.kind, c.exceptions, c.links)
			}
		})
	}
}
