package retrieval

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"orientir/knowledge"
)

// trialQuestions reach every kind of answer: plain ones, follow-ups, typing errors, other languages, none at all.
func trialQuestions() []Question {
	list := []Question{
		{Text: "а за дете?", Guide: "id-card-passport"},
		{Text: "а колко струва", Guide: "criminal-record"},
		{Text: "за чужбина", Guide: "criminal-record"},
		{Text: "искам билет за риболов"}, {Text: "риболовен билет"}, {Text: "fishing permit"}, {Text: "kak se vadi bilet za ribolov"},
		{Text: "карта"}, {Text: "съдимост Враца", Place: "12259"}, {Text: "как се вади ловен билет"}, {Text: "къде се хваща шаран"},
		{Text: "чип за куче"}, {Text: "къде се връзва яхтата"}, {Text: "регистър на лодки"}, {Text: "талон за колата", Audience: knowledge.Business},
		{Text: "къде е паркоматът"}, {Text: "къде е паркоматът", Place: "12259"}, {Text: "къде е паркоматът", Place: "56784"}, {Text: "синя зона в Пловдив"},
		{Text: "колко струва", Context: []string{"искам съдимост"}},
		{Text: "къщата гори"}, {Text: "здравейте"}, {Text: "искам човек"}, {Text: "хвърчилата са хубави"},
	}
	for _, s := range smallCorpus().Samples {
		list = append(list, Question{Text: s.Text})
	}
	return list
}

