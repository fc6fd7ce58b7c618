package retrieval

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryEvidenceHasAName(t *testing.T) {
	t.Parallel()
	if n := len(candidate{}.orderFeatures()); n != len(evidenceNames) {
		t.Errorf("%d kinds of evidence order the guides, %d have a name in reason.go", n, len(evidenceNames))
	}
}

func TestAMissSaysWhatDecidedIt(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	file := "question\texpected\tkind\tlanguage\n" +
		"искам да говоря с човек\tvignette\tplain\tbg\n" + // the rule for a person
		"баща ми падна и не диша\tvignette\tplain\tbg\n" + // the rule for danger
		"изпит за ловец и билет за лов\tvignette\tplain\tbg\n" + // a signpost
		"къде се купува винетка\tid-card-passport\tplain\tbg\n" + // another guide
		"колко струва годишната винетка\t-\tnear-miss\tbg\n" + // offered
		"къде се купува винетка\tnone-such\tplain\tbg\n" + // no such guide
		"трябва ми съдебно за нова работа\tcriminal-record\tplain\tbg\n" // right
	r, err := Evaluate(t.Context(), a, strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 6 || len(r.Misses) != 5 || r.NotCovered != 1 {
		t.Fatalf("%d rows, %d misses, %d not covered: %+v", len(r.Rows), len(r.Misses), r.NotCovered, r.Misses)
	}
	for i, want := range [][]string{
		{`the rule "human" fired`},
		{`the emergency rule "medical" fired`},
		{"answerable 0.", "below 0.", "signpost «Ловен билет»"},
		{"id-card-passport", "vignette", " by ", " +"},
		{"answered what no guide answers: answerable ", "likeliest vignette"},
	} {
		got := r.Misses[i].Reason
		if slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(got, w) }) && !strings.Contains(got, "not a candidate") {
			t.Errorf("%q: %q, want %q", r.Misses[i].Question, got, want)
		}
	}
}
