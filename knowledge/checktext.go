package knowledge

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text checks what the guide says in one language.
func (c *check) text(g Guide, l Language, t Text) {
	if long := slices.ContainsFunc(t.Exceptions, func(e string) bool { return len(strings.Fields(e)) >= wordyException }); len(t.Exceptions) == 1 || len(t.Exceptions) > 0 && !long {
		c.should(at{g.Slug, l, "exceptions"}, "exceptions", "few_exceptions", "изключенията са бедни: има ли дете, пълномощник, чужденец, фирма, изтекъл документ?")
	}
	limit := PlainLIX(l)
	if r := t.Reading(); r.LIX() > limit {
		c.must(at{g.Slug, l, ""}, "reading", "lix", "LIX %.1f, а обикновен език е до %.0f: %d думи, %d дълги, %d изречения", r.LIX(), limit, r.Words, r.Long, r.Sentences)
	}
	for _, part := range t.proseParts() {
		prose, place := part.words, at{g.Slug, l, part.field}
		for _, sentence := range splitSentences(prose) {
			if r := ReadingOf(sentence); r.Words > longSentence {
				c.should(place, "reading", "long_sentence", "изречение от %d думи: %s", r.Words, strings.TrimSpace(sentence))
			}
		}
		if m := levaForm.FindString(prose); m != "" {
			c.must(place, "fee", "leva", "сума в левове: %s", m)
		}
		for _, d := range datesIn(prose) {
			if d.open && d.day.Before(c.Today.AddDate(-1, 0, 0)) && !slices.Contains(t.Deadlines, prose) {
				c.should(place, "date", "old_date", "стара дата: %s", d.words)
			}
		}
	}
	for _, deadline := range t.Deadlines {
		for _, d := range datesIn(deadline) {
			if d.open && d.day.Before(c.Today) {
				c.must(at{g.Slug, l, "deadlines"}, "date", "past_deadline", "срок в миналото: %s", d.words)
			}
		}
	}
	for _, f := range t.Fees {
		if m := levaForm.FindString(f.What); m != "" {
			c.must(at{g.Slug, l, "fees"}, "fee", "leva", "сума в левове: %s", m)
		}
	}
}

// wordyException is how many words an exception has at least that says what to do instead.
const wordyException = 5

// levaForm finds an amount in leva. That leva are gone may be said.
var levaForm = regexp.MustCompile(`(?i)\d[\d \x{a0}.,]*(?:лв\.?|лева|лев|bgn|leva|levs?)(?:$|[^\p{L}])`)

// english checks that English readers are told as much.
func (c *check) english(g Guide) {
	bg, en := g.Text[Bulgarian], g.Text[English]
	if _, ok := g.Text[English]; !ok {
		c.should(at{g.Slug, English, ""}, "english", "no_english", "няма английски текст")
		return
	}
	for _, part := range []struct{ name, bg, en string }{
		{"contact", bg.Contact, en.Contact}, {"identification_note", bg.IdentificationNote, en.IdentificationNote}, {"fee_note", bg.FeeNote, en.FeeNote}, {"time", bg.Time, en.Time},
	} {
		if part.bg != "" && part.en == "" {
			c.must(at{g.Slug, English, part.name}, "english", "lacks", "няма %s, а на български има", part.name)
		}
	}
	for _, part := range []struct {
		section int
		field   string
		bg, en  []string
	}{
		{2, "exceptions", bg.Exceptions, en.Exceptions}, {4, "steps", bg.Steps, en.Steps}, {5, "needed", bg.Needed, en.Needed},
		{6, "deadlines", bg.Deadlines, en.Deadlines}, {7, "good_to_know", bg.GoodToKnow, en.GoodToKnow},
	} {
		switch {
		case len(part.bg) > 0 && len(part.en) == 0:
			c.must(at{g.Slug, English, part.field}, "english", "lacks", "няма „%s“, а на български има", sections[part.section].en)
		case len(part.en) < len(part.bg):
			c.should(at{g.Slug, English, part.field}, "english", "fewer", "„%[3]s“ има %[1]d точки, а на български са %[2]d", len(part.en), len(part.bg), sections[part.section].en)
		}
	}
	for _, a := range g.Apart {
		if a.How[English] == "" {
			c.should(at{g.Slug, English, "apart"}, "english", "apart_english", "apart за %s няма how_en", a.Slug)
		}
	}
	for _, door := range g.Local {
		if door.Note[Bulgarian] != "" && door.Note[English] == "" {
			c.should(at{g.Slug, English, "local"}, "english", "local_english", "local за %s няма note_en", door.Municipality)
		}
	}
}

// datedWords is a whole date as a text says it.
type datedWords struct {
	words string
	day   time.Time
	open  bool // nothing before it says that it is history: «от», «преди», «след», «since», «before»…
}

var (
	dateForm = regexp.MustCompile(`(?i)(\p{L}+ )?(?:(\d{1,2})\.(\d{1,2})\.(20\d\d)|(\d{1,2}) (\p{L}+) (20\d\d))`)
	// monthNames are twelve in Bulgarian, then twelve in English.
	monthNames = strings.Fields(`януари февруари март април май юни юли август септември октомври ноември декември
		january february march april may june july august september october november december`)
	history = strings.Fields("от преди след отпреди since from before after")
)

// datesIn finds whole dates, «25 май 2027 г.», «25.05.2027» and «25 May 2027».
func datesIn(text string) (list []datedWords) {
	for _, m := range dateForm.FindAllStringSubmatch(text, -1) {
		number := func(i int) int { n, _ := strconv.Atoi(m[i]); return n }
		var day time.Time
		if m[2] != "" {
			day = time.Date(number(4), time.Month(number(3)), number(2), 0, 0, 0, 0, time.UTC)
		} else {
			month := slices.Index(monthNames, strings.ToLower(m[6]))
			if month < 0 {
				continue
			}
			day = time.Date(number(7), time.Month(month%12+1), number(5), 0, 0, 0, 0, time.UTC)
		}
		list = append(list, datedWords{strings.TrimSpace(strings.TrimPrefix(m[0], m[1])), day, !slices.Contains(history, strings.ToLower(strings.TrimSpace(m[1])))})
	}
	return list
}
