package retrieval

import (
	"math"
	"slices"
	"strings"
)

// hit is a piece that search found, with how near its vector is and how well its words fit; 0 where one way missed it.
type hit struct {
	Source     Source
	Key, Part  string
	Classes    []string
	Similarity float64
	Lexical    float64
}

// support is what the search says for one class.
type support struct {
	class   string
	fused   float64 // reciprocal ranks of its pieces, both ways
	nearest float64 // cosine of its nearest piece
	votes   float64 // share of the neighbourhood
	words   float64 // of its best piece, as a share of the best of all
	wordSum float64 // of all its pieces, as a multiple of the best of all
	raw     float64 // lexical score of its best piece
}

// ranking is how evidence becomes an order and a probability: a few numbers learned from questions that the embedder
// had not seen (see calibrate).
type ranking struct {
	Order      []float64 // weights of orderFeatures
	Right      []float64 // logistic: the first guide is right, where some guide answers
	Answerable []float64 // logistic: some guide answers
}

// candidate is a guide that may answer, with its place in the order.
type candidate struct {
	slug  string
	known bool // to the embedder: a guide published after learning is not
	score float64
	share float64 // softmax of the scores over all candidates
	support
	logP float64
	said float64 // share of the message that is one of its names
}

// unseenLogP stands for the embedder's opinion where it has none: a guide published since is judged by its texts alone.
const unseenLogP = -2.5

// orderFeatures are what a candidate's score is the weighted sum of.
func (c candidate) orderFeatures() [5]float64 {
	return [5]float64{c.logP, c.votes, c.words, c.wordSum, c.said}
}

// rank orders the guides: those the embedder thinks likely and those the search found.
func (w *weights) rank(a Analysis, l look, found []support, n names, published func(slug string) bool) []candidate {
	by := map[string]int{}
	var list []candidate
	add := func(slug string) int {
		if i, ok := by[slug]; ok {
			return i
		}
		c := candidate{slug: slug, support: support{class: slug}, logP: unseenLogP}
		if i, ok := w.index[slug]; ok {
			c.known, c.logP = true, math.Log(float64(l.probability[i])+1e-7)
		}
		by[slug] = len(list)
		list = append(list, c)
		return len(list) - 1
	}
	for i, slug := range w.classes {
		if answerableClass(slug) && l.probability[i] > 0.002 && published(slug) {
			add(slug)
		}
	}
	for _, s := range found {
		if answerableClass(s.class) && published(s.class) {
			list[add(s.class)].support = s
		}
	}
	for i := range list {
		list[i].said = n.said(a, list[i].slug)
		for j, f := range list[i].orderFeatures() {
			list[i].score += w.ranking.Order[j] * f
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return strings.Compare(a.slug, b.slug)
	})
	var sum float64
	for _, c := range list {
		sum += math.Exp(c.score - list[0].score)
	}
	for i := range list {
		list[i].share = math.Exp(list[i].score-list[0].score) / sum
	}
	return list
}

// answerableClass tells guides from kinds of messages («-chitchat») and signposts («=…»).
func answerableClass(class string) bool { return class != "" && class[0] != '-' && class[0] != '=' }

// judge gives the features that both probabilities are computed from.
func (w *weights) judge(a Analysis, l look, order []candidate, found []support) []float64 {
	var none, likeliest, negVotes, negNearest, negLexical, guideNearest, lexical float64
	for i, c := range w.classes {
		if !answerableClass(c) {
			none += float64(l.probability[i])
			likeliest = max(likeliest, float64(l.probability[i]))
		}
	}
	for _, s := range found {
		if answerableClass(s.class) {
			guideNearest = max(guideNearest, s.nearest)
			lexical = max(lexical, s.raw)
		} else {
			negVotes += s.votes
			negNearest = max(negNearest, s.nearest)
			negLexical = max(negLexical, s.raw)
		}
	}
	var first, second candidate
	if len(order) > 0 {
		first = order[0]
	}
	if len(order) > 1 {
		second = order[1]
	}
	content, known := 0, 0
	for _, t := range a.Terms {
		if !t.Stop {
			content++
			if t.Known {
				known++
			}
		}
	}
	f := []float64{
		1,
		logit(none),
		logit(first.share),
		first.share - second.share,
		first.logP / 4,
		first.votes,
		negVotes,
		guideNearest,
		negNearest,
		lexical,
		float64(known) / float64(max(content, 1)),
		math.Log(1 + float64(max(content, terseWords))),
		first.words,
		first.said,
		0, 0, 0,
		0, 0, 0,
		0,
		negLexical, math.Log(likeliest+1e-4) / 4,
	}
	if content <= terseWords { // three words leave more doubt than a story, and it must be weighed otherwise
		f[17], f[18], f[19], f[20] = 1, logit(none), guideNearest-negNearest, first.logP/4
	}
	switch a.Language {
	case "en":
		f[14] = 1
	case "ru", "uk":
		f[15] = 1
	case "bg-latn":
		f[16] = 1
	}
	return f
}

// terseWords is how many subjects a terse message has at most.
const terseWords = 3

func logit(p float64) float64 {
	p = min(max(p, 1e-4), 1-1e-4)
	return math.Log(p/(1-p)) / 3
}

func logistic(weights, features []float64) float64 {
	var s float64
	for i, w := range weights {
		s += w * features[i]
	}
	return 1 / (1 + math.Exp(-s))
}

// supports folds hits into what they say for each class, strongest first. near and words are the hits of either way, in
// order: from the index where a question is answered, from pieces held apart where the ranking is learned.
func supports(near, words []hit) []support {
	const k = 60 // reciprocal rank fusion's usual constant (Cormack, Clarke, Büttcher, SIGIR 2009)
	by := map[string]*support{}
	get := func(class string) *support {
		s := by[class]
		if s == nil {
			s = &support{class: class}
			by[class] = s
		}
		return s
	}
	var votes float64
	for i, h := range near {
		vote := math.Exp(voteSharpness * (h.Similarity - near[0].Similarity))
		for _, c := range h.Classes {
			s := get(c)
			s.fused += 1 / float64(k+i+1)
			s.nearest = max(s.nearest, h.Similarity)
			s.votes += vote
			votes += vote
		}
	}
	var best float64
	for i, h := range words {
		best = max(best, h.Lexical)
		for _, c := range h.Classes {
			s := get(c)
			s.fused += 1 / float64(k+i+1)
			s.raw = max(s.raw, h.Lexical)
			s.wordSum += h.Lexical
		}
	}
	list := make([]support, 0, len(by))
	for _, s := range by {
		if votes > 0 {
			s.votes /= votes
		}
		if best > 0 {
			s.words, s.wordSum = s.raw/best, s.wordSum/best
		}
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b support) int {
		if a.fused != b.fused {
			return int(math.Copysign(1, b.fused-a.fused))
		}
		return strings.Compare(a.class, b.class)
	})
	return list
}

// voteSharpness is how much more a nearer neighbour counts: e-fold for a tenth of cosine.
const voteSharpness = 10
