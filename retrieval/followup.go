package retrieval

import (
	"context"
	"slices"

	"orientir/knowledge"
)

const (
	followUpRight  = 0.90 // chance that what leans on the guide on the screen is about it
	surelyAnother  = 0.90 // confidence in another guide above which even «а …» begins a new subject
	neighbourShare = 0.01 // least share of a related guide, alone and beside the guide on the screen: there what leads elsewhere has 0.003 at most
	sisterShare    = 0.80 // least share of a guide for the other audience that only one of the two names, without the guide on the screen
	longestGoingOn = 9    // words of a message that goes on
	longestHalf    = 6    // words of half a question
)

// goOn tells whether a message goes on about the guide on the screen (q.Guide), and gives what becomes of it then:
// that guide, or its sister for the audience that the message names. Whatever the guides answer well is a subject of its own.
func (a *Answerer) goOn(ctx context.Context, s *serving, q Question, c consideration) (consideration, bool, error) {
	g := c.library.guides[q.Guide]
	if g == nil || !c.followable() {
		return c, false, nil
	}
	said := c.named
	if said.Outcome != knowledge.PlaceUnknown {
		place := said.Place
		if said.Outcome == knowledge.PlaceAmbiguous {
			place = said.Places[0] // all have the name
		}
		if named := c.aside.without(c.analysis, place); len(named.rest) < len(c.aside.rest) {
			c.aside, c.place = named, &said
		}
	}
	t, _ := g.In(languageOf(q, c))
	spoken := mentions(t, c.aside.rest)
	paid := feesFor(t, c.aside.rest)
	near, found, err := a.neighbour(ctx, s, q, c, g)
	if err != nil {
		return c, false, err
	}
	known := len(spoken) > 0 || paid
	if known && !c.aside.goesOn { // half a question is about the guide only where the guide speaks of all that it names
		known = !slices.ContainsFunc(c.aside.rest, func(stem string) bool {
			one := []string{stem}
			return len(mentions(t, one)) == 0 && !feesFor(t, one)
		})
	}
	if !found && !c.goesOn(q.Guide, known) {
		return c, false, nil
	}
	if found { // «а за инвалиди?» after the vignette is a guide of its own
		c.verdict = near
		return c, true, nil
	}
	c.followUp = true
	if len(c.aside.rest) == 0 && c.place != nil && c.aside.field == "" {
		c.aside.field = FieldWhere
	}
	if c.aside.field == "" && paid {
		c.aside.field = FieldFee // «а седмична?»
	}
	if c.aside.field == "" {
		c.aside.field = FieldExceptions
		if len(c.aside.rest) > 0 {
			c.mentions, c.unsaid = spoken, len(spoken) == 0
		}
		if len(c.aside.rest) == 0 && !begins(c.analysis, leaningBack) && !c.analysis.holds("за", "без", "without") {
			c.aside.field = FieldSteps // «и после?», but not «а без него?»
		}
		if c.aside.audience != "" {
			c.aside.field = FieldWho
		}
	}
	slug := q.Guide
	if other, ok, err := a.sister(ctx, s, q, c, g); err != nil {
		return c, false, err
	} else if ok {
		slug = other
		c.followUp = false // a guide that the person hasn't seen is shown whole
		if c.aside.field == FieldWho {
			c.aside.field = ""
		}
	}
	order := []candidate{{slug: slug, share: 1, said: 1}}
	for _, o := range c.verdict.order {
		if o.slug != slug {
			o.share *= 1 - followUpRight
			order = append(order, o)
		}
	}
	c.verdict = verdict{outcome: Answered, intent: WantsAnswer, confidence: followUpRight, order: order}
	return c, true, nil
}

// followable says that the message isn't one of those that mean the same whatever was said before.
func (c consideration) followable() bool {
	v := c.verdict
	switch {
	case v.outcome == Emergency, v.topic == "fraud", c.aside.forgetPlace:
		return false
	case len(c.aside.rest) == 0 && c.aside.field != "" && v.intent == WantsAnswer: // «дай линк», whatever was learned of its like
		return true
	case v.topic == "injection", v.topic == "politics":
		return false
	case v.intent == Smalltalk:
		return c.aside.field != "" || c.aside.goesOn && v.topic == "other"
	}
	return v.intent == WantsAnswer || v.intent == WantsStatus && v.topic == "file"
}

// languageOf is the language that a question is answered in.
func languageOf(q Question, c consideration) knowledge.Language {
	switch {
	case q.Language == knowledge.Bulgarian || q.Language == knowledge.English:
		return q.Language
	case c.analysis.Language == "en":
		return knowledge.English
	}
	return knowledge.Bulgarian
}

