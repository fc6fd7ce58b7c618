package retrieval

import (
	"math"
	"slices"

	"orientir/knowledge"
)

// A guide published since learning has no row in the embedder, and one with a handful of sample questions has a poor one:
// learning set it against guides with a hundred. Both get the row that their own texts and questions point to: the mean
// of their vectors, at a length that is a multiple of the others' (imprinting: Qi, Brown, Lowe, CVPR 2018). A longer row
// finds more newcomers and takes more from the others. How much they gain stands in
// deploy/benchmarks.md.
const (
	imprintNew   = 0.9 // the embedder has never seen the guide: others' questions may lie near it
	imprintFew   = 1.2 // it has seen the guide's few questions, and told others from it
	imprintProse = 0.5 // worth of a piece of the guide's text beside a question
	fewQuestions = 20  // a guide with fewer, and with less than a quarter of the median guide's, is imprinted
	mostImprints = 100 // guides published since learning: somebody waits while they are read; an import of more waits for learning
)

// with gives weights that know guides published since they were learned, or these weights where there are none.
// samples are all sample questions, and analyze reads as the index does.
func (w *weights) with(guides []knowledge.Guide, samples []knowledge.Sample, analyze func(string) Analysis) *weights {
	fresh := Corpus{}
	isFresh := map[string]bool{}
	for _, g := range guides {
		if _, known := w.index[g.Slug]; !known {
			fresh.Guides = append(fresh.Guides, g)
			isFresh[g.Slug] = true
		}
	}
	if len(fresh.Guides) == 0 || len(fresh.Guides) > mostImprints {
		return w
	}
	for _, s := range samples {
		if slices.ContainsFunc(s.Expected, func(slug string) bool { return isFresh[slug] }) {
			fresh.Samples = append(fresh.Samples, s)
		}
	}
	wider := *w
	wider.classes = slices.Clone(w.classes)
	for _, g := range fresh.Guides {
		wider.classes = append(wider.classes, g.Slug)
	}
	wider.index = positions(wider.classes)
	which := make([]bool, len(wider.classes))
	for c := len(w.classes); c < len(which); c++ {
		which[c] = true
	}
	var examples []example
	for _, p := range fresh.pieces() {
		e := p.example(wider.index, analyze(p.text))
		e.weight = p.imprintWorth()
		examples = append(examples, e)
	}
	wider.halves = make([]*model, len(w.halves))
	for h, m := range w.halves {
		wide := *m
		wide.classes = wider.classes
		wide.out = slices.Concat(m.out, make([]float32, len(fresh.Guides)*m.dims))
		wide.bias = slices.Concat(m.bias, make([]float32, len(fresh.Guides)))
		wide.imprint(which, imprintNew, examples)
		wider.halves[h] = &wide
	}
	return &wider
}

// example is a piece to learn from.
func (p piece) example(index map[string]int, a Analysis) example {
	e := example{terms: a.features(), weight: p.weight}
	for _, class := range p.classes {
		e.classes = append(e.classes, index[class])
	}
	return e
}

// imprintWorth is what a piece weighs in its guide's row.
func (p piece) imprintWorth() float32 {
	if p.source == FromGuide {
		return imprintProse * p.weight
	}
	return p.weight
}

// few tells which classes are guides of so few sample questions that they are imprinted, and whether there are any.
func few(classes []string, pieces []piece) (which []bool, any bool) {
	counts := map[string]int{}
	for _, p := range pieces {
		if p.source == FromSample {
			for _, class := range p.classes {
				counts[class]++
			}
		}
	}
	var all []int
	for _, class := range classes {
		if answerableClass(class) {
			all = append(all, counts[class])
		}
	}
	slices.Sort(all)
	which = make([]bool, len(classes))
	for c, class := range classes {
		if n := counts[class]; answerableClass(class) && n < fewQuestions && 4*n < all[len(all)/2] {
			which[c], any = true, true
		}
	}
	return which, any
}

// imprint sets the rows of some classes by what the vectors of their examples point to, each as much as it weighs.
func (m *model) imprint(which []bool, length float64, examples []example) {
	var sum, bias, known float64
	for c, class := range m.classes {
		row := m.out[c*m.dims:][:m.dims]
		switch {
		case which[c]:
			clear(row)
		case answerableClass(class):
			sum += math.Sqrt(float64(dot(row, row)))
			bias += float64(m.bias[c])
			known++
		}
	}
	if known == 0 {
		return
	}
	vector := make([]float32, m.dims)
	for _, e := range examples {
		if !slices.ContainsFunc(e.classes, func(c int) bool { return which[c] }) {
			continue
		}
		m.vector(m.weigh(e.terms), vector)
		unit(vector, 1)
		for _, c := range e.classes {
			if which[c] {
				addScaled(m.out[c*m.dims:][:m.dims], vector, e.weight)
			}
		}
	}
	for c := range which {
		if which[c] {
			unit(m.out[c*m.dims:][:m.dims], float32(length*sum/known))
			m.bias[c] = float32(bias / known)
		}
	}
}
