package retrieval

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
)

// weights is all that learning gives: the vocabulary that messages are resolved against, two halves of the embedder
// learned apart, and how their evidence becomes a ranking and a probability. Once learned it is only read.
type weights struct {
	version    string
	vocabulary *Vocabulary
	frequency  map[string]int32 // pieces that hold a stem
	pieces     int
	halves     []*model
	classes    []string // of every half
	ranking    ranking
	index      map[string]int // of classes
}

// format is part of a version, so that weights of an older analysis are never read by a newer one.
// Raise it whenever analysis, features, training or the encoding changes.
const format = 9

// stored is how weights are written: plain slices in a fixed order, so that the same weights give the same bytes.
type stored struct {
	Format  int
	Words   [languages][]string
	Counts  [languages][]int32
	Stems   []string
	Pieces  []int32
	Total   int
	Classes []string
	Halves  []storedHalf
	Ranking ranking
}

type storedHalf struct {
	Dims  int
	Keys  []feature
	IDF   []float32
	Scale []float32 // of each row
	Rows  []int8
	Out   []float32
	Bias  []float32
}

// encode gives the bytes to keep and the version, which is named after them.
func (w *weights) encode() ([]byte, string, error) {
	s := stored{Format: format, Total: w.pieces, Classes: w.classes, Ranking: w.ranking}
	for l, words := range w.vocabulary.words {
		s.Words[l] = sorted(words)
		for _, word := range s.Words[l] {
			s.Counts[l] = append(s.Counts[l], int32(words[word]))
		}
	}
	for stem := range w.frequency {
		s.Stems = append(s.Stems, stem)
	}
	slices.Sort(s.Stems)
	for _, stem := range s.Stems {
		s.Pieces = append(s.Pieces, w.frequency[stem])
	}
	for _, m := range w.halves {
		s.Halves = append(s.Halves, m.stored())
	}
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, "", fmt.Errorf("encode weights: %w", err)
	}
	if err := gob.NewEncoder(z).Encode(s); err != nil {
		return nil, "", fmt.Errorf("encode weights: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, "", fmt.Errorf("encode weights: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), fmt.Sprintf("built-in-%d-%s", format, hex.EncodeToString(sum[:6])), nil
}

// decodeWeights reads what encode wrote.
func decodeWeights(data []byte, version string, lexicon *Lexicon) (*weights, error) {
	var s stored
	z := flate.NewReader(bytes.NewReader(data))
	defer z.Close()
	if err := gob.NewDecoder(io.LimitReader(z, 1<<30)).Decode(&s); err != nil {
		return nil, fmt.Errorf("decode weights %s: %w", version, err)
	}
	if s.Format != format {
		return nil, fmt.Errorf("decode weights %s: format %d, this program reads %d", version, s.Format, format)
	}
	w := &weights{version: version, frequency: make(map[string]int32, len(s.Stems)), pieces: s.Total, classes: s.Classes, ranking: s.Ranking}
	w.vocabulary = &Vocabulary{lexicon: lexicon}
	for l := range s.Words {
		w.vocabulary.words[l] = make(map[string]int, len(s.Words[l]))
		for i, word := range s.Words[l] {
			w.vocabulary.words[l][word] = int(s.Counts[l][i])
			w.vocabulary.total[l] += int(s.Counts[l][i])
		}
	}
	w.vocabulary.finish()
	for i, stem := range s.Stems {
		w.frequency[stem] = s.Pieces[i]
	}
	for _, h := range s.Halves {
		w.halves = append(w.halves, h.model(s.Classes))
	}
	w.index = positions(w.classes)
	return w, nil
}

func positions(names []string) map[string]int {
	m := make(map[string]int, len(names))
	for i, n := range names {
		m[n] = i
	}
	return m
}

// stored rounds each row to eight bits; a hundredth of a row's largest number is below what ranking can feel.
func (m *model) stored() storedHalf {
	h := storedHalf{Dims: m.dims, IDF: m.idf, Out: m.out, Bias: m.bias, Keys: make([]feature, len(m.idf)), Scale: make([]float32, len(m.idf)), Rows: make([]int8, len(m.embed))}
	for f, row := range m.rows {
		h.Keys[row] = f
	}
	for r := range m.idf {
		row := m.embed[r*m.dims:][:m.dims]
		var top float32
		for _, v := range row {
			top = max(top, v, -v)
		}
		if top == 0 {
			continue
		}
		h.Scale[r] = top / 127
		for i, v := range row {
			h.Rows[r*m.dims+i] = int8(math.Round(float64(v / h.Scale[r])))
		}
	}
	return h
}

func (h storedHalf) model(classes []string) *model {
	m := &model{dims: h.Dims, idf: h.IDF, out: h.Out, bias: h.Bias, classes: classes, rows: make(map[feature]int32, len(h.Keys)), embed: make([]float32, len(h.Rows))}
	for i, f := range h.Keys {
		m.rows[f] = int32(i)
		for j := i * h.Dims; j < (i+1)*h.Dims; j++ {
			m.embed[j] = float32(h.Rows[j]) * h.Scale[i]
		}
	}
	return m
}

// dims is the length of a vector: both halves.
func (w *weights) dims() int {
	n := 0
	for _, m := range w.halves {
		n += m.dims
	}
	return n
}

// look is what the embedder sees in a message: its vector of length one, and each class's probability.
type look struct {
	vector      []float32
	probability []float32
}

func (w *weights) look(a Analysis) look {
	l := look{vector: make([]float32, 0, w.dims()), probability: make([]float32, len(w.classes))}
	terms := a.features()
	p := make([]float32, len(w.classes))
	for _, m := range w.halves {
		half := make([]float32, m.dims)
		m.vector(m.weigh(terms), half)
		m.logits(half, p)
		softmax(p)
		for c := range p {
			l.probability[c] += p[c] / float32(len(w.halves))
		}
		unit(half, float32(1/math.Sqrt(float64(len(w.halves)))))
		l.vector = append(l.vector, half...)
	}
	return l
}

// vector is a message's vector of length one, as look gives it, without the classes.
func (w *weights) vector(a Analysis) []float32 {
	vector := make([]float32, 0, w.dims())
	terms := a.features()
	for _, m := range w.halves {
		half := make([]float32, m.dims)
		m.vector(m.weigh(terms), half)
		unit(half, float32(1/math.Sqrt(float64(len(w.halves)))))
		vector = append(vector, half...)
	}
	return vector
}

// unit scales a vector to a length; one without direction gets a fixed one, because the cosine of nothing is undefined.
func unit(v []float32, length float32) {
	square := dot(v, v)
	if square < 1e-12 {
		v[0] = length
		return
	}
	scale := length / float32(math.Sqrt(float64(square)))
	for i := range v {
		v[i] *= scale
	}
}
