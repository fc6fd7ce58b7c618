package retrieval

import (
	"context"
	"fmt"

	"orientir/knowledge"
)

// age has the guide of an answer shown as it may be today: one that has expired only points at its source.
func (a *Answerer) age(ctx context.Context, answer *Answer) error {
	if answer.Guide == nil {
		return nil
	}
	g, age, err := a.store.Shown(ctx, *answer.Guide, a.now())
	if err != nil {
		return err
	}
	answer.Guide, answer.Age = &g, age
	if age == knowledge.Expired { // no part of it is told, whatever was asked
		answer.Field, answer.FollowUp, answer.Mentions, answer.Unsaid = "", false, nil, false
	}
	return nil
}

// Warning is what stands before a guide that is past its review date; "" before others. l is the language of the words around it.
func Warning(g knowledge.Guide, age knowledge.Age, l knowledge.Language) string {
	p := phrasesOf(l)
	switch age {
	case knowledge.Due:
		return fmt.Sprintf(p.due, p.date(g.ReviewBy))
	case knowledge.Expired:
		return fmt.Sprintf(p.expired, p.date(g.ReviewBy))
	}
	return ""
}

// OnlyIn says that a guide holds in one municipality alone; "" where it holds in the whole country, and of a municipality that isn't known.
func OnlyIn(m knowledge.Municipality, l knowledge.Language) string {
	if m.Code == "" {
		return ""
	}
	return fmt.Sprintf(phrasesOf(l).onlyIn, m.Local())
}
