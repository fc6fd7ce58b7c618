package retrieval

import (
	"context"
	"regexp"

	"orientir/knowledge"
)

var ekatte = regexp.MustCompile(`^[0-9]{5}(/[a-z0-9-]+)?$`)

// place finds where the person is: as named in the message, where that matters, or else as given with the question. said
// tells that it was named. A name inside a question about a service is believed only for a town: half the villages are
// called like ordinary things.
func (a *Answerer) place(ctx context.Context, q Question, c consideration) (m *knowledge.PlaceMatch, said bool, err error) {
	v := c.verdict
	if v.outcome == Emergency || v.intent == Smalltalk || v.intent == WantsNews || c.aside.forgetPlace {
		return nil, false, nil
	}
	if m = c.place; m == nil {
		m = &c.named
	}
	wanted := v.intent == WantsHelpPoint || v.intent == WantsTraining || v.intent == WantsHuman || c.place != nil
	if m.Outcome == knowledge.PlaceFound && (wanted || m.Place.Kind == "гр.") || m.Outcome == knowledge.PlaceAmbiguous && wanted {
		return m, true, nil
	}
	m, err = a.given(ctx, q)
	return m, false, err
}

// given is the place that came with the question; nil where none did.
func (a *Answerer) given(ctx context.Context, q Question) (*knowledge.PlaceMatch, error) {
	switch {
	case ekatte.MatchString(q.Place):
		p, ok, err := a.store.Place(ctx, q.Place)
		if err != nil || !ok {
			return nil, err
		}
		return &knowledge.PlaceMatch{Outcome: knowledge.PlaceFound, Place: p}, nil
	case q.Place != "":
		given, err := a.store.FindPlace(ctx, q.Place)
		if err != nil {
			return nil, err
		}
		return &given, nil
	}
	return nil, nil
}

// here is where the person is: the place of the answer, but for one that is somebody else's; then the place that was given with the question.
func (a *Answerer) here(ctx context.Context, q Question, m *knowledge.PlaceMatch) (*knowledge.PlaceMatch, error) {
	if m == nil || !m.Others {
		return m, nil
	}
	return a.given(ctx, q)
}

// nearby gives the help points of a place, three where they are what was asked for, else one.
func (a *Answerer) nearby(ctx context.Context, m *knowledge.PlaceMatch, v verdict) ([]knowledge.Nearby, error) {
	if m == nil || m.Outcome != knowledge.PlaceFound {
		return nil, nil
	}
	limit := 1
	if v.intent == WantsHelpPoint || v.intent == WantsTraining || v.intent == WantsHuman {
		limit = 3
	}
	return a.store.Near(ctx, knowledge.Near{Ekatte: m.Place.Code(), Limit: limit})
}
