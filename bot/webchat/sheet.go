package webchat

import (
	"unicode/utf8"

	"orientir/knowledge"
)

// sheet says how a guide is printed so that it takes exactly one sheet of A4: the less there is, the larger the letters, since it hangs
// on a wall. What doesn't fit in the smallest letters is left out, least needed first, and the sheet says where the rest is.
type sheet struct {
	Size int      // of the letters, in tenths of a point
	Omit []string // parts that are left out: doors, sources, good, who
}

// sheetSizes are the sizes of letters, in tenths of a point. Each has a class in guide.css.
var sheetSizes = []int{135, 126, 118, 111, 105, 99, 93, 88, 83, 78}

// fits is how much (see sheetWeight) a sheet takes in letters of a size: both the letters of a line and the lines grow as they shrink. Measured in
// Chromium with Liberation Sans, whose letters are as wide as Arial's, with some room to spare.
func fits(size int) int { return 29_300_000 / (size * size) }

// layOut chooses the largest letters in which a guide's text and its doors fit on the sheet.
func layOut(t knowledge.Text, doors []knowledge.Local, language knowledge.Language, c *card) sheet {
	parts := map[string]int{"doors": 0, "sources": 0, "good": sheetWeight(t.GoodToKnow...), "who": sheetWeight(t.Who, t.Where, t.Contact)}
	for _, d := range doors {
		parts["doors"] += sheetWeight(d.Name() + d.Link + d.Contact + d.Office + d.FeeIn(language) + d.In(language))
	}
	for _, s := range c.Sources {
		parts["sources"] += sheetWeight(s.Title + s.Dates)
	}
	total := sheetWeight(t.Title, t.Title, c.Untranslated, t.Authority, t.Summary, t.IdentificationNote, t.FeeNote, t.Time)
	for _, list := range [][]string{t.Exceptions, t.Steps, t.Needed, t.Deadlines, t.Formerly} {
		total += sheetWeight(list...)
	}
	for _, f := range t.Fees {
		total += sheetWeight(f.What)
	}
	if c.Closed {
		total += 4 * sheetWeight(c.T("web.closed_service")) // as wide as the sheet, in a box, with what it says of itself in large letters
	}
	for _, weight := range parts {
		total += weight
	}
	s := sheet{}
	smallest := sheetSizes[len(sheetSizes)-1]
	for _, name := range []string{"doors", "sources", "good", "who"} {
		if total > fits(smallest) && parts[name] > 0 {
			s.Omit, total = append(s.Omit, name), total-parts[name]
		}
	}
	for _, s.Size = range sheetSizes {
		if total <= fits(s.Size) {
			break
		}
	}
	return s
}

// lineEnd is how many letters the end of a paragraph costs: the rest of its line, and the space behind it.
const lineEnd = 30

// sheetWeight is how much of the sheet paragraphs take, in letters.
func sheetWeight(paragraphs ...string) int {
	weight := 0
	for _, p := range paragraphs {
		if p != "" {
			weight += utf8.RuneCountInString(p) + lineEnd
		}
	}
	return weight
}
