package retrieval

import "math"

// trie holds words with how often they occur, and finds the likeliest one that a typed word may stand for.
// It is built once and then only read.
type trie struct {
	nodes []trieNode
	words []string
	top   float32 // log of the highest frequency
}

type trieNode struct {
	letter      rune
	first, next int32 // child and sibling; 0 is none, because the root is nobody's child
	word        int32 // index into words plus one; 0 where no word ends
	weight      float32
}

func newTrie(words map[string]int, order []string) *trie {
	t := &trie{nodes: make([]trieNode, 1, 1+4*len(words))}
	for _, w := range order {
		at := int32(0)
		for _, r := range w {
			at = t.grow(at, r)
		}
		t.words = append(t.words, w)
		n := &t.nodes[at]
		n.word, n.weight = int32(len(t.words)), float32(math.Log(float64(words[w])+1))
		t.top = max(t.top, n.weight)
	}
	return t
}

func (t *trie) grow(at int32, r rune) int32 {
	if c := t.child(at, r); c != 0 {
		return c
	}
	t.nodes = append(t.nodes, trieNode{letter: r, next: t.nodes[at].first})
	c := int32(len(t.nodes) - 1)
	t.nodes[at].first = c
	return c
}

func (t *trie) child(at int32, r rune) int32 {
	for c := t.nodes[at].first; c != 0; c = t.nodes[c].next {
		if t.nodes[c].letter == r {
			return c
		}
	}
	return 0
}

// reading is one way to understand the next letters of a typed word: they may stand for to, at a cost.
// Cost 0 is certain, 1 is one wrong letter.
type reading struct {
	from int // letters consumed
	to   string
	cost float32
}

// frequencyWorth is how much cost the e-fold frequency of a word is worth.
const frequencyWorth = 0.12

// unbounded lets find take any word within its limit.
const unbounded = 100

// search is one look-up. visits bounds its work and is shared by all look-ups of a question.
type search struct {
	*trie
	in       []rune
	readings func(in []rune, i int, yield func(reading))
	edits    bool
	limit    float32
	visits   *int
	best     int32
	cost     float32 // of best
	score    float32 // of best: cost less what its frequency is worth
}

// find gives the likeliest word that in may stand for at a cost of at most limit, and its cost. A rare word needs to be
// nearer than a frequent one: cost less what the frequency is worth must stay under bound. Without edits only the readings count; with them also a missing, extra, wrong or swapped letter at cost 1.
func (t *trie) find(in []rune, readings func([]rune, int, func(reading)), edits bool, limit, bound float32, visits *int) (word string, weight, cost float32, ok bool) {
	s := search{trie: t, in: in, readings: readings, edits: edits, limit: limit, visits: visits, score: bound}
	s.walk(0, 0, 0)
	if s.best == 0 {
		return "", 0, 0, false
	}
	n := t.nodes[s.best]
	return t.words[n.word-1], n.weight, s.cost, true
}

func (s *search) walk(at int32, i int, cost float32) {
	if *s.visits <= 0 || cost > s.limit || cost-frequencyWorth*s.top >= s.score {
		return
	}
	*s.visits--
	n := s.nodes[at]
	if i == len(s.in) {
		if n.word != 0 {
			if score := cost - frequencyWorth*n.weight; score < s.score {
				s.best, s.cost, s.score = at, cost, score
			}
		}
	} else {
		s.readings(s.in, i, func(r reading) {
			to := at
			for _, letter := range r.to {
				if to = s.child(to, letter); to == 0 {
					return
				}
			}
			s.walk(to, i+r.from, cost+r.cost)
		})
	}
	if !s.edits || cost+1 > s.limit {
		return
	}
	if i < len(s.in) {
		s.walk(at, i+1, cost+1) // a letter too many
	}
	if i+1 < len(s.in) && s.in[i] != s.in[i+1] { // two letters swapped
		if c := s.child(at, s.in[i+1]); c != 0 {
			if c = s.child(c, s.in[i]); c != 0 {
				s.walk(c, i+2, cost+0.8)
			}
		}
	}
	for c := n.first; c != 0; c = s.nodes[c].next {
		s.walk(c, i, cost+1) // a letter missing
		if i < len(s.in) && s.nodes[c].letter != s.in[i] {
			s.walk(c, i+1, cost+1) // a wrong letter
		}
	}
}
