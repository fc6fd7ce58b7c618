package retrieval

import (
	"slices"
	"strings"

	"orientir/knowledge"
)

// ReplayKind says what a draft does to the answer of a question.
type ReplayKind string

// The kinds, in the order in which an editor reads them. What stays the same is only counted.
const (
	Worse       ReplayKind = "worse"  // less of an answer, or a wrong one in place of a right one
	Lost        ReplayKind = "lost"   // the same guide, without an exception or a link that it had
	OtherAnswer ReplayKind = "other"  // another answer, neither surely better nor worse
	OtherWords  ReplayKind = "words"  // the same guide in other words
	Better      ReplayKind = "better" // more of an answer, or a right one in place of a wrong one
	Same        ReplayKind = "same"
)

// ReplayKinds are the kinds that are listed, in the order in which an editor reads them.
func ReplayKinds() []ReplayKind { return []ReplayKind{Worse, Lost, OtherAnswer, OtherWords, Better} }

// ReplayAnswer is an answer as a replay keeps it.
type ReplayAnswer struct {
	Outcome  Outcome       `json:"outcome"`
	Intent   Intent        `json:"intent"`
	Topic    string        `json:"topic,omitempty"`
	Guides   []ReplayGuide `json:"guides,omitempty"`   // the one that answers, or those to choose from
	Signpost string        `json:"signpost,omitempty"` // its title
	Text     string        `json:"text"`               // laid out, without libraries
}

// ReplayGuide names a guide of an answer.
type ReplayGuide struct {
	Slug  string `json:"slug"`
	Title string `json:"title"`
}

// replayed is what a replay finds for a question.
type replayed struct {
	kind              ReplayKind
	before, after     ReplayAnswer
	exceptions, links []string // that the answer loses
}

// kept is an answer as a replay keeps it. Libraries are left out: a guide doesn't change them, and their hours pass.
func kept(a Answer) ReplayAnswer {
	k := ReplayAnswer{Outcome: a.Outcome, Intent: a.Intent, Topic: a.Topic}
	switch {
	case a.Outcome == Answered && a.Guide != nil:
		t, _ := a.Guide.In(a.Language)
		k.Guides = []ReplayGuide{{a.Guide.Slug, t.Title}}
	case a.Outcome == Clarify:
		for _, g := range a.Guides {
			k.Guides = append(k.Guides, ReplayGuide{g.Slug, g.Title})
		}
	}
	if a.Signpost != nil {
		k.Signpost = a.Signpost.Title
	}
	a.HelpPoints = nil
	k.Text = Lay(a)
	return k
}

// replay compares two answers to a question. sample is the question where editors have said what is right, nil for people's. It is pure.
func replay(sample *knowledge.Sample, before, after Answer) replayed {
	r := replayed{kind: Same, before: kept(before), after: kept(after)}
	if r.before.alike(r.after) {
		if r.before.Text == r.after.Text {
			return r
		}
		r.kind = OtherWords
		if before.Outcome == Answered {
			r.exceptions, r.links = lostExceptions(before, after), lostLinks(before, after)
		}
		if len(r.exceptions)+len(r.links) > 0 {
			r.kind = Lost
		}
		return r
	}
	was, will, sure := levels(sample, before, after)
	switch {
	case sure && will < was:
		r.kind = Worse
	case sure && will > was:
		r.kind = Better
	default:
		r.kind = OtherAnswer
	}
	return r
}

// alike tells whether two answers come from the same guide, offer the same choice or decline for the same reason.
func (a ReplayAnswer) alike(b ReplayAnswer) bool {
	if a.Outcome != b.Outcome || a.Intent != b.Intent || a.Topic != b.Topic || a.Signpost != b.Signpost || len(a.Guides) != len(b.Guides) {
		return false
	}
	for _, g := range a.Guides { // in which order they stand to choose from matters little
		if !slices.ContainsFunc(b.Guides, func(other ReplayGuide) bool { return other.Slug == g.Slug }) {
			return false
		}
	}
	return len(a.Guides) == 0 || a.Outcome == Clarify || a.Guides[0].Slug == b.Guides[0].Slug
}

