package retrieval

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"orientir/knowledge/privacy"
)

// evalRow is a line of a question file.
type evalRow struct {
	question string
	expected []string // empty: the right outcome is not to answer
	kind     string
	language string
}

// readQuestions reads a question file: UTF-8, tab-separated, header question, expected, kind, language, in any order;
// further columns are ignored. A fault names the line.
func readQuestions(r io.Reader) ([]evalRow, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), 1<<20)
	column := map[string]int{}
	var rows []evalRow
	for line := 1; s.Scan(); line++ {
		text := strings.TrimSuffix(s.Text(), "\r")
		if line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
			for i, name := range strings.Split(text, "\t") {
				column[strings.TrimSpace(name)] = i
			}
			for _, name := range []string{"question", "expected", "kind", "language"} {
				if _, ok := column[name]; !ok {
					return nil, fmt.Errorf("ред 1: няма колона %q", name)
				}
			}
			continue
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		fields := strings.Split(text, "\t")
		get := func(name string) string {
			if i := column[name]; i < len(fields) {
				return strings.TrimSpace(fields[i])
			}
			return ""
		}
		row := evalRow{question: get("question"), kind: get("kind"), language: get("language")}
		expected := get("expected")
		if row.question == "" || expected == "" {
			return nil, fmt.Errorf("ред %d: въпросът или очакваното е празно", line)
		}
		if expected != "-" {
			row.expected = strings.Split(expected, "|")
		}
		rows = append(rows, row)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read the questions: %w", err)
	}
	return rows, nil
}

// evalOutcome is what became of a row.
type evalOutcome struct {
	row     evalRow
	answer  Answer
	took    time.Duration
	missing bool // none of the expected guides exists
}

// Evaluate answers every question of a file, masked as people's are, one after the other; it measures, and says of each
// miss what decided it. Nothing is recorded.
func Evaluate(ctx context.Context, a *Answerer, r io.Reader) (Report, error) {
	exists := func(slug string) bool {
		l := a.library.Load()
		return l == nil || l.guides[slug] != nil
	}
	report, err := EvaluateWith(ctx, r, exists, func(ctx context.Context, question string) (Answer, error) {
		return a.Answer(ctx, Question{Text: question})
	})
	if err != nil {
		return Report{}, err
	}
	for i, row := range report.Rows {
		if row.Right {
			continue
		}
		if report.Rows[i].Reason, err = a.reason(ctx, row); err != nil {
			return Report{}, fmt.Errorf("explain %q: %w", row.Question, err)
		}
	}
	report.Misses = report.misses()
	return report, nil
}

// EvaluateWith measures anything that answers questions by the same rules: another search engine beside ours, for instance.
// exists tells whether a guide is there, asked after the row was answered; a row none of whose guides exist is counted apart.
func EvaluateWith(ctx context.Context, r io.Reader, exists func(slug string) bool, answer func(ctx context.Context, question string) (Answer, error)) (Report, error) {
	rows, err := readQuestions(r)
	if err != nil {
		return Report{}, err
	}
	outcomes := make([]evalOutcome, 0, len(rows))
	for _, row := range rows {
		masked, _ := privacy.Mask(row.question)
		start := time.Now()
		got, err := answer(ctx, masked)
		if err != nil {
			return Report{}, fmt.Errorf("answer %q: %w", row.question, err)
		}
		o := evalOutcome{row: row, answer: got, took: time.Since(start)}
		o.missing = len(row.expected) > 0 && !slices.ContainsFunc(row.expected, exists)
		outcomes = append(outcomes, o)
	}
	return measure(outcomes), nil
}

// rank is the place of the first right guide, from 1; 0 where none is listed.
func (o evalOutcome) rank() int {
	for i, g := range o.answer.Guides {
		if slices.Contains(o.row.expected, g.Slug) {
			return i + 1
		}
	}
	return 0
}

func (o evalOutcome) offered() bool {
	return o.answer.Outcome == Answered || o.answer.Outcome == Clarify
}

// result is the row as the report keeps it, with the plain fault of a miss.
func (o evalOutcome) result() Row {
	r := Row{
		Question: o.row.question, Expected: o.row.expected, Kind: o.row.kind, Language: o.row.language,
		Outcome: o.answer.Outcome, Intent: o.answer.Intent, Confidence: o.answer.Confidence, Rank: o.rank(),
	}
	for _, g := range o.answer.Guides {
		r.Guides = append(r.Guides, g.Slug)
	}
	switch {
	case len(r.Expected) == 0 && o.offered():
		r.Reason = "answered what no guide answers"
	case len(r.Expected) > 0 && !o.offered():
		r.Reason = "refused"
	case len(r.Expected) > 0 && r.Rank == 0:
		r.Reason = "right guide not listed"
	case len(r.Expected) > 0 && r.Rank > 1:
		r.Reason = fmt.Sprintf("right guide at %d", r.Rank)
	default:
		r.Right = true
	}
	return r
}
