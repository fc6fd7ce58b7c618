package retrieval

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/knowledge"
)

// replayBase is an Answerer and what people have asked it.
func replayBase(t *testing.T) (*Answerer, *knowledge.Store) {
	t.Helper()
	a, store := distinctAnswerer(t)
	for i, asked := range []struct {
		text         string
		conversation int64
		days         int // ago
	}{
		{"изгубена лична карта какво правя", 1, 1}, {"изгубена лична карта какво правя", 2, 2}, {"изгубена лична карта какво правя", 6, 3},
		{"а колко струва", 1, 0}, {"чип за куче", 3, 5}, {"къде се хваща шаран", 4, 6}, {"един много стар въпрос за паспорт", 5, 40},
	} {
		q := Question{Text: asked.text}
		answer := ask(t, a, q)
		if _, err := a.Record(t.Context(), a.pool, q, answer, asked.conversation); err != nil {
			t.Fatal(err)
		}
		if _, err := a.pool.Exec(t.Context(), `UPDATE answers SET answered_at = now() - make_interval(days => $2) WHERE id = $1`, i+1, asked.days); err != nil {
			t.Fatal(err)
		}
	}
	return a, store
}

// cardDraft loses an exception of the guide about the card and is called like what others answer for.
func cardDraft() knowledge.Draft {
	g := distinct(smallGuides[1])
	text := g.Text[knowledge.Bulgarian]
	text.Exceptions, text.Names = []string{"Само за пълнолетни."}, append(text.Names, "шаран", "чип за куче")
	g.Text[knowledge.Bulgarian] = text
	return knowledge.Draft{Slug: g.Slug, Guide: g, Revision: 7, Base: 2}
}

func start(t *testing.T, r *Replays, d knowledge.Draft) {
	t.Helper()
	if err := r.Start(t.Context(), r.pool, d, "staff:1"); err != nil {
		t.Fatal(err)
	}
}

// runUntil lets replays run until the guide's one is over.
func runUntil(t *testing.T, r *Replays, slug string) Replay {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	var got Replay
	within(t, time.Minute, "the replay is over", func() bool {
		var err error
		if got, _, err = r.Of(ctx, slug); err != nil {
			t.Fatal(err)
		}
		return got.Over()
	})
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return got
}

func everything(t *testing.T, r *Replays, id int64) (list []ReplayedQuestion) {
	t.Helper()
	for _, kind := range ReplayKinds() {
		page, err := r.Questions(t.Context(), id, kind, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page...)
	}
	return list
}

