package telegram

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/retrieval"
)

// A card shows no more than a phone's screen before the first thing to do: about 700 letters and 14 lines. Longer parts are
// folded to their beginning.
const (
	lineLetters = 46  // letters in a line on a phone 390 px wide
	foldAfter   = 4   // lines of exceptions that are shown whole
	leadLines   = 8   // lines of what was asked for that are shown whole
	summaryMost = 240 // letters of a summary that are shown whole
)

// section is a part of a guide with its label.
type section struct {
	field retrieval.Field
	label string
	rows  []string
}

// guide lays a card out: what was asked for first, or else what the service is and how it is done; then the rest, folded.
func guide(g *bot.Card, language string, full bool) [][]line {
	// The labels are in the language of the guide's text, which may be Bulgarian only.
	say := func(key string, args ...any) string { return i18n.T(g.Language, "web."+key, args...) }
	t := g.Text
	blocks := [][]line{{boldLine(t.Title)}}
	if g.Language != language {
		blocks = append(blocks, []line{plainLine(i18n.T(language, "web.guide_in_bulgarian"))})
	}
	if g.Only != "" {
		blocks = append(blocks, []line{plainLine(g.Only)})
	}
	if g.Warning != "" {
		blocks = append(blocks, []line{boldLine("⚠ " + g.Warning)})
	}
	if g.Closed {
		blocks = append(blocks, []line{boldLine(say("closed_service"))})
	}
	address := line{fmt.Sprintf(`<a href="%s">%s</a>`, html.EscapeString(g.Link), html.EscapeString(g.Link)), g.Link}
	door := local(g)
	parts := sections(g, say)
	more := i18n.T(g.Language, "bot.lead_more")
	switch {
	case g.Expired: // where to look, and no more
		blocks = append(blocks, []line{plainLine(t.Authority), address})
	case g.Lead != nil && !full:
		blocks = append(blocks, lead(g), door, []line{address})
		parts = append([]section{parts[0], {"", "", []string{t.Summary}}}, parts[1:]...)
		blocks = append(blocks, folded(more, parts, g.Asked))
	default:
		blocks = append(append(blocks, summary(t.Summary)...), door)
		shown := map[retrieval.Field]bool{retrieval.FieldExceptions: true, retrieval.FieldSteps: true, retrieval.FieldDeadline: true}
		var rest []section
		for _, p := range parts {
			switch {
			case p.field == retrieval.FieldExceptions && !full && height(p.rows) > foldAfter:
				blocks = append(blocks, []line{boldLine(p.label), foldedLine("– " + strings.Join(p.rows, "\n– "))})
			case shown[p.field] || full:
				blocks = append(blocks, whole(p))
			default:
				rest = append(rest, p)
			}
		}
		blocks = append(blocks, []line{address})
		if !full {
			blocks = append(blocks, folded(more, rest, ""))
		}
	}
	blocks = dropEmpty(blocks)
	source := say("source") + ": " + g.SourceTitle
	if g.Seen != "" {
		source += " (" + say("seen", day(g.Seen, g.Language)) + ")"
	}
	checked := say("unchecked")
	if g.Checked != "" {
		checked = say("checked", day(g.Checked, g.Language))
	}
	return append(blocks, []line{plainLine(source), {"<i>" + html.EscapeString(checked) + "</i>", checked}})
}

// local is the service's own site where the person is; nothing where it has none there.
func local(g *bot.Card) []line {
	if g.Local == nil {
		return nil
	}
	var block []line
	for i, l := range g.Local.Lines(g.Language) {
		if i == 0 {
			block = append(block, boldLine(l))
			continue
		}
		block = append(block, plainLine(l))
	}
	return block
}

