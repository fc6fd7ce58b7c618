package retrieval

import (
	"context"
	"maps"
	"math"
	"slices"
)

// negativeShare is how many of the messages that people send are taken not to be questions for a guide when the
// probabilities are learned, of the terse ones as of the others: that the sample questions' writers told stories and
// typed nonsense in two words says nothing about who types two words.
const negativeShare = 0.2

// sampleHardness is how often people's questions go wrong for one sample question that does, all else equal. The sample
// questions' writers avoided the official words on purpose, and some of their questions fit two guides.
const sampleHardness = 0.5

// trial is a held-apart question as the trial embedder and the search saw it.
type trial struct {
	order    []candidate
	right    []bool // of each candidate
	features []float64
	negative bool
	terse    int // 1: of terseWords at most
}

// calibrate learns the ranking from the held pieces, searched for among the kept ones.
func calibrate(ctx context.Context, w *weights, n names, pieces []piece, analyses []Analysis, kept, held []int) (ranking, error) {
	w.ranking = ranking{Order: []float64{1, 2, 1, 0.2, 1}}
	if len(held) < 40 {
		// too little to learn from, as on the first day of a new knowledge base: cautious values found on a large one
		w.ranking.Right, w.ranking.Answerable = cautiousRight, cautiousAnswerable
		return w.ranking, nil
	}
	memory := w.remember(pieces, analyses, kept)
	looks := make([]look, len(held))
	found := make([][]support, len(held))
	if err := eachOf(ctx, len(held), func(i int) {
		a := analyses[held[i]]
		looks[i] = w.look(a)
		found[i] = supports(memory.near(looks[i].vector), memory.words(w.queryWords(a)))
	}); err != nil {
		return ranking{}, err
	}
	everyGuide := func(string) bool { return true }
	run := func() []trial {
		trials := make([]trial, len(held))
		for i, h := range held {
			t := trial{order: w.rank(analyses[h], looks[i], found[i], n, everyGuide), negative: !answerableClass(pieces[h].classes[0])}
			for _, c := range t.order {
				t.right = append(t.right, slices.Contains(pieces[h].classes, c.slug))
			}
			if len(analyses[h].subjects()) <= terseWords {
				t.terse = 1
			}
			t.features = w.judge(analyses[h], looks[i], t.order, found[i])
			trials[i] = t
		}
		return trials
	}
	w.ranking.Order = fitOrder(w.ranking.Order, run())
	trials := run()
	var counts [2]struct{ positives, negatives float64 } // of the terse ones and of the others
	for _, t := range trials {
		if t.negative {
			counts[t.terse].negatives++
		} else {
			counts[t.terse].positives++
		}
	}
	var all, some [][]float64 // some: the answerable ones
	var answerable, right []bool
	var allWeights, someWeights []float64
	for _, t := range trials {
		all, answerable = append(all, t.features), append(answerable, !t.negative)
		if t.negative {
			n := counts[t.terse]
			allWeights = append(allWeights, negativeShare/(1-negativeShare)*max(n.positives, 1)/n.negatives)
			continue
		}
		allWeights = append(allWeights, 1)
		first := len(t.right) > 0 && t.right[0]
		some, right = append(some, t.features), append(right, first)
		if first {
			someWeights = append(someWeights, 1)
		} else {
			someWeights = append(someWeights, sampleHardness)
		}
	}
	w.ranking.Right = fitLogistic(some, right, someWeights)
	w.ranking.Answerable = fitLogistic(all, answerable, allWeights)
	return w.ranking, nil
}

// fitOrder finds the weights that make the right guides likeliest among the candidates, by gradient ascent.
func fitOrder(start []float64, trials []trial) []float64 {
	w := slices.Clone(start)
	for range 200 {
		gradient := make([]float64, len(w))
		n := 0.0
		for _, t := range trials {
			if t.negative || !slices.Contains(t.right, true) {
				continue
			}
			n++
			scores, all, good := make([]float64, len(t.order)), 0.0, 0.0
			for i, c := range t.order {
				for j, f := range c.orderFeatures() {
					scores[i] += w[j] * f
				}
				scores[i] = math.Exp(scores[i])
				all += scores[i]
				if t.right[i] {
					good += scores[i]
				}
			}
			for i, c := range t.order {
				g := -scores[i] / all
				if t.right[i] {
					g += scores[i] / good
				}
				for j, f := range c.orderFeatures() {
					gradient[j] += g * f
				}
			}
		}
		for j := range w {
			w[j] += 0.5*gradient[j]/max(n, 1) - 0.0005*(w[j]-start[j])
		}
	}
	return w
}

