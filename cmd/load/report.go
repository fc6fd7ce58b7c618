package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// report is what a load found.
type report struct {
	Load     string             `json:"load"`
	At       time.Time          `json:"at"`
	Machine  string             `json:"machine"`
	Busy     string             `json:"load_average"` // of one, five and fifteen minutes, at the start: what else the machine did
	Revision string             `json:"revision"`
	Settings map[string]string  `json:"settings"`
	Tables   []table            `json:"tables"`
	Failures []string           `json:"failures,omitempty"`
	Measured map[string]float64 `json:"measured"` // what deploy/sizing.json takes, by its names
}

// table is one table of a report.
type table struct {
	Title   string   `json:"title"`
	Columns []string `json:"columns"`
	Rows    []row    `json:"rows"`
	Notes   []string `json:"notes,omitempty"`
}

// row is a line of a table; absent in a column where there is nothing to say.
type row struct {
	Name   string    `json:"name"`
	Values []float64 `json:"-"`
	Words  []string  `json:"values"`
}

// absent is a figure that there isn't.
var absent = math.NaN()

func newReport(load string, settings map[string]string) *report {
	r := &report{Load: load, At: time.Now().UTC().Truncate(time.Second), Settings: settings, Measured: map[string]float64{}}
	r.Machine = fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if average, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.Busy = strings.Join(strings.Fields(string(average))[:3], " ")
	}
	if revision, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		r.Revision = strings.TrimSpace(string(revision))
	}
	return r
}

func (r *report) add(t table) { r.Tables = append(r.Tables, t) }

func (t *table) add(name string, values ...float64) {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = figure(v)
	}
	t.Rows = append(t.Rows, row{Name: name, Values: values, Words: words})
}

// failed is an error where the load found what must not be.
func (r *report) failed() error {
	if len(r.Failures) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.Failures, "; "))
}

// figure writes three digits that mean something.
func figure(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v == 0:
		return "0"
	case math.Abs(v) >= 100:
		return thousands(int64(math.Round(v)))
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	s := strconv.FormatFloat(v, 'f', max(0, digits), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// markdown prints a table as deploy/benchmarks.md has them.
func (t table) markdown(w io.Writer) {
	if t.Title != "" {
		fmt.Fprintf(w, "\n### %s\n\n", t.Title)
	}
	fmt.Fprint(w, "| |")
	for _, c := range t.Columns {
		fmt.Fprintf(w, " %s |", c)
	}
	fmt.Fprint(w, "\n|---|", strings.Repeat("---:|", len(t.Columns)), "\n")
	for _, r := range t.Rows {
		fmt.Fprintf(w, "| %s |", r.Name)
		for i := range t.Columns {
			word := "–"
			if i < len(r.Words) {
				word = r.Words[i]
			}
			fmt.Fprintf(w, " %s |", word)
		}
		fmt.Fprintln(w)
	}
	for _, n := range t.Notes {
		fmt.Fprintf(w, "\n%s\n", n)
	}
}

// print writes the tables, and the JSON to its file or after them.
func (r *report) print(w io.Writer, file string) error {
	fmt.Fprintf(w, "\n## %s\n\n%s, %s, load %s at the start, revision %s\n", r.Load, r.At.Format(time.RFC3339), r.Machine, r.Busy, r.Revision)
	for _, t := range r.Tables {
		t.markdown(w)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if file == "" {
		_, err = fmt.Fprintf(w, "\n%s\n", data)
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}

// kindsNote says what became of acts that didn't go well.
func (o outcome) kindsNote(what string) string {
	var parts []string
	for kind, n := range o.kinds {
		if kind != well {
			parts = append(parts, fmt.Sprintf("%s %d", kind, n))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%s: all %d went well.", what, o.planned)
	}
	return fmt.Sprintf("%s: of %d %d went well; %s.", what, o.planned, o.done(), strings.Join(parts, ", "))
}
