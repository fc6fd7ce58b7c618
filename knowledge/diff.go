package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pmezard/go-difflib/difflib"
)

// GuideChange is a field that differs between two guides.
type GuideChange struct {
	Field  string // as in Fault: «link», «text.bg.steps», «sources»
	Before []string
	After  []string // the values as people read them; more than one in lists
}

// Diff lists what differs from a to b, in the order of the form: facts first, then Bulgarian, then English. Dates and names of who published them don't
// count. It is pure.
func Diff(a, b Guide) []GuideChange {
	var changes []GuideChange
	before, after := a.fields(), b.fields()
	for i, f := range after {
		if slices.Equal(before[i].compared(), f.compared()) {
			continue
		}
		c := GuideChange{f.name, before[i].values, f.values}
		if slices.Equal(c.Before, c.After) { // the same words in another place: only their names tell them apart
			c.Before, c.After = before[i].named(), f.named()
		}
		changes = append(changes, c)
	}
	return changes
}

// field is a field with its values in words.
type field struct {
	name   string
	values []string
	whole  [][]string // of values with parts that can change places: each part with its name; nil where there are none
}

// compared is what tells two values apart: the words, and where each of them stands.
func (f field) compared() []string {
	if f.whole == nil {
		return f.values
	}
	return joinParts(f.whole, "\x00")
}

// named are the values with the names of their parts.
func (f field) named() []string { return joinParts(f.whole, " · ") }

func joinParts(lists [][]string, between string) (out []string) {
	for _, l := range lists {
		out = append(out, strings.Join(l, between))
	}
	return out
}

// parts names what is said in each language, behind what it is about.
func parts(about []string, name string, words map[Language]string) []string {
	for _, l := range []Language{Bulgarian, English} {
		if w := words[l]; w != "" {
			about = append(about, name+string(l)+": "+w)
		}
	}
	return about
}

// fields gives all of a guide, always the same fields in the same order.
func (g Guide) fields() []field {
	var all []field
	add := func(name string, values ...string) {
		all = append(all, field{name: name, values: slices.DeleteFunc(values, func(v string) bool { return v == "" })})
	}
	add("audience", string(g.Audience))
	add("status", string(g.Status))
	add("replaced_by", g.ReplacedBy)
	add("link", g.Link)
	add("identification", means(g.Identification)...)
	add("related", slices.Clone(g.Related)...)
	var lines []string
	var whole [][]string
	for _, a := range g.Apart {
		if line := inBoth(a.Slug, a.How); line != "" {
			lines, whole = append(lines, line), append(whole, parts([]string{a.Slug}, "", a.How))
		}
	}
	all = append(all, field{"apart", lines, whole})
	lines, whole = nil, nil
	for _, l := range g.Local {
		if line := l.line(); line != "" {
			lines, whole = append(lines, line), append(whole, l.parts())
		}
	}
	all = append(all, field{"local", lines, whole})
	add("municipality", g.Municipality)
	lines = nil
	for _, s := range g.Sources {
		lines = append(lines, strings.Join([]string{s.Title, s.URL, isoDay(s.Seen), isoDay(s.Checked)}, " · "))
	}
	add("sources", lines...)
	add("review_by", isoDay(g.ReviewBy))
	add("title_english", g.TitleEnglish)
	for _, language := range []Language{Bulgarian, English} {
		t := g.Text[language]
		add := func(name string, values ...string) { add("text."+string(language)+"."+name, values...) }
		add("title", t.Title)
		add("authority", t.Authority)
		add("contact", t.Contact)
		add("summary", t.Summary)
		add("who", t.Who)
		add("exceptions", slices.Clone(t.Exceptions)...)
		add("where", t.Where)
		add("steps", slices.Clone(t.Steps)...)
		add("identification_note", t.IdentificationNote)
		add("needed", slices.Clone(t.Needed)...)
		var fees []string
		for _, f := range t.Fees {
			if f.Cents < 0 { // a draft's, whose amount isn't known yet
				fees = append(fees, f.What)
				continue
			}
			fees = append(fees, fmt.Sprintf("%d,%02d € · %s", f.Cents/100, f.Cents%100, f.What))
		}
		add("fees", fees...)
		add("fee_note", t.FeeNote)
		add("time", t.Time)
		add("deadlines", slices.Clone(t.Deadlines)...)
		add("good_to_know", slices.Clone(t.GoodToKnow)...)
		add("names", slices.Clone(t.Names)...)
		add("formerly", slices.Clone(t.Formerly)...)
	}
	return all
}

// isoDay is a day as YYYY-MM-DD; "" for none.
func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// inBoth puts a sentence in both languages behind what it is about.
func inBoth(about string, words map[Language]string) string {
	for _, l := range []Language{Bulgarian, English} {
		if w := words[l]; w != "" {
			about += " · " + w
		}
	}
	return about
}

// Part is a stretch of words that two texts share, or that only one has.
type Part struct {
	Text   string
	Before bool // stands in the first
	After  bool // stands in the second
}

// Words compares two texts word by word: put together, the parts of Before are the first text and those of After the second.
func Words(before, after string) []Part {
	a, b := inWords(before), inWords(after)
	var parts []Part
	for _, op := range difflib.NewMatcherWithJunk(a, b, false, nil).GetOpCodes() {
		old, new := strings.Join(a[op.I1:op.I2], ""), strings.Join(b[op.J1:op.J2], "")
		switch {
		case op.Tag == 'e':
			parts = append(parts, Part{old, true, true})
		default:
			if old != "" {
				parts = append(parts, Part{old, true, false})
			}
			if new != "" {
				parts = append(parts, Part{new, false, true})
			}
		}
	}
	return parts
}

// inWords cuts a text after each word and each space, so that nothing is lost between.
func inWords(text string) (words []string) {
	start, in := 0, false
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		if i > start && (!word || !in) {
			words, start = append(words, text[start:i]), i
		}
		in = word
	}
	if start < len(text) {
		words = append(words, text[start:])
	}
	return words
}
