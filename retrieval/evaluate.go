package retrieval

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
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

// outcome is what became of a row.
type evalOutcome struct {
	row     evalRow
	answer  Answer
	took    time.Duration
	missing bool // none of the expected guides exists
}

// Evaluate answers every question of a file, one after the other, and measures. Nothing is recorded.
func Evaluate(ctx context.Context, a *Answerer, r io.Reader) (Report, error) {
	rows, err := readQuestions(r)
	if err != nil {
		return Report{}, err
	}
	outcomes := make([]evalOutcome, 0, len(rows))
	for _, row := range rows {
		start := time.Now()
		answer, err := a.Answer(ctx, Question{Text: row.question})
		if err != nil {
			return Report{}, fmt.Errorf("answer %q: %w", row.question, err)
		}
		o := evalOutcome{row: row, answer: answer, took: time.Since(start)}
		if l := a.library.Load(); len(row.expected) > 0 && l != nil {
			o.missing = !slices.ContainsFunc(row.expected, func(slug string) bool { return l.guides[slug] != nil })
		}
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

// measure computes the report. It is pure.
func measure(outcomes []evalOutcome) Report {
	r := Report{Kinds: map[string]Measures{}, Languages: map[string]Measures{}}
	var counted []evalOutcome
	kinds, languages := map[string][]evalOutcome{}, map[string][]evalOutcome{}
	var took []time.Duration
	for _, o := range outcomes {
		took = append(took, o.took)
		if o.missing {
			r.NotCovered++
			continue
		}
		counted = append(counted, o)
		kinds[o.row.kind] = append(kinds[o.row.kind], o)
		languages[o.row.language] = append(languages[o.row.language], o)
		if m, ok := missOf(o); ok {
			r.Misses = append(r.Misses, m)
		}
	}
	r.Overall = measuresOf(counted)
	for k, list := range kinds {
		r.Kinds[k] = measuresOf(list)
	}
	for l, list := range languages {
		r.Languages[l] = measuresOf(list)
	}
	r.Calibration, r.CalibrationError = calibration(counted)
	slices.Sort(took)
	r.P50, r.P95, r.P99 = quantile(took, 0.50), quantile(took, 0.95), quantile(took, 0.99)
	return r
}

func measuresOf(list []evalOutcome) Measures {
	m := Measures{Rows: len(list)}
	for _, o := range list {
		if len(o.row.expected) == 0 {
			m.Negatives++
			if !o.offered() {
				m.NotAnswered++
			}
			continue
		}
		m.Answerable++
		if rank := o.rank(); rank > 0 {
			m.MRR += 1 / float64(rank)
			if rank == 1 {
				m.Hit1++
			}
			if rank <= 3 {
				m.Hit3++
			}
		}
		if !o.offered() {
			m.Refused++
		}
		if o.answer.Outcome == Answered && o.rank() != 1 {
			m.ConfidentlyWrong++
		}
	}
	if m.Answerable > 0 {
		n := float64(m.Answerable)
		m.Hit1, m.Hit3, m.MRR, m.Refused, m.ConfidentlyWrong = m.Hit1/n, m.Hit3/n, m.MRR/n, m.Refused/n, m.ConfidentlyWrong/n
	}
	if m.Negatives > 0 {
		m.NotAnswered /= float64(m.Negatives)
	}
	return m
}

// calibrationBins is the contract's number of bins of equal mass.
const calibrationBins = 10

// calibration compares the confidence with «first guide right», in bins of equal mass over all rows; a row that should
// not be answered counts as not right. The error is the mean distance, weighted by the bins' rows.
func calibration(list []evalOutcome) ([]Bin, float64) {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b evalOutcome) int {
		switch {
		case a.answer.Confidence < b.answer.Confidence:
			return -1
		case a.answer.Confidence > b.answer.Confidence:
			return 1
		}
		return 0
	})
	var bins []Bin
	var total float64
	for b := range calibrationBins {
		from, to := b*len(sorted)/calibrationBins, (b+1)*len(sorted)/calibrationBins
		if from == to {
			continue
		}
		bin := Bin{Rows: to - from}
		for _, o := range sorted[from:to] {
			bin.Confidence += o.answer.Confidence
			if o.rank() == 1 {
				bin.Right++
			}
		}
		n := float64(bin.Rows)
		bin.Confidence, bin.Right = bin.Confidence/n, bin.Right/n
		total += math.Abs(bin.Confidence-bin.Right) * n / float64(len(sorted))
		bins = append(bins, bin)
	}
	return bins, total
}

// quantile of a sorted list, by the nearest-rank method.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func missOf(o evalOutcome) (Miss, bool) {
	m := Miss{Question: o.row.question, Expected: o.row.expected, Kind: o.row.kind, Outcome: o.answer.Outcome, Confidence: o.answer.Confidence}
	for _, g := range o.answer.Guides {
		m.Guides = append(m.Guides, g.Slug)
	}
	switch {
	case len(o.row.expected) == 0 && o.offered():
		m.Reason = "answered what no guide answers"
	case len(o.row.expected) > 0 && !o.offered():
		m.Reason = "refused"
	case len(o.row.expected) > 0 && o.rank() == 0:
		m.Reason = "right guide not listed"
	case len(o.row.expected) > 0 && o.rank() > 1:
		m.Reason = fmt.Sprintf("right guide at %d", o.rank())
	default:
		return Miss{}, false
	}
	return m, true
}
