package retrieval

import (
	"slices"
	"testing"

	"orientir/knowledge"
)

// lateGuides is a synthetic corpus, apart from a few guides that came late, and questions of both that were not learned from.
func lateGuides() (early Corpus, late []knowledge.Guide, taught, lateAsked, earlyAsked []knowledge.Sample) {
	whole, rest := syntheticCorpus(80, 4)
	isLate := map[string]bool{}
	early.Revision = 1
	for i, g := range whole.Guides {
		if i%16 == 5 {
			late, isLate[g.Slug] = append(late, g), true
		} else {
			early.Guides = append(early.Guides, g)
		}
	}
	for _, s := range whole.Samples {
		if isLate[s.Expected[0]] {
			taught = append(taught, s)
		} else {
			early.Samples = append(early.Samples, s)
		}
	}
	for _, s := range rest {
		if isLate[s.Expected[0]] {
			lateAsked = append(lateAsked, s)
		} else {
			earlyAsked = append(earlyAsked, s)
		}
	}
	return early, late, taught, lateAsked, earlyAsked
}

// among tells which share of questions has its guide among the likeliest three.
func (w *weights) among(questions []knowledge.Sample) float64 {
	found := 0
	for _, q := range questions {
		l := w.look(w.vocabulary.Analyze(q.Text))
		better := 0
		own, ok := w.index[q.Expected[0]]
		for c, p := range l.probability {
			if ok && c != own && p >= l.probability[own] {
				better++
			}
		}
		if ok && better < 3 {
			found++
		}
	}
	return float64(found) / float64(len(questions))
}

func TestAGuidePublishedSinceLearningGetsARowOfItsOwn(t *testing.T) {
	t.Parallel()
	early, late, taught, lateAsked, earlyAsked := lateGuides()
	w := learnSmall(t, early)
	if same := w.with(early.Guides, early.Samples, w.vocabulary.Analyze); same != w {
		t.Error("nothing is new, and the weights changed")
	}
	before := w.among(earlyAsked)
	wider := w.with(slices.Concat(early.Guides, late), slices.Concat(early.Samples, taught), w.vocabulary.Analyze)
	if len(wider.classes) != len(w.classes)+len(late) || len(w.halves[0].bias) != len(w.classes) {
		t.Fatalf("%d classes, %d before, %d new guides", len(wider.classes), len(w.classes), len(late))
	}
	if got := wider.among(lateAsked); got < 0.8 {
		t.Errorf("%.2f of the questions find their new guide", got)
	}
	if got := wider.among(earlyAsked); got < before-0.05 {
		t.Errorf("%.2f of the questions find their old guide, %.2f before", got, before)
	}
}

func TestGuidesOfFewQuestionsAreToldByTheMedian(t *testing.T) {
	t.Parallel()
	var pieces []piece
	add := func(class string, n int) {
		for range n {
			pieces = append(pieces, piece{source: FromSample, classes: []string{class}})
		}
	}
	add("a", 100)
	add("b", 90)
	add("c", 5)
	add("d", 25)
	add("-chitchat", 2)
	classes := []string{"-chitchat", "a", "b", "c", "d"}
	if which, any := few(classes, pieces); !any || !slices.Equal(which, []bool{false, false, false, true, false}) {
		t.Errorf("%v, %v", which, any)
	}
	if which, any := few([]string{"c", "d"}, pieces[190:]); which[1] || any && !which[0] {
		t.Errorf("%v, %v", which, any)
	}
	if _, any := few([]string{"c"}, pieces[190:195]); any {
		t.Error("where all guides have five questions none has few")
	}
}
