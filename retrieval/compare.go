package retrieval

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Comparison is two runs of the same questions side by side.
type Comparison struct {
	Before      string       `json:"before"` // model of the earlier run
	After       string       `json:"after"`
	Differences []Difference `json:"differences"` // group by group, those whose rows are in both runs
	Better      []Change     `json:"better"`
	Worse       []Change     `json:"worse"`
	OnlyBefore  int          `json:"only_before"` // rows that the later run doesn't have
	OnlyAfter   int          `json:"only_after"`
}

// Difference is a measure of a group of rows in both runs.
type Difference struct {
	Group   string  `json:"group"`
	Measure string  `json:"measure"`
	Rows    int     `json:"rows"` // that the later share is of; 0 where it is no share
	Before  float64 `json:"before"`
	After   float64 `json:"after"`
	Gain    float64 `json:"gain"` // positive is better, whichever way the measure points
}

// Change is a row that went otherwise.
type Change struct {
	Before Row `json:"before"`
	After  Row `json:"after"`
}

// ReadReport reads what the JSON of an earlier run holds.
func ReadReport(r io.Reader) (Report, error) {
	var report Report
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return Report{}, fmt.Errorf("read the earlier run: %w", err)
	}
	if report.Overall.Rows > 0 && len(report.Rows) == 0 {
		return Report{}, fmt.Errorf("read the earlier run: it holds no rows; make it again with this version")
	}
	return report, nil
}

// Compare says what changed from an earlier run to a later one. It is pure.
func Compare(before, after Report) Comparison {
	c := Comparison{Before: before.Model, After: after.Model, Differences: differences(before, after), Better: []Change{}, Worse: []Change{}}
	earlier := map[string][]Row{} // a question may stand in a file twice
	for _, row := range before.Rows {
		earlier[row.key()] = append(earlier[row.key()], row)
	}
	c.OnlyBefore = len(before.Rows)
	for _, row := range after.Rows {
		same := earlier[row.key()]
		if len(same) == 0 {
			c.OnlyAfter++
			continue
		}
		was := same[0]
		earlier[row.key()] = same[1:]
		c.OnlyBefore--
		switch gain := row.grade() - was.grade(); {
		case gain > 0:
			c.Better = append(c.Better, Change{was, row})
		case gain < 0:
			c.Worse = append(c.Worse, Change{was, row})
		}
	}
	return c
}

// key is what makes two rows of different runs the same.
func (r Row) key() string { return r.Question + "\x00" + r.wanted() }

// grade orders what may become of a row: right first; offered before refused; the higher the right guide the better; and
// surely wrong is worse than asking back.
func (r Row) grade() float64 {
	offered := r.Outcome == Answered || r.Outcome == Clarify
	if len(r.Expected) == 0 {
		switch {
		case offered:
			return 0
		case r.Kind == emergencyKind && r.Outcome != Emergency:
			return 1
		}
		return 2
	}
	grade := 0.0
	if r.Rank > 0 {
		grade = 1 / float64(r.Rank)
	}
	if offered {
		grade++
	}
	if r.Outcome == Answered && r.Rank != 1 {
		grade -= 0.5
	}
	return grade
}

// differences lists each measure of each group that both runs have.
func differences(before, after Report) []Difference {
	earlier := map[string]Measures{}
	for _, g := range before.groups() {
		earlier[g.name] = g.Measures
	}
	list := []Difference{}
	for _, g := range after.groups() {
		was, ok := earlier[g.name]
		if !ok {
			continue
		}
		for _, c := range measureColumns {
			if c.of(was) == 0 || c.of(g.Measures) == 0 {
				continue
			}
			d := Difference{Group: g.name, Measure: c.name, Rows: c.of(g.Measures), Before: c.value(was), After: c.value(g.Measures)}
			if d.Gain = d.After - d.Before; c.less {
				d.Gain = d.Before - d.After
			}
			list = append(list, d)
		}
		if g.name == "all" {
			list = append(list, Difference{Group: g.name, Measure: "calibration error", Before: before.CalibrationError, After: after.CalibrationError,
				Gain: before.CalibrationError - after.CalibrationError})
		}
	}
	return list
}

// Print writes what changed: the measures that moved, then the rows that went worse and better.
func (c Comparison) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s → %s\n\n", c.Before, c.After)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "group\tmeasure\trows\tbefore\tafter\tdifference\t")
	same := 0
	for _, d := range c.Differences {
		if math.Abs(d.Gain) < 0.0005 {
			same++
			continue
		}
		rows, sense := fmt.Sprint(d.Rows), "better"
		if d.Rows == 0 {
			rows = "–"
		}
		if d.Gain < 0 {
			sense = "worse"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.3f\t%.3f\t%+.3f %s\t\n", d.Group, d.Measure, rows, d.Before, d.After, d.After-d.Before, sense)
	}
	t.Flush() // into memory: it can't fail
	fmt.Fprintf(&b, "%d measures are the same\n", same)
	if c.OnlyBefore+c.OnlyAfter > 0 {
		fmt.Fprintf(&b, "%d rows only in the earlier run, %d only in the later\n", c.OnlyBefore, c.OnlyAfter)
	}
	for _, part := range []struct {
		name string
		list []Change
	}{{"worse", c.Worse}, {"better", c.Better}} {
		fmt.Fprintf(&b, "\n%d rows went %s\n", len(part.list), part.name)
		for _, x := range part.list {
			fmt.Fprintf(&b, "  %s\n    expected %s [%s]: %s → %s\n", x.After.Question, x.After.wanted(), x.After.Kind, x.Before.got(), x.After.got())
			for _, r := range []struct{ when, why string }{{"was", x.Before.Reason}, {"now", x.After.Reason}} {
				if r.why != "" {
					fmt.Fprintf(&b, "    %s: %s\n", r.when, r.why)
				}
			}
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	return nil
}
