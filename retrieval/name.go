package retrieval

import (
	"slices"

	"orientir/knowledge"
)

// names are the titles and everyday names of guides, as stems: whoever says one of them says which guide is meant.
type names map[string][][]string // by slug

// names reads the guides' names with this vocabulary.
func (v *Vocabulary) names(guides []knowledge.Guide) names {
	n := names{}
	for _, g := range guides {
		for _, l := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
			t, ok := g.Text[l]
			if !ok {
				continue
			}
			for _, name := range append([]string{t.Title}, t.Names...) {
				if stems := v.Analyze(name).subjects(); len(stems) > 0 {
					n[g.Slug] = append(n[g.Slug], stems)
				}
			}
		}
	}
	return n
}

// said tells how much of a message's subjects (0…1) is one name of a guide, where all of that name stands in it.
func (n names) said(subjects []string, slug string) float64 {
	best := 0
	for _, name := range n[slug] {
		if len(name) > best && !slices.ContainsFunc(name, func(stem string) bool { return !slices.Contains(subjects, stem) }) {
			best = len(name)
		}
	}
	if best == 0 {
		return 0
	}
	return float64(best) / float64(len(subjects))
}
