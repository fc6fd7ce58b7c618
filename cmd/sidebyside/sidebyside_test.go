package sidebyside

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
	"orientir/retrieval"
)

// BenchmarkSideBySide asks every engine the project's own questions, none of which it has learned from or indexed.
func BenchmarkSideBySide(b *testing.B) {
	ctx := b.Context()
	pool := postgrestest.New(b)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		b.Fatal(err)
	}
	guides, err := store.Guides(ctx)
	if err != nil {
		b.Fatal(err)
	}
	samples, err := store.Samples(ctx)
	if err != nil {
		b.Fatal(err)
	}
	questions := questionFile(b)
	exists := func(slug string) bool {
		return slices.ContainsFunc(guides, func(g knowledge.Guide) bool { return g.Slug == slug })
	}
	type engine struct {
		name   string
		answer func(context.Context, string) (retrieval.Answer, error)
	}
	a := retrieval.New(pool, store, retrieval.Options{})
	if err := a.Update(ctx); err != nil {
		b.Fatal(err)
	}
	engines := []engine{
		{"Orientir", func(ctx context.Context, q string) (retrieval.Answer, error) {
			return a.Answer(ctx, retrieval.Question{Text: q})
		}},
	}
	for _, form := range []struct {
		name  string
		apart bool
	}{{"whole", false}, {"apart", true}} {
		list := documents(guides, samples, form.apart)
		e, err := newBleve(list)
		if err != nil {
			b.Fatal(err)
		}
		engines = append(engines, engine{"bleve-" + form.name, e.answer})
		for _, configuration := range []string{"simple", "english", "russian"} {
			e, err := newFullText(ctx, pool, "bench_"+configuration+"_"+form.name, configuration, list)
			if err != nil {
				b.Fatal(err)
			}
			engines = append(engines, engine{"PostgreSQL-" + configuration + "-" + form.name, e.answer})
		}
	}
	most := mostAsked(samples)
	engines = append(engines, engine{"most-asked", func(context.Context, string) (retrieval.Answer, error) {
		return retrieval.Answer{Outcome: retrieval.Answered, Guides: most}, nil
	}})
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			for b.Loop() {
				r, err := retrieval.EvaluateWith(ctx, bytes.NewReader(questions), exists, e.answer)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(r.Overall.Hit1, "hit@1")
				b.ReportMetric(r.Overall.Hit3, "hit@3")
				b.ReportMetric(r.Overall.MRR, "MRR")
				b.ReportMetric(r.Overall.NotAnswered, "not-answered")
				b.ReportMetric(r.P50.Seconds()*1000, "p50-ms")
				b.ReportMetric(r.P99.Seconds()*1000, "p99-ms")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// questionFile is every third question of the project's question files: the slow engines take minutes for these.
func questionFile(b *testing.B) []byte {
	const folder = "../../retrieval/testdata/"
	var some bytes.Buffer
	header := ""
	for _, name := range []string{"heldout.tsv", "blind.tsv"} {
		data, err := os.ReadFile(folder + name)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			switch {
			case n == 0 && header == "":
				header = line
				some.WriteString(line)
			case n == 0 && line != header:
				b.Fatalf("%s has the columns %q, not %q", name, line, header)
			case n%3 == 1:
				some.WriteString(line)
			}
			n++
		}
	}
	return some.Bytes()
}

// mostAsked are the five guides with the most sample questions, whatever is asked.
func mostAsked(samples []knowledge.Sample) []retrieval.Ranked {
	counts := map[string]int{}
	for _, s := range samples {
		for _, slug := range s.Expected {
			counts[slug]++
		}
	}
	var list []retrieval.Ranked
	for slug, n := range counts {
		list = append(list, retrieval.Ranked{Slug: slug, Score: float64(n)})
	}
	slices.SortFunc(list, func(a, b retrieval.Ranked) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Slug, b.Slug))
	})
	return list[:min(5, len(list))]
}

func TestEnginesFindAGuideByItsWords(t *testing.T) {
	t.Parallel()
	list := []document{{"vignette", "Електронна винетка за магистрала"}, {"passport", "Лична карта и паспорт"}, {"vignette", "where to buy a vignette"}}
	pool := postgrestest.New(t)
	b, err := newBleve(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, find := range map[string]func(context.Context, string) (retrieval.Answer, error){"bleve": b.answer, "simple": fullTextOf(t, pool, "simple", list), "russian": fullTextOf(t, pool, "russian", list)} {
		for question, slug := range map[string]string{"къде е паспорт": "passport", "винетка & | ! магистрала": "vignette", "buying a vignette": "vignette"} {
			got, err := find(t.Context(), question)
			if err != nil || len(got.Guides) == 0 || got.Guides[0].Slug != slug || got.Outcome != retrieval.Answered {
				t.Errorf("%s: %q brings %v, %v", name, question, got.Guides, err)
			}
		}
		if got, err := find(t.Context(), "нищо подобно"); err != nil || len(got.Guides) != 0 || got.Outcome != retrieval.Abstained {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func fullTextOf(t *testing.T, pool *pgxpool.Pool, configuration string, list []document) func(context.Context, string) (retrieval.Answer, error) {
	t.Helper()
	e, err := newFullText(t.Context(), pool, "test_"+configuration, configuration, list)
	if err != nil {
		t.Fatal(err)
	}
	return e.answer
}
