package statistics

import (
	"maps"
	"math"
	"slices"

	"orientir/bot/webchat"
)

// gathered are facts by row and column: how many, and of whom.
type gathered struct {
	columns int
	rows    map[string][]pile
	rest    map[string]map[int64]bool // people of whom something is in no column
}

// restOfAll is how many people there are of whom something is in no column.
func (g gathered) restOfAll() int {
	all := map[int64]bool{}
	for _, people := range g.rest {
		maps.Copy(all, people)
	}
	return len(all)
}

type pile struct {
	value  int
	people map[int64]bool
}

// gather puts facts into rows and columns. Where people are counted, each counts once in a row, in the farthest column they came to, and who is
// forgotten in none.
func (t openTable) gather(dimension string, facts []fact) gathered {
	g := gathered{columns: len(t.columns), rows: map[string][]pile{}, rest: map[string]map[int64]bool{}}
	add := func(key string, column int, person int64) {
		if g.rows[key] == nil {
			g.rows[key] = make([]pile, g.columns)
		}
		h := &g.rows[key][column]
		h.value++
		if h.people == nil {
			h.people = map[int64]bool{}
		}
		h.people[person] = true
	}
	type who struct {
		key    string
		person int64
	}
	farthest := map[who]int{}
	for _, f := range facts {
		if t.people && f.Person == forgotten {
			continue
		}
		column := t.column(f)
		switch column {
		case apart:
			continue
		case rest:
			key := f.key(dimension)
			if g.rest[key] == nil {
				g.rest[key] = map[int64]bool{}
			}
			g.rest[key][f.Person] = true
			continue
		}
		if !t.people {
			add(f.key(dimension), column, f.Person)
			continue
		}
		w := who{f.key(dimension), f.Person}
		if was, ok := farthest[w]; !ok || column > was {
			farthest[w] = column
		}
	}
	for w, column := range farthest {
		add(w.key, column, w.person)
	}
	return g
}

// merge joins neighbouring columns until each that holds anything is of enough people, from the last backwards: what the farthest steps lack
// they take from the one before. It gives from and to of each; nil where all together are too few.
func (g gathered) merge() [][2]int {
	people := make([]map[int64]bool, g.columns)
	for c := range people {
		people[c] = map[int64]bool{}
		for _, row := range g.rows {
			maps.Copy(people[c], row[c].people)
		}
	}
	var columns [][2]int
	group, to := map[int64]bool{}, g.columns
	for c := g.columns - 1; c >= 0; c-- {
		maps.Copy(group, people[c])
		if len(group) >= Threshold || len(group) == 0 && c > 0 && to == c+1 {
			columns = append([][2]int{{c, to}}, columns...)
			group, to = map[int64]bool{}, c
		}
	}
	if to > 0 { // the first ones are too few: they go with the next that is not empty
		for len(columns) > 0 {
			from := columns[0][1]
			maps.Copy(group, g.peopleIn(columns[0]))
			columns = columns[1:]
			to = from
			if len(group) >= Threshold {
				break
			}
		}
		if len(group) < Threshold {
			return nil
		}
		columns = append([][2]int{{0, to}}, columns...)
	}
	return columns
}

func (g gathered) peopleIn(columns [2]int) map[int64]bool {
	all := map[int64]bool{}
	for _, row := range g.rows {
		for c := columns[0]; c < columns[1]; c++ {
			maps.Copy(all, row[c].people)
		}
	}
	return all
}

// sheet lays the gathered facts out, by the order of the rows' names: by their size they would tell what is hidden.
func (g gathered) sheet(columns [][2]int) (sh *sheet, totals []int, total int) {
	sh = &sheet{keys: slices.Sorted(maps.Keys(g.rows))}
	totals = make([]int, len(columns))
	for _, key := range sh.keys {
		row := make([]cell, len(columns))
		everybody, all := map[int64]bool{}, 0
		for i, c := range columns {
			people := map[int64]bool{}
			for k := c[0]; k < c[1]; k++ {
				row[i].value += g.rows[key][k].value
				maps.Copy(people, g.rows[key][k].people)
			}
			row[i].people = len(people)
			totals[i] += row[i].value
			all += row[i].value
			maps.Copy(everybody, people)
		}
		total += all
		sh.cells = append(sh.cells, row)
		if len(columns) > 1 {
			sh.totals = append(sh.totals, cell{value: all, people: len(everybody)})
		}
	}
	return sh, totals, total
}

// waitTable gives how long people waited for the first librarian, half of them no longer: where enough were taken, and of rows alone that the
// table of hand-overs shows.
func waitTable(dimension string, desk webchat.OpenTable, handed []fact) (webchat.OpenTable, bool) {
	waits, people := map[string][]int{}, map[string]map[int64]bool{}
	var all []int
	everybody := map[int64]bool{}
	for _, f := range handed {
		if f.Waited == nil {
			continue
		}
		key := f.key(dimension)
		if people[key] == nil {
			people[key] = map[int64]bool{}
		}
		people[key][f.Person], everybody[f.Person] = true, true
		waits[key], all = append(waits[key], *f.Waited), append(all, *f.Waited)
	}
	if len(everybody) < Threshold {
		return webchat.OpenTable{}, false
	}
	out := webchat.OpenTable{Topic: "wait", Dimension: dimension, Unit: "minutes", Columns: []string{"median"}, Totals: []int{median(all)}, Total: median(all), Split: desk.Split, Rows: []webchat.OpenRow{}}
	for _, row := range desk.Rows {
		var value *int
		if row.Total != nil && len(people[row.Key]) >= Threshold {
			m := median(waits[row.Key])
			value = &m
		}
		out.Rows = append(out.Rows, webchat.OpenRow{Key: row.Key, Values: []*int{value}, Total: value})
	}
	return out, true
}

// median gives it in minutes, rounded up to five, of a list of seconds: of few people it would be what one of them waited.
func median(list []int) int {
	list = slices.Sorted(slices.Values(list))
	middle := float64(list[(len(list)-1)/2]+list[len(list)/2]) / 2
	return 5 * int(math.Ceil(middle/300))
}