// sections are the parts of a guide in the order in which they are read; the exceptions are the first.
func sections(g *bot.Card, say func(string, ...any) string) []section {
	t := g.Text
	var means, fees []string
	for _, m := range g.Identification {
		means = append(means, bot.MeansWords(m, g.Language))
	}
	for _, f := range t.Fees {
		fees = append(fees, strings.TrimPrefix(f.What+": ", ": ")+bot.FeeWords(f.Cents, g.Language))
	}
	contact := t.Authority
	if t.Contact != "" {
		contact += ", " + t.Contact
	}
	return []section{
		{retrieval.FieldExceptions, say("exceptions"), t.Exceptions},
		{retrieval.FieldSteps, say("steps"), t.Steps},
		{retrieval.FieldDeadline, say("deadlines"), t.Deadlines},
		{retrieval.FieldNeeded, say("needed"), t.Needed},
		{retrieval.FieldIdentification, say("identification"), said(append(means, t.IdentificationNote))},
		{retrieval.FieldFee, say("fee"), said(append(fees, t.FeeNote))},
		{retrieval.FieldTime, say("time"), said([]string{t.Time})},
		{retrieval.FieldWho, say("who"), said([]string{t.Who})},
		{retrieval.FieldWhere, i18n.T(g.Language, "bot.lead_where"), said([]string{t.Where})},
		{"", say("good_to_know"), t.GoodToKnow},
		{retrieval.FieldContact, say("contact"), said([]string{contact})},
	}
}

func said(rows []string) []string {
	var list []string
	for _, r := range rows {
		if strings.TrimSpace(r) != "" {
			list = append(list, r)
		}
	}
	return list
}

// marked are the rows of a section as they stand: steps are numbered, several of another kind have dashes.
func (s section) marked() []string {
	rows := make([]string, len(s.rows))
	for i, r := range s.rows {
		switch {
		case s.field == retrieval.FieldSteps:
			r = fmt.Sprintf("%d. %s", i+1, r)
		case len(s.rows) > 1 || s.field == retrieval.FieldExceptions || s.field == retrieval.FieldNeeded:
			r = "– " + r
		}
		rows[i] = r
	}
	return rows
}

// whole is a section with all its rows in sight; nothing where it has none.
func whole(s section) []line {
	if len(s.rows) == 0 {
		return nil
	}
	block := []line{boldLine(s.label)}
	for _, r := range s.marked() {
		block = append(block, plainLine(r))
	}
	return block
}

// lead is what was asked for, folded where it would fill the screen. The official address follows it anyway.
func lead(g *bot.Card) []line {
	rows := slices.DeleteFunc(slices.Clone(g.Lead.Lines), func(l string) bool { return l == g.Link })
	if len(rows) == 0 {
		return []line{boldLine(g.Lead.Title)}
	}
	s := section{g.Asked, g.Lead.Title, rows}
	if height(s.marked()) > leadLines {
		return []line{boldLine(s.label), foldedLine(strings.Join(s.marked(), "\n"))}
	}
	return whole(s)
}

// summary is two sentences; what is longer is folded.
func summary(text string) [][]line {
	if utf8.RuneCountInString(text) > summaryMost {
		return [][]line{{foldedLine(text)}}
	}
	return paragraphs(text)
}

// folded puts the sections behind one label, but for the one that was shown already.
func folded(label string, parts []section, shown retrieval.Field) []line {
	var marked, plain []string
	for _, p := range parts {
		if len(p.rows) == 0 || shown != "" && p.field == shown {
			continue
		}
		rows := strings.Join(p.marked(), "\n")
		if p.label == "" {
			marked, plain = append(marked, html.EscapeString(rows)), append(plain, rows)
			continue
		}
		marked = append(marked, "<b>"+html.EscapeString(p.label)+"</b>\n"+html.EscapeString(rows))
		plain = append(plain, p.label+"\n"+rows)
	}
	if len(marked) == 0 {
		return nil
	}
	return []line{boldLine(label), {"<blockquote expandable>" + strings.Join(marked, "\n") + "</blockquote>", strings.Join(plain, "\n")}}
}

// height is about how many lines of a phone rows take.
func height(rows []string) int {
	n := 0
	for _, r := range rows {
		n += 1 + max(0, utf8.RuneCountInString(r)+1)/lineLetters
	}
	return n
}

func dropEmpty(blocks [][]line) [][]line {
	var list [][]line
	for _, b := range blocks {
		if len(b) > 0 {
			list = append(list, b)
		}
	}
	return list
}