// fitLogistic is ridge-regularised logistic regression by Newton's method (iteratively reweighted least squares).
func fitLogistic(x [][]float64, y []bool, weight []float64) []float64 {
	const ridge = 2
	n := len(x[0])
	w := make([]float64, n)
	for range 25 {
		gradient, hessian := make([]float64, n), make([][]float64, n)
		for i := range hessian {
			hessian[i] = make([]float64, n)
			gradient[i] = -ridge * w[i]
			hessian[i][i] = ridge
		}
		for i, f := range x {
			p := logistic(w, f)
			t := 0.0
			if y[i] {
				t = 1
			}
			v := weight[i] * max(p*(1-p), 1e-6)
			for a := range f {
				gradient[a] += weight[i] * (t - p) * f[a]
				for b := range f {
					hessian[a][b] += v * f[a] * f[b]
				}
			}
		}
		step := solve(hessian, gradient)
		var size float64
		for i := range w {
			w[i] += step[i]
			size = max(size, math.Abs(step[i]))
		}
		if size < 1e-6 {
			break
		}
	}
	return w
}

// solve gives x of a·x = b by elimination; a is positive definite.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for i := range n {
		for r := i + 1; r < n; r++ {
			f := a[r][i] / a[i][i]
			for c := i; c < n; c++ {
				a[r][c] -= f * a[i][c]
			}
			b[r] -= f * b[i]
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		x[i] = b[i]
		for c := i + 1; c < n; c++ {
			x[i] -= a[i][c] * x[c]
		}
		x[i] /= a[i][i]
	}
	return x
}

// memory is the kept pieces, searched as the database searches its chunks.
type memory struct {
	pieces   []piece // the kept ones
	vectors  [][]float32
	lengths  []int // distinct stems
	postings map[string][]int32
}

func (w *weights) remember(pieces []piece, analyses []Analysis, kept []int) *memory {
	m := &memory{vectors: make([][]float32, len(kept)), postings: map[string][]int32{}}
	for i, k := range kept {
		m.pieces = append(m.pieces, pieces[k])
		m.vectors[i] = w.vector(analyses[k])
		stems := analyses[k].subjects()
		m.lengths = append(m.lengths, len(stems))
		for _, s := range stems {
			m.postings[s] = append(m.postings[s], int32(i))
		}
	}
	return m
}

// hitsEachWay is how many pieces search takes from either way.
const hitsEachWay = 30

func (m *memory) near(vector []float32) []hit {
	best := top[float64]{most: hitsEachWay}
	for i, v := range m.vectors {
		best.offer(int32(i), float64(dot(v, vector)))
	}
	hits := make([]hit, 0, len(best.list))
	for _, s := range best.list {
		p := m.pieces[s.number]
		hits = append(hits, hit{Source: p.source, Key: p.key, Part: p.part, Classes: p.classes, Similarity: s.score})
	}
	return hits
}

func (m *memory) words(query []queryWord) []hit {
	scores := map[int32]float64{}
	for _, q := range query {
		for _, i := range m.postings[q.stem] {
			scores[i] += q.weight
		}
	}
	best := top[float64]{most: hitsEachWay}
	for _, i := range slices.Sorted(maps.Keys(scores)) {
		best.offer(i, scores[i]/math.Sqrt(float64(m.lengths[i]+lengthOffset)))
	}
	hits := make([]hit, 0, len(best.list))
	for _, s := range best.list {
		p := m.pieces[s.number]
		hits = append(hits, hit{Source: p.source, Key: p.key, Part: p.part, Classes: p.classes, Lexical: s.score})
	}
	return hits
}

// lengthOffset softens how much a short piece is preferred.
const lengthOffset = 3
