package retrieval

import (
	"slices"
	"strings"

	"orientir/knowledge"
)

// mostMentions bounds what is quoted of a guide.
const mostMentions = 4

// mentions are the sentences of a guide that speak of a subject, the stems of it: what it says of «дете» or «чужбина».
func mentions(t knowledge.Text, subject []string) []string {
	var list []string
	for _, text := range slices.Concat(t.Exceptions, []string{t.Who}, t.Needed, []string{t.IdentificationNote, t.FeeNote, t.Time}, t.Deadlines, t.Steps, t.GoodToKnow, []string{t.Where, t.Summary}) {
		if text = strings.TrimSpace(text); text != "" && speaksOf(text, subject) && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list[:min(len(list), mostMentions)]
}

// feesFor tells whether one of the guide's fees is for the subject: «а седмична?».
func feesFor(t knowledge.Text, subject []string) bool {
	return slices.ContainsFunc(t.Fees, func(f knowledge.Fee) bool { return speaksOf(f.What, subject) })
}

func speaksOf(text string, subject []string) bool {
	for _, token := range Tokens(Normalize(text)) {
		stem := token.Text
		switch token.Script {
		case CyrillicScript:
			stem = Stem(token.Text)
		case LatinScript:
			stem = stemEnglish(token.Text)
		}
		if slices.Contains(subject, stem) {
			return true
		}
	}
	return false
}
