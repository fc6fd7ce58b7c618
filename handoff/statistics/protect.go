package statistics

import "container/heap"

// Threshold is the least number of people that a published number stands for.
const Threshold = 5

// cell is a number of a table to be published, and for how many people it stands.
type cell struct {
	value, people int
	hidden        bool
}

// floor is what anybody may know of a hidden cell: that it is no less.
func (c cell) floor() int {
	if c.people < Threshold {
		return 1
	}
	return Threshold
}

// secret says that a cell may not be told.
func (c cell) secret() bool { return c.value > 0 && c.people < Threshold }

// sheet is a table to be published: rows and columns that add up. With several columns each row has its total, which is published as a cell
// of its own; the totals of the columns are always published.
type sheet struct {
	keys   []string
	cells  [][]cell // of each row, by column
	totals []cell   // of each row; nil where there is one column
}

// protect hides the cells of a table that stand for fewer people than the threshold, and as many others as are needed so that nobody who
// knows all that is published, the totals too, can tell one of them: neither how much it is, nor that it is under the threshold. It says false
// where that can't be done; then the table isn't published by row.
//
// The cells of a table that adds up are the arcs of a flow, from the whole to the rows and on to the columns, and what is published of it
// fixes some. A hidden arc can be told from the others exactly where no circle of hidden arcs leads through it, along which a little more
// here and a little less there leaves all that is published as it is (D. Gusfield, «A Graph Theoretic Approach to Statistical Data Security»,
// SIAM Journal on Computing 17(3), 1988). So for each cell that must not be told, circles are sought along which it may grow to the threshold;
// what they need of published arcs is hidden too, the smallest first. A zero is never hidden, so whoever sees a hidden cell knows that it is at
// least 1; and of a cell that is hidden for another's sake they may learn elsewhere that it reaches the threshold. No circle counts on less.
func (s *sheet) protect() bool {
	n := network{nodes: 1 + len(s.cells)}
	if len(s.cells) > 0 {
		n.nodes += len(s.cells[0])
	}
	for r := range s.cells {
		to := 1 + r // of the row
		if s.totals == nil {
			n.arcs = append(n.arcs, arc{&s.cells[r][0], 0, 1 + len(s.cells)})
			continue
		}
		n.arcs = append(n.arcs, arc{&s.totals[r], 0, to})
		for c := range s.cells[r] {
			n.arcs = append(n.arcs, arc{&s.cells[r][c], to, 1 + len(s.cells) + c})
		}
	}
	n.at = make([][]int, n.nodes)
	var secret []int
	for i, a := range n.arcs {
		n.at[a.from], n.at[a.to] = append(n.at[a.from], i), append(n.at[a.to], i)
		if a.cell.secret() {
			a.cell.hidden = true
			secret = append(secret, i)
		}
	}
	for _, i := range secret {
		if !n.loosen(i) {
			return false
		}
	}
	return true
}

// arc is a cell on its way through the table.
type arc struct {
	cell     *cell
	from, to int
}

type network struct {
	nodes int
	arcs  []arc
	at    [][]int // arcs that touch each node
}

// loosen hides what must be hidden for an arc to be able to grow to the threshold, and by two at least.
func (n *network) loosen(secret int) bool {
	flow := make([]int, len(n.arcs))
	for i, a := range n.arcs {
		flow[i] = a.cell.value
	}
	for missing := max(2, Threshold-flow[secret]); missing > 0; {
		path := n.cheapest(flow, secret)
		if path == nil {
			return false
		}
		moved := missing
		for _, s := range path {
			if s.back {
				moved = min(moved, flow[s.arc]-n.arcs[s.arc].cell.floor())
			}
		}
		for _, s := range path {
			n.arcs[s.arc].cell.hidden = true
			if s.back {
				flow[s.arc] -= moved
			} else {
				flow[s.arc] += moved
			}
		}
		flow[secret] += moved
		missing -= moved
	}
	return true
}

// step goes along an arc, whose cell grows, or back against it, and then it shrinks.
type step struct {
	arc  int
	back bool
}

// cheapest finds the way from the end of an arc back to its beginning that hides the least. nil: there is none.
func (n *network) cheapest(flow []int, secret int) []step {
	const far = int(^uint(0) >> 1)
	cost, by, done := make([]int, n.nodes), make([]step, n.nodes), make([]bool, n.nodes)
	for i := range cost {
		cost[i] = far
	}
	begin, end := n.arcs[secret].to, n.arcs[secret].from
	cost[begin] = 0
	next := &queue{{begin, 0}}
	for next.Len() > 0 {
		at := heap.Pop(next).(reached)
		if done[at.node] {
			continue
		}
		done[at.node] = true
		for _, i := range n.at[at.node] {
			a := n.arcs[i]
			if i == secret || a.cell.value == 0 { // a zero is published
				continue
			}
			s := step{arc: i}
			to := a.to
			switch {
			case a.from == at.node:
			case a.to == at.node && flow[i] > a.cell.floor():
				s.back, to = true, a.from
			default:
				continue
			}
			price := cost[at.node]
			if !a.cell.hidden {
				price += a.cell.value + 1
			}
			if price < cost[to] {
				cost[to], by[to] = price, s
				heap.Push(next, reached{to, price})
			}
		}
	}
	if cost[end] == far {
		return nil
	}
	var path []step
	for node := end; node != begin; {
		s := by[node]
		path = append(path, s)
		if node = n.arcs[s.arc].from; s.back {
			node = n.arcs[s.arc].to
		}
	}
	return path
}

// queue is the nodes to go on from, the cheapest first.
type queue []reached

type reached struct{ node, cost int }

func (q queue) Len() int           { return len(q) }
func (q queue) Less(a, b int) bool { return q[a].cost < q[b].cost }
func (q queue) Swap(a, b int)      { q[a], q[b] = q[b], q[a] }
func (q *queue) Push(x any)        { *q = append(*q, x.(reached)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
