package retrieval

import (
	"context"
	"regexp"

	"orientir/knowledge"
)

var ekatte = regexp.MustCompile(`^[0-9]{5}$`)

// place finds where the person is: as given with the question, or named in it where that matters. A name inside a
// question about a service is believed only for a town: half the villages are called like ordinary things.
func (a *Answerer) place(ctx context.Context, q Question, v verdict) (*knowledge.PlaceMatch, error) {
	wanted := v.intent == WantsHelpPoint || v.intent == WantsHuman
	switch {
	case ekatte.MatchString(q.Place):
		p, ok, err := a.store.Place(ctx, q.Place)
		if err != nil || !ok {
			return nil, err
		}
		return &knowledge.PlaceMatch{Outcome: knowledge.PlaceFound, Place: p}, nil
	case q.Place != "":
		m, err := a.store.FindPlace(ctx, q.Place)
		if err != nil {
			return nil, err
		}
		return &m, nil
	case v.outcome == Emergency || v.intent == Smalltalk || v.intent == WantsNews:
		return nil, nil
	}
	m, err := a.store.FindPlace(ctx, q.Text)
	switch {
	case err != nil:
		return nil, err
	case m.Outcome == knowledge.PlaceUnknown:
		return nil, nil
	case wanted || m.Outcome == knowledge.PlaceFound && m.Place.Kind == "гр.":
		return &m, nil
	}
	return nil, nil
}

// nearby gives the help points of a place, three where they are what was asked for, else one.
func (a *Answerer) nearby(ctx context.Context, m *knowledge.PlaceMatch, v verdict) ([]knowledge.Nearby, error) {
	if m == nil || m.Outcome != knowledge.PlaceFound {
		return nil, nil
	}
	limit := 1
	if v.intent == WantsHelpPoint || v.intent == WantsHuman {
		limit = 3
	}
	return a.store.Near(ctx, knowledge.Near{Ekatte: m.Place.Ekatte, Limit: limit})
}
