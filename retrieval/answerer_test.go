package retrieval

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
)

func ask(t *testing.T, a *Answerer, q Question) Answer {
	t.Helper()
	answer, err := a.Answer(t.Context(), q)
	if err != nil {
		t.Fatalf("answer %q: %v", q.Text, err)
	}
	return answer
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	for question, want := range map[string]struct {
		outcome Outcome
		intent  Intent
		slug    string // of the first guide
	}{
		"трябва ми съдебно за нова работа":               {Answered, WantsAnswer, "criminal-record"},
		"kak da izvadq svidetelstvo za sadimost":         {"", WantsAnswer, "criminal-record"},
		"как да си извадя новаа лична катра":             {"", WantsAnswer, "id-card-passport"},
		"where to buy a vignette":                        {"", WantsAnswer, "vignette"},
		"искам човек":                                    {OutOfScope, WantsHuman, ""},
		"свържете ме с библиотекар":                      {OutOfScope, WantsHuman, ""},
		"iskam da govorq s chovek":                       {OutOfScope, WantsHuman, ""},
		"най-близката библиотека":                        {OutOfScope, WantsHelpPoint, ""},
		"здравейте":                                      {OutOfScope, Smalltalk, ""},
		"благодаря ви":                                   {OutOfScope, Smalltalk, ""},
		"мерси чедо, а лична карта как да извадя":        {"", WantsAnswer, "id-card-passport"},
		"благодаря чедо, а за лекарствата къде да питам": {"", WantsAnswer, ""},
		"благодаря много, всичко е ясно":                 {OutOfScope, Smalltalk, ""},
		"вече им дадох парите какво да правя":            {OutOfScope, WantsAnswer, ""},
		"помощ, къщата ми гори":                          {Emergency, WantsAnswer, ""},
		"баща ми падна и не диша":                        {Emergency, WantsAnswer, ""},
		"ne iskam da jiveq veche":                        {Emergency, WantsAnswer, ""},
		"имам силна болка в гърдите":                     {Emergency, WantsAnswer, ""},
		"паднах и не мога да стана":                      {Emergency, WantsAnswer, ""},
		"сайтът падна, не може ли да стане по телефона":  {"", "", ""},
		"къде има пари за пожарната":                     {"", "", ""},
		"къщата изгоря с личната карта, как вадя нова":   {"", WantsAnswer, "id-card-passport"},
	} {
		got := ask(t, a, Question{Text: question})
		if want.outcome != "" && got.Outcome != want.outcome || want.intent != "" && got.Intent != want.intent {
			t.Errorf("%q is %s, %s (%s), want %s, %s", question, got.Outcome, got.Intent, got.Topic, want.outcome, want.intent)
		}
		if want.slug != "" && (len(got.Guides) == 0 || got.Guides[0].Slug != want.slug) {
			t.Errorf("%q lists %v first, want %s", question, got.Guides, want.slug)
		}
		if want.outcome != Emergency && got.Outcome == Emergency {
			t.Errorf("%q is taken for danger to life", question)
		}
		if got.Text == "" || got.Model == "" || got.Confidence < 0 || got.Confidence > 1 {
			t.Errorf("%q: text %q, model %q, confidence %v", question, got.Text, got.Model, got.Confidence)
		}
	}
}

func TestScoresFallFromTheConfidence(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	for _, question := range []string{"трябва ми съдебно за нова работа", "как се вади ловен билет", "карта", "пенсия за лична карта"} {
		got := ask(t, a, Question{Text: question})
		for i, g := range got.Guides {
			switch {
			case i == 0 && math.Abs(g.Score-got.Confidence) > 1e-9:
				t.Errorf("%q: the first guide scores %.3f at a confidence of %.3f", question, g.Score, got.Confidence)
			case i > 0 && g.Score > got.Guides[i-1].Score:
				t.Errorf("%q (%s): scores rise: %v", question, got.Outcome, got.Guides)
			}
		}
	}
}

