package console

import (
	"context"
	"strings"
	"testing"
	"time"

	"orientir/deploy/postgres"
	"orientir/handoff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// publishedReader answers with a guide as soon as it is published. Records are real.
type publishedReader struct {
	wordReader
	records *retrieval.Answerer
	store   *knowledge.Store
	slug    string
}

func (r publishedReader) Answer(ctx context.Context, q retrieval.Question) (retrieval.Answer, error) {
	a := retrieval.Answer{Outcome: retrieval.Abstained, Intent: retrieval.WantsAnswer, Language: "bg", Detected: "bg", Model: "words"}
	g, published, err := r.store.Guide(ctx, r.slug)
	if err != nil || !published {
		return a, err
	}
	a.Outcome, a.Confidence, a.Guide, a.Guides = retrieval.Answered, 0.9, &g, []retrieval.Ranked{{Slug: g.Slug, Version: g.Version, Score: 0.9}}
	return a, nil
}

func (r publishedReader) Record(ctx context.Context, tx postgres.DB, q retrieval.Question, a retrieval.Answer, conversation int64) (int64, error) {
	return r.records.Record(ctx, tx, q, a, conversation)
}

// A question that no guide answers stands in the list; an editor drafts and publishes a guide for it; who wanted to hear is told, and the
// problem says who asked again and what they thought of it.
func TestAQuestionsWholeWay(t *testing.T) {
	b := setup(t)
	ivan, w := b.editor("Иван")
	missed := b.missed("hunter", "как се вади ловен билет", 0)
	b.missed("another", "ловен билет колко струва", 0)
	reader := publishedReader{records: retrieval.New(b.pool, b.store, retrieval.Options{}), store: b.store, slug: "loven-bilet"}
	noon := time.Now().AddDate(0, 0, 1).UTC().Truncate(24 * time.Hour).Add(10 * time.Hour) // people are told by day
	list := handoff.NewWorklist(b.desk, reader, handoff.WorklistOptions{Settle: -1, Now: func() time.Time { return noon }})
	collect := func() {
		t.Helper()
		for range 2 { // what is published is followed by one round and counted by the next
			if err := list.Collect(b.ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	var conversation int64
	if err := b.pool.QueryRow(b.ctx, `SELECT conversation FROM answers WHERE id = $1`, missed).Scan(&conversation); err != nil {
		t.Fatal(err)
	}
	if kept, err := list.HearBack(b.ctx, b.pool, conversation, missed); err != nil || !kept {
		t.Fatal(kept, err)
	}
	collect()
	w.get("/console/worklist").has(t, "ловен билет", "2 въпроса без отговор")
	problem := problemPath(1)
	if a := w.post(problem+"/draft", "guide-title", "Ловен билет"); a.location != "/console/guides/loven-bilet/edit" {
		t.Fatalf("%d to %q", a.code, a.location)
	}
	from, _, err := b.store.Guide(b.ctx, "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	d := b.drafted("loven-bilet", ivan, func(g *knowledge.Guide, text *knowledge.Text) {
		*text = from.Text[knowledge.Bulgarian]
		text.Title, text.Names = "Ловен билет", []string{"ловен билет"}
		from.Slug, from.Version, from.Text = g.Slug, 0, map[knowledge.Language]knowledge.Text{}
		*g = from
	})
	if a := w.post("/console/guides/loven-bilet/publish", "revision", revision(d)); a.code != 303 {
		t.Fatalf("not published: %d %s", a.code, a.body)
	}
	again := b.missed("third", "искам ловен билет", 0)
	b.exec(`UPDATE answers SET outcome = 'answered', guides = '[{"slug": "loven-bilet", "version": 1, "score": 0.9}]', answered_at = clock_timestamp() WHERE id = $1`, again)
	b.exec(`INSERT INTO feedback (answer, contact, rating, created_at, updated_at)
		SELECT a.id, c.contact, 'good', now(), now() FROM answers a JOIN conversations c ON c.id = a.conversation WHERE a.id = $1`, again)
	collect()
	collect()
	w.get(problem).has(t, "Ловен билет", "Питан е пак 1 път, отговорено 1.", "Оценки: 1 добри, 0 лоши.", "Казахме на 1 човек, който чакаше.")
	w.get("/console/worklist?state=fixed").has(t, "Ловен билет", "Питан е пак 1 път, отговорено 1.")
	var said string
	if err := b.pool.QueryRow(b.ctx, `SELECT string_agg(text, ' ') FROM messages WHERE conversation = $1 AND body -> 'guide' ->> 'slug' = 'loven-bilet'`, conversation).Scan(&said); err != nil || !strings.Contains(said, "как се вади ловен билет") {
		t.Errorf("who wanted to hear reads %q, %v", said, err)
	}
}
