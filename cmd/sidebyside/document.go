package sidebyside

import (
	"cmp"
	"slices"
	"strings"

	"orientir/knowledge"
	"orientir/retrieval"
)

// document is what an engine indexes.
type document struct {
	slug string
	text string
}

// documents are the guides in each language, and their sample questions: apart, or in one document for each guide.
func documents(guides []knowledge.Guide, samples []knowledge.Sample, apart bool) []document {
	var list []document
	whole := map[string]*strings.Builder{}
	add := func(slug, text string) {
		if apart {
			list = append(list, document{slug, text})
			return
		}
		if whole[slug] == nil {
			whole[slug] = &strings.Builder{}
		}
		whole[slug].WriteString(text + "\n")
	}
	for _, g := range guides {
		for _, language := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
			if t, ok := g.Text[language]; ok {
				parts := slices.Concat([]string{t.Title}, t.Names, []string{t.Authority, t.Summary, t.Who}, t.Exceptions, []string{t.Where}, t.Steps, t.Needed, t.Deadlines, t.GoodToKnow)
				add(g.Slug, strings.Join(parts, "\n"))
			}
		}
	}
	for _, s := range samples {
		for _, slug := range s.Expected {
			if slices.ContainsFunc(guides, func(g knowledge.Guide) bool { return g.Slug == slug }) {
				add(slug, s.Text)
			}
		}
	}
	for _, g := range guides {
		if b := whole[g.Slug]; b != nil {
			list = append(list, document{g.Slug, b.String()})
		}
	}
	return list
}

// found is a document that an engine found.
type found struct {
	slug  string
	score float64
}

// mostFound is how many documents are asked for, so that five guides are among them.
const mostFound = 50

// answer makes an answer of what an engine found: its five best guides, each by its best document. These engines know no
// doubt, so whatever they find counts as answered.
func answer(list []found) retrieval.Answer {
	best := map[string]float64{}
	for _, f := range list {
		best[f.slug] = max(best[f.slug], f.score)
	}
	var guides []retrieval.Ranked
	for slug, score := range best {
		guides = append(guides, retrieval.Ranked{Slug: slug, Score: score})
	}
	slices.SortFunc(guides, func(a, b retrieval.Ranked) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Slug, b.Slug))
	})
	a := retrieval.Answer{Outcome: retrieval.Abstained, Guides: guides[:min(5, len(guides))]}
	if len(guides) > 0 {
		a.Outcome = retrieval.Answered
	}
	return a
}
