package handoff

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// How alike two problems must be to be one; a question that came in is a problem of one question. Likeness is the cosine of the sums of
// their questions' meanings, half by vectors and half by what they speak of (see likeness), and more or less by how many questions each has:
// many hide less of what a problem is about, and have more to lose (see alike). BenchmarkGroups says how well this does.
const (
	alike       = 0.52
	alikeFixed  = 0.30 // of a question that the fix itself answered
	alikeNearby = 0.38 // to be shown as a neighbour, for an editor to merge
	mostNear    = 4

	forLarger  = 0.05  // for each doubling of the larger of the two
	forSmaller = -0.03 // of the smaller
	sizesCount = 32    // questions, up to which doubling counts
)

// mostMeanings is how many problems a new question is compared with: those that were asked about last.
const mostMeanings = 20000

// mostVoices is how many questions speak for a problem when its meaning is made anew: the newest.
const mostVoices = sizesCount

// meaning is what a question is about. Both parts have length one, or are empty.
type meaning struct {
	vector   []float32
	subjects map[string]float32
	print    uint64 // the same for the same words in whatever order; 0 where they are too few to tell
}

// square is of the length of a meaning, half of each part.
func (m meaning) square() float32 {
	var words float32
	if len(m.subjects) > 0 {
		words = 1
	}
	return half(dot(m.vector, m.vector), words)
}

// cluster is the meaning of a problem: the sums of its questions' meanings.
type cluster struct {
	id       int64
	at       int       // its place among all
	open     bool      // new questions come here, and it is shown as a neighbour
	own      bool      // the program's own: no editor has dealt with it, and it may go up in another
	fix      string    // slug that answers it now
	again    bool      // it is fixed: answers by fix count
	since    time.Time // when it was fixed
	whole    bool      // whatever fix answers is this problem: the guide was written for it
	vector   []float32
	subjects map[string]float32
	square   float32 // of the length of both
	n        float32
	example  int64   // answer whose question is most like the others
	likeness float32 // of the example to those before it
}

// add puts sums of n meanings to it, one meaning being its own sum.
func (c *cluster) add(vector []float32, subjects map[string]float32, n, square float32) {
	if c.subjects == nil {
		c.subjects = map[string]float32{}
	}
	if c.vector == nil && vector != nil {
		c.vector = make([]float32, len(vector))
	}
	c.square += square + 2*c.common(vector, subjects)
	for i, x := range vector {
		c.vector[i] += x
	}
	for word, x := range subjects {
		c.subjects[word] += x
	}
	c.n += n
}

// common is what sums have in common with those of a problem: half by vectors, half by words.
func (c *cluster) common(vector []float32, subjects map[string]float32) float32 {
	var words float32
	for word, x := range subjects {
		words += x * c.subjects[word]
	}
	return half(dot(vector, c.vector), words)
}

func half(vector, words float32) float32 { return (vector + words) / 2 }

// meanings are the problems that questions are compared with, in the memory of the replica that leads. The zero value knows none.
// Nothing of it is stored: it is made from what people wrote in the last thirty days and from the editors' words for problems, at the start,
// when the model changes, and once a day; what comes meanwhile is added.
type meanings struct {
	version  string            // of the model whose vectors these are
	likeness likeness          // what makes questions alike, by the knowledge's sample questions
	read     time.Time         // when all of it was
	revision int64             // newest change by an editor that is known; -1: none yet
	seen     map[int64]int64   // the newest of those changes, by problem
	guided   map[string]mended // fixed problems of guides that were wrong, by slug
	looked   map[int64]bool    // the last answers that were compared with all fixes that are known
	rated    time.Time         // ratings until then were taken in; zero: none yet
	touched  []int64           // problems that the transaction which runs has put meanings to
	lost     []int64           // problems whose questions have to be read again: what was put to them was not committed
	clusters []*cluster
	byID     map[int64]*cluster
	grown    map[int64]bool        // problems that were not compared with the others since something was put to them
	gathered int64                 // the last of them that was
	same     map[uint64]int64      // problems by what was asked, word for word
	holding  map[string][]*cluster // by word
}

