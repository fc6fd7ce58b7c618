package handoff

import (
	"cmp"
	"math"
	"slices"
	"time"

	"orientir/retrieval"
)

// How alike a question must be to a problem to be one more case of it. Two questions are alike by half the cosine of their vectors,
// from which what all questions have in common is taken off, and half the cosine of what they speak of, each word by its rarity: vectors
// know other words for the same where the knowledge has some, rare words tell apart what is in no guide. A question is as alike to a
// problem as to its questions on average, a little more where these are many (see like). BenchmarkGroups says how well this does.
const (
	alike       = 0.37
	alikeFixed  = 0.25 // of a question that the fix itself answered
	alikeNearby = 0.22 // to be shown as a neighbour, for an editor to merge
	mostNear    = 4
)

// mostMeanings is how many problems a new question is compared with: those that were asked about last.
const mostMeanings = 20000

// mostVoices is how many questions speak for a problem when its meaning is made anew: the newest.
const mostVoices = 24

// meaning is what a question is about. Both parts have length one, or are empty.
type meaning struct {
	vector   []float32
	subjects map[string]float32
}

// newMeaning puts the vector and the words of a question together. common is the mean vector of questions; nil takes nothing off.
func newMeaning(vector, common []float32, words []retrieval.Subject) meaning {
	m := meaning{vector: slices.Clone(vector), subjects: make(map[string]float32, len(words))}
	for i := range common {
		m.vector[i] -= common[i]
	}
	if length := float32(math.Sqrt(float64(dot(m.vector, m.vector)))); length > 1e-6 {
		for i := range m.vector {
			m.vector[i] /= length
		}
	}
	var square float64
	for _, w := range words {
		square += w.Weight * w.Weight
	}
	if square > 0 {
		for _, w := range words {
			m.subjects[w.Word] = float32(w.Weight / math.Sqrt(square))
		}
	}
	return m
}

// cluster is the meaning of a problem: the sums of its questions' meanings.
type cluster struct {
	id       int64
	open     bool      // new questions come here, and it is shown as a neighbour
	fix      string    // slug that answers it now
	again    bool      // it is fixed: answers by fix count
	since    time.Time // when it was fixed
	whole    bool      // whatever fix answers is this problem: the guide was written for it
	vector   []float32
	subjects map[string]float32
	n        float32
	example  int64   // answer whose question is most like the others
	likeness float32 // of the example to those before it
}

func (c *cluster) add(m meaning) {
	if c.vector == nil {
		c.vector, c.subjects = make([]float32, len(m.vector)), map[string]float32{}
	}
	for i, x := range m.vector {
		c.vector[i] += x
	}
	for word, x := range m.subjects {
		c.subjects[word] += x
	}
	c.n++
}

// meanings are the problems that questions are compared with, in the memory of the replica that leads. The zero value knows none.
// Nothing of it is stored: it is made from what people wrote in the last thirty days and from the editors' words for problems.
type meanings struct {
	version  string            // of the model whose vectors these are
	common   []float32         // the mean vector of the knowledge's sample questions; nil where there are too few
	revision int64             // newest change by an editor that is known; -1: none yet
	seen     map[int64]int64   // the newest of those changes, by problem
	guided   map[string]mended // fixed problems of guides that were wrong, by slug
	looked   map[int64]bool    // the last answers that were compared with all fixes that are known
	rated    time.Time         // ratings until then were taken in; zero: none yet
	touched  []int64           // problems that the transaction which runs has put meanings to
	lost     []int64           // problems whose questions have to be read again: what was put to them was not committed
	clusters []*cluster
	byID     map[int64]*cluster
	holding  map[string][]*cluster // by word
}

// put adds a meaning to a problem, which is new where it isn't known.
func (k *meanings) put(id int64, m meaning, answer int64) *cluster {
	c := k.byID[id]
	if c == nil {
		c = &cluster{id: id}
		if k.byID == nil {
			k.byID, k.holding = map[int64]*cluster{}, map[string][]*cluster{}
		}
		k.byID[id] = c
		k.clusters = append(k.clusters, c)
	}
	if answer != 0 {
		if like := c.like(m); c.example == 0 || like > c.likeness {
			c.example, c.likeness = answer, like
		}
	}
	for word := range m.subjects {
		if _, there := c.subjects[word]; !there {
			k.holding[word] = append(k.holding[word], c)
		}
	}
	c.add(m)
	return c
}

