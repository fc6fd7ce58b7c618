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

// Report is what Evaluate measured. Shares are 0…1; JSON gives durations in nanoseconds.
type Report struct {
	Overall          Measures            `json:"overall"`
	Kinds            map[string]Measures `json:"kinds"`
	Languages        map[string]Measures `json:"languages"`
	CalibrationError float64             `json:"calibration_error"`
	Calibration      []Bin               `json:"calibration"`
	NotCovered       int                 `json:"not_covered"` // rows none of whose guides exist
	P50              time.Duration       `json:"p50"`
	P95              time.Duration       `json:"p95"`
	P99              time.Duration       `json:"p99"`
	Misses           []Miss              `json:"misses"`
}

// Measures over some rows. Hit1 to ConfidentlyWrong are shares of the answerable ones, NotAnswered of the negatives.
type Measures struct {
	Rows             int     `json:"rows"`
	Answerable       int     `json:"answerable"`
	Negatives        int     `json:"negatives"`
	Hit1             float64 `json:"hit_1"`
	Hit3             float64 `json:"hit_3"`
	MRR              float64 `json:"mrr"`
	Refused          float64 `json:"refused"`
	ConfidentlyWrong float64 `json:"confidently_wrong"`
	NotAnswered      float64 `json:"not_answered"`
}

// Bin is a row of the reliability table.
type Bin struct {
	Rows       int     `json:"rows"`
	Confidence float64 `json:"confidence"` // mean
	Right      float64 `json:"right"`      // share
}

// Miss is a row that went wrong, and how.
type Miss struct {
	Question   string   `json:"question"`
	Expected   []string `json:"expected"`
	Kind       string   `json:"kind"`
	Outcome    Outcome  `json:"outcome"`
	Guides     []string `json:"guides"`
	Confidence float64  `json:"confidence"`
	Reason     string   `json:"reason"`
}

// Print writes the report as tables, and the misses too where they are wanted.
func (r Report) Print(w io.Writer, misses bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\trows\thit@1\thit@3\tMRR\trefused\tconf. wrong\tnegatives\tnot answered\t")
	line := func(name string, m Measures) {
		share := func(v float64, n int) string {
			if n == 0 {
				return "–"
			}
			return fmt.Sprintf("%.3f", v)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t\n", name, m.Rows, share(m.Hit1, m.Answerable), share(m.Hit3, m.Answerable), share(m.MRR, m.Answerable),
			share(m.Refused, m.Answerable), share(m.ConfidentlyWrong, m.Answerable), m.Negatives, share(m.NotAnswered, m.Negatives))
	}
	line("all", r.Overall)
	for _, k := range slices.Sorted(maps.Keys(r.Kinds)) {
		line(k, r.Kinds[k])
	}
	for _, l := range slices.Sorted(maps.Keys(r.Languages)) {
		line("language "+l, r.Languages[l])
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the measures: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\ncalibration error %.3f\n", r.CalibrationError)
	for _, bin := range r.Calibration {
		fmt.Fprintf(&b, "  confidence %.2f  right %.2f  (%d rows)\n", bin.Confidence, bin.Right, bin.Rows)
	}
	fmt.Fprintf(&b, "latency p50 %.1f ms, p95 %.1f ms, p99 %.1f ms\n", ms(r.P50), ms(r.P95), ms(r.P99))
	if r.NotCovered > 0 {
		fmt.Fprintf(&b, "%d rows ask for guides that do not exist\n", r.NotCovered)
	}
	if misses {
		for _, m := range r.Misses {
			expected := strings.Join(m.Expected, "|")
			if expected == "" {
				expected = "-"
			}
			fmt.Fprintf(&b, "%s [%s] %s: expected %s, %s %s (%.2f)\n", m.Reason, m.Kind, m.Question, expected, m.Outcome, strings.Join(m.Guides, ", "), m.Confidence)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print the measures: %w", err)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
