package retrieval

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
)

// A guide that is published after learning must be found: by its text alone at first, with a handful of sample questions
// well, and no worse once they are learned from. Guides leave the knowledge ten at a time, the rest is learned, then they
// come back, and the questions that were never learned from are asked.

const (
	newcomersAtOnce  = 10
	newcomersSamples = 5
	newcomersFound   = 0.80 // hit@3 with newcomersSamples
)

// newcomers is how the questions of guides that came later are answered.
type newcomers struct {
	Text      Report // by the guides' text and names alone
	Samples   Report // with five sample questions each, not learned from
	Relearned Report // and learned from
}

// group is every tenth guide, so that kinds of services are mixed.
func newcomersGroup(guides []knowledge.Guide, n int) []knowledge.Guide {
	var list []knowledge.Guide
	for i := n; i < len(guides); i += len(guides) / newcomersAtOnce {
		list = append(list, guides[i])
	}
	return list[:min(len(list), newcomersAtOnce)]
}

// fewSamples picks the five questions that an editor might write first: each in another voice, where there are so many.
func fewSamples(samples []knowledge.Sample, slug string) []knowledge.Sample {
	var own []knowledge.Sample
	for _, s := range samples {
		if len(s.Expected) == 1 && s.Expected[0] == slug {
			own = append(own, s)
		}
	}
	hash := func(s knowledge.Sample) uint32 {
		h := fnv.New32a()
		h.Write([]byte(s.Text))
		return h.Sum32()
	}
	slices.SortFunc(own, func(a, b knowledge.Sample) int { return cmp.Compare(hash(a), hash(b)) })
	var list []knowledge.Sample
	for _, kind := range []string{"plain", "story", "terse", "voice", "english"} {
		if i := slices.IndexFunc(own, func(s knowledge.Sample) bool { return s.Kind == kind }); i >= 0 {
			list = append(list, own[i])
			own = slices.Delete(own, i, i+1)
		}
	}
	return append(list, own...)[:min(newcomersSamples, len(list)+len(own))]
}

// measureNewcomers takes a group of guides out, learns, and brings them back.
func measureNewcomers(t testing.TB, number int) newcomers {
	t.Helper()
	ctx := t.Context()
	pool := postgrestest.New(t)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		t.Fatal(err)
	}
	guides, err := store.Guides(ctx)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := store.Samples(ctx)
	if err != nil {
		t.Fatal(err)
	}
	group := newcomersGroup(guides, number)
	var slugs []string
	for _, g := range group {
		slugs = append(slugs, g.Slug)
	}
	// The versions of a guide are append-only, even here; as if they had never been.
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`SET LOCAL session_replication_role = replica`,
			`DELETE FROM guide_sources WHERE slug = ANY($1::text[])`,
			`DELETE FROM guide_texts WHERE slug = ANY($1::text[])`,
			`DELETE FROM guide_versions WHERE slug = ANY($1::text[])`,
			`DELETE FROM guides WHERE slug = ANY($1::text[])`,
			`SET LOCAL session_replication_role = origin`,
			`DELETE FROM sample_questions WHERE expected && $1::text[]`,
		} {
			var args []any
			if strings.Contains(sql, "$1") {
				args = []any{slugs}
			}
			if _, err := tx.Exec(ctx, sql, args...); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a := New(pool, store, Options{})
	if err := a.Update(ctx); err != nil {
		t.Fatal(err)
	}
	learned := a.serving.Load().weights.version
	for _, g := range group {
		g.Version = 0
		if _, err := store.Publish(ctx, g, "test"); err != nil {
			t.Fatal(err)
		}
	}
	questions := questionsOf(t, slugs)
	evaluate := func() Report {
		r, err := Evaluate(ctx, a, bytes.NewReader(questions))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	var n newcomers
	if err := a.followAlone(ctx); err != nil {
		t.Fatal(err)
	}
	n.Text = evaluate()
	for _, slug := range slugs {
		few := fewSamples(samples, slug)
		if len(few) != newcomersSamples {
			t.Fatalf("%s has only %d sample questions", slug, len(few))
		}
		for _, s := range few {
			if err := store.AddSample(ctx, s, "test"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := a.followAlone(ctx); err != nil {
		t.Fatal(err)
	}
	n.Samples = evaluate()
	if now := a.serving.Load().weights.version; now != learned {
		t.Fatal("following learned anew: what was measured is not what a new guide gets")
	}
	if err := a.Update(ctx); err != nil {
		t.Fatal(err)
	}
	n.Relearned = evaluate()
	return n
}

// questionsOf gives the rows of the question files that one of the guides answers.
func questionsOf(t testing.TB, slugs []string) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("question\texpected\tkind\tlanguage\n")
	for _, name := range questionFiles(t) {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readQuestions(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if slices.ContainsFunc(r.expected, func(slug string) bool { return slices.Contains(slugs, slug) }) {
				fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", r.question, strings.Join(r.expected, "|"), r.kind, r.language)
			}
		}
	}
	return b.Bytes()
}

func TestGuidesPublishedAfterLearningAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("learns twice from the whole starter knowledge: a minute of two processors")
	}
	t.Parallel()
	n := measureNewcomers(t, 3)
	for name, r := range map[string]Report{"their text": n.Text, "five questions": n.Samples, "five questions, learned from": n.Relearned} {
		t.Logf("with %s: hit@1 %.3f, hit@3 %.3f, refused %.3f of %d", name, r.Overall.Hit1, r.Overall.Hit3, r.Overall.Refused, r.Overall.Rows)
	}
	if n.Text.Overall.Rows < 50 {
		t.Fatalf("only %d questions", n.Text.Overall.Rows)
	}
	for name, r := range map[string]Report{"five questions": n.Samples, "five questions, learned from": n.Relearned} {
		if r.Overall.Hit3 < newcomersFound {
			t.Errorf("with %s hit@3 is %.3f, want %.2f", name, r.Overall.Hit3, newcomersFound)
		}
	}
}

// BenchmarkNewcomers measures all hundred guides, ten at a time.
func BenchmarkNewcomers(b *testing.B) {
	for b.Loop() {
		var text, samples, relearned []Row
		for number := range newcomersAtOnce {
			n := measureNewcomers(b, number)
			text, samples, relearned = append(text, n.Text.Rows...), append(samples, n.Samples.Rows...), append(relearned, n.Relearned.Rows...)
		}
		hits(b, "text-", text)
		hits(b, "five-", samples)
		hits(b, "relearned-", relearned)
	}
}
