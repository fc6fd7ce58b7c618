package retrieval

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
)

// peopleAsked notes a hundred thousand answers of the last thirty days to these questions, four to a conversation, but five thousand in one: a
// kiosk's, say.
func peopleAsked(b *testing.B, pool *pgxpool.Pool, questions []string) {
	b.Helper()
	if _, err := pool.Exec(b.Context(), `
		INSERT INTO answers (answered_at, conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		SELECT now() - interval '29 days' * random(), CASE WHEN i % 20 = 0 THEN 1 ELSE 2 + i / 4 END, ($1::text[])[1 + i % cardinality($1::text[])], 'bg', 'bg',
			CASE WHEN i % 3 = 0 THEN 'abstained' ELSE 'answered' END, 'question', 0.9, jsonb_build_array(jsonb_build_object('slug', 'guide-' || i % 300, 'version', 1, 'score', 0.9)),
			'[]', 'bench'
		FROM generate_series(1, 100000) AS i`, questions); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), `ANALYZE answers`); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGather gathers the questions of a replay from a hundred thousand answers.
func BenchmarkGather(b *testing.B) {
	ctx := b.Context()
	pool := postgrestest.New(b)
	var questions []string
	for i := range 7001 {
		questions = append(questions, fmt.Sprintf("въпрос %d", i))
	}
	peopleAsked(b, pool, questions)
	r := NewReplays(pool, nil, ReplayOptions{})
	b.ResetTimer()
	for range b.N {
		d := knowledge.Draft{Slug: "guide-1", Guide: knowledge.Guide{Slug: "guide-1"}, Revision: 1}
		if err := r.Start(ctx, pool, d, "bench"); err != nil {
			b.Fatal(err)
		}
		replay, _, err := r.Of(ctx, d.Slug)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := pool.Exec(ctx, `UPDATE replays SET state = 'running'`); err != nil {
			b.Fatal(err)
		}
		if err := r.gather(ctx, replay.ID, d.Slug); err != nil {
			b.Fatal(err)
		}
		if replay, _, err = r.Of(ctx, d.Slug); err != nil || replay.Total == 0 {
			b.Fatal(replay, err)
		}
		b.ReportMetric(float64(replay.Total+replay.LeftOut), "questions")
	}
}

// BenchmarkReplay replays a draft over five thousand questions with the whole starter knowledge and what people asked, alone and beside people who
// ask twenty questions a second, and tells how long these wait.
func BenchmarkReplay(b *testing.B) {
	ctx := b.Context()
	pool := postgrestest.New(b)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		b.Fatal(err)
	}
	a := New(pool, store, Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err := a.Update(ctx); err != nil {
		b.Fatal(err)
	}
	g, ok, err := store.Guide(ctx, "criminal-record")
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	text := g.Text[knowledge.Bulgarian]
	text.Exceptions, text.Names = text.Exceptions[1:], append(text.Names, "лична карта")
	g.Text[knowledge.Bulgarian] = text
	samples, err := store.Samples(ctx)
	if err != nil {
		b.Fatal(err)
	}
	var questions []string
	for _, sample := range samples {
		questions = append(questions, sample.Text)
	}
	peopleAsked(b, pool, questions)
	for _, beside := range []int{0, 20} {
		b.Run(fmt.Sprintf("beside=%d", beside), func(b *testing.B) {
			for range b.N {
				r := NewReplays(pool, a, ReplayOptions{Most: 5000})
				if err := r.Start(ctx, pool, knowledge.Draft{Slug: g.Slug, Guide: g, Revision: 1}, "bench"); err != nil {
					b.Fatal(err)
				}
				people, stop := context.WithCancel(ctx)
				var asking sync.WaitGroup
				var slowest, total atomic.Int64
				var asked atomic.Int64
				for k := range beside {
					asking.Go(func() {
						for i := k; people.Err() == nil; i += beside {
							start := time.Now()
							if _, err := a.Answer(people, Question{Text: samples[i%len(samples)].Text}); err == nil {
								took := time.Since(start)
								total.Add(int64(took))
								asked.Add(1)
								for s := slowest.Load(); int64(took) > s && !slowest.CompareAndSwap(s, int64(took)); s = slowest.Load() {
								}
								select {
								case <-time.After(time.Second - took):
								case <-people.Done():
								}
							}
						}
					})
				}
				if _, err := r.next(ctx); err != nil {
					b.Fatal(err)
				}
				stop()
				asking.Wait()
				replay, _, err := r.Of(ctx, g.Slug)
				if err != nil || replay.State != ReplayDone || replay.Done != 5000 {
					b.Fatalf("%+v, %v", replay, err)
				}
				b.ReportMetric(replay.EndedAt.Sub(*replay.StartedAt).Seconds(), "replay-s")
				if n := asked.Load(); n > 0 {
					b.ReportMetric(float64(total.Load())/float64(n)/1e6, "answer-ms")
					b.ReportMetric(float64(slowest.Load())/1e6, "slowest-ms")
				}
				b.Log(replay.Counts)
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
