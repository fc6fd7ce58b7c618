package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Marks gives a short mark of each field of a guide, by the name that Diff calls it: a form carries those of what it was made from, and so
// tells later which fields were changed by whom.
func (g Guide) Marks() map[string]string {
	marks := map[string]string{}
	for _, f := range g.fields() {
		marks[f.name] = MarkOf(f.compared()...)
	}
	return marks
}

// MarkOf is the mark of a field's values: eight letters that differ where the values do.
func MarkOf(values ...string) string {
	h := sha256.New()
	for _, v := range values {
		h.Write([]byte(v))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// Take gives the guide with one field, as Diff calls it, of another. An unknown field changes nothing.
func (g Guide) Take(from Guide, field string) Guide {
	switch field {
	case "audience":
		g.Audience = from.Audience
	case "status":
		g.Status = from.Status
	case "replaced_by":
		g.ReplacedBy = from.ReplacedBy
	case "link":
		g.Link = from.Link
	case "identification":
		g.Identification = slices.Clone(from.Identification)
	case "related":
		g.Related = slices.Clone(from.Related)
	case "apart":
		g.Apart = slices.Clone(from.Apart)
	case "local":
		g.Local = slices.Clone(from.Local)
	case "municipality":
		g.Municipality = from.Municipality
	case "sources":
		g.Sources = slices.Clone(from.Sources)
	case "review_by":
		g.ReviewBy = from.ReviewBy
	case "title_english":
		g.TitleEnglish = from.TitleEnglish
	}
	rest, ok := strings.CutPrefix(field, "text.")
	if !ok {
		return g
	}
	code, name, _ := strings.Cut(rest, ".")
	l := Language(code)
	text := map[Language]Text{}
	for language, t := range g.Text {
		text[language] = t
	}
	text[l] = text[l].take(from.Text[l], name)
	if l != Bulgarian && text[l].empty() {
		delete(text, l)
	}
	g.Text = text
	return g
}

// take gives the text with one field of another.
func (t Text) take(from Text, name string) Text {
	switch name {
	case "title":
		t.Title = from.Title
	case "authority":
		t.Authority = from.Authority
	case "contact":
		t.Contact = from.Contact
	case "summary":
		t.Summary = from.Summary
	case "who":
		t.Who = from.Who
	case "exceptions":
		t.Exceptions = slices.Clone(from.Exceptions)
	case "where":
		t.Where = from.Where
	case "steps":
		t.Steps = slices.Clone(from.Steps)
	case "identification_note":
		t.IdentificationNote = from.IdentificationNote
	case "needed":
		t.Needed = slices.Clone(from.Needed)
	case "fees":
		t.Fees = slices.Clone(from.Fees)
	case "fee_note":
		t.FeeNote = from.FeeNote
	case "time":
		t.Time = from.Time
	case "deadlines":
		t.Deadlines = slices.Clone(from.Deadlines)
	case "good_to_know":
		t.GoodToKnow = slices.Clone(from.GoodToKnow)
	case "names":
		t.Names = slices.Clone(from.Names)
	case "formerly":
		t.Formerly = slices.Clone(from.Formerly)
	}
	return t
}

// empty says that a text says nothing.
func (t Text) empty() bool {
	return len(t.Fees) == 0 && strings.Join(slices.Concat(t.prose(), []string{t.Title, t.Authority, t.Time}, t.Names, t.Formerly), "") == ""
}