func TestAnswerIsLaidOut(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	bg := ask(t, a, Question{Text: "откъде се вади свидетелство за съдимост", Place: "12259"})
	if bg.Outcome != Answered || bg.Guide == nil || bg.Guide.Slug != "criminal-record" || len(bg.HelpPoints) == 0 {
		t.Fatalf("outcome %s, guide %v, help points %v", bg.Outcome, bg.Guide, bg.HelpPoints)
	}
	for _, words := range []string{"Свидетелство за съдимост", "За друг човек не може.", "1. Отворете egov.bg.", "КЕП – електронен подпис", "15,34 €", "https://egov.bg", "още непотвърдено от редактор", "Христо Ботев", "092 62 31 61"} {
		if !strings.Contains(bg.Text, words) {
			t.Errorf("%q is missing in\n%s", words, bg.Text)
		}
	}
	en := ask(t, a, Question{Text: "I need a criminal record certificate"})
	if en.Language != knowledge.English || en.Detected != "en" {
		t.Errorf("language %s, detected %s", en.Language, en.Detected)
	}
	for _, words := range []string{"Criminal record certificate (Свидетелство за съдимост)", "€15.34", "not yet confirmed by an editor"} {
		if !strings.Contains(Lay(en), words) {
			t.Errorf("%q is missing in\n%s", words, en.Text)
		}
	}
}

func TestPlaceInTheQuestionGivesItsLibrary(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	got := ask(t, a, Question{Text: "къде е библиотеката във Враца"})
	if got.Intent != WantsHelpPoint || got.Place == nil || got.Place.Place.Ekatte != "12259" || len(got.HelpPoints) == 0 || got.HelpPoints[0].ID != "vratsa" {
		t.Fatalf("intent %s, place %+v, help points %+v", got.Intent, got.Place, got.HelpPoints)
	}
}

func TestPublishedGuideIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	a, store := smallAnswerer(t, Options{})
	before := a.serving.Load().weights.version
	g := smallGuide{slug: "fishing-permit", title: "Билет за любителски риболов", titleEn: "Fishing permit", names: []string{"риболовен билет", "билет за риба"}, audience: knowledge.Citizen}.guide()
	if _, err := store.Publish(t.Context(), g, "editor"); err != nil {
		t.Fatal(err)
	}
	if err := a.followAlone(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := a.serving.Load().weights.version; now != before {
		t.Fatalf("the weights changed from %s to %s: following must not learn", before, now)
	}
	got := ask(t, a, Question{Text: "искам билет за риболов"})
	if len(got.Guides) == 0 || got.Guides[0].Slug != "fishing-permit" {
		t.Fatalf("%s: %v", got.Outcome, got.Guides)
	}
	if got.Guides[0].Version != 1 {
		t.Errorf("version %d", got.Guides[0].Version)
	}
}

func TestChangedGuideIsLaidOutInItsNewVersion(t *testing.T) {
	t.Parallel()
	a, store := smallAnswerer(t, Options{})
	g := smallGuides[0].guide()
	g.Version = 1
	text := g.Text[knowledge.Bulgarian]
	text.Summary = "Ново обяснение на услугата."
	g.Text[knowledge.Bulgarian] = text
	if _, err := store.Publish(t.Context(), g, "editor"); err != nil {
		t.Fatal(err)
	}
	got := ask(t, a, Question{Text: "откъде се вади свидетелство за съдимост"})
	if !strings.Contains(got.Text, "Ново обяснение") || got.Guides[0].Version != 2 {
		t.Fatalf("version %d:\n%s", got.Guides[0].Version, got.Text)
	}
}

func TestSignpostIsKnownByItsSampleQuestions(t *testing.T) {
	t.Parallel()
	pool, store := smallBase(t)
	for _, q := range []string{"братовчедът иска да стреля глигани", "пушка за глигани есента кой дава книжка", "как се става член на дружинката за глигани", "за глигани и зайци какъв изпит се държи"} {
		if err := store.AddSample(t.Context(), knowledge.Sample{Text: q, Kind: "plain", Language: "bg", Signpost: "Ловен билет"}, "editor"); err != nil {
			t.Fatal(err)
		}
	}
	for title, want := range map[string]bool{"Ловен билет": true, "Няма го": false} {
		if err := store.AddSample(t.Context(), knowledge.Sample{Text: "стъпка за " + title, Kind: "plain", Language: "bg", Signpost: title}, "editor"); err != nil {
			t.Fatal(err)
		}
		samples, err := store.Samples(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		signposts, err := store.Signposts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pieces := Corpus{Samples: samples, Signposts: signposts}.pieces()
		if got := slices.ContainsFunc(pieces, func(p piece) bool { return p.text == "стъпка за "+title && p.classes[0] == "="+title }); got != want {
			t.Errorf("%s: learned %v, want %v", title, got, want)
		}
	}
	a := New(pool, store, Options{})
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := ask(t, a, Question{Text: "кой ще ми даде книжка за глигани"})
	if got.Outcome != Abstained || got.Signpost == nil || got.Signpost.Title != "Ловен билет" {
		t.Errorf("%s, signpost %v, guides %v", got.Outcome, got.Signpost, got.Guides)
	}
	if err := store.AddSample(t.Context(), knowledge.Sample{Text: "две неща", Kind: "plain", Language: "bg", Signpost: "Ловен билет", Expected: []string{"vignette"}}, "editor"); err == nil {
		t.Error("a question may not have both a guide and a signpost")
	}
}

func TestReplicasSwapToTheNewestModel(t *testing.T) {
	t.Parallel()
	pool, store := smallBase(t)
	leader, follower := New(pool, store, Options{}), New(pool, store, Options{})
	if _, err := follower.Answer(t.Context(), Question{Text: "винетка"}); err == nil {
		t.Fatal("answered before any model was learned")
	}
	if err := leader.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ok, err := follower.Ready(t.Context()); !ok || err != nil {
		t.Fatalf("Ready = %v, %v", ok, err)
	}
	if err := store.AddSample(t.Context(), knowledge.Sample{Text: "лепенка за аутобана", Expected: []string{"vignette"}, Kind: "plain", Language: "bg"}, "editor"); err != nil {
		t.Fatal(err)
	}
	if err := leader.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := leader.serving.Load().weights.version
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- follower.Run(ctx) }()
	within(t, 10*time.Second, "the follower serves "+want, func() bool { return follower.serving.Load().weights.version == want })
	cancel()
	if err := <-done; err != nil {
		t.Fatalf("Run: %v", err)
	}
	if got := ask(t, follower, Question{Text: "лепенка за аутобана"}); len(got.Guides) == 0 || got.Guides[0].Slug != "vignette" {
		t.Errorf("the new sample question is not known: %v", got.Guides)
	}
}

