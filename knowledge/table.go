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

// Error lists the faults, one on a line, in Bulgarian: who imports on the terminal reads it as it is. Sites translate Key.
func (e *ImportError) Error() string {
	var out strings.Builder
	for i, f := range e.Faults {
		if i > 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "ред %d", f.Row)
		if f.Column != "-" {
			out.WriteString(", колона " + f.Column)
		}
		out.WriteString(": " + faultWords(f.Key))
		if f.Value != "" {
			fmt.Fprintf(&out, ": «%s»", f.Value)
		}
	}
	if e.More > 0 {
		fmt.Fprintf(&out, "\nи още %d", e.More)
	}
	return out.String()
}

// faultWords says a fault where no translation is at hand.
func faultWords(key string) string {
	words := map[string]string{
		"fault.empty":     "трябва да се попълни",
		"fault.choice":    "не е от познатите стойности",
		"fault.host":      "не е на познат официален сайт",
		"fault.slug":      "трябва да е от малки латински букви, цифри и тирета",
		"fault.number":    "не е число или е извън границите",
		"fault.date":      "не е дата или час",
		"fault.place":     "не познаваме такова населено място",
		"fault.ambiguous": "има няколко такива населени места: дайте ekatte или община и област",
		"fault.position":  "е извън България или липсва едната координата",
		"fault.hours":     "не е работно време, което разбираме",
		"fault.twice":     "стои два пъти",
		"fault.column":    "непозната колона",
		"fault.missing":   "липсва",
		"fault.cells":     "броят на клетките е друг, а не като в заглавния ред",
		"fault.text":      "не е текст в UTF-8 или има знак, който не може да се покаже",
		"fault.point":     "не познаваме такава библиотека",
		"fault.markdown":  "не е написано като ръководство",
		"fault.lower":     "трябва да е с малки букви",
		"fault.fee":       "не е такса",
		"fault.long":      "е по-дълго, отколкото се побира",
		"fault.past":      "е минало",
		"fault.far":       "е след повече от две години",
		"fault.oversold":  "местата не стигат: заедно с обещаните са повече записаните",
		"fault.cancelled": "вече е отменено и така остава; добавете ново",
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
			faults.add(lines[i+1], "-", "fault.cells", fmt.Sprintf("%d вместо %d", len(record), len(records[0])))
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
