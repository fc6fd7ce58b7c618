package knowledge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"
)

// mostFaults is how many faults of a file are told; after that the rest is counted.
const mostFaults = 20

// ImportError says what is wrong in a file. Nothing of the file was taken.
type ImportError struct {
	Faults []ImportFault // the first ones, in the order of the file
	More   int           // further ones
}

// ImportFault is one fault: the line (for GeoJSON the feature) from 1, the column, the key of the phrase that says what, and what stands there.
type ImportFault struct {
	Row    int
	Column string
	Key    string
	Value  string
}

// Error lists the faults, one on a line.
func (e *ImportError) Error() string {
	var out strings.Builder
	for i, f := range e.Faults {
		if i > 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "row %d, column %s: %s", f.Row, f.Column, faultWords(f.Key))
		if f.Value != "" {
			fmt.Fprintf(&out, ": %q", f.Value)
		}
	}
	if e.More > 0 {
		fmt.Fprintf(&out, "\nand %d more", e.More)
	}
	return out.String()
}

// faultWords says a fault on the terminal and in logs, where no translation is at hand.
func faultWords(key string) string {
	words := map[string]string{
		"fault.empty":     "must not be empty",
		"fault.choice":    "is none of the known values",
		"fault.host":      "is not on a known official host",
		"fault.slug":      "is no short name of small Latin letters, digits and hyphens",
		"fault.number":    "is no number, or is out of range",
		"fault.date":      "is no date or time",
		"fault.place":     "is no settlement that we know",
		"fault.ambiguous": "fits several settlements: give ekatte, or municipality and district",
		"fault.position":  "is outside Bulgaria, or only one of lat and lon is given",
		"fault.hours":     "are no opening hours that we understand",
		"fault.twice":     "stands in the file twice",
		"fault.column":    "is an unknown column",
		"fault.missing":   "is missing",
		"fault.cells":     "has another number of cells than the header",
		"fault.text":      "is not UTF-8 text",
		"fault.point":     "is no help point that we know",
		"fault.markdown":  "is not as a guide is written",
		"fault.lower":     "must be in small letters",
		"fault.fee":       "is no fee",
	}
	if w, ok := words[key]; ok {
		return w
	}
	return key
}

// faultList gathers faults.
type faultList struct{ err ImportError }

func (l *faultList) add(row int, column, key, value string) {
	if len(l.err.Faults) == mostFaults {
		l.err.More++
		return
	}
	if runes := []rune(value); len(runes) > 80 {
		value = string(runes[:80]) + "…"
	}
	l.err.Faults = append(l.err.Faults, ImportFault{row, column, key, value})
}

func (l *faultList) result() error {
	if len(l.err.Faults) == 0 {
		return nil
	}
	return &l.err
}

// table is a file with a header.
type table struct {
	columns map[string]int // name → index
	rows    []tableRow
}

type tableRow struct {
	line  int
	cells []string
}

// has says whether there is such a column.
func (t *table) has(column string) bool { _, ok := t.columns[column]; return ok }

// cell gives a cell, trimmed; "" where there is no such column.
func (t *table) cell(r tableRow, column string) string {
	if i, ok := t.columns[column]; ok {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// names renames columns: files of others call them differently.
type names map[string]string

// readTable reads tab or comma separated text by its header. Columns are renamed by also; a column that is neither known nor to be ignored
// is a fault, because a slip in a header would lose a whole column without a word.
func readTable(data []byte, also names, known ...string) (*table, error) {
	faults := &faultList{}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		line := 1
		for text := data; len(text) > 0; {
			r, size := utf8.DecodeRune(text)
			if r == utf8.RuneError && size == 1 {
				break
			}
			if r == '\n' {
				line++
			}
			text = text[size:]
		}
		faults.add(line, "-", "fault.text", "")
		return nil, faults.result()
	}
	records, lines, err := split(data)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		faults.add(1, "-", "fault.missing", "")
		return nil, faults.result()
	}
	t := &table{columns: map[string]int{}}
	for i, name := range records[0] {
		name = strings.TrimSpace(name)
		if other, ok := also[name]; ok {
			name = other
		}
		if name == "" { // ignored
			continue
		}
		if !slices.Contains(known, name) {
			faults.add(1, name, "fault.column", "")
		} else if t.has(name) {
			faults.add(1, name, "fault.twice", "")
		}
		t.columns[name] = i
	}
	for i, record := range records[1:] {
		if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
			continue
		}
		if len(record) != len(records[0]) {
			faults.add(lines[i+1], "-", "fault.cells", fmt.Sprintf("%d, header %d", len(record), len(records[0])))
			continue
		}
		t.rows = append(t.rows, tableRow{lines[i+1], record})
	}
	return t, faults.result()
}

// need checks that columns are there.
func (t *table) need(columns ...string) error {
	faults := &faultList{}
	for _, c := range columns {
		if !t.has(c) {
			faults.add(1, c, "fault.missing", "")
		}
	}
	return faults.result()
}

// split reads records with the lines on which they begin. Tabs in the first line tell tab separated text, where quotes mean themselves.
func split(data []byte) (records [][]string, lines []int, err error) {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.ContainsRune(first, '\t') {
		for i, line := range strings.Split(strings.TrimRight(string(data), "\r\n"), "\n") {
			records, lines = append(records, strings.Split(strings.TrimSuffix(line, "\r"), "\t")), append(lines, i+1)
		}
		return records, lines, nil
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return records, lines, nil
		}
		if err != nil {
			faults := &faultList{}
			line := len(records) + 1
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				line = parse.Line
			}
			faults.add(line, "-", "fault.cells", err.Error())
			return nil, nil, faults.result()
		}
		line, _ := r.FieldPos(0)
		records, lines = append(records, record), append(lines, line)
	}
}

// readStarterTable hands each row of a file of the starter knowledge to take, with the columns in the order named.
func readStarterTable(files fs.FS, name string, columns []string, take func(row []string) error) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	t, err := readTable(data, nil, columns...)
	if err == nil {
		err = t.need(columns...)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, row := range t.rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = t.cell(row, c)
		}
		if err := take(cells); err != nil {
			return fmt.Errorf("%s:%d: %w", name, row.line, err)
		}
	}
	return nil
}
