package retrieval

import (
	"slices"

	"orientir/knowledge"
)

// audienceWorth is what a guide for the wrong audience loses of its votes where the audience is known.
const audienceWorth = 0.5

func preferAudience(found []support, audience knowledge.Audience, l *library) []support {
	if audience != knowledge.Citizen && audience != knowledge.Business {
		return found
	}
	list := append([]support(nil), found...)
	for i, s := range list {
		if g := l.guides[s.class]; g != nil && g.Audience != audience && g.Audience != knowledge.Both {
			list[i].votes *= audienceWorth
			list[i].words *= audienceWorth
			list[i].wordSum *= audienceWorth
		}
	}
	return list
}

// forAudience drops the choices that are for the other audience, where the audience is known and some are left.
func forAudience(choices []candidate, audience knowledge.Audience, l *library) []candidate {
	if audience == "" {
		return choices
	}
	left := slices.DeleteFunc(slices.Clone(choices), func(c candidate) bool {
		g := l.guides[c.slug]
		return g == nil || g.Audience != audience && g.Audience != knowledge.Both
	})
	if len(left) == 0 {
		return choices
	}
	return left
}
