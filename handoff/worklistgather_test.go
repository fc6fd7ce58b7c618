package handoff

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// growAlike makes two problems that nobody would take for one at first, and then asks what shows that they are. between is done before that.
func growAlike(e *editing, between func(first, second int64)) (first, second int64) {
	e.Helper()
	e.asks("a", "ловен билет")
	e.asks("b", "оръжие стрелба")
	e.collect()
	list := e.problems("open")
	if len(list) != 2 {
		e.Fatalf("%+v", list)
	}
	first, second = min(list[0].ID, list[1].ID), max(list[0].ID, list[1].ID)
	if between != nil {
		between(first, second)
	}
	e.asks("a", "ловен билет оръжие стрелба")
	e.asks("b", "оръжие стрелба ловен")
	e.collect()
	return first, second
}

func TestProblemsThatGrowAlikeBecomeOne(t *testing.T) {
	e := setupWorklist(t)
	first, second := growAlike(e, nil)
	list := e.problems("open")
	if len(list) != 1 || list[0].ID != first || list[0].People != 2 || list[0].Items != 4 || list[0].Recent != 2 {
		t.Fatalf("%+v", list)
	}
	if p, err := e.list.Problem(e.ctx, second); err != nil || p.ID != first {
		t.Errorf("the other number leads to %+v, %v", p, err)
	}
	// The same leader goes on without reading anything again.
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	e.asks("c", "ловен билет оръжие")
	e.do(e.list.round(e.ctx, known))
	if list = e.problems("open"); len(list) != 1 || list[0].People != 3 {
		t.Errorf("%+v", list)
	}
}

func TestWhatEditorsDidIsNotGathered(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(e *editing, first, second int64)
		keep func(first, second int64) []int64 // the numbers that stay
	}{
		"one named keeps its number": {
			func(e *editing, _, second int64) { e.do(e.list.NameProblem(e.ctx, e.editor, second, "Оръжие")) },
			func(_, second int64) []int64 { return []int64{second} }},
		"both named stay two": {
			func(e *editing, first, second int64) {
				e.do(e.list.NameProblem(e.ctx, e.editor, first, "Лов"))
				e.do(e.list.NameProblem(e.ctx, e.editor, second, "Оръжие"))
			},
			func(first, second int64) []int64 { return []int64{first, second} }},
		"one set aside stays so": {
			func(e *editing, _, second int64) {
				e.do(e.list.SetAside(e.ctx, e.editor, second, "", "не е за нас"))
			},
			func(first, _ int64) []int64 { return []int64{first} }},
	} {
		t.Run(name, func(t *testing.T) {
			e := setupWorklist(t)
			first, second := growAlike(e, func(first, second int64) { c.do(e, first, second) })
			var ids []int64
			for _, p := range e.problems("open") {
				ids = append(ids, p.ID)
			}
			slices.Sort(ids)
			if want := c.keep(first, second); !slices.Equal(ids, want) {
				t.Errorf("%v are open, want %v", ids, want)
			}
		})
	}
}

func TestWhatAnEditorSplitOrMergedStaysSo(t *testing.T) {
	e := setupWorklist(t)
	first, _ := growAlike(e, nil)
	cases, _, err := e.list.Cases(e.ctx, first, 0, 10)
	if err != nil || len(cases) != 4 {
		t.Fatal(err, cases)
	}
	next, err := e.list.Split(e.ctx, e.editor, first, []int64{cases[0].ID, cases[2].ID})
	e.do(err)
	e.asks("z", "водно колело")
	e.collect()
	e.collect()
	other := e.problems("open")
	i := slices.IndexFunc(other, func(p Problem) bool { return p.ID != first && p.ID != next })
	if len(other) != 3 || i < 0 {
		t.Fatalf("after the split: %+v", other)
	}
	e.do(e.list.Merge(e.ctx, e.editor, next, other[i].ID))
	e.collect()
	e.collect()
	if list := e.problems("open"); len(list) != 2 {
		t.Errorf("what was merged went on to another: %+v", list)
	}
}