func TestTrialAnswersAsPublishingWould(t *testing.T) {
	t.Parallel()
	rewritten := func(change func(*knowledge.Guide, *knowledge.Text)) knowledge.Guide {
		g := distinct(smallGuides[1])
		text := g.Text[knowledge.Bulgarian]
		change(&g, &text)
		g.Text[knowledge.Bulgarian] = text
		return g
	}
	fishing := smallGuide{slug: "fishing-permit", title: "Билет за любителски риболов", titleEn: "Fishing permit", names: []string{"риболовен билет", "шаран"}, audience: knowledge.Citizen}
	boat := smallGuide{slug: "boat-register", title: "Регистър на лодките", titleEn: "Boat register", names: []string{"лодка", "яхта"}, audience: knowledge.Both}
	parking := smallGuide{slug: "vratsa-parking", title: "Паркиране в синята зона", titleEn: "Parking in the blue zone", names: []string{"синя зона", "паркомат"}, audience: knowledge.Both}
	inVratsa := distinct(parking)
	inVratsa.Municipality = "VRC10"
	a, store := distinctAnswerer(t)
	// One after another, so that the weights are learned once: each case's guide stays published for the next.
	for _, c := range []struct {
		name   string
		guide  knowledge.Guide
		awaits []string // sample questions for it, put in before it is written
		moved  bool     // some answer is another than without it
	}{
		{"a guide as it is", rewritten(func(*knowledge.Guide, *knowledge.Text) {}), nil, true}, // its version rises
		{"a guide without some steps", rewritten(func(g *knowledge.Guide, t *knowledge.Text) {
			t.Exceptions, t.Steps = []string{"Само за пълнолетни."}, t.Steps[:1]
		}), nil, true},
		{"a guide in other words", rewritten(func(g *knowledge.Guide, t *knowledge.Text) {
			t.Title, t.Names = "Чип на домашен любимец", []string{"чип за куче", "паспорт на кучето"}
			t.Summary, t.Steps = "Чипът се слага от ветеринар.", []string{"Отидете при ветеринар.", "Кучето получава чип и паспорт."}
		}), nil, true},
		{"a closed guide with a successor", rewritten(func(g *knowledge.Guide, t *knowledge.Text) { g.Status, g.ReplacedBy = knowledge.Closed, "vignette" }), nil, true},
		{"a new guide", distinct(fishing), nil, true},
		{"a new guide that questions wait for", distinct(boat), []string{"къде се връзва яхтата", "лодка на язовира", "моторница втора ръка"}, true},
		{"the first guide of a municipality", inVratsa, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := t.Context()
			for _, q := range c.awaits {
				if err := store.AddSample(ctx, knowledge.Sample{Text: q, Expected: []string{c.guide.Slug}, Kind: "plain", Language: "bg"}, "test"); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.followAlone(ctx); err != nil {
				t.Fatal(err)
			}
			trial, err := a.Trial(ctx, c.guide)
			if err != nil {
				t.Fatal(err)
			}
			defer trial.Close()
			var before, tried, compared, without []Answer
			for _, q := range trialQuestions() {
				before = append(before, ask(t, a, q))
				answer, err := trial.Answer(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				tried = append(tried, answer)
				was, will, err := trial.Compare(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				without, compared = append(without, was), append(compared, will)
			}
			if fresh, err := trial.Fresh(ctx); err != nil || !fresh {
				t.Errorf("fresh %v, %v before publishing", fresh, err)
			}
			publishAsIs(t, store, a, c.guide)
			if fresh, err := trial.Fresh(ctx); err != nil || fresh {
				t.Errorf("fresh %v, %v after publishing", fresh, err)
			}
			moved := false
			for i, q := range trialQuestions() {
				published := ask(t, a, q)
				sameAnswer(t, q.Text+": tried, published", tried[i], published)
				sameAnswer(t, q.Text+": compared, published", compared[i], published)
				sameAnswer(t, q.Text+": without, before", without[i], before[i])
				moved = moved || !reflect.DeepEqual(before[i].Guides, tried[i].Guides) || before[i].Text != tried[i].Text
			}
			if moved != c.moved {
				t.Errorf("an answer moved: %v, want %v", moved, c.moved)
			}
		})
	}
}

// distinct is a guide that shares no sentence with the others: which of equally near pieces a search finds is chance.
func distinct(of smallGuide) knowledge.Guide {
	g := of.guide()
	for language, text := range g.Text {
		name := text.Title
		own := func(list []string) []string {
			out := make([]string, len(list))
			for i, s := range list {
				out[i] = fmt.Sprintf("%s (%s, %d)", s, name, i+1)
			}
			return out
		}
		text.Authority, text.Who, text.Where = text.Authority+" – "+name, text.Who+" "+name+".", text.Where+" "+name+"."
		text.Exceptions, text.Steps, text.Needed, text.Deadlines = own(text.Exceptions), own(text.Steps), own(text.Needed), own(text.Deadlines)
		g.Text[language] = text
	}
	return g
}

// distinctAnswerer is smallAnswerer with guides that share no sentence.
func distinctAnswerer(t *testing.T) (*Answerer, *knowledge.Store) {
	t.Helper()
	pool, store := smallBase(t)
	for _, small := range smallGuides {
		g := distinct(small)
		g.Version = 1
		if _, err := store.Publish(t.Context(), g, "test"); err != nil {
			t.Fatal(err)
		}
	}
	a := New(pool, store, Options{})
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, store
}

// publishAsIs publishes a guide for real and lets the index follow without learning.
func publishAsIs(t *testing.T, store *knowledge.Store, a *Answerer, g knowledge.Guide) {
	t.Helper()
	ctx := t.Context()
	if now, ok, err := store.Guide(ctx, g.Slug); err != nil {
		t.Fatal(err)
	} else if ok {
		g.Version = now.Version
	}
	if _, err := store.Publish(ctx, g, "editor"); err != nil {
		t.Fatal(err)
	}
	if err := a.followAlone(ctx); err != nil {
		t.Fatal(err)
	}
}

// sameAnswer compares all but who published when, numbers to a millionth.
func sameAnswer(t *testing.T, what string, a, b Answer) {
	t.Helper()
	near := func(x, y float64) bool { return math.Abs(x-y) < 1e-5 }
	whole := func(g *knowledge.Guide) string { // an empty list and none are the same
		if g == nil {
			return ""
		}
		c := *g
		c.PublishedAt, c.PublishedBy = time.Time{}, ""
		return fmt.Sprintf("%+v", c)
	}
	if x, y := whole(a.Guide)+whole(a.Closed), whole(b.Guide)+whole(b.Closed); x != y {
		t.Errorf("%s:\n%s\n%s", what, x, y)
	}
	level := func(x Answer) Answer {
		x.Confidence, x.Guide, x.Closed = 0, nil, nil
		x.Guides, x.Evidence = append([]Ranked{}, x.Guides...), append([]Evidence{}, x.Evidence...)
		for i := range x.Guides {
			x.Guides[i].Score = 0
		}
		for i := range x.Evidence {
			x.Evidence[i].Similarity, x.Evidence[i].Lexical = 0, 0
		}
		return x
	}
	if !near(a.Confidence, b.Confidence) {
		t.Errorf("%s: confidence %v, %v", what, a.Confidence, b.Confidence)
	}
	if x, y := level(a), level(b); !reflect.DeepEqual(x, y) {
		t.Errorf("%s:\n%s %v %v\n%+v\n%s\n\n%s %v %v\n%+v\n%s", what, a.Outcome, a.Guides, a.Links, a.Guide, a.Text, b.Outcome, b.Guides, b.Links, b.Guide, b.Text)
		return
	}
	for i := range a.Guides {
		if !near(a.Guides[i].Score, b.Guides[i].Score) {
			t.Errorf("%s: score %v, %v", what, a.Guides[i].Score, b.Guides[i].Score)
		}
	}
	for i := range a.Evidence {
		if !near(a.Evidence[i].Similarity, b.Evidence[i].Similarity) || !near(a.Evidence[i].Lexical, b.Evidence[i].Lexical) {
			t.Errorf("%s: evidence %+v, %+v", what, a.Evidence[i], b.Evidence[i])
		}
	}
}

// What serves is not touched by trials, and doesn't wait for them: nothing is locked, nothing is left in the library that all share.
func TestTrialLeavesServingAlone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, store := smallAnswerer(t, Options{})
	draft := smallGuides[2].guide()
	draft.Text[knowledge.Bulgarian] = knowledge.Text{Title: "Съвсем друго", Summary: "Друго.", Exceptions: []string{"Никой."}}
	q := Question{Text: "къде се купува винетка"}
	before := ask(t, a, q)
	library := a.library.Load()
	trial, err := a.Trial(ctx, draft)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := trial.Answer(ctx, Question{Text: "съвсем друго"}); err != nil || answer.Guide == nil || answer.Guide.Text[knowledge.Bulgarian].Title != "Съвсем друго" {
		t.Errorf("tried: %v, %v", answer.Guide, err)
	}
	if a.library.Load() != library {
		t.Error("the shared library was replaced")
	}
	sameAnswer(t, "beside a trial", before, ask(t, a, q))
	var open int
	if err := a.pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`).Scan(&open); err != nil || open > 0 {
		t.Errorf("%d transactions stay open, %v", open, err)
	}
	short, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	g, _, err := store.Guide(short, "vignette")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Publish(short, g, "editor"); err != nil {
		t.Errorf("publishing beside a trial: %v", err)
	}
	if err := trial.Close(); err != nil {
		t.Error(err)
	}
}

func TestTrialsAreBounded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, _ := smallAnswerer(t, Options{})
	var open []*Trial
	for range trialsAtOnce {
		trial, err := a.Trial(ctx, smallGuides[0].guide())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, trial)
	}
	hurried, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := a.Trial(hurried, smallGuides[0].guide()); err == nil {
		t.Error("one more was opened")
	}
	for _, trial := range open {
		trial.Close()
	}
	trial, err := a.Trial(ctx, smallGuides[0].guide())
	if err != nil {
		t.Fatal(err)
	}
	trial.Close()
}

func TestTrialOfAHalfWrittenGuide(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	trial, err := a.Trial(t.Context(), knowledge.Guide{Slug: "dog-chip", Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {Title: "Чип за куче"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer trial.Close()
	for _, q := range trialQuestions() {
		if _, err := trial.Answer(t.Context(), q); err != nil {
			t.Fatalf("%q: %v", q.Text, err)
		}
	}
	answer, err := trial.Answer(t.Context(), Question{Text: "чип за куче", Place: "12259"})
	if err != nil || len(answer.Guides) == 0 || answer.Guides[0].Slug != "dog-chip" || answer.Guides[0].Version != 1 {
		t.Errorf("%s %v, %v", answer.Outcome, answer.Guides, err)
	}
}