// A replay finds what asking every question before and after publishing finds.
func TestReplayFindsWhatPublishingChanges(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, store := replayBase(t)
	r := NewReplays(a.pool, a, ReplayOptions{Every: 10 * time.Millisecond, Workers: 3, batch: 7})
	d := cardDraft()
	start(t, r, d)
	got := runUntil(t, r, d.Slug)
	sum := 0
	for _, n := range got.Counts {
		sum += n
	}
	samples, err := store.Samples(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(samples) + 4; got.State != ReplayDone || got.Total != want || got.Done != want || sum != want || got.Revision != 7 || got.Base != 2 || got.LeftOut != 0 {
		t.Fatalf("%+v, want %d questions", got, want)
	}
	type full struct {
		q      Question
		sample *knowledge.Sample
		before Answer
	}
	questions := map[string]*full{}
	for _, s := range samples {
		questions[s.Text] = &full{q: Question{Text: s.Text}, sample: &s}
	}
	for text, screen := range map[string]string{"изгубена лична карта какво правя": "", "а колко струва": "id-card-passport", "чип за куче": "", "къде се хваща шаран": ""} {
		questions[text] = &full{q: Question{Text: text, Guide: screen, Language: knowledge.Bulgarian}}
	}
	for _, f := range questions {
		f.before = ask(t, a, f.q)
	}
	publishAsIs(t, store, a, d.Guide)
	want, counts := map[string]replayed{}, map[ReplayKind]int{}
	for text, f := range questions {
		one := replay(f.sample, f.before, ask(t, a, f.q))
		counts[one.kind]++
		if one.kind != Same {
			want[text] = one
		}
	}
	if !maps.Equal(got.Counts, counts) {
		t.Errorf("counts %v, want %v", got.Counts, counts)
	}
	if counts[Lost] == 0 || counts[Same] == 0 || counts[Better]+counts[Worse]+counts[OtherAnswer] == 0 {
		t.Errorf("the draft changes too little to test with: %v", counts)
	}
	list := everything(t, r, got.ID)
	for _, q := range list {
		w, ok := want[q.Question]
		if !ok || w.kind != q.Kind || !reflect.DeepEqual(w.before, q.Before) || !reflect.DeepEqual(w.after, q.After) {
			t.Errorf("%q is %s, want %s\n%+v\n%+v\n%+v\n%+v", q.Question, q.Kind, w.kind, q.Before, w.before, q.After, w.after)
		}
		if strings.Contains(q.Question, "много стар") {
			t.Error("a question of forty days ago was read")
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d questions are listed, want %d", len(list), len(want))
	}
	lost, err := r.Questions(ctx, got.ID, Lost, 0, 100)
	if err != nil || len(lost) == 0 || !lost[0].Own || lost[0].People != 0 || len(lost[0].Exceptions) != 1 || lost[len(lost)-1].Own {
		t.Errorf("%+v, %v", lost, err)
	}
	for _, q := range lost {
		if q.Question == "изгубена лична карта какво правя" && q.People != 3 {
			t.Errorf("%q was asked by %d", q.Question, q.People)
		}
	}
}

// What a replica had done when it died counts, and another does the rest, each question once.
func TestReplayGoesOnWhereItsReplicaDied(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, _ := replayBase(t)
	d := cardDraft()
	whole := NewReplays(a.pool, a, ReplayOptions{Every: 10 * time.Millisecond})
	start(t, whole, d)
	want := runUntil(t, whole, d.Slug)
	listed := everything(t, whole, want.ID)

	dead := NewReplays(a.pool, a, ReplayOptions{batch: 9})
	start(t, dead, d)
	replay, _, err := dead.Of(ctx, d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dead.pool.Exec(ctx, `UPDATE replays SET state = 'running', started_at = now() WHERE id = $1`, replay.ID); err != nil {
		t.Fatal(err)
	}
	if err := dead.gather(ctx, replay.ID, d.Slug); err != nil {
		t.Fatal(err)
	}
	trial, err := a.Trial(ctx, d.Guide)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it dies in its third batch, whose answers it has but not noted
		questions, err := dead.open(ctx, replay.ID)
		if err != nil {
			t.Fatal(err)
		}
		found, err := dead.ask(ctx, trial, questions)
		if err != nil {
			t.Fatal(err)
		}
		if err := dead.note(ctx, replay.ID, trial.Model(), questions, found); err != nil {
			t.Fatal(err)
		}
	}
	trial.Close()
	if replay, _, err = dead.Of(ctx, d.Slug); err != nil || replay.Done != 18 || replay.State != ReplayRuns {
		t.Fatalf("%+v, %v", replay, err)
	}
	got := runUntil(t, NewReplays(a.pool, a, ReplayOptions{Every: 10 * time.Millisecond}), d.Slug)
	if got.State != ReplayDone || got.Done != want.Done || got.Total != want.Total || !maps.Equal(got.Counts, want.Counts) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if again := everything(t, whole, got.ID); fmt.Sprint(again) != fmt.Sprint(listed) {
		t.Errorf("listed\n%v\nwant\n%v", again, listed)
	}
}

func TestReplayIsCancelledWhereItIs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, _ := replayBase(t)
	r := NewReplays(a.pool, a, ReplayOptions{batch: 5})
	d := cardDraft()
	start(t, r, d)
	replay, _, _ := r.Of(ctx, d.Slug)
	if _, err := a.pool.Exec(ctx, `UPDATE replays SET state = 'running' WHERE id = $1`, replay.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.gather(ctx, replay.ID, d.Slug); err != nil {
		t.Fatal(err)
	}
	questions, err := r.open(ctx, replay.ID)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := r.Cancel(ctx, a.pool, d.Slug); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := r.note(ctx, replay.ID, "m", questions, make([]replayed, len(questions))); err == nil {
		t.Error("an answer was noted after the replay was cancelled")
	}
	if did, err := r.next(ctx); err != nil || did {
		t.Errorf("a cancelled replay went on: %v, %v", did, err)
	}
	if ok, err := r.Cancel(ctx, a.pool, d.Slug); err != nil || ok {
		t.Errorf("cancelled twice: %v, %v", ok, err)
	}
	if err := r.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := a.pool.QueryRow(ctx, `SELECT count(*) FROM replay_questions`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d questions are left of it, %v", left, err)
	}
	start(t, r, d)
	if got, _, err := r.Of(ctx, d.Slug); err != nil || got.State != ReplayWaits || got.Done != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Masked is not anonymous: people's questions are in a replay for thirty days, and not after they asked to be forgotten.
func TestReplayForgetsWhatPeopleAsked(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, _ := replayBase(t)
	q := Question{Text: "шаран на въдица", Unasked: true} // told to who wanted to hear back
	if _, err := a.Record(ctx, a.pool, q, ask(t, a, q), 4); err != nil {
		t.Fatal(err)
	}
	r := NewReplays(a.pool, a, ReplayOptions{Every: 10 * time.Millisecond})
	d := cardDraft()
	start(t, r, d)
	got := runUntil(t, r, d.Slug)
	asked := func() (texts []string) {
		for _, q := range everything(t, r, got.ID) {
			if q.People > 0 {
				texts = append(texts, q.Question)
			}
		}
		return texts
	}
	if len(asked()) < 3 || slices.Contains(asked(), q.Text) {
		t.Fatalf("people's questions: %q", asked())
	}
	var kept string
	if err := a.pool.QueryRow(ctx, `SELECT coalesce(string_agg(q::text, ' '), '') FROM replay_questions q`).Scan(&kept); err != nil || strings.Contains(kept, "изгубена лична карта какво") {
		t.Errorf("the words of a question were kept: %v", err)
	}
	if err := a.Forget(ctx, a.pool, []int64{1, 2, 6}); err != nil {
		t.Fatal(err)
	}
	for _, q := range asked() {
		if q == "изгубена лична карта какво правя" || q == "а колко струва" {
			t.Errorf("%q is shown after it was forgotten", q)
		}
	}
	if _, err := a.pool.Exec(ctx, `UPDATE answers SET answered_at = now() - interval '31 days'`); err != nil {
		t.Fatal(err)
	}
	if list := asked(); len(list) > 0 {
		t.Errorf("shown after thirty days: %q", list)
	}
	if err := r.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := a.pool.QueryRow(ctx, `SELECT count(*) FROM replay_questions WHERE answer IS NOT NULL`).Scan(&left); err != nil || left > 0 {
		t.Errorf("%d are left after thirty days, %v", left, err)
	}
	if _, err := a.pool.Exec(ctx, `UPDATE replays SET asked_at = now() - interval '31 days'`); err != nil {
		t.Fatal(err)
	}
	if err := r.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := r.Of(ctx, d.Slug); err != nil || ok {
		t.Errorf("a replay of thirty-one days ago is kept, %v", err)
	}
}

func TestReplayTakesNoMoreThanItsMost(t *testing.T) {
	t.Parallel()
	a, _ := replayBase(t)
	r := NewReplays(a.pool, a, ReplayOptions{Every: 10 * time.Millisecond, Most: 12})
	d := cardDraft()
	start(t, r, d)
	if got := runUntil(t, r, d.Slug); got.Done != 12 || got.LeftOut < 20 {
		t.Errorf("%+v", got)
	}
}

func TestReplayIsCancelledWhileItGathers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, _ := replayBase(t)
	r := NewReplays(a.pool, a, ReplayOptions{})
	d := cardDraft()
	start(t, r, d)
	replay, _, _ := r.Of(ctx, d.Slug)
	if _, err := a.pool.Exec(ctx, `UPDATE replays SET state = 'running' WHERE id = $1`, replay.ID); err != nil {
		t.Fatal(err)
	}
	holds, err := a.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holds.Rollback(ctx) }()
	if _, err := holds.Exec(ctx, `LOCK TABLE sample_questions IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	gathered := make(chan error, 1)
	go func() { gathered <- r.gather(ctx, replay.ID, d.Slug) }()
	for waits := false; !waits; {
		if err := a.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'sample_questions'::regclass)`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '200ms'`); err != nil {
			return err
		}
		ok, err := r.Cancel(ctx, tx, d.Slug)
		if err == nil && !ok {
			t.Error("there was nothing to cancel")
		}
		return err
	})
	if err != nil {
		t.Errorf("cancel: %v", err)
	}
	if err := holds.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-gathered; !errors.Is(err, errReplayOver) {
		t.Errorf("a cancelled replay gathered: %v", err)
	}
}
