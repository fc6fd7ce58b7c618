package handoff

import (
	"context"
	"hash/fnv"
	"maps"
	"math"
	"slices"

	"orientir/knowledge"
	"orientir/retrieval"
)

// What likeness is learned from: enough of the knowledge's sample questions, spread over all of them.
const (
	leastCommon = 100
	mostCommon  = 8000
)

// What a word weighs that no sample question has, or few: as if it were said of one topic alone. A rare word that is new is what tells a
// topic apart that is in no guide.
const (
	newWord   = 3.0 // nats; of a topic among e³
	fewCounts = 0.5 // questions of all topics that are thought to have each word too
)

// ridge keeps what the samples hardly vary in from counting most, as a share of what they vary in on average.
const ridge = 0.3

// likeness is what makes questions alike though nothing was learned of their topic: it is learned from how questions of known topics
// differ within a topic and from one another. The zero value knows nothing of that.
//
// Vectors are whitened by how questions of one topic vary (within-class covariance normalisation: A. Hatch, S. Kajarekar, A. Stolcke,
// «Within-class covariance normalization for SVM-based speaker recognition», Interspeech 2006). Words weigh by their rarity, and by how far
// who says them says what they speak of: the divergence of the topics of questions with the word from the topics of all.
type likeness struct {
	mean   []float32   // of whitened vectors; nil: vectors are compared as they are
	factor [][]float64 // Cholesky factor of the covariance within topics
	weight map[string]float64
	fresh  float64 // weight of a word that no sample has; 0: words weigh as the reader says
}

// likeness learns what makes questions alike from the knowledge's sample questions; where these are too few it knows nothing.
func (w *Worklist) likeness(ctx context.Context) (likeness, error) {
	samples, err := w.desk.knowledge.Samples(ctx)
	if err != nil {
		return likeness{}, err
	}
	samples = slices.DeleteFunc(samples, func(s knowledge.Sample) bool { return len(s.Expected) != 1 })
	if len(samples) < leastCommon {
		return likeness{}, nil
	}
	var texts, topics []string
	for step, i := max(1, float64(len(samples))/mostCommon), 0.0; int(i) < len(samples); i += step {
		texts, topics = append(texts, samples[int(i)].Text), append(topics, samples[int(i)].Expected[0])
	}
	vectors, err := w.reader.Embed(ctx, texts)
	if err != nil {
		return likeness{}, err
	}
	words, err := w.reader.Subjects(ctx, texts)
	if err != nil {
		return likeness{}, err
	}
	return learnLikeness(vectors, words, topics), nil
}

// learnLikeness learns from questions of known topics.
func learnLikeness(vectors [][]float32, words [][]retrieval.Subject, topics []string) likeness {
	l := likeness{factor: choleskyFactor(withinTopics(vectors, topics))}
	l.mean = make([]float32, len(vectors[0]))
	for _, v := range vectors {
		for i, x := range l.whiten(v) {
			l.mean[i] += x / float32(len(vectors))
		}
	}
	l.weight, l.fresh = wordWeights(words, topics)
	return l
}

// withinTopics is the covariance of vectors within their topics, with the ridge.
func withinTopics(vectors [][]float32, topics []string) [][]float64 {
	n := len(vectors[0])
	means, counts := map[string][]float64{}, map[string]float64{}
	for i, v := range vectors {
		m := means[topics[i]]
		if m == nil {
			m = make([]float64, n)
			means[topics[i]] = m
		}
		for k, x := range v {
			m[k] += float64(x)
		}
		counts[topics[i]]++
	}
	all := make([][]float64, n)
	for a := range all {
		all[a] = make([]float64, n)
	}
	off := make([]float64, n)
	for i, v := range vectors {
		m, count := means[topics[i]], counts[topics[i]]
		for k, x := range v {
			off[k] = float64(x) - m[k]/count
		}
		for a, x := range off {
			row := all[a]
			for b, y := range off[:a+1] {
				row[b] += x * y
			}
		}
	}
	var trace float64
	for a := range all {
		for b := range a + 1 {
			all[a][b] /= float64(len(vectors))
		}
		trace += all[a][a]
	}
	for a := range all {
		all[a][a] += ridge*trace/float64(n) + 1e-9
	}
	return all
}

