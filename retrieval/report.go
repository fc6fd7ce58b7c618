package retrieval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what Evaluate measured. Shares are 0…1; JSON gives durations in nanoseconds. The JSON of one run is what a
// later run is compared with, so keys are only added.
type Report struct {
	Model            string              `json:"model"` // version of the ranking that answered
	Overall          Measures            `json:"overall"`
	Kinds            map[string]Measures `json:"kinds"`
	Languages        map[string]Measures `json:"languages"`
	CalibrationError float64             `json:"calibration_error"`
	Calibration      []Bin               `json:"calibration"`
	NotCovered       int                 `json:"not_covered"` // rows none of whose guides exist
	P50              time.Duration       `json:"p50"`
	P95              time.Duration       `json:"p95"`
	P99              time.Duration       `json:"p99"`
	Misses           []Row               `json:"misses"` // those of Rows that went wrong
	Rows             []Row               `json:"rows"`   // in the file's order, without those not covered
}

// Row is a question with what became of it.
type Row struct {
	Question   string   `json:"question"`
	Expected   []string `json:"expected"` // empty: the right outcome is not to answer
	Kind       string   `json:"kind"`
	Language   string   `json:"language"`
	Outcome    Outcome  `json:"outcome"`
	Intent     Intent   `json:"intent"`
	Guides     []string `json:"guides"`
	Confidence float64  `json:"confidence"`
	Rank       int      `json:"rank"`             // of the first right guide, from 1; 0 where none is listed
	Right      bool     `json:"right"`            // offered with a right guide first, or rightly not answered
	Reason     string   `json:"reason,omitempty"` // of a miss: what decided it
}

func (r Report) misses() []Row {
	list := []Row{}
	for _, row := range r.Rows {
		if !row.Right {
			list = append(list, row)
		}
	}
	return list
}

// group is some rows of a report under the name that tables give them.
type group struct {
	name string
	Measures
}

// groups lists all rows, then each kind, then each language.
func (r Report) groups() []group {
	list := []group{{"all", r.Overall}}
	for _, k := range slices.Sorted(maps.Keys(r.Kinds)) {
		list = append(list, group{k, r.Kinds[k]})
	}
	for _, l := range slices.Sorted(maps.Keys(r.Languages)) {
		list = append(list, group{"language " + l, r.Languages[l]})
	}
	return list
}

// Print writes the report as tables, and the misses too where they are wanted.
func (r Report) Print(w io.Writer, misses bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\trows\t")
	for _, c := range measureColumns {
		fmt.Fprintf(t, "%s\t", c.name)
	}
	fmt.Fprintln(t)
	for _, g := range r.groups() {
		fmt.Fprintf(t, "%s\t%d\t", g.name, g.Rows)
		for _, c := range measureColumns {
			if c.of(g.Measures) == 0 {
				fmt.Fprint(t, "–\t")
			} else {
				fmt.Fprintf(t, "%.3f\t", c.value(g.Measures))
			}
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the measures: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nreliability: confidence beside the share whose first guide is right; calibration error %.3f\n", r.CalibrationError)
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "rows\tconfidence from\tto\tmean\tright\tdifference\t")
	for _, bin := range r.Calibration {
		fmt.Fprintf(t, "%d\t%.3f\t%.3f\t%.3f\t%.3f\t%+.3f\t\n", bin.Rows, bin.Least, bin.Most, bin.Confidence, bin.Right, bin.Right-bin.Confidence)
	}
	t.Flush() // into memory: it can't fail
	fmt.Fprintf(&b, "\nlatency p50 %.1f ms, p95 %.1f ms, p99 %.1f ms\n", ms(r.P50), ms(r.P95), ms(r.P99))
	fmt.Fprintf(&b, "%d misses, %d false alarms, model %s\n", len(r.Misses), r.Overall.FalseAlarms, r.Model)
	if r.NotCovered > 0 {
		fmt.Fprintf(&b, "%d rows ask for guides that do not exist\n", r.NotCovered)
	}
	if misses {
		for _, m := range r.Misses {
			fmt.Fprintf(&b, "\n%s\n  expected %s [%s]: %s\n  %s\n", m.Question, m.wanted(), m.Kind, m.got(), m.Reason)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print the measures: %w", err)
	}
	return nil
}

// wanted and got say in a line what a row should have brought, and what it did.
func (r Row) wanted() string {
	if len(r.Expected) == 0 {
		return "-"
	}
	return strings.Join(r.Expected, "|")
}

func (r Row) got() string {
	return strings.TrimSpace(fmt.Sprintf("%s (%.2f) %s", r.Outcome, r.Confidence, strings.Join(r.Guides, ", ")))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
