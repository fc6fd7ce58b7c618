package retrieval

import (
	"context"

	"orientir/knowledge"
)

// unplacedWorth is what a municipality's guide loses of its votes where nobody knows whether the person is there.
const unplacedWorth = 0.5

// reach is where a person is, for the guides of single municipalities.
type reach struct {
	library *library
	place   *knowledge.Place // nil: unknown
}

// reachOf finds where a person is, where that matters: one of the guides found is a municipality's.
func (a *Answerer) reachOf(ctx context.Context, q Question, c consideration) (reach, error) {
	r := reach{library: c.library}
	if !c.library.hasLocal {
		return r, nil
	}
	if c.named.Outcome == knowledge.PlaceFound && !c.named.Others {
		r.place = &c.named.Place
		return r, nil
	}
	given, err := a.given(ctx, q)
	if err != nil {
		return r, err
	}
	if given != nil && given.Outcome == knowledge.PlaceFound {
		r.place = &given.Place
	}
	return r, nil
}

// holds says whether a guide may be shown to the person: it is published, and of the whole country or of where they are.
func (r reach) holds(slug string) bool {
	g := r.library.guides[slug]
	return g != nil && (g.Municipality == "" || r.place == nil || r.library.municipalities[g.Municipality].Holds(*r.place))
}

// prefer takes from the votes of municipalities' guides where nobody knows where the person is.
func (r reach) prefer(found []support) []support {
	if !r.library.hasLocal || r.place != nil {
		return found
	}
	list := append([]support(nil), found...)
	for i, s := range list {
		if g := r.library.guides[s.class]; g != nil && g.Municipality != "" {
			list[i].votes *= unplacedWorth
			list[i].words *= unplacedWorth
			list[i].wordSum *= unplacedWorth
		}
	}
	return list
}
