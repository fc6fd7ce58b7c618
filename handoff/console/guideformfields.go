package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"orientir/bot"
	"orientir/knowledge"
)

// formSection is a card of the form.
type formSection struct {
	ID    string
	Title string
	What  string
	Parts []formPart
}

// formPart is a field of the guide, in both languages where it is a text's.
type formPart struct {
	frame
	Name     string // as a Fault calls it, without «text.bg.»
	Kind     string // line, text, lines or list in both languages; fees, apart, local, sources or related: a list of its own; ticks, radios, address, guide, day, note or notes
	Label    string
	Help     string
	Required bool
	BG, EN   string // of what is in both languages; BG of what is in none
	Rows     []formRow
	Ticks    []tick
	Most     int // letters at most
	check    formCheck
}

// formRow is a row of a list: what stands in each column.
type formRow struct {
	N      int // from 1
	Values []string
	Fresh  bool // asked for by a button: it takes the focus
}

// At is what stands in a column, counted from 0.
func (r formRow) At(column int) string {
	if column < len(r.Values) {
		return r.Values[column]
	}
	return ""
}

// ID is the part's anchor.
func (p formPart) ID() string { return fieldID(p.Name) }

// Said is what the check says of the part in a language; "" is the part as a whole.
func (p formPart) Said(language string) []formSaid { return p.check.at(p.key(language)) }

// Invalid says whether something must be mended.
func (p formPart) Invalid(language string) bool {
	return slices.ContainsFunc(p.Said(language), func(s formSaid) bool { return s.Level == "must" })
}

// Key is the field's whole name in a language, which its inputs have.
func (p formPart) Key(language string) string { return p.key(language) }

func (p formPart) key(language string) string {
	if language == "" {
		return p.Name
	}
	return "text." + language + "." + p.Name
}

// Anchor is the id of the field in a language.
func (p formPart) Anchor(language string) string { return fieldID(p.key(language)) }

// In names the field with its language, for who hears the page.
func (p formPart) In(language string) string {
	if language == "en" {
		return p.F("in_english", p.Label)
	}
	return p.F("in_bulgarian", p.Label)
}

// RowIn names a row with its language.
func (p formPart) RowIn(language string, n any) string {
	if language == "en" {
		return p.F("row_english", p.One(), n)
	}
	return p.F("row_bulgarian", p.One(), n)
}

// Cell names a row's field that is in no language, by the phrase of its column.
func (p formPart) Cell(column string, n any) string {
	return fmt.Sprintf("%s %v: %s", p.One(), n, p.F("c_"+column))
}

// CellIn names a row's field in a language.
func (p formPart) CellIn(column, language string, n any) string {
	if language == "en" {
		return p.F("in_english", p.Cell(column, n))
	}
	return p.F("in_bulgarian", p.Cell(column, n))
}

// One is what a row is called.
func (p formPart) One() string { return p.F("one_" + p.Name) }

// Placed is a row of a part, for the template that draws it.
func (p formPart) Placed(r formRow) placedRow { return placedRow{p, r, r.N} }

// Blank is a row for a script to copy, which puts the number in.
func (p formPart) Blank() placedRow { return placedRow{p, formRow{}, "{n}"} }

// placedRow is a row with the part that it belongs to.
type placedRow struct {
	Part formPart
	formRow
	Number any // from 1; «{n}» in what a script copies
}

// First says whether the row is a field's anchor.
func (r placedRow) First() bool { return r.N == 1 }

// Index counts from 0, as the buttons do.
func (r placedRow) Index() int { return r.N - 1 }

// fieldID is the id of a field's element.
func fieldID(name string) string { return strings.ReplaceAll(name, ".", "-") }

// titlesIn names the guides that a guide points at, by slug: people type names, not addresses.
func (s *site) titlesIn(r *http.Request, g knowledge.Guide) (map[string]string, error) {
	slugs := append([]string{g.ReplacedBy}, g.Related...)
	for _, a := range g.Apart {
		slugs = append(slugs, a.Slug)
	}
	names, err := s.Knowledge.GuideNames(r.Context(), slugs...)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for slug, n := range names {
		// Where two guides share a title, only the address says which is meant.
		if meant, err := s.Knowledge.GuideOf(r.Context(), n.Title); err != nil || meant != slug {
			continue
		}
		titles[slug] = n.Title
	}
	return titles, nil
}

// mostRows is how many rows a list shows at least, so that a new guide doesn't begin with buttons alone.
var mostRows = map[string]int{"exceptions": 2, "steps": 3, "needed": 1, "fees": 1, "sources": 1}

