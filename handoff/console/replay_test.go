package console

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// vignette is a second guide, so that there is something to tell apart.
func vignette() knowledge.Guide {
	g := guide()
	g.Slug = "vignette"
	text := g.Text[knowledge.Bulgarian]
	text.Title, text.Authority, text.Names = "Електронна винетка", "Агенция „Пътна инфраструктура“", []string{"винетка", "стикер за магистрала"}
	text.Summary, text.Who = "Такса за пътуване по магистрали с лека кола.", "Всеки шофьор."
	text.Exceptions, text.Where = []string{"За тир не важи."}, "На сайта за винетки."
	text.Steps, text.Needed, text.Time, text.FeeNote = []string{"Въведете номера на колата.", "Платете с карта."}, []string{"Номер на колата."}, "веднага", ""
	g.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	return g
}

// learned publishes two guides with sample questions, has people ask, and learns from it.
func (b *bundle) learned() {
	b.Helper()
	if _, err := b.store.Publish(b.ctx, vignette(), "test"); err != nil {
		b.Fatal(err)
	}
	for slug, questions := range map[string][]string{
		"criminal-record": {"трябва ми съдебно за нова работа", "откъде се вади свидетелство за съдимост", "искат ми чисто съдебно минало", "бележка че не съм осъждан", "колко струва съдимост", "съдимост онлайн"},
		"vignette":        {"къде се купува винетка", "колко струва годишната винетка", "стикер за магистралата", "седмична винетка", "сбърках номера на винетката", "винетка за кола"},
		"":                {"рецепта за баница", "кой спечели мача", "кога ще вали", "искам развод", "разрешително за оръжие", "скучно ми е"},
	} {
		for _, q := range questions {
			sample := knowledge.Sample{Text: q, Kind: "plain", Language: "bg"}
			if slug != "" {
				sample.Expected = []string{slug}
			} else {
				sample.Kind = "near-miss"
			}
			if err := b.store.AddSample(b.ctx, sample, "test"); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := b.answerer.Update(b.ctx); err != nil {
		b.Fatal(err)
	}
	for i, q := range []string{"съдимост за чужбина колко време", "съдимост за чужбина колко време", "чип за куче"} {
		question := retrieval.Question{Text: q}
		answer, err := b.answerer.Answer(b.ctx, question)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := b.answerer.Record(b.ctx, b.pool, question, answer, int64(1000+i)); err != nil {
			b.Fatal(err)
		}
	}
}

// redrafted drafts the first guide anew: an exception is gone, and a name is new.
func (b *bundle) redrafted(by staff.Account) {
	b.Helper()
	b.drafted("criminal-record", by, func(g *knowledge.Guide, t *knowledge.Text) {
		t.Exceptions, t.Names = []string{"Свидетелство за юридическо лице се иска само на гише."}, append(t.Names, "чип за куче")
	})
}

// replaying lets replays run until the test ends or the function given back is called.
func (b *bundle) replaying() (stop func()) {
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := b.replays.Run(ctx); err != nil {
			b.Error(err)
		}
	}()
	return func() { cancel(); <-ended }
}

func TestADraftIsTriedBeforeItIsPublished(t *testing.T) {
	b := setup(t)
	account, w := b.editor("Елена")
	const page = "/console/guides/criminal-record/try"
	w.get(page).has(t, "Няма чернова", `name="question"`)
	w.post(page, "question", "съдимост").has(t, "Търсенето още се подготвя")
	b.learned()
	b.redrafted(account)
	if got := w.post(page, "question", " "); got.code != http.StatusUnprocessableEntity {
		t.Errorf("an empty question: %d", got.code)
	}
	w.post(page, "question", "чип за куче").has(t, "Беше:", "Става:", "не намира упътване и предлага библиотекар")
	part := w.post(page, "question", "откъде се вади свидетелство за съдимост", "part", "1")
	part.has(t, "Вече не казва изключението:", "Ако сте роден в чужбина", "само на гише", "С черновата")
	part.lacks(t, "<html", "<form")
	w.post(page, "question", "къде се купува винетка").has(t, "Без промяна", "И сега, и с черновата: отговаря „Електронна винетка“.")
	w.post(page, "question", "а колко струва", "goes_on", "yes").has(t, "След упътването „Електронно свидетелство за съдимост“")
	if g, _, err := b.store.Guide(b.ctx, "criminal-record"); err != nil || g.Version != 1 {
		t.Errorf("version %d, %v", g.Version, err)
	}
	var kept int
	if err := b.pool.QueryRow(b.ctx, `SELECT count(*) FROM answers`).Scan(&kept); err != nil || kept != 3 {
		t.Errorf("%d answers are kept, %v", kept, err)
	}
	// Long past its date, but reviewed since the draft was begun: it is tried, shown and replayed as publishing would have it.
	b.exec(`DELETE FROM guide_drafts`)
	b.publish("criminal-record", "Електронно свидетелство за съдимост", func(g *knowledge.Guide, _ *knowledge.Text) { g.ReviewBy = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) })
	b.redrafted(account)
	var next time.Time
	if err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
		next, err = b.store.ReviewGuide(b.ctx, tx, "criminal-record", 2, time.Now(), knowledge.Editor{ID: "staff:1"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.post(page, "question", "откъде се вади свидетелство за съдимост", "part", "1").has(t, "Вече не казва изключението:", "Ако сте роден в чужбина", "само на гише", "С черновата")
	w.get("/console/guides/criminal-record/preview?on=web&language=bg").has(t, "само на гише")
	w.post("/console/guides/criminal-record/replay")
	var tried knowledge.Guide
	if err := b.pool.QueryRow(b.ctx, `SELECT guide FROM replays`).Scan(&tried); err != nil || !tried.ReviewBy.Equal(next) {
		t.Errorf("replayed with the review date %v, %v, want %v", tried.ReviewBy, err, next)
	}
	if got := w.get("/console/guides/nothing/try"); got.code != http.StatusNotFound {
		t.Errorf("a guide that isn't there: %d", got.code)
	}
}

// A replay of what is not a municipality's is read by its editor, and neither begun nor stopped.
func TestAReplayIsBegunAndStoppedByWhoseTheDraftIs(t *testing.T) {
	b := setup(t)
	account, w := b.editor("Елена")
	vratsa := b.as(b.account(staff.Profile{Email: "vratsa@example.bg", Name: "Враца", Roles: []staff.Role{staff.Editor}, Municipality: "VRC10"}))
	const page = "/console/guides/criminal-record/replay"
	b.redrafted(account)
	vratsa.get(page).lacks(t, "Сравни отговорите</button>")
	if got := vratsa.post(page); got.code != http.StatusForbidden {
		t.Errorf("begun: %d", got.code)
	}
	w.post(page)
	if got := vratsa.post(page + "/cancel"); got.code != http.StatusForbidden {
		t.Errorf("stopped: %d", got.code)
	}
	vratsa.get(page).has(t, "Чака реда си")
	vratsa.get(page).lacks(t, "/replay/cancel")
	if replay, _, err := b.replays.Of(b.ctx, "criminal-record"); err != nil || replay.State != retrieval.ReplayWaits {
		t.Errorf("%+v, %v", replay, err)
	}
	b.drafted("own", account, func(g *knowledge.Guide, t *knowledge.Text) { g.Municipality, t.Title = "VRC10", "Свое" })
	if got := vratsa.post("/console/guides/own/replay"); got.location != "/console/guides/own/replay" {
		t.Errorf("of its own guide: %d", got.code)
	}
	if got := vratsa.post("/console/guides/own/replay/cancel"); got.location != "/console/guides/own/replay" {
		t.Errorf("of its own guide: %d", got.code)
	}
}

func TestAReplayIsReadByAnEditor(t *testing.T) {
	b := setup(t)
	account, w := b.editor("Елена")
	const page = "/console/guides/criminal-record/replay"
	w.get(page).has(t, "Упътването няма чернова")
	if got := w.post(page); got.location != page {
		t.Fatalf("%d %s", got.code, got.location)
	}
	w.get(page).has(t, "Упътването няма чернова")
	b.learned()
	b.redrafted(account)
	w.get(page).has(t, "Черновата още не е сравнявана", "Сравни отговорите")
	if got := w.post(page); got.location != page {
		t.Fatalf("%d %s", got.code, got.location)
	}
	w.get(page).has(t, "Чака реда си", "<progress", "Спри")
	progress := w.get(page + "/progress")
	progress.has(t, "data-running", "<progress")
	progress.lacks(t, "<html")
	if got := w.post(page + "/cancel"); got.location != page {
		t.Fatalf("%d %s", got.code, got.location)
	}
	w.post(page + "/cancel") // twice changes nothing
	w.get(page).has(t, "Сравнението е спряно", "Сравни отново")
	w.post(page)
	stop := b.replaying()
	defer stop()
	for deadline := time.Now().Add(time.Minute); strings.Contains(w.get(page+"/progress").body, "data-running"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the replay is never over")
		}
	}
	lost := w.get(page + "?kind=lost")
	lost.has(t, "Черновата променя", "Губи се нещо", "Примерен въпрос на това упътване", "Вече не казва изключението:", "Ако сте роден в чужбина", "Питали са го 2 души за 30 дни", "Вие, днес", "7 въпроса")
	lost.lacks(t, "винетка")
	if own, people := strings.Index(lost.body, "Примерен въпрос на"), strings.Index(lost.body, "Питали са го"); own > people {
		t.Error("people's questions stand before the guide's own")
	}
	w.get(page+"?kind=better").has(t, "чип за куче", "не намира упътване")
	w.get(page+"?kind=words&page=7").has(t, "Никой отговор не сменя само думите си")
	w.get(page).has(t, `aria-current="page"`)
	w.get(page).lacks(t, "Сравнете отново.")
	b.redrafted(account)
	w.get(page).has(t, "След това черновата или публикуваното се промени.")
	entries, err := b.staff.Audit(b.ctx, staff.AuditFilter{Area: "guide", By: account.ID})
	if err != nil || len(entries) != 3 || entries[0].Verb != "guide.replay" || entries[1].Verb != "guide.replay-cancel" {
		t.Errorf("audit log %+v, %v", entries, err)
	}
}

// What people wrote stays text, in questions as in answers.
func TestReplayedQuestionsStayText(t *testing.T) {
	b := setup(t)
	account, w := b.editor("Елена")
	b.learned()
	b.redrafted(account)
	const evil = `трябва ми <b>съдебно</b> за нова работа`
	w.post("/console/guides/criminal-record/try", "question", evil).lacks(t, "<b>съдебно")
	answer, err := b.answerer.Answer(b.ctx, retrieval.Question{Text: evil})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.answerer.Record(b.ctx, b.pool, retrieval.Question{Text: evil}, answer, 7); err != nil {
		t.Fatal(err)
	}
	w.post("/console/guides/criminal-record/replay")
	stop := b.replaying()
	defer stop()
	for strings.Contains(w.get("/console/guides/criminal-record/replay/progress").body, "data-running") {
		time.Sleep(20 * time.Millisecond)
	}
	found := false
	for _, kind := range retrieval.ReplayKinds() {
		got := w.get(fmt.Sprintf("/console/guides/criminal-record/replay?kind=%s", kind))
		got.lacks(t, "<b>съдебно")
		found = found || strings.Contains(got.body, "&lt;b&gt;съдебно")
	}
	if !found {
		t.Error("the question is in no list")
	}
}

// TestReplayPhrasesExistAndAreSaid holds the phrases of this area to what its pages say.
func TestReplayPhrasesExistAndAreSaid(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, kind := range append(retrieval.ReplayKinds(), retrieval.Same) {
		said["kind_"+string(kind)] = true
		if kind != retrieval.Same {
			said["what_"+string(kind)], said["none_"+string(kind)] = true, true
		}
	}
	for _, key := range strings.Fields("state_cancelled state_failed try_audience_ try_audience_citizen try_audience_business try_empty try_not_ready try_busy") {
		said[key] = true
	}
	for _, pattern := range []string{"*.html", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`\.(R|RN)[ (]"([a-z_]+)"|"replay\.([a-z_]+)"`).FindAllStringSubmatch(string(data), -1) {
				switch {
				case m[1] == "RN":
					said[m[2]+".one"], said[m[2]+".many"] = true, true
				default:
					said[m[2]+m[3]] = true
				}
			}
		}
	}
	for key := range said {
		for _, language := range []string{"bg", "en"} {
			if !i18n.Has(language, "replay."+key) {
				t.Errorf("replay.%s is missing in %s", key, language)
			}
		}
	}
	for _, key := range i18n.Keys("bg") {
		if rest, ok := strings.CutPrefix(key, "replay."); ok && !said[rest] {
			t.Errorf("replay.%s is said nowhere", rest)
		}
	}
}

// A line through words that differ isn't broken by the spaces between them, and nothing of either answer is lost.
func TestReplayedWordsHangTogether(t *testing.T) {
	t.Parallel()
	q := replayed{ReplayedQuestion: retrieval.ReplayedQuestion{Kind: retrieval.OtherWords,
		Before: retrieval.ReplayAnswer{Text: "Заглавие\n– Ако сте роден в чужбина.\nКрай.\n"}, After: retrieval.ReplayAnswer{Text: "Заглавие\n– Само на гише, лично.\nКрай.\n"}}}
	var before, after strings.Builder
	differ := 0
	for _, p := range q.Parts() {
		if p.Before {
			before.WriteString(p.Text)
		}
		if p.After {
			after.WriteString(p.Text)
		}
		if p.Before != p.After {
			differ++
		}
	}
	if before.String() != q.Before.Text || after.String() != q.After.Text {
		t.Errorf("put together again: %q, %q", before.String(), after.String())
	}
	if differ > 4 {
		t.Errorf("%d parts differ: %v", differ, q.Parts())
	}
}
