package retrieval

import (
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// defaultTraining was chosen on held-out questions: fewer rounds than it takes to know every example by heart.
var defaultTraining = training{Dims: 64, Epochs: 6, Rate: 0.1, DropTerms: 0.2, MinCount: 3}

// heldApart is the share of sample questions, one in so many, that the ranking and the probabilities are learned from:
// an embedder that has not seen them looks at them as it will look at people's questions.
const heldApart = 8

// ErrNothingToLearn says that there is no guide yet.
var ErrNothingToLearn = errors.New("no published guide to learn from")

// learn gives the weights for a corpus. known are further Bulgarian words that Latin typing may be resolved to. It is deterministic and takes seconds of two processors for ten thousand questions.
func learn(ctx context.Context, c Corpus, lexicon *Lexicon, known string) (*weights, error) {
	pieces := c.pieces()
	if len(c.Guides) == 0 {
		return nil, ErrNothingToLearn
	}
	texts := slices.Concat(vocabularyTexts(pieces), glossaryTexts(c.Glossary), []vocabularyText{{known, "bg", 1}})
	w := &weights{vocabulary: newVocabulary(lexicon, texts), frequency: map[string]int32{}, pieces: len(pieces)}
	classes := map[string]bool{}
	for _, p := range pieces {
		for _, class := range p.classes {
			classes[class] = true
		}
	}
	w.classes = slices.Sorted(maps.Keys(classes))
	w.index = positions(w.classes)

	words := w.vocabulary.glossary(c.Glossary)
	analyses := make([]Analysis, len(pieces))
	if err := eachOf(ctx, len(pieces), func(i int) { analyses[i] = words.analyze(pieces[i].text) }); err != nil {
		return nil, err
	}
	for _, a := range analyses {
		for _, stem := range a.subjects() {
			w.frequency[stem]++
		}
	}
	all, seen := make([]example, len(pieces)), make([]example, 0, len(pieces))
	var held, kept []int
	for i, p := range pieces {
		e := p.example(w.index, analyses[i])
		all[i] = e
		if p.apart() {
			held = append(held, i)
		} else {
			seen, kept = append(seen, e), append(kept, i)
		}
	}

	// Two halves see everything and serve; one sees the rest of the held questions and shows how far to trust the two.
	trial := &weights{vocabulary: w.vocabulary, frequency: w.frequency, pieces: w.pieces, classes: w.classes, index: w.index, halves: make([]*model, 1)}
	w.halves = make([]*model, 2)
	var g errgroup.Group
	g.SetLimit(max(1, min(len(w.halves), runtime.GOMAXPROCS(0))))
	train := func(into **model, seed uint64, examples []example) {
		o := defaultTraining
		o.Seed = seed
		g.Go(func() (err error) { *into, err = o.train(ctx, w.classes, examples); return err })
	}
	train(&trial.halves[0], 1, seen)
	for i := range w.halves {
		train(&w.halves[i], uint64(i+1), all)
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if which, any := few(w.classes, pieces); any {
		worth := func(list []int) []example {
			examples := make([]example, len(list))
			for k, i := range list {
				examples[k] = all[i]
				examples[k].weight = pieces[i].imprintWorth()
			}
			return examples
		}
		trial.halves[0].imprint(which, imprintFew, worth(kept))
		everything := worth(slices.Sorted(slices.Values(slices.Concat(kept, held))))
		for _, m := range w.halves {
			m.imprint(which, imprintFew, everything)
		}
	}
	r, err := calibrate(ctx, trial, w.vocabulary.names(c.Guides), pieces, analyses, kept, held)
	if err != nil {
		return nil, err
	}
	w.ranking = r
	return w, nil
}

// vocabularyTexts are the texts whose spelling can be trusted: no typing errors, no Latin Bulgarian, no nonsense.
func vocabularyTexts(pieces []piece) []vocabularyText {
	var list []vocabularyText
	for _, p := range pieces {
		if p.kind == "typo" || p.kind == "latin" || p.language == "bg-latn" || p.kind == "injection" || p.language == "und" {
			continue
		}
		list = append(list, vocabularyText{p.text, p.language, 1})
	}
	return list
}

// apart tells, by a hash of the text alone, whether a piece is kept from the trial embedder.
func (p piece) apart() bool {
	if !p.asked {
		return false
	}
	h := fnv.New32a()
	h.Write([]byte(p.text))
	return h.Sum32()>>8%heldApart == 0
}

// eachOf runs f for 0…n-1 on all processors.
func eachOf(ctx context.Context, n int, f func(i int)) error {
	workers := runtime.GOMAXPROCS(0)
	var g errgroup.Group
	for k := range workers {
		g.Go(func() error {
			for i := k; i < n; i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				f(i)
			}
			return nil
		})
	}
	return g.Wait()
}

// subjects are the stems that carry a subject, each once.
func (a Analysis) subjects() []string {
	var list []string
	for _, t := range a.Terms {
		if !t.Stop && !slices.Contains(list, t.Stem) {
			list = append(list, t.Stem)
		}
	}
	return list
}

// meantSubjects are the stems that the glossary adds, each once.
func (a Analysis) meantSubjects() []string {
	return Analysis{Terms: a.meantTerms()}.subjects()
}

// meantWorth is what a word that the glossary put in a question's mouth weighs beside one that was said.
const meantWorth = 0.5

// queryWord is a stem to search for, with its share of the question's weight.
type queryWord struct {
	stem   string
	weight float64
}

const (
	mostQueryWords  = 8
	mostQueryPieces = 1500 // pieces that may match, so that a long story costs no more than a short question
)

// queryWords picks the rarest stems of a question that the pieces hold, and then those that the glossary adds.
func (w *weights) queryWords(a Analysis) []queryWord {
	said := a.subjects()
	var total float64
	for _, stem := range said {
		total += w.rarity(stem)
	}
	var list []queryWord
	add := func(stems []string, worth float64) {
		slices.SortStableFunc(stems, func(a, b string) int { return int(w.frequency[a]) - int(w.frequency[b]) })
		for _, stem := range stems {
			if w.frequency[stem] > 0 {
				list = append(list, queryWord{stem, worth * w.rarity(stem) / total})
			}
		}
	}
	meant := slices.DeleteFunc(a.meantSubjects(), func(stem string) bool { return slices.Contains(said, stem) })
	add(said, 1)
	add(meant, meantWorth)
	matches := 0
	for i, q := range list {
		matches += int(w.frequency[q.stem])
		if i == mostQueryWords || i > 0 && matches > mostQueryPieces {
			return list[:i]
		}
	}
	return list
}

// rarity is a stem's weight: how few pieces hold it, on a logarithmic scale.
func (w *weights) rarity(stem string) float64 {
	return math.Log(float64(w.pieces+1) / float64(w.frequency[stem]+1))
}
