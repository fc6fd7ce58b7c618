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
	for _, t := range terms {
		for _, f := range t {
			if row, ok := m.rows[f]; ok {
				list = append(list, weighted{row, m.idf[row]})
			}
		}
	}
	scaleWeights(list)
	return list
}

func scaleWeights(list []weighted) {
	var square float64
	for _, f := range list {
		square += float64(f.weight) * float64(f.weight)
	}
	if square == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(square))
	for i := range list {
		list[i].weight *= scale
	}
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