// formSections lay a draft out as the form.
func formSections(f frame, d knowledge.Draft, titles map[string]string, check formCheck, add string) []formSection {
	g := d.Guide
	bg, en := g.Text[knowledge.Bulgarian], g.Text[knowledge.English]
	en.Title = englishTitle(g)
	named := func(slug string) string {
		if t := titles[slug]; t != "" {
			return t
		}
		return slug
	}
	part := func(name, kind string) formPart {
		return formPart{frame: f, Name: name, Kind: kind, Label: f.F("f_" + name), Help: f.F("f_" + name + "_help"), Most: 200, check: check}
	}
	both := func(name, kind, inBG, inEN string) formPart {
		p := part(name, kind)
		p.BG, p.EN = inBG, inEN
		p.Most = map[string]int{"line": 200, "text": 3000, "lines": 3000}[kind]
		return p
	}
	must := func(p formPart) formPart { p.Required = true; return p }
	listed := func(p formPart, rows [][]string) formPart {
		width := len(columnsOf(p.Name))
		for len(rows) < mostRows[p.Name] {
			rows = append(rows, make([]string, width))
		}
		fresh := -1
		if add == p.Name {
			fresh = len(rows)
			rows = append(rows, make([]string, width))
		}
		for i, v := range rows {
			p.Rows = append(p.Rows, formRow{N: i + 1, Values: v, Fresh: i == fresh})
		}
		p.Most = 1000
		return p
	}
	pairs := func(name string, a, b []string) formPart {
		var rows [][]string
		for i := range max(len(a), len(b)) {
			rows = append(rows, []string{nth(a, i), nth(b, i)})
		}
		return listed(part(name, "list"), rows)
	}
	ticks := func(name, kind string, list ...tick) formPart { p := part(name, kind); p.Ticks = list; return p }

	var fees, related, apart, local, sources [][]string
	for i, fee := range bg.Fees {
		inEnglish := ""
		if i < len(en.Fees) {
			inEnglish = en.Fees[i].What
		}
		fees = append(fees, []string{amountWords(fee.Cents), fee.What, inEnglish})
	}
	for _, slug := range g.Related {
		related = append(related, []string{named(slug)})
	}
	for _, a := range g.Apart {
		apart = append(apart, []string{named(a.Slug), a.How[knowledge.Bulgarian], a.How[knowledge.English]})
	}
	for _, l := range g.Local {
		local = append(local, []string{
			l.Municipality, l.Link, l.Contact, l.Note[knowledge.Bulgarian], l.Note[knowledge.English], l.Office, l.Fee[knowledge.Bulgarian], l.Fee[knowledge.English],
		})
	}
	for _, s := range g.Sources {
		sources = append(sources, []string{s.URL, s.Title, writeDay(s.Seen), writeDay(s.Checked)})
	}
	var means []tick
	for _, m := range knowledge.AllMeans() {
		means = append(means, tick{string(m), bot.MeansWords(m, f.Language), slices.Contains(g.Identification, m)})
	}
	audience := func(a knowledge.Audience) tick {
		return tick{string(a), f.F("audience_" + string(a)), g.Audience == a}
	}
	status := func(s knowledge.Status) tick { return tick{string(s), f.F("status_" + string(s)), g.Status == s} }
	link, review, replaced, why, notes := part("link", "address"), part("review_by", "day"), part("replaced_by", "guide"), part("why", "note"), part("notes", "notes")
	link.BG, review.BG, replaced.BG, why.BG, notes.BG = g.Link, writeDay(g.ReviewBy), named(g.ReplacedBy), g.Why, d.Notes
	link.Most, notes.Most = 500, 20000

	section := func(id string, parts ...formPart) formSection {
		return formSection{"section-" + id, f.F("section_" + id), f.F("section_" + id + "_what"), parts}
	}
	return []formSection{
		section("name",
			must(both("title", "line", bg.Title, en.Title)),
			both("names", "lines", strings.Join(bg.Names, "\n"), strings.Join(en.Names, "\n")),
			must(both("authority", "line", bg.Authority, en.Authority)),
			both("contact", "line", bg.Contact, en.Contact),
			both("formerly", "lines", strings.Join(bg.Formerly, "\n"), strings.Join(en.Formerly, "\n"))),
		section("what",
			must(both("summary", "text", bg.Summary, en.Summary)),
			must(ticks("audience", "radios", audience(knowledge.Citizen), audience(knowledge.Business), audience(knowledge.Both))),
			must(both("who", "text", bg.Who, en.Who)),
			must(pairs("exceptions", bg.Exceptions, en.Exceptions))),
		section("how",
			must(link),
			must(both("where", "text", bg.Where, en.Where)),
			must(ticks("identification", "ticks", means...)),
			both("identification_note", "text", bg.IdentificationNote, en.IdentificationNote),
			must(pairs("needed", bg.Needed, en.Needed)),
			must(pairs("steps", bg.Steps, en.Steps))),
		section("cost",
			listed(part("fees", "fees"), fees),
			both("fee_note", "text", bg.FeeNote, en.FeeNote),
			both("time", "line", bg.Time, en.Time),
			pairs("deadlines", bg.Deadlines, en.Deadlines),
			pairs("good_to_know", bg.GoodToKnow, en.GoodToKnow)),
		section("others",
			listed(part("related", "related"), related),
			listed(part("apart", "apart"), apart),
			ticks("status", "radios", status(knowledge.Active), status(knowledge.Closed)),
			replaced),
		section("local", listed(part("local", "local"), local)),
		section("sources", must(listed(part("sources", "sources"), sources)), must(review)),
		section("notes", why, notes),
	}
}

// nth is a list's item; "" where it has fewer.
func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