// levels say how good two answers are, where that can be told.
func levels(sample *knowledge.Sample, before, after Answer) (was, will int, sure bool) {
	if sample != nil {
		return levelOf(*sample, before), levelOf(*sample, after), true
	}
	rank := func(a Answer) int {
		switch a.Outcome {
		case Answered:
			return 3
		case Clarify:
			return 2
		case Abstained:
			return 1
		}
		return 0
	}
	was, will = rank(before), rank(after)
	if before.Outcome == Emergency {
		return 1, 0, true // who is in danger must be told so
	}
	return was, will, was > 0 && will > 0 // what is out of scope may rightly have become a question, or not
}

// levelOf says how good an answer is where editors have said what is right, from 0: a wrong guide shown as right.
func levelOf(s knowledge.Sample, a Answer) int {
	right := func(r Ranked) bool { return slices.Contains(s.Expected, r.Slug) }
	switch {
	case len(s.Expected) == 0:
		switch {
		case a.Outcome == Answered:
			return 0
		case a.Outcome == Clarify:
			return 1
		case s.Kind == "emergency" && a.Outcome != Emergency, s.Signpost != "" && (a.Signpost == nil || a.Signpost.Title != s.Signpost):
			return 2
		}
		return 3
	case a.Outcome == Answered:
		if right(a.Guides[0]) || a.Guide != nil && slices.Contains(s.Expected, a.Guide.Slug) {
			return 4
		}
		return 0
	case a.Outcome == Clarify:
		if slices.ContainsFunc(a.Guides, right) {
			return 3
		}
		return 1
	}
	return 2
}

// keptShare is the share of an exception's stems that must stand together in another for it to be the same in other words.
const keptShare = 0.6

// lostExceptions are those of the first answer's guide that the second one's doesn't tell, in the same or in other words.
func lostExceptions(before, after Answer) (lost []string) {
	was, _ := before.Guide.In(before.Language)
	will, _ := after.Guide.In(after.Language)
	for _, e := range was.Exceptions {
		stems := stemsOf(addressPattern.ReplaceAllString(e, " ")) // a link that is lost is told as one
		told := func(other string) bool {
			if strings.TrimSpace(other) == strings.TrimSpace(e) {
				return true
			}
			theirs, shared := stemsOf(other), 0
			for stem := range stems {
				if theirs[stem] {
					shared++
				}
			}
			return len(stems) > 0 && float64(shared) >= keptShare*float64(len(stems))
		}
		if strings.TrimSpace(e) != "" && !slices.ContainsFunc(will.Exceptions, told) {
			lost = append(lost, e)
		}
	}
	return lost
}

// lostLinks are the addresses of the first answer that the second one has no longer: its own, and those in its text.
func lostLinks(before, after Answer) (lost []string) {
	has := map[string]bool{}
	for _, address := range addresses(after) {
		has[bareAddress(address)] = true
	}
	for _, address := range addresses(before) {
		if bare := bareAddress(address); !has[bare] {
			has[bare] = true
			lost = append(lost, address)
		}
	}
	return lost
}

// addresses are the links of an answer and what looks like one in its text.
func addresses(a Answer) (list []string) {
	for _, l := range a.Links {
		list = append(list, l.URL)
	}
	a.HelpPoints = nil
	for _, found := range addressPattern.FindAllString(Lay(a), -1) {
		list = append(list, strings.TrimRight(found, ".,;:!?"))
	}
	return list
}

// bareAddress is an address without what may stand before or after it and still lead there.
func bareAddress(address string) string {
	address = strings.ToLower(address)
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	return strings.TrimSuffix(strings.TrimPrefix(address, "www."), "/")
}
