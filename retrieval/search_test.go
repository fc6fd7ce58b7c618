package retrieval

import (
	"math"
	"testing"
)

// What the database finds and what memory finds must be the same: the ranking is learned on the one and serves on the other.
func TestDatabaseAndMemoryAgree(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	s := a.serving.Load()
	c, err := a.corpus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pieces := c.pieces()
	analyses, all := make([]Analysis, len(pieces)), make([]int, len(pieces))
	for i, p := range pieces {
		analyses[i], all[i] = s.weights.vocabulary.Analyze(p.text), i
	}
	memory := s.weights.remember(pieces, analyses, all)
	for _, question := range []string{"трябва ми съдебно за нова работа", "лична карта", "where to buy a vignette", "ловен билет", "zagubih si pasporta"} {
		analysis := s.weights.vocabulary.Analyze(question)
		l := s.weights.look(analysis)
		words := s.weights.queryWords(analysis)
		want := map[string]support{}
		for _, x := range supports(memory.near(l.vector), memory.words(words)) {
			want[x.class] = x
		}
		got, err := find(t.Context(), a.pool, s.model.ID, s.model.Dims, l.vector, words)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range got.supports[:min(3, len(got.supports))] {
			w, ok := want[g.class]
			if !ok {
				t.Errorf("%q: memory doesn't find %s", question, g.class)
				continue
			}
			// equal scores may fall on either side of the last place, so shares may differ a little
			for name, d := range map[string]float64{"nearest": g.nearest - w.nearest, "votes": g.votes - w.votes, "words": g.words - w.words, "raw": g.raw - w.raw} {
				if math.Abs(d) > 0.05 {
					t.Errorf("%q, %s: %s differs by %.3f (%+v, %+v)", question, g.class, name, d, g, w)
				}
			}
		}
		if got.revision != c.Revision {
			t.Errorf("%q: revision %d, want %d", question, got.revision, c.Revision)
		}
	}
}

func TestSearchTakesAnyWordsAsWords(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	s := a.serving.Load()
	l := s.weights.look(s.weights.vocabulary.Analyze("паспорт"))
	for _, stem := range []string{"o'brien", `\`, "a & b", "!", ":*", "''", "'); DROP TABLE chunks; --"} {
		if _, err := find(t.Context(), a.pool, s.model.ID, s.model.Dims, l.vector, []queryWord{{stem, 1}}); err != nil {
			t.Errorf("%q: %v", stem, err)
		}
	}
	if _, err := find(t.Context(), a.pool, s.model.ID, s.model.Dims, l.vector, nil); err != nil {
		t.Errorf("no words: %v", err)
	}
}

// BenchmarkAnswer and BenchmarkSearch stand beside each other: a whole answer, and the bare statement in it.
func BenchmarkAnswer(b *testing.B) {
	a, _ := smallAnswerer(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Answer(b.Context(), Question{Text: "трябва ми съдебно за нова работа, откъде се вади"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	a, _ := smallAnswerer(b, Options{})
	s := a.serving.Load()
	analysis := s.weights.vocabulary.Analyze("трябва ми съдебно за нова работа, откъде се вади")
	l, words := s.weights.look(analysis), s.weights.queryWords(analysis)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := find(b.Context(), a.pool, s.model.ID, s.model.Dims, l.vector, words); err != nil {
			b.Fatal(err)
		}
	}
}
