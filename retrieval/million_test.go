package retrieval

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
)

// millionChunks is how many chunks the index is measured with; ORIENTIR_BENCH_CHUNKS makes it fewer.
func millionChunks(b *testing.B) int {
	n := 1_000_000
	if s := os.Getenv("ORIENTIR_BENCH_CHUNKS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < 1000 {
			b.Fatalf("ORIENTIR_BENCH_CHUNKS is a number from 1000, not %q", s)
		}
	}
	return n
}

// syntheticNoise is how far a synthetic chunk lies from the real one that it is made of: the cosine between them is 0.9.
const syntheticNoise = 0.48

// BenchmarkMillionChunks fills the table of chunks with vectors around those of the real guides and questions, indexes
// them as a model's chunks are, and searches for questions not learned from: how many of the ten nearest the index finds,
// and how long it and the whole search statement take.
func BenchmarkMillionChunks(b *testing.B) {
	ctx := b.Context()
	n := millionChunks(b)
	pool := postgrestest.New(b)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		b.Fatal(err)
	}
	a := New(pool, store, Options{})
	if err := a.Update(ctx); err != nil {
		b.Fatal(err)
	}
	w := a.serving.Load().weights
	c, err := a.corpus(ctx)
	if err != nil {
		b.Fatal(err)
	}
	pieces := c.pieces()
	base, stems := make([][]float32, len(pieces)), make([][]string, len(pieces))
	for i, p := range pieces {
		analysis := w.vocabulary.Analyze(p.text)
		base[i], stems[i] = w.look(analysis).vector, analysis.subjects()
	}
	id, err := addModel(ctx, pool, "remote", "remote-million", w.dims(), nil, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("fill", func(b *testing.B) {
		start := time.Now()
		copySynthetic(b, ctx, pool, id, n, base, stems)
		b.ReportMetric(time.Since(start).Seconds(), "copying-s")
		start = time.Now()
		if err := finishModel(ctx, pool, id, w.dims()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "indexing-s")
		var table, index int64
		if err := pool.QueryRow(ctx, `SELECT pg_table_size('chunks'), pg_relation_size($1::regclass)`, fmt.Sprintf("chunks_embedding_%d", id)).Scan(&table, &index); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "chunks")
		b.ReportMetric(float64(table)/(1<<20), "table-MB")
		b.ReportMetric(float64(index)/(1<<20), "index-MB")
		b.ReportMetric(0, "ns/op")
	})

	pool.Reset() // a connection takes its search's width from the size of the index

	// Words are as frequent as if all these chunks had been learned from, so that a question picks those that it would.
	learned := &weights{frequency: map[string]int32{}, pieces: n}
	for stem, count := range w.frequency {
		learned.frequency[stem] = int32(int(count) * n / w.pieces)
	}
	var vectors [][]float32
	var words [][]queryWord
	for _, q := range someQuestions(b, 200) {
		analysis := w.vocabulary.Analyze(q)
		vectors, words = append(vectors, w.look(analysis).vector), append(words, learned.queryWords(analysis))
	}
	exact := make([][]int64, len(vectors))
	for i, v := range vectors {
		exact[i] = nearestTen(b, ctx, pool, id, w.dims(), v, "SET LOCAL enable_indexscan = off")
	}
	for _, wide := range []int{40, 100, 200, 400} {
		b.Run(fmt.Sprintf("ef_search=%d", wide), func(b *testing.B) {
			setting := fmt.Sprintf("SET LOCAL hnsw.ef_search = %d", wide)
			found := 0
			var took []time.Duration
			for range 2 { // the first round brings the index into memory
				found, took = 0, nil
				for i, v := range vectors {
					start := time.Now()
					list := nearestTen(b, ctx, pool, id, w.dims(), v, setting)
					took = append(took, time.Since(start))
					for _, one := range list {
						if slices.Contains(exact[i], one) {
							found++
						}
					}
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(found)/float64(10*len(vectors)), "recall@10")
			b.ReportMetric(ms(quantile(took, 0.50)), "p50-ms")
			b.ReportMetric(ms(quantile(took, 0.99)), "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("whole-search", func(b *testing.B) {
		var took []time.Duration
		for range 2 {
			took = nil
			for i, v := range vectors {
				start := time.Now()
				if _, err := find(ctx, pool, id, w.dims(), v, words[i]); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
		}
		slices.Sort(took)
		b.ReportMetric(ms(quantile(took, 0.50)), "p50-ms")
		b.ReportMetric(ms(quantile(took, 0.99)), "p99-ms")
		b.ReportMetric(0, "ns/op")
	})
}

// copySynthetic copies n chunks into a model: the stems of a real piece, and its vector with some noise.
func copySynthetic(b *testing.B, ctx context.Context, pool *pgxpool.Pool, model, n int, base [][]float32, stems [][]string) {
	b.Helper()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `CREATE TEMPORARY TABLE synthetic (key text, stems text[], embedding real[])`); err != nil {
		b.Fatal(err)
	}
	const batch = 50_000
	r := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < n; from += batch {
		count := min(batch, n-from)
		in, out := io.Pipe()
		go func() {
			buffered := bufio.NewWriterSize(out, 1<<20)
			for i := range count {
				k := r.IntN(len(base))
				writeSynthetic(buffered, from+i, base[k], stems[k], r)
			}
			out.CloseWithError(buffered.Flush())
		}()
		if _, err := conn.Conn().PgConn().CopyFrom(ctx, in, `COPY synthetic FROM STDIN`); err != nil {
			b.Fatalf("copy chunks from %d: %v", from, err)
		}
		if _, err := conn.Exec(ctx, `
			WITH saved AS (
				INSERT INTO chunks (model, source, key, part, slugs, text, digest, embedding)
				SELECT $1, 'sample', key, '', ARRAY['synthetic-' || abs(hashtext(key)) % 5000], key, '\x00', embedding::vector FROM synthetic
				RETURNING id, key
			)
			INSERT INTO chunk_stems (model, stem, chunk, length)
			SELECT $1, stem, saved.id, cardinality(stems) FROM saved JOIN synthetic USING (key), unnest(stems) AS stem`, model); err != nil {
			b.Fatalf("insert chunks from %d: %v", from, err)
		}
		if _, err := conn.Exec(ctx, `TRUNCATE synthetic`); err != nil {
			b.Fatal(err)
		}
	}
}

// writeSynthetic writes a row in COPY's text format. Stems hold letters and digits alone once their quotes are escaped.
func writeSynthetic(w *bufio.Writer, key int, vector []float32, stems []string, r *rand.Rand) {
	noise := make([]float32, len(vector))
	for i := range noise {
		noise[i] = float32(r.NormFloat64())
	}
	unit(noise, syntheticNoise)
	v := slices.Clone(vector)
	for i := range v {
		v[i] += noise[i]
	}
	unit(v, 1)
	fmt.Fprintf(w, "%d\t{", key)
	first := true
	for _, s := range stems {
		if regularStem(s) {
			if !first {
				w.WriteByte(',')
			}
			first = false
			w.WriteString(s)
		}
	}
	w.WriteString("}\t{")
	var number []byte
	for i, x := range v {
		if i > 0 {
			w.WriteByte(',')
		}
		number = strconv.AppendFloat(number[:0], float64(x), 'g', 6, 32)
		w.Write(number)
	}
	w.WriteString("}\n")
}

// regularStem keeps what would have to be quoted out of the benchmark.
func regularStem(s string) bool {
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'а' && c <= 'я' || c >= '0' && c <= '9') {
			return false
		}
	}
	return s != "" && s != "null"
}

// nearestTen searches with a setting that holds for this search alone.
func nearestTen(b *testing.B, ctx context.Context, pool *pgxpool.Pool, model, dims int, v []float32, setting string) []int64 {
	b.Helper()
	cast, _ := vectorOf(dims)
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	batch.Queue(setting)
	var list []int64
	batch.Queue(fmt.Sprintf(`SELECT id FROM chunks WHERE model = %[1]d ORDER BY embedding::%[2]s <=> $1::%[2]s LIMIT 10`, model, cast), pgvector.NewVector(v)).Query(func(rows pgx.Rows) (err error) {
		list, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	batch.Queue("COMMIT")
	if err := pool.SendBatch(ctx, batch).Close(); err != nil {
		b.Fatal(err)
	}
	return list
}

// someQuestions are so many questions that were not learned from, spread over the files.
func someQuestions(t testing.TB, n int) []string {
	t.Helper()
	var all []string
	for _, name := range questionFiles(t) {
		f, err := os.Open("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readQuestions(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			all = append(all, r.question)
		}
	}
	step := float64(len(all)) / float64(n)
	var list []string
	for i := range n {
		list = append(list, all[int(math.Floor(float64(i)*step))])
	}
	return list
}
