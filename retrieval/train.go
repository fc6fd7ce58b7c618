package retrieval

import (
	"context"
	"math"
	"math/rand/v2"
	"sort"
)

// example is a message to learn from: its features and the classes that are right, all equally.
type example struct {
	terms   []termFeatures
	classes []int
	weight  float32
}

// training says how a model is learned. The zero value is not usable; see defaultTraining.
type training struct {
	Dims      int
	Epochs    int     // rounds over the examples; fewer where there are many, see rounds
	Rate      float32 // AdaGrad's step
	DropTerms float32 // share of terms left out of an example, anew each time
	MinCount  int     // a feature must occur in so many examples
	Seed      uint64
}

// train learns a model. The same examples in the same order give the same model, bit for bit, on one architecture.
func (o training) train(ctx context.Context, classes []string, examples []example) (*model, error) {
	m := &model{dims: o.Dims, classes: classes, rows: map[feature]int32{}}
	m.count(examples, o.MinCount)
	r := rand.New(rand.NewPCG(o.Seed, 7))
	d := o.Dims
	m.embed = make([]float32, len(m.idf)*d)
	for i := range m.embed {
		m.embed[i] = (r.Float32() - 0.5) * 0.2
	}
	m.out = make([]float32, len(classes)*d)
	for i := range m.out {
		m.out[i] = (r.Float32() - 0.5) * 0.2
	}
	m.bias = make([]float32, len(classes))
	rowStep := make([]float32, len(m.idf)) // AdaGrad's sums of squared gradients, one per row
	outStep := make([]float32, len(classes))
	for i := range rowStep {
		rowStep[i] = 1e-4
	}
	for i := range outStep {
		outStep[i] = 1e-2
	}
	known := m.known(examples)
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	vector, back, p := make([]float32, d), make([]float32, d), make([]float32, len(classes))
	var list []weighted
	var some *sampler
	if len(classes) > wholeClasses {
		some = newSampler(len(classes))
	}
	epochs := o.rounds(len(examples))
	for epoch := range epochs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if some != nil {
			if err := some.round(ctx, m); err != nil {
				return nil, err
			}
		}
		rate := o.Rate * (1 - 0.9*float32(epoch)/float32(epochs))
		for _, e := range order {
			x := examples[e]
			list = list[:0]
			for _, rows := range known[e] {
				if len(known[e]) < 3 || r.Float32() >= o.DropTerms {
					for _, row := range rows {
						list = append(list, weighted{row, m.idf[row]})
					}
				}
			}
			if len(list) == 0 {
				continue
			}
			scaleWeights(list)
			m.vector(list, vector)
			clear(back)
			correct := func(c int, g float32) {
				g *= x.weight
				if g < leastGradient && g > -leastGradient {
					return
				}
				row := m.out[c*d:][:d]
				addScaled(back, row, g)
				outStep[c] += g * g
				step := rate * g / float32(math.Sqrt(float64(outStep[c])))
				m.bias[c] -= 0.1 * step
				addScaled(row, vector, -step)
			}
			if some != nil {
				some.gradients(m, r, vector, x.classes)
				for i, c := range some.classes {
					correct(int(c), some.gradient[i])
				}
			} else {
				m.logits(vector, p)
				softmax(p)
				for _, c := range x.classes {
					p[c] -= 1 / float32(len(x.classes))
				}
				for c, g := range p {
					correct(c, g)
				}
			}
			square := dot(back, back) / float32(d)
			for _, f := range list {
				rowStep[f.row] += f.weight * f.weight * square
				step := rate * f.weight / float32(math.Sqrt(float64(rowStep[f.row])))
				addScaled(m.embed[int(f.row)*d:][:d], back, -step)
			}
		}
	}
	return m, nil
}

// A hundred thousand examples say more in three rounds than twenty thousand in six, and learning must end within two minutes.
const (
	mostVisits = 200_000 // of examples, in all rounds
	fewRounds  = 3       // at least, or what came first is forgotten
)

// rounds is how many times the examples are gone through.
func (o training) rounds(examples int) int {
	return min(o.Epochs, max(fewRounds, mostVisits/max(examples, 1)))
}

// leastGradient is what a class must be wrong by to be corrected: most classes are far from most examples.
const leastGradient = 1e-3

// known looks the examples' features up once, term by term.
func (m *model) known(examples []example) [][][]int32 {
	all := make([][][]int32, len(examples))
	for i, e := range examples {
		all[i] = make([][]int32, 0, len(e.terms))
		for _, t := range e.terms {
			rows := make([]int32, 0, len(t))
			for _, f := range t {
				if row, ok := m.rows[f]; ok {
					rows = append(rows, row)
				}
			}
			if len(rows) > 0 {
				all[i] = append(all[i], rows)
			}
		}
	}
	return all
}

// count gives a row to each feature that occurs in enough examples, rarer ones weighing more.
func (m *model) count(examples []example, least int) {
	seen := map[feature]int32{}
	last := map[feature]int32{}
	for i, e := range examples {
		for _, t := range e.terms {
			for _, f := range t {
				if last[f] != int32(i)+1 {
					last[f] = int32(i) + 1
					seen[f]++
				}
			}
		}
	}
	keys := make([]feature, 0, len(seen))
	for f, n := range seen {
		if int(n) >= least {
			keys = append(keys, f)
		}
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	m.idf = make([]float32, len(keys))
	for i, f := range keys {
		m.rows[f] = int32(i)
		m.idf[i] = kindWeights[kindOf(f)] * float32(math.Log(1+float64(len(examples))/float64(seen[f])))
	}
}