func TestUpdateLearnsNothingWhereNothingChanged(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	var before, after int
	count := `SELECT count(*) FROM models`
	if err := a.pool.QueryRow(t.Context(), count).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.pool.QueryRow(t.Context(), count).Scan(&after); err != nil || before != 1 || after != 1 {
		t.Fatalf("%d models, then %d (%v)", before, after, err)
	}
}

func TestContextCarriesAShortFollowUp(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	got := ask(t, a, Question{Text: "а колко струва?", Context: []string{"къде се купува винетка"}})
	if len(got.Guides) == 0 || got.Guides[0].Slug != "vignette" {
		t.Fatalf("%s: %v", got.Outcome, got.Guides)
	}
	if got := ask(t, a, Question{Text: "и сега какво", Context: []string{"баща ми падна и не диша"}}); got.Outcome != Emergency {
		t.Fatalf("danger in what was said before is forgotten: %s", got.Outcome)
	}
}

func TestSignpostIsNamedWhereNoGuideAnswers(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	got := ask(t, a, Question{Text: "изпит за ловец и билет за лов"})
	if got.Outcome != Abstained || got.Signpost == nil || got.Signpost.Title != "Ловен билет" {
		t.Fatalf("%s, signpost %v, guides %v", got.Outcome, got.Signpost, got.Guides)
	}
	if !strings.Contains(got.Text, "Изпълнителна агенция по горите") {
		t.Errorf("the authority is missing in\n%s", got.Text)
	}
}

func TestRecordKeepsTheEvidence(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	q := Question{Text: "откъде се вади свидетелство за съдимост", Context: []string{"здравейте"}}
	answer := ask(t, a, q)
	id, err := a.Record(t.Context(), a.pool, q, answer, 7)
	if err != nil {
		t.Fatal(err)
	}
	var question, outcome, slug, source string
	read := `SELECT question, outcome, coalesce(guides->0->>'slug', ''), coalesce(evidence->0->>'source', '') FROM answers WHERE id = $1`
	if err := a.pool.QueryRow(t.Context(), read, id).Scan(&question, &outcome, &slug, &source); err != nil {
		t.Fatal(err)
	}
	if question != q.Text || outcome != string(answer.Outcome) || slug != "criminal-record" || source == "" {
		t.Errorf("kept %q, %s, %s, %s", question, outcome, slug, source)
	}
	if err := a.Forget(t.Context(), a.pool, []int64{7}); err != nil {
		t.Fatal(err)
	}
	if err := a.pool.QueryRow(t.Context(), read, id).Scan(&question, &outcome, &slug, &source); err != nil || question != "" || slug == "" {
		t.Errorf("after forgetting: %q, %s (%v)", question, slug, err)
	}
	if _, err := a.Record(t.Context(), a.pool, Question{Text: "x"}, Answer{Outcome: OutOfScope, Intent: Smalltalk}, 0); err != nil {
		t.Errorf("an answer of nobody's conversation: %v", err)
	}
}
