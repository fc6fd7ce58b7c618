package retrieval

import (
	"context"
	"math"
)

// overlay is what a model that serves would see otherwise if a guide were published.
type overlay struct {
	library *library
	changes map[int]change // of the chunks, by model
	more    int            // chunks that a search takes beyond hitsEachWay, in place of those that are gone
	memo    *memo          // of the question at hand; nil: nothing is remembered
}

// change is what publishing would do to a model's chunks.
type change struct {
	gone  map[string]bool // by piece.id
	fresh []chunk
}

// memo keeps what is the same whether or not the guide is published, for one question and one goroutine.
type memo struct {
	analyses map[string]Analysis
	searches map[memoKey]sighted
	vectors  map[string][]float32 // remote ones
	looks    map[lookKey]look
	remarks  map[remarkKey]remark
}

// lookKey is a text as some weights see it: a new guide has others.
type lookKey struct {
	weights *weights
	text    string
}

// remarkKey is a text and the question that it is of.
type remarkKey struct{ text, question string }

type memoKey struct {
	model int
	text  string
}

type sighted struct {
	list []chunkHit
	state
}

func newMemo() *memo {
	return &memo{analyses: map[string]Analysis{}, searches: map[memoKey]sighted{}, vectors: map[string][]float32{}, looks: map[lookKey]look{}, remarks: map[remarkKey]remark{}}
}

// memo is what is remembered of the question at hand; nil where nothing is.
func (s *serving) memo() *memo {
	if s.trial == nil {
		return nil
	}
	return s.trial.memo
}

// keep remembers what a text says beside its subject.
func (m *memo) keep(key remarkKey, r remark) {
	if m != nil && r.err == nil {
		m.remarks[key] = r
	}
}

// analyze reads a text with a library's glossary.
func (s *serving) analyze(l *library, text string) Analysis {
	m := s.memo()
	if m == nil {
		return l.glossary.analyze(text)
	}
	a, ok := m.analyses[text]
	if !ok {
		a = l.glossary.analyze(text) // a guide changes no glossary
		m.analyses[text] = a
	}
	return a
}

// look gives what a library's weights see in a text.
func (s *serving) look(l *library, text string, a Analysis) look {
	m := s.memo()
	if m == nil {
		return l.weights.look(a)
	}
	key := lookKey{l.weights, text}
	seen, ok := m.looks[key]
	if !ok {
		seen = l.weights.look(a)
		m.looks[key] = seen
	}
	return seen
}

func (o *overlay) remembered(text string) ([]float32, bool) {
	if o == nil || o.memo == nil {
		return nil, false
	}
	v, ok := o.memo.vectors[text]
	return v, ok
}

func (o *overlay) remember(text string, vector []float32) {
	if o != nil && o.memo != nil {
		o.memo.vectors[text] = vector
	}
}

// find searches the chunks of a model that serves, as they are or as a trial has them.
func (a *Answerer) find(ctx context.Context, s *serving, m modelRow, text string, vector []float32, words []queryWord) (finding, error) {
	if s.trial == nil {
		if f, ok := a.findAside(ctx, s, m, vector, words); ok {
			return f, nil
		}
		return find(ctx, a.pool, m.ID, m.Dims, vector, words)
	}
	o := s.trial
	key := memoKey{m.ID, text}
	var seen sighted
	var ok bool
	if o.memo != nil {
		seen, ok = o.memo.searches[key]
	}
	if !ok {
		var err error
		if seen.list, seen.state, err = searchChunks(ctx, a.pool, m.ID, m.Dims, hitsEachWay+o.more, vector, words); err != nil {
			return finding{}, err
		}
		if o.memo != nil {
			o.memo.searches[key] = seen
		}
	}
	return fold(o.changes[m.ID].applied(seen.list, vector, words), seen.state), nil
}

// applied is what a search would come upon after the change: a chunk inserted later stands after all others.
func (c change) applied(list []chunkHit, vector []float32, words []queryWord) []chunkHit {
	out := make([]chunkHit, 0, len(list)+len(c.fresh))
	for _, h := range list {
		if !c.gone[keyOf(h.hit)] {
			out = append(out, h)
		}
	}
	for _, f := range c.fresh {
		h := chunkHit{hit: hitOf(f), near: true}
		h.Similarity = cosine(f.vector, vector)
		h.Lexical, h.said = f.lexical(words)
		out = append(out, h)
	}
	return out
}

// lexical scores a chunk's words as searchSQL does; false where it has none of them.
func (c chunk) lexical(words []queryWord) (score float64, said bool) {
	for _, stem := range c.stems {
		if stem == "" || len(stem) >= longestStem {
			continue
		}
		for _, w := range words {
			if w.stem == stem {
				score, said = score+w.weight, true
			}
		}
	}
	return score / math.Sqrt(float64(len(c.stems)+lengthOffset)), said
}

// cosine is that of two vectors, as pgvector reckons it.
func cosine(a, b []float32) float64 {
	length := math.Sqrt(float64(dot(a, a)) * float64(dot(b, b)))
	if length == 0 {
		return 0
	}
	return min(max(float64(dot(a, b))/length, -1), 1)
}
