package retrieval

import "slices"

// The thresholds of a decision, in one place, from what mistakes cost a person. Taking a good answer as gain 1:
// a wrong guide shown as right costs 2.1 (a wasted trip), so it must be right with 0.68 or more (2.1·0.32 ≈ 0.68·1).
// Asking back costs a fifth of an answer's gain, so it pays for as long as a guide probably answers at all.
// Showing guides to somebody whom none helps costs half as much again as sending somebody away whom one would have
// helped, because a library is offered to those sent away: so one must answer with three to two.
const (
	rightToAnswer     = 0.68 // probability that the first guide is right
	answerableToOffer = 0.60 // probability that some guide answers
	answerableByName  = 0.75 // at least, where the message is mostly a guide's name («кеп откъде») and no negative is nearer
	mostlyName        = 0.60 // share of the message
	shareToOffer      = 0.04 // of a guide among the choices
	dangerToWarn      = 0.50 // embedder's probability of danger to life where no rule saw it
	signpostToName    = 0.35 // embedder's probability of a signpost, or its share of the neighbourhood
	mostChoices       = 4
	mostRanked        = 5
	surelyOneGuide    = 0.85 // share of the first guide above which there is nothing to choose from
	kindToBelieve     = 0.45 // embedder's probability of small talk, advice and the like, to be answered as such
)

// verdict is what becomes of a message, before anything is laid out.
type verdict struct {
	outcome    Outcome
	intent     Intent
	topic      string
	confidence float64
	answerable float64 // probability that some guide answers
	order      []candidate
	also       int    // place in order of a guide to offer beside the first ones, because a model's words led to it; 0 is none
	byModel    bool   // it asks back only because a model's words led to one of the guides too
	signpost   string // title
}

// decide is pure: a message's analysis, the embedder's look and the search's finding give the verdict.
func (w *weights) decide(r rules, a Analysis, l look, found []support, n names, published func(string) bool) verdict {
	v := verdict{intent: WantsAnswer, order: w.rank(a, l, found, n, published)}
	features := w.judge(a, l, v.order, found)
	answerable := logistic(w.ranking.Answerable, features)
	if len(v.order) > 0 {
		if v.order[0].said > mostlyName && v.order[0].nearest >= nearestNegative(found) {
			answerable = max(answerable, answerableByName)
		}
		v.confidence = answerable * logistic(w.ranking.Right, features)
		if v.shared() {
			v.confidence = min(v.confidence, v.order[0].share)
		}
	} else {
		answerable = 0
	}
	v.answerable = answerable
	if topic, ok := w.danger(r, a, l, answerable); ok {
		v.outcome, v.topic, v.confidence = Emergency, topic, min(v.confidence, 0.02)
		return v
	}
	kind, p := w.likeliestKind(l)
	intent, ok, asks := r.intent(a)
	if ok && !(intent.yields() && answerable > 0.9 && v.confidence > 0.85) {
		v.outcome, v.intent, v.topic, v.confidence = OutOfScope, Intent(intent.name), intent.topic, min(v.confidence, 0.02)
		return v
	}
	if a.Language == "und" && !slices.ContainsFunc(a.Terms, func(t Term) bool { return t.Known }) {
		v.outcome, v.intent, v.topic, v.confidence = OutOfScope, Smalltalk, "other", 0 // a picture, a number, another alphabet
		return v
	}
	switch {
	case answerable >= answerableToOffer && v.shared():
		v.outcome = Clarify
		return v
	case answerable >= answerableToOffer && v.confidence >= rightToAnswer:
		v.outcome = Answered
		return v
	case answerable >= answerableToOffer:
		v.outcome = Clarify
		if len(v.order) < 2 || v.order[0].share > surelyOneGuide {
			v.outcome = Answered
		}
		return v
	}
	v.outcome = Abstained
	v.signpost = w.likeliestSignpost(l, found)
	if v.signpost != "" {
		return v
	}
	if p < kindToBelieve {
		return v // abstaining offers a librarian and names the near misses
	}
	switch kind {
	case "chitchat":
		if asks {
			return v // the thanks before the question made it look like small talk
		}
		v.outcome, v.intent, v.topic = OutOfScope, Smalltalk, "other"
	case "advice", "offtopic", "injection":
		v.outcome, v.topic = OutOfScope, kind
	}
	return v
}

// shared tells whether all that was said is a name that several guides go by («пик», «борса»): only the person knows which.
func (v verdict) shared() bool {
	return len(v.order) > 1 && v.order[0].said == 1 && slices.ContainsFunc(v.order[1:], func(c candidate) bool { return c.said == 1 })
}

// nearestNegative is the cosine of the nearest piece that no guide answers.
func nearestNegative(found []support) float64 {
	nearest := 0.0
	for _, s := range found {
		if !answerableClass(s.class) {
			nearest = max(nearest, s.nearest)
		}
	}
	return nearest
}

// danger tells whether life is in danger, by rule or by what was learned, and which.
func (w *weights) danger(r rules, a Analysis, l look, answerable float64) (topic string, ok bool) {
	if rule, ok := first(r.emergencies, a); ok {
		return rule.name, true
	}
	if i, ok := w.index["-emergency"]; ok && l.probability[i] >= dangerToWarn && answerable < answerableToOffer && !r.calm(a) {
		return "danger", true
	}
	return "", false
}

// likeliestKind is the kind of unanswerable message that the embedder finds likeliest, and how likely.
func (w *weights) likeliestKind(l look) (kind string, p float64) {
	for i, c := range w.classes {
		if c[0] == '-' && float64(l.probability[i]) > p {
			kind, p = c[1:], float64(l.probability[i])
		}
	}
	return kind, p
}

// likeliestSignpost is the title of the signpost that the message is about, or "".
func (w *weights) likeliestSignpost(l look, found []support) string {
	best, title := 0.0, ""
	for i, c := range w.classes {
		if c[0] == '=' && float64(l.probability[i]) > max(best, signpostToName) {
			best, title = float64(l.probability[i]), c[1:]
		}
	}
	for _, s := range found {
		if s.class[0] == '=' && s.votes > max(best, signpostToName) {
			best, title = s.votes, s.class[1:]
		}
	}
	return title
}

// choices are the guides to choose from when asking back: three, where there are as many, or four.
func (v verdict) choices() []candidate {
	n := 0
	for n < len(v.order) && n < mostChoices && (n < 3 || v.order[n].share >= shareToOffer) {
		n++
	}
	if v.also >= n && n < mostChoices {
		return append(slices.Clone(v.order[:n]), v.order[v.also])
	}
	return v.order[:n]
}
