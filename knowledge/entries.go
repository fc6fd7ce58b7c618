package knowledge

import "errors"

// entries are what editors own as the rows of a table, by name: terms of the glossary, signposts. A file of them adds and
// changes; a row with a name alone removes; what the file doesn't name stays.
type entries[T any] struct {
	column   string // that holds the name
	name     func(T) string
	read     func(*table, tableRow) T
	bare     func(T) bool // nothing but the name is given
	validate func(T) error
	same     func(a, b T) bool
	put      func(T) error
	remove   func(name string) (bool, error)
}

// take takes a file where present is what there is. Faults are told with their rows, and then nothing is taken.
func (e entries[T]) take(t *table, present []T) (Report, error) {
	before := map[string]T{}
	for _, one := range present {
		before[e.name(one)] = one
	}
	faults := &faultList{}
	seen := map[string]bool{}
	var list []T
	for _, r := range t.rows {
		one := e.read(t, r)
		name := e.name(one)
		if seen[name] {
			faults.add(r.line, e.column, "fault.twice", name)
		}
		seen[name] = true
		var wrong Faults
		if !(e.bare(one) && name != "") && errors.As(e.validate(one), &wrong) {
			for _, f := range wrong {
				faults.add(r.line, f.Field, f.Key, f.Value)
			}
		}
		list = append(list, one)
	}
	var report Report
	if err := faults.result(); err != nil {
		return report, err
	}
	for _, one := range list {
		old, ok := before[e.name(one)]
		switch {
		case e.bare(one):
			removed, err := e.remove(e.name(one))
			if err != nil {
				return report, err
			}
			if removed {
				report.Removed++
			}
			continue
		case ok && e.same(old, one):
			report.Unchanged++
			continue
		case ok:
			report.Changed++
		default:
			report.Added++
		}
		if err := e.put(one); err != nil {
			return report, err
		}
	}
	return report, nil
}
