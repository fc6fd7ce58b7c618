package retrieval

import (
	"bytes"
	"context"
	"math"
	"runtime"
	"testing"

	"orientir/knowledge"
)

func learnSmall(t testing.TB, c Corpus) *weights {
	t.Helper()
	lexicon, err := builtInLexicon()
	if err != nil {
		t.Fatal(err)
	}
	w, err := learn(context.Background(), c, lexicon, "")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestLearningIsDeterministic(t *testing.T) {
	t.Parallel()
	first, name, err := learnSmall(t, smallCorpus()).encode()
	if err != nil {
		t.Fatal(err)
	}
	second, again, err := learnSmall(t, smallCorpus()).encode()
	if err != nil {
		t.Fatal(err)
	}
	if name != again || !bytes.Equal(first, second) {
		t.Fatalf("the same knowledge gave %s and %s", name, again)
	}
	changed := smallCorpus()
	changed.Samples = append(changed.Samples, knowledge.Sample{ID: 999, Text: "лепенка за аутобана", Expected: []string{"vignette"}, Kind: "plain", Language: "bg"})
	if _, other, err := learnSmall(t, changed).encode(); err != nil || other == name {
		t.Fatalf("another question gave %s again (%v)", other, err)
	}
}

func TestWeightsSurviveStorage(t *testing.T) {
	t.Parallel()
	w := learnSmall(t, smallCorpus())
	data, name, err := w.encode()
	if err != nil {
		t.Fatal(err)
	}
	lexicon, err := builtInLexicon()
	if err != nil {
		t.Fatal(err)
	}
	read, err := decodeWeights(data, name, lexicon)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"трябва ми съдебно за нова работа", "kyde se kupuva vinetka", "my passport is lost", "хм"} {
		x, y := w.look(w.vocabulary.Analyze(text)), read.look(read.vocabulary.Analyze(text))
		if s := dot(x.vector, y.vector); s < 0.999 {
			t.Errorf("%q: the vectors' cosine after rounding is %v", text, s)
		}
		for i := range x.probability {
			if d := math.Abs(float64(x.probability[i] - y.probability[i])); d > 0.02 {
				t.Errorf("%q: the probability of %s moved by %v", text, w.classes[i], d)
			}
		}
	}
	if _, err := decodeWeights(data[:len(data)/2], name, lexicon); err == nil {
		t.Error("half of the bytes were read as weights")
	}
}

func TestNothingToLearnFrom(t *testing.T) {
	t.Parallel()
	lexicon, err := builtInLexicon()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := learn(context.Background(), Corpus{}, lexicon, ""); err != ErrNothingToLearn {
		t.Fatalf("err = %v", err)
	}
}

func TestQuestionsOfUnwrittenGuidesAreNotForOthers(t *testing.T) {
	t.Parallel()
	c := smallCorpus()
	c.Samples = append(c.Samples, knowledge.Sample{ID: 1000, Text: "детска градина записване", Expected: []string{"kindergarten"}}, knowledge.Sample{ID: 1001, Text: "паспорт от консулството", Expected: []string{"documents-from-abroad", "id-card-passport"}})
	var seen int
	for _, p := range c.pieces() {
		switch p.key {
		case "1000":
			seen++
			if p.source != FromNegative || p.classes[0] != "-unwritten" {
				t.Errorf("a question of an unwritten guide is %s %v", p.source, p.classes)
			}
		case "1001":
			seen++
			if p.source != FromSample || len(p.classes) != 1 || p.classes[0] != "id-card-passport" {
				t.Errorf("a question of a written and an unwritten guide is %s %v", p.source, p.classes)
			}
		}
	}
	if seen != 2 {
		t.Fatalf("%d of 2 pieces", seen)
	}
}

func TestFitLogisticFindsTheOdds(t *testing.T) {
	t.Parallel()
	// of ten with the feature eight are right, of ten without it two
	var x [][]float64
	var y []bool
	var weight []float64
	for i := range 2000 {
		f := float64(i % 2)
		x, y, weight = append(x, []float64{1, f}), append(y, (i/2)%10 < 8 == (f == 1)), append(weight, 1)
	}
	w := fitLogistic(x, y, weight)
	if p := logistic(w, []float64{1, 1}); math.Abs(p-0.8) > 0.01 {
		t.Errorf("with the feature %v, want 0.8", p)
	}
	if p := logistic(w, []float64{1, 0}); math.Abs(p-0.2) > 0.01 {
		t.Errorf("without it %v, want 0.2", p)
	}
}

func BenchmarkLook(b *testing.B) {
	w := learnSmall(b, smallCorpus())
	a := w.vocabulary.Analyze("трябва ми съдебно за нова работа, откъде се вади и колко струва")
	b.ReportAllocs()
	for b.Loop() {
		w.look(a)
	}
}

// Not parallel: it changes what the whole process may use.
func TestLearningIsTheSameOnAnyNumberOfProcessors(t *testing.T) {
	_, want, err := learnSmall(t, smallCorpus()).encode()
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, n := range []int{1, 3, 8} {
		runtime.GOMAXPROCS(n)
		if _, got, err := learnSmall(t, smallCorpus()).encode(); err != nil || got != want {
			t.Errorf("with %d processors %s, with %d %s (%v)", n, got, before, want, err)
		}
	}
}

func TestManyExamplesAreGoneThroughFewerTimes(t *testing.T) {
	t.Parallel()
	for examples, want := range map[int]int{0: 6, 100: 6, 33_000: 6, 50_000: 4, 90_000: 3, 1_000_000: 3} {
		if got := (training{Epochs: 6}).rounds(examples); got != want {
			t.Errorf("%d examples: %d rounds, want %d", examples, got, want)
		}
	}
}
