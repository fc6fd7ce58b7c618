package statistics

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// randomSheet makes a small table in which many cells stand for few people.
func randomSheet(r *rand.Rand) *sheet {
	rows, columns := 2+r.IntN(3), 1+r.IntN(2)
	s := &sheet{}
	for i := range rows {
		s.keys = append(s.keys, fmt.Sprint(i))
		var row []cell
		all, people := 0, 0
		for range columns {
			c := cell{value: r.IntN(8)}
			if c.value > 0 {
				c.people = 1 + r.IntN(c.value)
			}
			all, people = all+c.value, max(people, c.people)
			row = append(row, c)
		}
		s.cells = append(s.cells, row)
		if columns > 1 {
			s.totals = append(s.totals, cell{value: all, people: min(all, people+r.IntN(3))})
			if t := &s.totals[i]; t.people < people {
				t.people = people
			}
		}
	}
	return s
}

// possible gives, for each hidden cell, the values that it may have for an attacker who knows all that is published, that no hidden cell is
// zero, and, knowing too much, which of them reach the threshold. It tries every table there is.
func possible(s *sheet) map[*cell]map[int]bool {
	seen := map[*cell]map[int]bool{}
	columns := len(s.cells[0])
	left := make([]int, columns) // of each column's total
	for r := range s.cells {
		for c := range s.cells[r] {
			left[c] += s.cells[r][c].value
		}
	}
	rows := len(s.cells)
	guess := make([][]int, rows)
	var all [][][]int
	var try func(r, c int)
	try = func(r, c int) {
		if r == rows {
			for _, n := range left {
				if n != 0 {
					return
				}
			}
			table := make([][]int, rows)
			for i := range guess {
				table[i] = append([]int(nil), guess[i]...)
			}
			all = append(all, table)
			return
		}
		if c == columns {
			if s.totals != nil {
				sum := 0
				for _, n := range guess[r] {
					sum += n
				}
				if t := s.totals[r]; !t.hidden && sum != t.value || t.hidden && sum < t.floor() {
					return
				}
			}
			try(r+1, 0)
			return
		}
		if c == 0 {
			guess[r] = make([]int, columns)
		}
		at := s.cells[r][c]
		from, to := at.value, at.value
		if at.hidden {
			from, to = at.floor(), left[c]
		}
		for n := from; n <= to && n <= left[c]; n++ {
			guess[r][c] = n
			left[c] -= n
			try(r, c+1)
			left[c] += n
		}
	}
	try(0, 0)
	note := func(c *cell, n int) {
		if seen[c] == nil {
			seen[c] = map[int]bool{}
		}
		seen[c][n] = true
	}
	for _, table := range all {
		for r := range table {
			sum := 0
			for c, n := range table[r] {
				note(&s.cells[r][c], n)
				sum += n
			}
			if s.totals != nil {
				note(&s.totals[r], sum)
			}
		}
	}
	return seen
}

// TestNobodyCanSubtract hides random tables and lets an attacker try every table that fits what is published: of no cell under the threshold
// may they learn how much it is, nor that it is under it.
func TestNobodyCanSubtract(t *testing.T) {
	t.Parallel()
	secrets, given := 0, 0
	for seed := range uint64(400) {
		s := randomSheet(rand.New(rand.NewPCG(seed, 7)))
		if !s.protect() {
			given++
			continue
		}
		seen := possible(s)
		check := func(c *cell) {
			if !c.secret() {
				return
			}
			secrets++
			reaches := false
			for n := range seen[c] {
				reaches = reaches || n >= Threshold && n != c.value
			}
			if !c.hidden || !seen[c][c.value] || !reaches {
				t.Fatalf("seed %d: a cell of %d by %d people can only be %v\n%+v", seed, c.value, c.people, seen[c], s)
			}
		}
		for r := range s.cells {
			for c := range s.cells[r] {
				check(&s.cells[r][c])
			}
			if s.totals != nil {
				check(&s.totals[r])
			}
		}
	}
	if secrets < 300 || given > 250 {
		t.Errorf("%d secrets were tried, %d tables given up: the test tries too little", secrets, given)
	}
}

// TestHidingSparesWhatItCan holds the number of hidden cells down: a table is not safe by being empty.
func TestHidingSparesWhatItCan(t *testing.T) {
	t.Parallel()
	s := &sheet{keys: []string{"a", "b", "c", "d"}, cells: [][]cell{{{value: 3, people: 3}}, {{value: 9, people: 8}}, {{value: 400, people: 90}}, {{value: 20, people: 9}}}}
	if !s.protect() || !s.cells[0][0].hidden || !s.cells[1][0].hidden || s.cells[2][0].hidden || s.cells[3][0].hidden {
		t.Errorf("one small cell beside 9, 400 and 20: %+v", s.cells)
	}
	s = &sheet{keys: []string{"a", "b"}, cells: [][]cell{{{value: 30, people: 30}}, {{value: 9, people: 8}}}}
	if !s.protect() || s.cells[0][0].hidden || s.cells[1][0].hidden {
		t.Errorf("nothing is small: %+v", s.cells)
	}
	s = &sheet{keys: []string{"a", "b"}, cells: [][]cell{{{value: 1, people: 1}}, {{value: 5, people: 5}}}}
	if s.protect() {
		t.Errorf("one person beside five can't be hidden: %+v", s.cells)
	}
}
