package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvector "github.com/pgvector/pgvector-go/pgx"
	"golang.org/x/sync/errgroup"

	"orientir/knowledge"
	"orientir/retrieval"
)

// statement is a query as it went to the database.
type statement struct {
	sql  string
	args []any
}

// recorder is a tracer that keeps the statements of a search, to be run again bare.
type recorder struct {
	mu       sync.Mutex
	searches []statement
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if strings.Contains(q.SQL, "<=>") || strings.Contains(q.SQL, "<#>") {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.searches = append(r.searches, statement{q.SQL, q.Args})
	}
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// BenchmarkAnswers measures answers of the real program over HTTP, one after the other, from many clients at once and at a
// steady hundred a second, beside the bare search statements of the same questions on the same database, and an answer
// in-process between the two. This process is the client, on the same machine.
func BenchmarkAnswers(b *testing.B) {
	p := newProgram(b, "ORIENTIR_RATE_LIMITS=off")
	questions := heldOut(b)
	bodies := make([][]byte, len(questions))
	for i, q := range questions {
		body, err := json.Marshal(map[string]string{"question": q})
		if err != nil {
			b.Fatal(err)
		}
		bodies[i] = body
	}
	address, err := p.run("", "with-servers", "sh", "-c", `printf %s "$DATABASE_URL"`)
	if err != nil {
		b.Fatalf("%v: %s", err, address)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		b.Fatal(err)
	}
	record := &recorder{}
	config.ConnConfig.Tracer, config.AfterConnect = record, pgxvector.RegisterTypes
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	answerer := retrieval.New(pool, knowledge.NewStore(pool), retrieval.Options{})
	if ready, err := answerer.Ready(b.Context()); err != nil || !ready {
		b.Fatalf("not ready: %v", err)
	}
	for _, q := range questions {
		if _, err := answerer.Answer(b.Context(), retrieval.Question{Text: q}); err != nil {
			b.Fatal(err)
		}
	}
	searches := slices.Clone(record.searches)
	if len(searches) == 0 {
		b.Fatal("no search was seen")
	}

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	overHTTP := func(i int) error {
		resp, err := client.Post(p.url+"/api/v1/ask", "application/json", bytes.NewReader(bodies[i%len(bodies)]))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode != http.StatusOK {
			err = errors.New(resp.Status)
		}
		return err
	}
	inProcess := func(i int) error {
		_, err := answerer.Answer(b.Context(), retrieval.Question{Text: questions[i%len(questions)]})
		return err
	}
	bare := func(i int) error {
		s := searches[i%len(searches)]
		rows, err := pool.Query(b.Context(), s.sql, s.args...)
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		return rows.Err()
	}
	for _, c := range []struct {
		name string
		do   func(int) error
	}{{"HTTP", overHTTP}, {"in-process", inProcess}, {"bare-SQL", bare}} {
		b.Run(c.name+"/one", func(b *testing.B) { one(b, c.do) })
		b.Run(c.name+"/many", func(b *testing.B) { many(b, c.do) })
	}
	b.Run("HTTP/hundred-a-second", func(b *testing.B) { steadily(b, 100, overHTTP) })
	b.Run("in-process/beside-SQL", func(b *testing.B) { beside(b, inProcess, bare) })
}

// one acts again and again and reports percentiles.
func one(b *testing.B, do func(int) error) {
	b.ReportAllocs()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		if err := do(i); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	report(b, took)
}

// many acts from eight clients for each processor and reports how much is done in a second.
func many(b *testing.B, do func(int) error) {
	b.SetParallelism(8)
	var n atomic.Int64
	began := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(int(n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(n.Load())/time.Since(began).Seconds(), "per-s")
}

// steadily acts so many times a second for twenty seconds, whether or not what went before is done, and reports how long
// each took from the moment that it was due: waiting behind a slow one counts.
func steadily(b *testing.B, rate int, do func(int) error) {
	const seconds = 20
	for b.Loop() {
		took := make([]time.Duration, rate*seconds)
		var g errgroup.Group
		began := time.Now()
		for i := range took {
			due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
			time.Sleep(time.Until(due))
			g.Go(func() error {
				err := do(i)
				took[i] = time.Since(due)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "per-s")
		report(b, took)
	}
}

// beside acts the two in turn and reports how many times as long the first takes.
func beside(b *testing.B, first, second func(int) error) {
	var one, other []time.Duration
	act := func(do func(int) error, i int) time.Duration {
		began := time.Now()
		if err := do(i); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	for i := 0; b.Loop(); i++ {
		one, other = append(one, act(first, i)), append(other, act(second, i))
	}
	report(b, one)
	slices.Sort(other)
	b.ReportMetric(float64(one[len(one)/2])/float64(other[len(other)/2]), "times-SQL")
}

// report sorts and reports percentiles.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}

// heldOut gives a hundred questions that the program has not learned from.
func heldOut(b *testing.B) []string {
	data, err := os.ReadFile("../../retrieval/testdata/heldout.tsv")
	if err != nil {
		b.Fatal(err)
	}
	var questions []string
	for line := range strings.Lines(string(data)) {
		if q, _, ok := strings.Cut(line, "\t"); ok && q != "question" {
			questions = append(questions, q)
		}
	}
	step := max(len(questions)/100, 1)
	var some []string
	for i := 0; i < len(questions); i += step {
		some = append(some, questions[i])
	}
	return some
}