// goesOn says that the message leans on the guide on the screen rather than on itself. spoken tells that the guide speaks of
// what the message is about.
func (c consideration) goesOn(slug string, spoken bool) bool {
	v, s, n := c.verdict, c.aside, len(c.analysis.Terms)
	if len(s.rest) == 0 {
		return s.field != "" || s.audience != "" || s.goesOn || c.place != nil
	}
	another := len(v.order) > 0 && v.order[0].slug != slug
	switch {
	case !another && v.outcome == Answered && n <= longestHalf:
		return s.field != "" || s.goesOn || s.leansBack
	case another && v.order[0].said > mostlyName:
		return false
	case s.caseOnly && (s.goesOn || s.leansBack || s.measures || s.field != ""): // whatever was learned of its like: nobody begins with «за бебе»
		return n <= longestHalf
	case v.signpost != "":
		return false
	case s.supposes:
		return n <= longestGoingOn
	case another && v.outcome == Answered && (v.confidence >= surelyAnother || v.confidence >= rightToAnswer && !spoken):
		return false
	case another && v.outcome == Clarify && !spoken && !s.goesOn:
		return false
	case s.goesOn:
		return n <= longestGoingOn
	}
	return n <= longestHalf && (s.field != "" || s.leansBack)
}

// neighbour finds the guide that a message goes on to where what was said leads to a related one: of itself the message
// ranks it above the guide on the screen, and with that guide's title it comes next.
func (a *Answerer) neighbour(ctx context.Context, s *serving, q Question, c consideration, g *knowledge.Guide) (verdict, bool, error) {
	if len(c.aside.rest) == 0 || !c.aside.goesOn && !c.aside.leansBack || len(c.analysis.Terms) > longestGoingOn {
		return verdict{}, false, nil
	}
	alone := slices.IndexFunc(c.verdict.order, func(o candidate) bool { return slices.Contains(g.Related, o.slug) })
	here := slices.IndexFunc(c.verdict.order, func(o candidate) bool { return o.slug == g.Slug })
	if alone < 0 || here >= 0 && here < alone || c.verdict.order[alone].share < neighbourShare {
		return verdict{}, false, nil
	}
	slug := c.verdict.order[alone].slug
	t, _ := g.In(knowledge.Bulgarian)
	q.Context = []string{t.Title}
	whole, err := a.consider(ctx, s, q, joined(q))
	if err != nil {
		return verdict{}, false, err
	}
	v := whole.verdict
	v.order = slices.DeleteFunc(slices.Clone(v.order), func(o candidate) bool { return o.slug == g.Slug })
	if len(v.order) == 0 || v.order[0].slug != slug || v.order[0].share < neighbourShare {
		return verdict{}, false, nil
	}
	v.outcome, v.intent, v.topic, v.confidence = Answered, WantsAnswer, "", max(rightToAnswer, c.verdict.order[alone].share)
	return v, true, nil
}

// sister finds the guide for the other audience that a guide names as related, where the message names that audience.
func (a *Answerer) sister(ctx context.Context, s *serving, q Question, c consideration, g *knowledge.Guide) (string, bool, error) {
	if c.aside.audience == "" || g.Audience == knowledge.Both || g.Audience == c.aside.audience {
		return "", false, nil
	}
	fits := func(slug string) bool {
		other := c.library.guides[slug]
		return other != nil && other.Audience == c.aside.audience && slices.Contains(other.Related, g.Slug)
	}
	if mutual := slices.DeleteFunc(slices.Clone(g.Related), func(slug string) bool { return !fits(slug) }); len(mutual) == 1 {
		return mutual[0], true, nil
	}
	t, _ := g.In(knowledge.Bulgarian)
	q.Audience, q.Context = c.aside.audience, append([]string{t.Title}, q.Context...)
	whole, err := a.consider(ctx, s, q, joined(q))
	if err != nil {
		return "", false, err
	}
	left := 1.0 // of the shares, without the guide on the screen
	for _, o := range whole.verdict.order {
		if o.slug == g.Slug {
			left -= o.share
		}
	}
	for _, o := range whole.verdict.order {
		other := c.library.guides[o.slug]
		if other == nil || other.Audience != c.aside.audience {
			continue
		}
		if (slices.Contains(g.Related, o.slug) || slices.Contains(other.Related, g.Slug)) && o.share >= sisterShare*left {
			return o.slug, true, nil
		}
	}
	return "", false, nil
}
