package retrieval

import (
	"context"
	"math"
	"math/rand/v2"
)

// With thousands of guides most of learning would go into telling each example from guides that nobody confuses it with.
// Beyond wholeClasses classes an example is corrected against those most like its own and against a chance few, which
// stand for all others: sampled softmax (Jean, Cho, Memisevic, Bengio, ACL 2015), with the confusable classes left whole
// because chance would mostly miss them.
const (
	wholeClasses  = 600 // up to so many an example is held against every class
	alikeClasses  = 64  // the classes most like its own, anew for each round
	chanceClasses = 160 // of all others
)

// sampler picks the classes that an example is corrected against.
type sampler struct {
	classes  []int32   // picked for the example at hand, its own first
	gradient []float32 // of each
	alike    [][]int32 // by class, the most alike ones
	picked   []int32   // by class: the number of the example that picked it last
	example  int32
}

func newSampler(classes int) *sampler {
	return &sampler{alike: make([][]int32, classes), picked: make([]int32, classes)}
}

// round looks anew for the classes that are alike, by the cosine of their rows.
func (s *sampler) round(ctx context.Context, m *model) error {
	d := m.dims
	rows := make([]float32, len(m.out))
	copy(rows, m.out)
	for c := range s.alike {
		unit(rows[c*d:][:d], 1)
	}
	return eachOf(ctx, len(s.alike), func(c int) {
		best := top[float32]{most: alikeClasses}
		for other := range s.alike {
			if other != c {
				best.offer(int32(other), dot(rows[c*d:][:d], rows[other*d:][:d]))
			}
		}
		list := make([]int32, len(best.list))
		for i, b := range best.list {
			list[i] = b.number
		}
		s.alike[c] = list
	})
}

// gradients fills classes and gradient for an example: what softmax over all classes would give, as far as the picked
// ones can tell.
func (s *sampler) gradients(m *model, r *rand.Rand, vector []float32, right []int) {
	s.example++
	s.classes = s.classes[:0]
	add := func(c int32) {
		if s.picked[c] != s.example {
			s.picked[c] = s.example
			s.classes = append(s.classes, c)
		}
	}
	for _, c := range right {
		add(int32(c))
	}
	own := len(s.classes)
	for _, c := range right {
		for _, other := range s.alike[c] {
			add(other)
		}
	}
	whole := len(s.classes)
	for range chanceClasses {
		add(int32(r.IntN(len(s.picked))))
	}
	// each of the chance few counts for as many as it stands for
	stands := float32(0)
	if chance := len(s.classes) - whole; chance > 0 {
		stands = float32(math.Log(float64(len(s.picked)-whole) / float64(chance)))
	}
	s.gradient = s.gradient[:0]
	for i, c := range s.classes {
		score := m.bias[c] + dot(m.out[int(c)*m.dims:][:m.dims], vector)
		if i >= whole {
			score += stands
		}
		s.gradient = append(s.gradient, score)
	}
	softmax(s.gradient)
	for i := range own {
		s.gradient[i] -= 1 / float32(own)
	}
}
