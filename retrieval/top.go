package retrieval

import "sort"

// top keeps the most best of what is offered to it, best first; of equal ones what was offered earlier.
type top[S float32 | float64] struct {
	most int
	list []scored[S]
}

// scored is the number of a thing and how good it is.
type scored[S float32 | float64] struct {
	number int32
	score  S
}

func (t *top[S]) offer(number int32, score S) {
	if len(t.list) == t.most {
		if score <= t.list[t.most-1].score {
			return
		}
		t.list = t.list[:t.most-1]
	}
	at := sort.Search(len(t.list), func(i int) bool { return t.list[i].score < score })
	t.list = append(t.list, scored[S]{})
	copy(t.list[at+1:], t.list[at:])
	t.list[at] = scored[S]{number, score}
}
