package retrieval

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

// A file of ten rows, measured by hand.
func handMade() []evalOutcome {
	row := func(expected, kind string, outcome Outcome, confidence float64, guides ...string) evalOutcome {
		o := evalOutcome{row: evalRow{question: "?", kind: kind, language: "bg"}, answer: Answer{Outcome: outcome, Confidence: confidence}}
		if expected != "-" {
			o.row.expected = strings.Split(expected, "|")
		}
		for _, g := range guides {
			o.answer.Guides = append(o.answer.Guides, Ranked{Slug: g})
		}
		return o
	}
	list := []evalOutcome{
		row("a", "plain", Answered, 0.9, "a", "b"),
		row("a", "plain", Answered, 0.8, "b", "a"),          // confidently wrong, rank 2
		row("a|c", "plain", Clarify, 0.5, "b", "d", "c"),    // rank 3
		row("a", "story", Abstained, 0.1, "a"),              // refused, but first
		row("a", "story", Clarify, 0.4, "b", "c", "d", "e"), // not listed
		row("b", "story", OutOfScope, 0),                    // refused, nothing listed
		row("-", "near-miss", Abstained, 0.1, "a"),          // right
		row("-", "near-miss", Answered, 0.7, "a"),           // answered
		row("-", "chitchat", OutOfScope, 0),                 // right
		row("-", "emergency", Emergency, 0),                 // right
		row("zzz", "plain", Answered, 1, "a"),               // its guide does not exist
	}
	for i := range list {
		list[i].took = time.Duration(i+1) * time.Millisecond
	}
	list[10].missing = true
	return list
}

func TestMeasuresOfAHandMadeFile(t *testing.T) {
	t.Parallel()
	r := measure(handMade())
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	o := r.Overall
	near("hit@1", o.Hit1, 2.0/6)
	near("hit@3", o.Hit3, 4.0/6)
	near("MRR", o.MRR, (1+0.5+1.0/3+1)/6)
	near("refused", o.Refused, 2.0/6)
	near("confidently wrong", o.ConfidentlyWrong, 1.0/6)
	near("not answered", o.NotAnswered, 3.0/4)
	near("hit@1 of stories", r.Kinds["story"].Hit1, 1.0/3)
	near("not answered of near misses", r.Kinds["near-miss"].NotAnswered, 0.5)
	near("emergencies seen", o.EmergenciesSeen, 1)
	if o.Emergencies != 1 || o.FalseAlarms != 0 {
		t.Errorf("%d emergencies, %d false alarms", o.Emergencies, o.FalseAlarms)
	}
	if o.Rows != 10 || r.NotCovered != 1 {
		t.Errorf("%d rows, %d not covered", o.Rows, r.NotCovered)
	}
	// ten rows, ten bins: every row its own bin. |confidence − right| summed: .1+.8+.5+.9+.4+0+.9+.3… in file order:
	// 0.1, 0.8, 0.5, 0.9 (first is right), 0.4, 0, then the negatives 0.1, 0.7, 0, 0; a negative is never right.
	near("calibration error", r.CalibrationError, (0.1+0.8+0.5+0.9+0.4+0+0.1+0.7+0+0)/10)
	if r.P50 != 6*time.Millisecond || r.P99 != 11*time.Millisecond {
		t.Errorf("p50 %v, p99 %v", r.P50, r.P99)
	}
	if len(r.Misses) != 6 {
		t.Errorf("%d misses: %+v", len(r.Misses), r.Misses)
	}
}

func TestReportPrintsAndMarshals(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	r := measure(handMade())
	if err := r.Print(&b, true); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"0.333", "near-miss", "calibration error", "conf. wrong", "emergencies", "do not exist", "expected a|c [plain]: clarify (0.50) b, d, c"} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("%q is missing in\n%s", words, b.String())
		}
	}
	data, err := json.Marshal(r)
	if err != nil || !bytes.Contains(data, []byte(`"hit_1"`)) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestReadQuestions(t *testing.T) {
	t.Parallel()
	rows, err := readQuestions(strings.NewReader("\ufeffkind\tquestion\texpected\tlanguage\tnote\r\nplain\tкъде\ta|b\tbg\tx\r\n\nchitchat\tздрасти\t-\tbg\n"))
	if err != nil || len(rows) != 2 || len(rows[0].expected) != 2 || rows[0].kind != "plain" || rows[1].expected != nil {
		t.Fatalf("%+v, %v", rows, err)
	}
	for name, file := range map[string]string{
		"no column":         "question\texpected\tkind\nx\ta\tplain\n",
		"no expected":       "question\texpected\tkind\tlanguage\nx\t\tplain\tbg\n",
		"a row without all": "question\texpected\tkind\tlanguage\nx\n",
	} {
		if _, err := readQuestions(strings.NewReader(file)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