// choleskyFactor is the lower L with L·Lᵀ = s, of which the lower half is read.
func choleskyFactor(s [][]float64) [][]float64 {
	l := make([][]float64, len(s))
	for a := range s {
		l[a] = make([]float64, a+1)
		for b := range a + 1 {
			x := s[a][b]
			for k := range b {
				x -= l[a][k] * l[b][k]
			}
			if a == b {
				l[a][a] = math.Sqrt(x)
			} else {
				l[a][b] = x / l[b][b]
			}
		}
	}
	return l
}

// whiten solves L·y = x.
func (l likeness) whiten(x []float32) []float32 {
	y := make([]float64, len(x))
	out := make([]float32, len(x))
	for a, row := range l.factor {
		s := float64(x[a])
		for k, f := range row[:a] {
			s -= f * y[k]
		}
		y[a] = s / row[a]
		out[a] = float32(y[a])
	}
	return out
}

// wordWeights gives what each word weighs, and a word that was never said.
func wordWeights(words [][]retrieval.Subject, topics []string) (map[string]float64, float64) {
	total := float64(len(topics))
	share := map[string]float64{}
	for _, t := range topics {
		share[t] += 1 / total
	}
	said := map[string]map[string]float64{} // by word and topic
	for i, list := range words {
		for _, w := range list {
			if said[w.Word] == nil {
				said[w.Word] = map[string]float64{}
			}
			said[w.Word][topics[i]]++
		}
	}
	order := slices.Sorted(maps.Keys(share)) // sums must not depend on a map's order
	weight := make(map[string]float64, len(said))
	for word, by := range said {
		var count, apart float64
		for _, n := range by {
			count += n
		}
		for _, t := range order {
			p := (by[t] + fewCounts*share[t]) / (count + fewCounts)
			apart += p * math.Log(p/share[t])
		}
		weight[word] = math.Log((total+1)/(count+1)) * apart
	}
	return weight, math.Log(total+1) * newWord
}

// meaning puts the vector and the words of a question together.
func (l likeness) meaning(vector []float32, words []retrieval.Subject) meaning {
	m := meaning{subjects: make(map[string]float32, len(words))}
	if !blank(vector) {
		if m.vector = slices.Clone(vector); l.mean != nil {
			m.vector = l.whiten(vector)
			for i, x := range l.mean {
				m.vector[i] -= x
			}
		}
		if length := float32(math.Sqrt(float64(dot(m.vector, m.vector)))); length > 1e-6 {
			for i := range m.vector {
				m.vector[i] /= length
			}
		} else {
			m.vector = nil
		}
	}
	var square float64
	weights := make([]float64, len(words))
	for i, w := range words {
		weights[i] = w.Weight
		if l.fresh > 0 {
			var known bool
			if weights[i], known = l.weight[w.Word]; !known {
				weights[i] = l.fresh
			}
		}
		square += weights[i] * weights[i]
	}
	if square > 0 {
		for i, w := range words {
			m.subjects[w.Word] = float32(weights[i] / math.Sqrt(square))
		}
	}
	m.print = fingerprint(words)
	return m
}

// blank tells a vector that says nothing: that of a text in which the model knows nothing, which points one way in each half.
func blank(vector []float32) bool {
	for i, x := range vector {
		if x != 0 && i != 0 && i != len(vector)/2 {
			return false
		}
	}
	return true
}

// fingerprint is the same for the same words; 0 where there are too few to say that who used them asked the same.
func fingerprint(words []retrieval.Subject) uint64 {
	const least = 3
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.Word
	}
	slices.Sort(list)
	if list = slices.Compact(list); len(list) < least {
		return 0
	}
	h := fnv.New64a()
	for _, w := range list {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return h.Sum64()
}