// put adds a meaning to a problem, which is new where it isn't known.
func (k *meanings) put(id int64, m meaning, answer int64) *cluster {
	c := k.byID[id]
	if c == nil {
		c = &cluster{id: id, at: len(k.clusters)}
		if k.byID == nil {
			k.byID, k.holding, k.grown, k.same = map[int64]*cluster{}, map[string][]*cluster{}, map[int64]bool{}, map[uint64]int64{}
		}
		k.byID[id] = c
		k.clusters = append(k.clusters, c)
	}
	if answer != 0 {
		if like := c.like(m); c.example == 0 || like > c.likeness {
			c.example, c.likeness = answer, like
		}
	}
	k.hold(c, m.subjects)
	c.add(m.vector, m.subjects, 1, m.square())
	k.grown[id] = true
	if m.print != 0 {
		k.same[m.print] = id
	}
	return c
}

// hold notes that a problem speaks of words.
func (k *meanings) hold(c *cluster, words map[string]float32) {
	for word := range words {
		if _, there := c.subjects[word]; !there {
			k.holding[word] = append(k.holding[word], c)
		}
	}
}

// pour puts all that is known of a problem to another.
func (k *meanings) pour(from, into *cluster) {
	k.drop(from.id)
	k.hold(into, from.subjects)
	if from.n > into.n {
		into.example, into.likeness = from.example, from.likeness
	}
	into.add(from.vector, from.subjects, from.n, from.square)
	k.grown[into.id] = true
	for print, id := range k.same {
		if id == from.id {
			k.same[print] = into.id
		}
	}
}

// drop forgets a problem.
func (k *meanings) drop(id int64) {
	c := k.byID[id]
	if c == nil {
		return
	}
	delete(k.byID, id)
	delete(k.grown, id)
	k.clusters = slices.Delete(k.clusters, c.at, c.at+1)
	for i, other := range k.clusters[c.at:] {
		other.at = c.at + i
	}
	for word := range c.subjects {
		k.holding[word] = slices.DeleteFunc(k.holding[word], func(other *cluster) bool { return other == c })
	}
}

// like is how alike a question is to a problem.
func (c *cluster) like(m meaning) float32 {
	return c.alike(c.common(m.vector, m.subjects), 1, m.square())
}

// alike weighs what a problem has in common with another of n questions, whose sums' length has this square. The cosine of the sums alone
// would let a problem that is told in many ways take in nothing new; where both are large, a mistake costs most.
func (c *cluster) alike(common, n, square float32) float32 {
	if common <= 0 {
		return 0
	}
	return common/float32(math.Sqrt(float64(c.square*square))) + forLarger*doublings(max(c.n, n)) + forSmaller*doublings(min(c.n, n))
}

func doublings(n float32) float32 {
	return float32(math.Log2(math.Min(math.Max(float64(n), 1), sizesCount)))
}

// found is a problem with how alike another is to it.
type found struct {
	*cluster
	like float32
}

// nearest gives the problems that one is most like, at least so much, the most alike first.
func (k *meanings) nearest(c *cluster, least float32, most int, wanted func(*cluster) bool) []found {
	words := make([]float32, len(k.clusters))
	for word, x := range c.subjects {
		for _, other := range k.holding[word] {
			words[other.at] += x * other.subjects[word]
		}
	}
	var list []found
	for _, other := range k.clusters {
		if other == c || !wanted(other) {
			continue
		}
		if like := other.alike(half(dot(c.vector, other.vector), words[other.at]), c.n, c.square); like >= least {
			list = append(list, found{other, like})
		}
	}
	slices.SortFunc(list, func(a, b found) int { return cmp.Or(cmp.Compare(b.like, a.like), cmp.Compare(a.id, b.id)) })
	return list[:min(len(list), most)]
}

// home is the problem that a question without an answer is one more case of; nil where it is the first of its kind.
func (k *meanings) home(m meaning) *cluster {
	if c := k.byID[k.same[m.print]]; m.print != 0 && c != nil {
		return c
	}
	one := &cluster{}
	one.add(m.vector, m.subjects, 1, m.square())
	for _, f := range k.nearest(one, alike, 1, func(c *cluster) bool { return c.n > 0 }) {
		return f.cluster
	}
	return nil
}

// neighbours are the open problems that are most like one, for an editor to merge.
func (k *meanings) neighbours(c *cluster) []int64 {
	if c.n == 0 {
		return nil
	}
	var ids []int64
	for _, f := range k.nearest(c, alikeNearby, mostNear, func(other *cluster) bool { return other.open && other.n > 0 }) {
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

// dot multiplies vectors, four numbers at a time: here the list spends its time.
func dot(a, b []float32) float32 {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= n; i += 4 {
		x, y := (*[4]float32)(a[i:]), (*[4]float32)(b[i:])
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < n; i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}
