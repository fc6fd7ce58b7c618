package retrieval

import (
	"context"
	"math"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
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

// What a standby found counts where the primary said that it has no more, and where it is away and said so before; not where nobody knows.
func TestTheStandbyCountsWhereThePrimaryIsKnown(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	s := a.serving.Load()
	analysis := s.weights.vocabulary.Analyze("паспорт")
	l, words := s.weights.look(analysis), s.weights.queryWords(analysis)
	standby := a.pool
	search := func() (finding, bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 3*standbyTime/2)
		defer cancel()
		f, counts, err := a.findOn(ctx, standby, s.model, l.vector, words)
		if err != nil {
			t.Fatal(err)
		}
		return f, counts
	}
	primary := func(change func(*pgxpool.Config)) {
		t.Helper()
		config := standby.Config()
		change(config)
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		a.pool = pool
	}

	primary(func(c *pgxpool.Config) { c.MaxConns = 1 })
	f, counts := search()
	if !counts {
		t.Error("does not count as far as the primary is")
	}
	conn, err := a.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, counts := search(); counts {
		t.Error("counts where all connections to the primary are in use")
	}
	conn.Release()

	primary(func(c *pgxpool.Config) {
		c.ConnConfig.Host, c.ConnConfig.Port, c.ConnConfig.Fallbacks = "127.0.0.1", 1, nil // nobody listens
	})
	if _, counts := search(); !counts {
		t.Error("does not count while the primary is away")
	}
	a.heard.note(s.model.ID, state{f.revision, f.cursor + 1})
	if _, counts := search(); counts {
		t.Error("counts though the primary was farther")
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
