package retrieval

import (
	"slices"

	"orientir/knowledge"
)

// formerly are the old names of guides, as stems, by slug: whoever says one is told that it is done here now.
type formerly map[string][]oldName

type oldName struct {
	name  string
	stems []string
}

// formerly reads the guides' old names with this vocabulary.
func (v *Vocabulary) formerly(guides []knowledge.Guide) formerly {
	f := formerly{}
	for _, g := range guides {
		for _, l := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
			for _, name := range g.Text[l].Formerly {
				if stems := v.Analyze(name).subjects(); len(stems) > 0 {
					f[g.Slug] = append(f[g.Slug], oldName{name, stems})
				}
			}
		}
	}
	return f
}

// said is the longest old name of a guide that a message says, "" where it says none.
func (f formerly) said(a Analysis, slug string) string {
	if len(f[slug]) == 0 {
		return ""
	}
	subjects := a.subjects()
	longest := oldName{}
	for _, old := range f[slug] {
		if len(old.stems) > len(longest.stems) && !slices.ContainsFunc(old.stems, func(stem string) bool { return !slices.Contains(subjects, stem) }) {
			longest = old
		}
	}
	return longest.name
}

// succeed puts the guide that a closed one's work went to in its place. The closed one stays first among Guides: it is
// what was asked for.
func (a *Answer) succeed(l *library) {
	last, ok, _ := knowledge.Successor(*a.Guide, func(slug string) (knowledge.Guide, bool, error) {
		g, ok := l.guides[slug]
		if !ok {
			return knowledge.Guide{}, false, nil
		}
		return *g, true, nil
	})
	if !ok {
		return
	}
	next := l.guides[last.Slug]
	a.Closed, a.Guide = a.Guide, next
	t, _ := next.In(a.Language)
	score := a.Guides[0].Score
	a.Guides = slices.DeleteFunc(a.Guides, func(r Ranked) bool { return r.Slug == next.Slug })
	a.Guides = slices.Insert(a.Guides, 1, Ranked{Slug: next.Slug, Title: t.Title, Version: next.Version, Score: score})
	a.Guides = a.Guides[:min(len(a.Guides), mostRanked)]
	a.Links = []Link{{Title: t.Title, URL: next.Link}}
}

// localise adds the guide's door in the municipality of the place, whose address then stands first.
func (a *Answer) localise() {
	if a.Guide == nil || a.Place == nil || a.Place.Outcome != knowledge.PlaceFound {
		return
	}
	if door, ok := a.Guide.LocalAt(a.Place.Place); ok {
		a.Local = &door
		if door.Link == "" {
			return
		}
		a.Links = slices.Insert(a.Links, 0, Link{Title: a.Links[0].Title + " – " + a.Place.Place.Municipality, URL: door.Link})
	}
}

// tellApart gathers what editors say about how to tell the guides apart that a person may choose from.
func (a *Answer) tellApart(l *library) {
	for i, first := range a.Guides {
		for _, second := range a.Guides[i+1:] {
			for _, pair := range [][2]string{{first.Slug, second.Slug}, {second.Slug, first.Slug}} {
				rules := l.guides[pair[0]].Apart
				if j := slices.IndexFunc(rules, func(r knowledge.Apart) bool { return r.Slug == pair[1] }); j >= 0 {
					if words := rules[j].In(a.Language); !slices.Contains(a.Apart, words) {
						a.Apart = append(a.Apart, words)
					}
					break
				}
			}
		}
	}
	a.Apart = a.Apart[:min(len(a.Apart), mostApart)]
}

// mostApart is how many sentences are read before choosing: more would hide the choices.
const mostApart = 2