// drop forgets a problem.
func (k *meanings) drop(id int64) {
	c := k.byID[id]
	if c == nil {
		return
	}
	delete(k.byID, id)
	k.clusters = slices.DeleteFunc(k.clusters, func(other *cluster) bool { return other == c })
	for word := range c.subjects {
		k.holding[word] = slices.DeleteFunc(k.holding[word], func(other *cluster) bool { return other == c })
	}
}

// like is how alike a question is to a problem.
func (c *cluster) like(m meaning) float32 {
	var words float32
	for word, x := range m.subjects {
		words += x * c.subjects[word]
	}
	return c.alike(dot(m.vector, c.vector), words)
}

// alike weighs what a question has in common with all of a problem's. The mean alone would let a problem that is told in many ways take in
// nothing new; without a bound the largest would swallow all.
func (c *cluster) alike(vector, words float32) float32 {
	if c.n == 0 {
		return 0
	}
	return (vector + words) / (2 * c.n) * float32(math.Pow(math.Min(float64(c.n), 16), 0.25))
}

// found is a problem with how alike a question is to it.
type found struct {
	*cluster
	like float32
}

// nearest gives the problems that a question is most like, at least so much, the most alike first.
func (k *meanings) nearest(m meaning, least float32, most int, wanted func(*cluster) bool) []found {
	words := map[*cluster]float32{}
	for word, x := range m.subjects {
		for _, c := range k.holding[word] {
			words[c] += x * c.subjects[word]
		}
	}
	var list []found
	for _, c := range k.clusters {
		if !wanted(c) {
			continue
		}
		if like := c.alike(dot(m.vector, c.vector), words[c]); like >= least {
			list = append(list, found{c, like})
		}
	}
	slices.SortFunc(list, func(a, b found) int { return cmp.Or(cmp.Compare(b.like, a.like), cmp.Compare(a.id, b.id)) })
	return list[:min(len(list), most)]
}

// home is the problem that a question without an answer is one more case of; nil where it is the first of its kind.
func (k *meanings) home(m meaning) *cluster {
	for _, f := range k.nearest(m, alike, 1, func(c *cluster) bool { return c.n > 0 }) {
		return f.cluster
	}
	return nil
}

// neighbours are the open problems that are most like one, for an editor to merge.
func (k *meanings) neighbours(c *cluster) []int64 {
	if c.n == 0 {
		return nil
	}
	mean := meaning{vector: make([]float32, len(c.vector)), subjects: make(map[string]float32, len(c.subjects))}
	for i, x := range c.vector {
		mean.vector[i] = x / c.n
	}
	for word, x := range c.subjects {
		mean.subjects[word] = x / c.n
	}
	var ids []int64
	for _, f := range k.nearest(mean, alikeNearby, mostNear, func(other *cluster) bool { return other != c && other.open && other.n > 0 }) {
		ids = append(ids, f.id)
	}
	return ids
}

// mended is the newest fixed problem of a guide that was wrong.
type mended struct {
	id    int64
	since time.Time
}

// fixedBy is the fixed problem that an answer with a guide is one more case of; 0 where it is none. What was answered before the fix is
// no case of it.
func (k *meanings) fixedBy(slug string, at time.Time, m meaning) int64 {
	var best *cluster
	most := float32(alikeFixed)
	for _, c := range k.clusters {
		if !c.again || c.fix != slug || at.Before(c.since) {
			continue
		}
		like := c.like(m)
		if c.whole {
			like = max(like, most) // the guide was made for it
		}
		if like >= most {
			best, most = c, like
		}
	}
	if best == nil {
		if g := k.guided[slug]; !at.Before(g.since) {
			return g.id
		}
		return 0
	}
	return best.id
}

func dot(a, b []float32) float32 {
	var sum float32
	b = b[:min(len(a), len(b))]
	for i, x := range b {
		sum += a[i] * x
	}
	return sum
}
