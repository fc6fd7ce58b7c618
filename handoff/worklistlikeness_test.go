package handoff

import (
	"math"
	"math/rand/v2"
	"testing"

	"orientir/retrieval"
)

func saying(words ...string) (list []retrieval.Subject) {
	for _, w := range words {
		list = append(list, retrieval.Subject{Word: w, Weight: 1})
	}
	return list
}

func TestWordsWeighByWhatTheyTellApart(t *testing.T) {
	t.Parallel()
	var words [][]retrieval.Subject
	var topics []string
	for i := range 60 { // «син» is as rare as «лодка», and said of everything
		topic := []string{"boat", "hunt", "tax"}[i%3]
		said := []string{map[string]string{"boat": "лодка", "hunt": "билет", "tax": "данък"}[topic]}
		if i%9 < 3 {
			said = append(said, "син")
		}
		words, topics = append(words, saying(said...)), append(topics, topic)
	}
	weight, fresh := wordWeights(words, topics)
	if !(weight["лодка"] > 10*weight["син"] && weight["син"] >= 0 && fresh > weight["лодка"]) {
		t.Errorf("%v, fresh %v", weight, fresh)
	}
	l := likeness{weight: weight, fresh: fresh}
	question := l.meaning(nil, saying("син", "ваучер"))
	var square float64
	for _, x := range question.subjects {
		square += float64(x * x)
	}
	if math.Abs(square-1) > 1e-5 || question.subjects["ваучер"] < 0.9 {
		t.Errorf("%v", question.subjects)
	}
}

// What questions of one topic differ in most tells the least.
func TestVectorsAreWhitenedWithinTopics(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	spread := []float64{5, 1, 0.2, 1}
	var vectors [][]float32
	var words [][]retrieval.Subject
	var topics []string
	for i := range 400 {
		v := make([]float32, len(spread))
		for k, s := range spread {
			v[k] = float32(s * r.NormFloat64())
		}
		v[1] += float32(i % 4) // the topic
		vectors, words, topics = append(vectors, v), append(words, nil), append(topics, string(rune('a'+i%4)))
	}
	l := learnLikeness(vectors, words, topics)
	var white [][]float32
	for _, v := range vectors {
		white = append(white, l.whiten(v))
	}
	before, after := withinTopics(vectors, topics), withinTopics(white, topics)
	// the ridge keeps what varies least from being made as large as the rest
	if was, is := before[0][0]/before[1][1], after[0][0]/after[1][1]; was < 6 || is > was/3 || is < 1 || math.Abs(after[1][0]) > 0.1 {
		t.Errorf("before %v, after %v", before, after)
	}
	if m := l.meaning(vectors[7], nil); math.Abs(float64(m.square())-0.5) > 1e-3 || m.print != 0 {
		t.Errorf("%+v", m)
	}
}

func TestWhatSaysNothingIsLikeNothing(t *testing.T) {
	t.Parallel()
	nothing := make([]float32, 64)
	nothing[0], nothing[32] = 0.7, 0.7 // as the model gives for a text in which it knows nothing
	var l likeness
	k := &meanings{}
	k.put(1, l.meaning(nothing, saying("asdf")), 0)
	k.put(2, l.meaning(nothing, nil), 0)
	for _, m := range []meaning{l.meaning(nothing, saying("qwer")), l.meaning(nothing, nil), l.meaning(nil, nil)} {
		if c := k.home(m); c != nil {
			t.Errorf("%+v is put to %d", m, c.id)
		}
	}
	if c := k.home(l.meaning(nothing, saying("asdf"))); c == nil || c.id != 1 {
		t.Errorf("the same word: %+v", c)
	}
}

// What was asked before, word for word, goes where it went, however much that has grown since.
func TestTheSameWordsGoTheSameWay(t *testing.T) {
	t.Parallel()
	var l likeness
	k := &meanings{}
	odd := l.meaning(nil, saying("кон", "паша", "ливада"))
	k.put(1, odd, 0)
	for range 40 {
		k.put(1, l.meaning(nil, saying("лодка", "море")), 0)
	}
	k.put(2, l.meaning(nil, saying("кон", "езда")), 0)
	if c := k.home(l.meaning(nil, saying("ливада", "кон", "паша"))); c == nil || c.id != 1 {
		t.Errorf("%+v", c)
	}
	k.pour(k.byID[1], k.byID[2])
	if c := k.home(odd); c == nil || c.id != 2 || c.n != 42 {
		t.Errorf("after both became one: %+v", c)
	}
}

// Sums must be what they were made of, in whatever order problems became one.
func TestProblemsAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	one := func() meaning {
		v := make([]float32, 16)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		return likeness{}.meaning(v, saying(string(rune('a'+r.IntN(4))), string(rune('e'+r.IntN(4)))))
	}
	k := &meanings{}
	var all []meaning
	for i := range 60 {
		all = append(all, one())
		k.put(int64(i%12)+1, all[i], 0)
	}
	for len(k.clusters) > 1 {
		k.pour(k.clusters[r.IntN(len(k.clusters)-1)+1], k.clusters[0])
	}
	c, whole := k.clusters[0], &cluster{}
	for _, m := range all {
		whole.add(m.vector, m.subjects, 1, m.square())
	}
	if c.n != 60 || math.Abs(float64(c.square-whole.square)) > 1e-2 || math.Abs(float64(c.square-c.common(c.vector, c.subjects))) > 1e-2 {
		t.Errorf("%v of %v, want %v", c.square, c.n, whole.square)
	}
	for word := range whole.subjects {
		if list := k.holding[word]; len(list) != 1 || list[0] != c {
			t.Errorf("%q is held by %d", word, len(list))
		}
	}
}