// However cases are merged and split, each problem counts each person once, and the list stands by people.
func TestPeopleAndTrendAreRightAfterMergesAndSplits(t *testing.T) {
	e := setupWorklist(t)
	r := rand.New(rand.NewPCG(3, 1))
	topics := []string{"ловен билет", "джетове море", "водно колело", "пчелин кошери", "асансьор ремонт", "табела реклама"}
	for i := range 60 {
		key := fmt.Sprint("p", r.IntN(12))
		if i%7 == 0 {
			key = "" // the API's
		}
		id := e.asks(key, topics[r.IntN(len(topics))])
		e.exec(`UPDATE answers SET answered_at = answered_at - make_interval(hours => $2) WHERE id = $1`, id, r.IntN(24*29))
	}
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	rightCounts(e)
	for step := range 12 {
		list := e.problems("open")
		p := list[r.IntN(len(list))]
		if step%2 == 0 {
			other := list[r.IntN(len(list))]
			if other.ID == p.ID {
				continue
			}
			e.do(e.list.Merge(e.ctx, e.editor, p.ID, other.ID))
		} else if p.Items > 1 {
			cases, _, err := e.list.Cases(e.ctx, p.ID, 0, 100)
			e.do(err)
			var some []int64
			for _, c := range cases[1:] {
				if r.IntN(2) == 0 {
					some = append(some, c.ID)
				}
			}
			if len(some) > 0 {
				_, err := e.list.Split(e.ctx, e.editor, p.ID, some)
				e.do(err)
			}
		}
		e.do(e.list.round(e.ctx, known))
		rightCounts(e)
	}
}

// rightCounts reckons anew what the list says.
func rightCounts(e *editing) {
	e.Helper()
	rows, err := e.pool.Query(e.ctx, `SELECT i.problem, coalesce(i.contact, 0), i.at FROM problem_items i JOIN problems p ON p.id = i.problem WHERE p.state = 'open'`)
	e.do(err)
	defer rows.Close()
	type count struct {
		items                   int
		people, recent, earlier map[int64]bool
		weeks                   [12]map[int64]bool
	}
	counts := map[int64]*count{}
	now, total := e.now(), 0
	for rows.Next() {
		var id, contact int64
		var at time.Time
		e.do(rows.Scan(&id, &contact, &at))
		c := counts[id]
		if c == nil {
			c = &count{people: map[int64]bool{}, recent: map[int64]bool{}, earlier: map[int64]bool{}}
			counts[id] = c
		}
		c.items++
		total++
		if contact == 0 {
			continue
		}
		c.people[contact] = true
		week := int(now.Sub(at) / (7 * 24 * time.Hour))
		if c.weeks[week] == nil {
			c.weeks[week] = map[int64]bool{}
		}
		c.weeks[week][contact] = true
		switch week {
		case 0:
			c.recent[contact] = true
		case 1:
			c.earlier[contact] = true
		}
	}
	e.do(rows.Err())
	list := e.problems("open")
	if total != 60 || len(list) != len(counts) {
		e.Fatalf("%d cases in %d problems, the list has %d", total, len(counts), len(list))
	}
	var ids []int64
	for _, p := range list {
		ids = append(ids, p.ID)
		c := counts[p.ID]
		if c == nil || p.Items != c.items || p.People != len(c.people) || p.Recent != len(c.recent) || p.Earlier != len(c.earlier) {
			e.Fatalf("%+v, want %+v", p, c)
		}
	}
	if !slices.IsSortedFunc(list, func(a, b Problem) int { return cmp.Or(b.People-a.People, b.Items-a.Items, cmp.Compare(b.ID, a.ID)) }) {
		e.Fatalf("not by people: %+v", list)
	}
	weeks, err := e.list.Weeks(e.ctx, ids)
	e.do(err)
	for id, list := range weeks {
		for i, w := range list {
			if want := len(counts[id].weeks[len(list)-1-i]); w.People != want {
				e.Fatalf("problem %d in week %d: %d, want %d", id, i, w.People, want)
			}
		}
	}
}

func TestWhatIsOldLeavesTheMeaning(t *testing.T) {
	e := setupWorklist(t)
	known := &meanings{}
	e.asks("a", "ловен билет")
	e.do(e.list.round(e.ctx, known))
	e.skip(20 * 24 * time.Hour)
	e.asks("b", "паркинг стикер")
	e.do(e.list.round(e.ctx, known))
	if n := len(known.clusters); n != 2 {
		t.Errorf("%d problems are known", n)
	}
	e.skip(11 * 24 * time.Hour)
	e.do(e.list.round(e.ctx, known)) // by the same leader
	if n := len(known.clusters); n != 1 {
		t.Errorf("%d problems are known after a month", n)
	}
}
