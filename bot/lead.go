package bot

import (
	"strings"

	"orientir/bot/i18n"
	"orientir/knowledge"
	"orientir/retrieval"
)

// Lead is the part of a guide that was asked for. A card begins with it.
type Lead struct {
	Title string   `json:"title"` // a label, «Такса»
	Lines []string `json:"lines"` // never empty: what the guide doesn't say is said to be unknown
}

// newLead gives the part of a guide that answers a field, in the language of its text; nil where none was asked for or where
// a card begins with it anyway.
func newLead(g knowledge.Guide, t knowledge.Text, language string, asked retrieval.Field) *Lead {
	if asked == "" || asked == retrieval.FieldSteps || g.Status == knowledge.Closed {
		return nil
	}
	asked = askedOf(t, asked)
	lines := fieldLines(g, t, language, asked)
	if len(lines) == 0 {
		lines = []string{i18n.T(language, "bot.lead_unknown", g.Link)}
	}
	return &Lead{Title: i18n.T(language, "bot.lead_"+string(asked)), Lines: lines}
}

// askedOf is the field to answer with: a guide that doesn't say how long it takes may have deadlines, and these are called so.
func askedOf(t knowledge.Text, asked retrieval.Field) retrieval.Field {
	if asked == retrieval.FieldTime && t.Time == "" && len(t.Deadlines) > 0 {
		return retrieval.FieldDeadline
	}
	return asked
}

// fieldLines are what a guide says of a field; nothing where it doesn't say it.
func fieldLines(g knowledge.Guide, t knowledge.Text, language string, asked retrieval.Field) []string {
	var lines []string
	switch asked {
	case retrieval.FieldFee:
		for _, f := range t.Fees {
			lines = append(lines, strings.TrimSuffix(FeeWords(f.Cents, language)+" – "+f.What, " – "))
		}
		lines = append(lines, t.FeeNote)
	case retrieval.FieldTime:
		lines = []string{t.Time}
	case retrieval.FieldNeeded:
		lines = t.Needed
	case retrieval.FieldIdentification:
		for _, m := range g.Identification {
			lines = append(lines, MeansWords(m, language))
		}
		lines = append(lines, t.IdentificationNote)
	case retrieval.FieldDeadline:
		lines = t.Deadlines
	case retrieval.FieldSteps:
		lines = t.Steps
	case retrieval.FieldContact:
		lines = []string{t.Authority, t.Contact}
		if t.Contact == "" {
			lines = append(lines, g.Link)
		}
	case retrieval.FieldLink:
		lines = []string{g.Link}
	case retrieval.FieldWhere:
		lines = []string{t.Where, g.Link}
	case retrieval.FieldExceptions:
		lines = t.Exceptions
	case retrieval.FieldWho:
		lines = append([]string{t.Who}, t.Exceptions...)
	case retrieval.FieldState:
		if lines = retrieval.StateLines(t); len(lines) == 0 {
			lines = []string{i18n.T(language, "bot.state_unknown", strings.Trim(t.Authority+", "+t.Contact, ", "))}
		}
	}
	var said []string
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			said = append(said, l)
		}
	}
	return said
}

// followUp answers a follow-up with the part of the guide that it asks for.
func (d *dialog) followUp(g knowledge.Guide, asked retrieval.Field) string {
	t, in := g.In(knowledge.Language(d.person.Language))
	asked = askedOf(t, asked)
	lines := fieldLines(g, t, string(in), asked)
	if len(lines) == 0 {
		return d.t("bot.followup_unknown", t.Title, g.Link)
	}
	if asked == retrieval.FieldSteps {
		return d.t("bot.followup_steps", t.Title) + numbered(lines)
	}
	switch asked {
	case retrieval.FieldTime, retrieval.FieldFee, retrieval.FieldWhere, retrieval.FieldIdentification, retrieval.FieldContact, retrieval.FieldLink, retrieval.FieldState:
		return d.t("bot.followup_"+string(asked), t.Title, strings.Join(lines, "\n"))
	case retrieval.FieldWho:
		if t.Who == "" {
			return d.t("bot.followup_exceptions", t.Title) + dashed(lines)
		}
		return d.t("bot.followup_who", t.Title, lines[0]) + dashed(lines[1:])
	}
	return d.t("bot.followup_"+string(asked), t.Title) + dashed(lines)
}

func dashed(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n– " + strings.Join(lines, "\n– ")
}

func numbered(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		b.WriteString("\n" + digits(int64(i+1)) + ". " + l)
	}
	return b.String()
}
