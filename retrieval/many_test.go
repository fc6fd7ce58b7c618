package retrieval

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
)

// manyGuides is how many guides a country may have one day, the real ones among them.
const manyGuides = 5000

// stopwatch is a log handler that keeps how long the last learning took.
type stopwatch struct {
	mu              sync.Mutex
	learning, inAll time.Duration
}

func (s *stopwatch) Enabled(context.Context, slog.Level) bool { return true }
func (s *stopwatch) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *stopwatch) WithGroup(string) slog.Handler            { return s }
func (s *stopwatch) Handle(_ context.Context, r slog.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "learning":
			s.learning = a.Value.Duration()
		case "in_all":
			s.inAll = a.Value.Duration()
		}
		return true
	})
	return nil
}

// BenchmarkManyGuides publishes synthetic guides with five sample questions each beside the real ones, first without
// learning, then learned from, and asks for the real ones.
func BenchmarkManyGuides(b *testing.B) {
	ctx := b.Context()
	pool := postgrestest.New(b)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		b.Fatal(err)
	}
	watch := &stopwatch{}
	a := New(pool, store, Options{Log: slog.New(watch)})
	evaluate := func(b *testing.B) {
		var rows []Row
		var took []time.Duration
		for _, name := range questionFiles(b) {
			f, err := os.Open("testdata/" + name)
			if err != nil {
				b.Fatal(err)
			}
			r, err := Evaluate(ctx, a, f)
			f.Close()
			if err != nil {
				b.Fatal(err)
			}
			rows, took = append(rows, r.Rows...), append(took, r.P50, r.P99)
		}
		hits(b, "", rows)
		b.ReportMetric(ms(took[0]), "p50-ms")
		b.ReportMetric(ms(took[1]), "p99-ms")
		b.ReportMetric(0, "ns/op")
	}
	learned := func(b *testing.B) {
		b.ReportMetric(watch.learning.Seconds(), "learning-s")
		b.ReportMetric((watch.inAll - watch.learning).Seconds(), "filling-s")
		b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "processors")
	}
	b.Run("real", func(b *testing.B) {
		if err := a.Update(ctx); err != nil {
			b.Fatal(err)
		}
		learned(b)
		evaluate(b)
	})
	guides, err := store.Guides(ctx)
	if err != nil {
		b.Fatal(err)
	}
	publishSynthetic(b, ctx, pool, store, manyGuides-len(guides))
	b.Run("published", func(b *testing.B) {
		start := time.Now()
		if err := a.followAlone(ctx); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "filling-s")
		evaluate(b)
	})
	b.Run("learned", func(b *testing.B) {
		if err := a.Update(ctx); err != nil {
			b.Fatal(err)
		}
		learned(b)
		evaluate(b)
	})
}

// hits reports hit@1 and hit@3 over the rows that a guide answers, and the share of the others that was not answered.
func hits(b *testing.B, prefix string, rows []Row) {
	var answerable, hit1, hit3, negatives, notAnswered float64
	for _, r := range rows {
		if len(r.Expected) == 0 {
			negatives++
			if r.Right {
				notAnswered++
			}
			continue
		}
		answerable++
		if r.Rank == 1 {
			hit1++
		}
		if r.Rank >= 1 && r.Rank <= 3 {
			hit3++
		}
	}
	b.ReportMetric(hit1/answerable, prefix+"hit@1")
	b.ReportMetric(hit3/answerable, prefix+"hit@3")
	if negatives > 0 {
		b.ReportMetric(notAnswered/negatives, prefix+"not-answered")
	}
}
