package handoff

import (
	"encoding/csv"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
	"orientir/retrieval"
)

// wonder is a question with what it is about.
type wonder struct{ words, topic string }

// partOf puts a topic into one of three parts, always the same.
func partOf(topic string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(topic))
	return h.Sum32() / 7 % 3
}

// unanswerable gives the starter's questions that no guide answers, of one part of the topics, in a fixed disorder.
func unanswerable(b testing.TB, part uint32) (list []wonder) {
	b.Helper()
	f, err := os.Open("../knowledge/starter/signpost-questions.tsv")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range rows[1:] {
		if partOf(row[1]) == part {
			list = append(list, wonder{row[0], row[1]})
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// bcubed gives how pure groups are and how whole topics stay in them, each question with the same weight.
//
// Source: A. Bagga, B. Baldwin, «Entity-based cross-document coreferencing using the vector space model», COLING-ACL 1998.
func bcubed(groups []int64, topics []string) (purity, completeness float64) {
	type pair struct {
		group int64
		topic string
	}
	both, group, topic := map[pair]float64{}, map[int64]float64{}, map[string]float64{}
	for i, g := range groups {
		both[pair{g, topics[i]}]++
		group[g]++
		topic[topics[i]]++
	}
	for i, g := range groups {
		n := both[pair{g, topics[i]}]
		purity += n / group[g] / float64(len(groups))
		completeness += n / topic[topics[i]] / float64(len(groups))
	}
	return purity, completeness
}

func TestBCubed(t *testing.T) {
	purity, completeness := bcubed([]int64{1, 1, 2, 2}, []string{"a", "a", "a", "b"})
	if purity != 0.75 || completeness < 0.666 || completeness > 0.667 {
		t.Errorf("%v %v", purity, completeness)
	}
}

// grouped puts questions into groups in turn, as they would come in.
func grouped(k *meanings, all []meaning) []int64 {
	groups := make([]int64, len(all))
	for i, m := range all {
		id := int64(len(k.clusters) + 1)
		if home := k.home(m); home != nil {
			id = home.id
		}
		k.put(id, m, 0)
		groups[i] = id
	}
	return groups
}

// BenchmarkGroups tells how well questions that no guide answers are put together by meaning, and what finding the place of one more costs
// where a hundred thousand have come. The model learns without two thirds of the topics: what it has never met is what the list is for. A
// threshold is to be chosen on «one» of these parts and told by the «other».
func BenchmarkGroups(b *testing.B) {
	ctx := b.Context()
	pool := postgrestest.New(b)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		b.Fatal(err)
	}
	for part := range uint32(2) {
		for _, q := range unanswerable(b, part+1) {
			if _, err := pool.Exec(ctx, `DELETE FROM sample_questions WHERE signpost = $1`, q.topic); err != nil {
				b.Fatal(err)
			}
			if _, err := store.RemoveSignpost(ctx, q.topic); err != nil {
				b.Fatal(err)
			}
		}
	}
	a := retrieval.New(pool, store, retrieval.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err := a.Update(ctx); err != nil {
		b.Fatal(err)
	}
	w := &Worklist{desk: &Desk{db: pool, knowledge: store}, reader: a}
	known := &meanings{}
	var err error
	if known.common, err = w.common(ctx); err != nil {
		b.Fatal(err)
	}
	for name, part := range map[string]uint32{"one": 1, "other": 2} {
		b.Run(name, func(b *testing.B) {
			list := unanswerable(b, part)
			var texts, topics []string
			for _, q := range list {
				texts, topics = append(texts, q.words), append(topics, q.topic)
			}
			all, err := w.understand(ctx, known, texts)
			if err != nil {
				b.Fatal(err)
			}
			var groups []int64
			for b.Loop() {
				groups = grouped(&meanings{}, all)
			}
			purity, completeness := bcubed(groups, topics)
			b.ReportMetric(purity, "purity")
			b.ReportMetric(completeness, "completeness")
			b.ReportMetric(float64(slices.Max(groups))/float64(len(groups)), "groups/question")
		})
	}
	b.Run("of=100000", func(b *testing.B) {
		samples, err := store.Samples(ctx)
		if err != nil {
			b.Fatal(err)
		}
		var texts []string
		for i := 0; i < len(samples) && len(texts) < 2000; i += max(1, len(samples)/2000) {
			texts = append(texts, samples[i].Text)
		}
		all, err := w.understand(ctx, known, texts)
		if err != nil {
			b.Fatal(err)
		}
		k := &meanings{}
		for i := range 100_000 {
			k.put(int64(i%mostMeanings)+1, all[(i*7)%len(all)], 0)
		}
		n := 0
		for b.Loop() {
			k.home(all[n%len(all)])
			n++
		}
	})
}
