package retrieval

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// throughJSON is a report as a later run reads it.
func throughJSON(t *testing.T, r Report) Report {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadReport(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestARunComparedWithItselfIsTheSame(t *testing.T) {
	t.Parallel()
	r := measure(handMade())
	c := Compare(throughJSON(t, r), r)
	if len(c.Better)+len(c.Worse)+c.OnlyBefore+c.OnlyAfter != 0 {
		t.Errorf("%+v", c)
	}
	for _, d := range c.Differences {
		if d.Gain != 0 {
			t.Errorf("%s of %s gained %v", d.Measure, d.Group, d.Gain)
		}
	}
}

func TestComparisonNamesWhatWentBetterAndWorse(t *testing.T) {
	t.Parallel()
	list := handMade()
	for i := range list {
		list[i].row.question = strings.Repeat("?", i+1)
	}
	before := throughJSON(t, measure(list))
	list[1].answer.Guides = []Ranked{{Slug: "a"}, {Slug: "b"}} // second: now right
	list[0].answer.Outcome = Abstained                         // first: now refused
	list[6].answer.Outcome = Clarify                           // a near miss: now answered
	list[9].row.question = "another"
	c := Compare(before, measure(list))
	if len(c.Better) != 1 || c.Better[0].After.Question != "??" {
		t.Errorf("better: %+v", c.Better)
	}
	if len(c.Worse) != 2 || c.Worse[0].After.Question != "?" || c.Worse[1].After.Question != "???????" {
		t.Errorf("worse: %+v", c.Worse)
	}
	if c.OnlyBefore != 1 || c.OnlyAfter != 1 {
		t.Errorf("%d rows only before, %d only after", c.OnlyBefore, c.OnlyAfter)
	}
	gains := map[string]float64{"hit@1": 1.0 / 6, "refused": -1.0 / 6, "conf. wrong": 1.0 / 6, "not answered": -1.0 / 4}
	for _, d := range c.Differences {
		if want, ok := gains[d.Measure]; ok && d.Group == "all" && math.Abs(d.Gain-want) > 1e-9 {
			t.Errorf("%s gained %v, want %v", d.Measure, d.Gain, want)
		}
	}
	var b bytes.Buffer
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"1 rows went better", "2 rows went worse", "worse", "answered (0.80) b, a → answered (0.80) a, b"} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("%q is missing in\n%s", words, b.String())
		}
	}
}

func TestAnEarlierRunWithoutRowsIsRefused(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"overall": {"rows": 3}}`, `[]`, `x`} {
		if _, err := ReadReport(strings.NewReader(data)); err == nil {
			t.Errorf("%s was read", data)
		}
	}
}
