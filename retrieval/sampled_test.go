package retrieval

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// learnTitles trains on the names and four questions of more guides than an example is held against whole, and tells
// which share of the fifth questions it takes for the right guide's.
func learnTitles(t *testing.T, guides int) (*model, float64) {
	t.Helper()
	c, rest := syntheticCorpus(guides, 4)
	lexicon, err := builtInLexicon()
	if err != nil {
		t.Fatal(err)
	}
	var texts []vocabularyText
	for _, s := range c.Samples {
		texts = append(texts, vocabularyText{s.Text, "bg", 1})
	}
	v := newVocabulary(lexicon, texts)
	var classes []string
	for _, g := range c.Guides {
		classes = append(classes, g.Slug)
	}
	slices.Sort(classes)
	at := positions(classes)
	var examples []example
	for _, s := range c.Samples {
		examples = append(examples, example{terms: v.Analyze(s.Text).features(), classes: []int{at[s.Expected[0]]}, weight: 1})
	}
	o := defaultTraining
	o.Epochs = 12 // few examples: each is seen as often as one of many is in four
	m, err := o.train(context.Background(), classes, examples)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	vector, p := make([]float32, m.dims), make([]float32, len(classes))
	for _, s := range rest {
		m.vector(m.weigh(v.Analyze(s.Text).features()), vector)
		m.logits(vector, p)
		if p[at[s.Expected[0]]] == slices.Max(p) {
			right++
		}
	}
	return m, float64(right) / float64(len(rest))
}

func TestMoreGuidesThanAnExampleIsHeldAgainstAreLearned(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("learns twice: a minute under the race detector")
	}
	m, right := learnTitles(t, wholeClasses+50)
	if right < 0.95 {
		t.Errorf("%.3f of the unseen questions are right", right)
	}
	again, _ := learnTitles(t, wholeClasses+50)
	if !slices.Equal(m.embed, again.embed) || !slices.Equal(m.out, again.out) {
		t.Error("the same examples gave another model")
	}
}

// What an example is corrected by must not depend on chance by much: over all draws the right class's error is that of
// the whole softmax.
func TestSampledGradientsAgreeWithTheWhole(t *testing.T) {
	t.Parallel()
	const classes, dims = 2000, 8
	r := rand.New(rand.NewPCG(3, 5))
	m := &model{dims: dims, bias: make([]float32, classes), out: make([]float32, classes*dims)}
	for i := range m.out {
		m.out[i] = r.Float32() - 0.5
	}
	vector := make([]float32, dims)
	for i := range vector {
		vector[i] = 3 * (r.Float32() - 0.5)
	}
	s := newSampler(classes)
	if err := s.round(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	whole := make([]float32, classes)
	m.logits(vector, whole)
	softmax(whole)
	for _, own := range []int{0, 777, 1999} {
		if len(s.alike[own]) != alikeClasses || slices.Contains(s.alike[own], int32(own)) {
			t.Fatalf("class %d is alike %v", own, s.alike[own])
		}
		var mean, sum float64
		const draws = 300
		for range draws {
			s.gradients(m, r, vector, []int{own})
			mean += float64(s.gradient[0]) / draws
			for _, g := range s.gradient {
				sum += float64(g) / draws
			}
		}
		if want := float64(whole[own]) - 1; math.Abs(mean-want) > 0.1*float64(whole[own])+1e-6 || math.Abs(sum) > 1e-4 {
			t.Errorf("class %d: the error is %.6f, of the whole %.6f; the errors sum to %.6f", own, mean, want, sum)
		}
	}
}
