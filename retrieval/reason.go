package retrieval

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// evidenceNames are what orderFeatures are called where a miss is explained, in their order.
var evidenceNames = []string{"the embedder", "its neighbours", "its best words", "all its words", "its name"}

// reason says what decided a row that went wrong: the rule or class that took it, the gate that it failed or passed
// with which probability, or the guide that stood before the right one and on what evidence. It asks once more, without
// a model.
func (a *Answerer) reason(ctx context.Context, row Row) (string, error) {
	s := a.serving.Load()
	c, err := a.consider(ctx, s, Question{Text: row.Question}, row.Question)
	if err != nil {
		return "", err
	}
	w := c.library.weights
	l := w.look(c.analysis)
	var said []string
	switch {
	case len(row.Expected) == 0:
		said = append(said, c.passed(row))
	case row.Outcome != Answered && row.Outcome != Clarify:
		said = append(said, w.turnedAway(a.rules, c, l, row))
		if row.Outcome == Abstained {
			said = append(said, w.standing(c, l, row))
		}
	default:
		said = append(said, w.standing(c, l, row))
	}
	return strings.Join(said, "; "), nil
}

// turnedAway says why a question that a guide answers was not answered.
func (w *weights) turnedAway(r rules, c consideration, l look, row Row) string {
	v := c.verdict
	gate := fmt.Sprintf("answerable %.2f, below %.2f", v.answerable, answerableToOffer)
	switch row.Outcome {
	case Emergency:
		if rule, ok := first(r.emergencies, c.analysis); ok {
			return fmt.Sprintf("refused: the emergency rule %q fired", rule)
		}
		return fmt.Sprintf("refused: the embedder sees danger to life; %s", gate)
	case OutOfScope:
		if rule, ok, _ := r.intent(c.analysis); ok {
			return fmt.Sprintf("refused: the rule %q fired", rule)
		}
		kind, p := w.likeliestKind(l)
		return fmt.Sprintf("refused: taken for %s (%.2f); %s", kind, p, gate)
	}
	if v.signpost != "" {
		return fmt.Sprintf("refused: %s; signpost «%s»", gate, v.signpost)
	}
	return "refused: " + gate
}

// passed says why a message that no guide answers was answered.
func (c consideration) passed(row Row) string {
	v := c.verdict
	text := fmt.Sprintf("answered what no guide answers: answerable %.2f, at least %.2f is offered", v.answerable, answerableToOffer)
	if len(v.order) == 0 {
		return text
	}
	top := v.order[0]
	text += fmt.Sprintf("; likeliest %s (cosine %.2f, words %.2f)", top.slug, top.nearest, top.raw)
	for _, s := range c.finding.supports {
		if !answerableClass(s.class) {
			return text + fmt.Sprintf("; nearest negative %s (cosine %.2f)", s.class, s.nearest)
		}
	}
	return text + "; no negative is near"
}

// standing says where the right guide stands and what stands before it.
func (w *weights) standing(c consideration, l look, row Row) string {
	at := slices.IndexFunc(c.verdict.order, func(x candidate) bool { return slices.Contains(row.Expected, x.slug) })
	switch {
	case at == 0:
		return "the right guide stands first"
	case at < 0:
		p := float32(0)
		for _, slug := range row.Expected {
			if i, ok := w.index[slug]; ok {
				p = max(p, l.probability[i])
			}
		}
		return fmt.Sprintf("the right guide is not a candidate: no piece of it was found, the embedder gives it %.4f", p)
	}
	right, wrong := c.verdict.order[at], c.verdict.order[0]
	return fmt.Sprintf("%s at %d (share %.2f), below %s (%.2f) by %s", right.slug, at+1, right.share, wrong.slug, wrong.share, w.lead(wrong, right))
}

// lead names the evidence that puts one candidate before another, strongest first, with how much of the score it is.
func (w *weights) lead(first, second candidate) string {
	type part struct {
		name string
		by   float64
	}
	var parts []part
	a, b := first.orderFeatures(), second.orderFeatures()
	for i := range a {
		name := fmt.Sprintf("evidence %d", i+1)
		if i < len(evidenceNames) {
			name = evidenceNames[i]
		}
		if by := w.ranking.Order[i] * (a[i] - b[i]); by > 0.05 {
			parts = append(parts, part{name, by})
		}
	}
	slices.SortStableFunc(parts, func(x, y part) int {
		if x.by > y.by {
			return -1
		}
		return 1
	})
	if len(parts) == 0 {
		return "next to nothing"
	}
	var list []string
	for _, p := range parts[:min(len(parts), 3)] {
		list = append(list, fmt.Sprintf("%s +%.2f", p.name, p.by))
	}
	return strings.Join(list, ", ")
}

// String says a rule in a word: «status», «smalltalk thanks».
func (r rule) String() string { return strings.TrimSpace(r.name + " " + r.topic) }
