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
			for _, name := range slices.Concat([]string{t.Title}, t.Names, t.Formerly) {
				if stems := v.Analyze(name).subjects(); len(stems) > 0 {
					n[g.Slug] = append(n[g.Slug], stems)
				}
			}
		}
	}
	return n
}

// aboutAny are stems that people put around any service's name; they don't make a message less about it.
var aboutAny = func() map[string]bool {
	m := map[string]bool{}
	for word := range set("стъпки документи документ нужни онлайн интернет срок такса цена струва подаване подава вади вадя извадя искам процедура начин година сайт") {
		m[Stem(word)] = true
	}
	return m
}()

// said tells how much of a message (0…1) is one name of a guide, as it was said or as it was meant.
func (n names) said(a Analysis, slug string) float64 {
	share := n.share(a.subjects(), slug)
	if len(a.Meant) > 0 && share < 1 {
		share = max(share, n.share(a.asMeant(), slug))
	}
	return share
}

// share tells how much of the subjects (0…1) is one name of a guide, where all of that name stands among them.
func (n names) share(subjects []string, slug string) float64 {
	best := 0
	for _, name := range n[slug] {
		if len(name) > best && !slices.ContainsFunc(name, func(stem string) bool { return !slices.Contains(subjects, stem) }) {
			best = len(name)
		}
	}
	if best == 0 {
		return 0
	}
	rest := 0
	for _, stem := range subjects {
		if !aboutAny[stem] {
			rest++
		}
	}
	return min(1, float64(best)/float64(max(rest, 1)))
}
