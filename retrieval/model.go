package retrieval

import "math"

// model is what training learns: a row of numbers per feature, whose weighted sum is the vector of a message, and a
// row per class (a guide, or a kind of message that is not to be answered), whose product with the vector says how
// likely the class is. Once trained it is only read.
type model struct {
	dims    int
	rows    map[feature]int32
	idf     []float32 // per row
	embed   []float32 // rows × dims
	classes []string  // slugs; "-kind" for what is not to be answered
	out     []float32 // classes × dims
	bias    []float32
}

// weighted is a known feature of a message with its weight.
type weighted struct {
	row    int32
	weight float32
}

// weigh keeps the features that the model knows, weighted by rarity and scaled so that the squares sum to one.
func (m *model) weigh(terms []termFeatures) []weighted {
	var list []weighted
	var square float64
	for _, t := range terms {
		for _, f := range t {
			if row, ok := m.rows[f]; ok {
				w := m.idf[row]
				list = append(list, weighted{row, w})
				square += float64(w) * float64(w)
			}
		}
	}
	if square > 0 {
		scale := float32(1 / math.Sqrt(square))
		for i := range list {
			list[i].weight *= scale
		}
	}
	return list
}

// vector sums the rows of the features.
func (m *model) vector(list []weighted, into []float32) {
	clear(into)
	for _, f := range list {
		addScaled(into, m.embed[int(f.row)*m.dims:][:m.dims], f.weight)
	}
}

// logits are the classes' scores for a vector.
func (m *model) logits(vector, into []float32) {
	for c := range into {
		into[c] = m.bias[c] + dot(m.out[c*m.dims:][:m.dims], vector)
	}
}

func addScaled(into, row []float32, w float32) {
	row = row[:len(into)]
	for i := range into {
		into[i] += w * row[i]
	}
}

func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// softmax turns logits into probabilities, in place.
func softmax(x []float32) {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - top))
		x[i] = float32(e)
		sum += e
	}
	for i := range x {
		x[i] = float32(float64(x[i]) / sum)
	}
}
