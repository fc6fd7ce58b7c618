package handoff

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// wordReader sees in a text its words, cut to five letters: the same words are the same meaning. Records are real.
type wordReader struct {
	*retrieval.Answerer
	version string
	answers map[string]knowledge.Guide // by a word of the question
	age     knowledge.Age              // of all of them
	read    int                        // texts that were embedded
	fault   error                      // of the next answer
}

func (r *wordReader) Version(context.Context) (string, error) {
	if r.version == "" {
		return "", retrieval.ErrNotReady
	}
	return r.version, nil
}

func wordsOf(text string) (list []string) {
	for _, w := range strings.Fields(strings.ToLower(text)) {
		if w = strings.Trim(w, "?.,!"); len([]rune(w)) > 3 {
			list = append(list, string([]rune(w)[:min(5, len([]rune(w)))]))
		}
	}
	return list
}

func (r *wordReader) Embed(_ context.Context, texts []string) ([][]float32, error) {
	r.read += len(texts)
	all := make([][]float32, len(texts))
	for i, text := range texts {
		all[i] = make([]float32, 64)
		for _, w := range wordsOf(text) {
			h := fnv.New32a()
			h.Write([]byte(r.version + w))
			all[i][h.Sum32()%64]++
		}
		var square float64
		for _, x := range all[i] {
			square += float64(x * x)
		}
		for k := range all[i] {
			all[i][k] /= float32(math.Max(1e-9, math.Sqrt(square)))
		}
	}
	return all, nil
}

func (r *wordReader) Subjects(_ context.Context, texts []string) ([][]retrieval.Subject, error) {
	all := make([][]retrieval.Subject, len(texts))
	for i, text := range texts {
		for _, w := range wordsOf(text) {
			all[i] = append(all[i], retrieval.Subject{Word: w, Weight: 3})
		}
	}
	return all, nil
}

func (r *wordReader) Answer(_ context.Context, q retrieval.Question) (retrieval.Answer, error) {
	if err := r.fault; err != nil {
		r.fault = nil
		return retrieval.Answer{}, err
	}
	for word, g := range r.answers {
		if strings.Contains(strings.ToLower(q.Text), word) {
			return retrieval.Answer{Outcome: retrieval.Answered, Intent: retrieval.WantsAnswer, Language: "bg", Detected: "bg", Confidence: 0.9, Guide: &g, Age: r.age,
				Guides: []retrieval.Ranked{{Slug: g.Slug, Version: max(1, g.Version), Score: 0.9}}, Model: "test"}, nil
		}
	}
	return retrieval.Answer{Outcome: retrieval.Abstained, Intent: retrieval.WantsAnswer, Language: "bg", Detected: "bg", Model: "test"}, nil
}

// editing is a desk with a work list, and an editor.
type editing struct {
	*bundle
	list   *Worklist
	reader *wordReader
	editor staff.Account
	by     knowledge.Editor
	store  *knowledge.Store
}

func setupWorklist(t *testing.T) *editing {
	t.Helper()
	b := setup(t)
	e := &editing{bundle: b, store: knowledge.NewStore(b.pool)}
	e.reader = &wordReader{Answerer: retrieval.New(b.pool, e.store, retrieval.Options{}), version: "one", answers: map[string]knowledge.Guide{}}
	e.list = NewWorklist(b.desk, e.reader, WorklistOptions{Settle: -1})
	e.editor = b.account(staff.Profile{Email: "editor@example.bg", Roles: []staff.Role{staff.Editor}})
	e.by = knowledge.Editor{ID: fmt.Sprintf("staff:%d", e.editor.ID)}
	if err := e.store.AllowHost(b.ctx, "egov.bg", "test"); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *editing) collect() {
	e.Helper()
	if err := e.list.Collect(e.ctx); err != nil {
		e.Fatal(err)
	}
}

// contact gives the conversation of somebody, who is new where the key is.
func (e *editing) contact(key string) (conversation int64) {
	e.Helper()
	err := e.pool.QueryRow(e.ctx, `SELECT c.id FROM conversations c JOIN contacts k ON k.id = c.contact WHERE k.key = $1`, key).Scan(&conversation)
	if errors.Is(err, pgx.ErrNoRows) {
		return e.person(key)
	}
	if err != nil {
		e.Fatal(err)
	}
	return conversation
}

// asks lets somebody ask the guides, as the bot does, and gives the answer's number. Nobody is the API.
func (e *editing) asks(key, question string) int64 {
	e.Helper()
	var conversation int64
	if key != "" {
		conversation = e.contact(key)
	}
	q := retrieval.Question{Text: question}
	a, err := e.reader.Answer(e.ctx, q)
	if err != nil {
		e.Fatal(err)
	}
	id, err := e.reader.Record(e.ctx, e.pool, q, a, conversation)
	if err != nil {
		e.Fatal(err)
	}
	e.exec(`UPDATE answers SET answered_at = $2 WHERE id = $1`, id, e.now())
	return id
}

func (e *editing) rates(key string, answer int64, rating, reason string) {
	e.Helper()
	e.exec(`INSERT INTO feedback (answer, contact, rating, reason, created_at, updated_at)
		SELECT $1, contact, $3, nullif($4, ''), $5, $5 FROM conversations WHERE id = $2
		ON CONFLICT (answer, contact) DO UPDATE SET rating = EXCLUDED.rating, reason = EXCLUDED.reason, updated_at = EXCLUDED.updated_at`,
		answer, e.contact(key), rating, reason, e.now())
}

func (e *editing) problems(state string) []Problem {
	e.Helper()
	list, _, err := e.list.Problems(e.ctx, ProblemFilter{State: state}, 50)
	if err != nil {
		e.Fatal(err)
	}
	return list
}

func (e *editing) guide(slug, title string) knowledge.Guide {
	return knowledge.Guide{
		Slug: slug, Audience: knowledge.Citizen, Status: knowledge.Active, Link: "https://egov.bg", Identification: []knowledge.Means{knowledge.KEP},
		Sources: []knowledge.Source{{URL: "https://egov.bg", Title: "Портал"}},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
			Title: title, Authority: "Агенция", Summary: title + ". Прави се от дома.", Who: "Всеки.", Exceptions: []string{"За друг не може."}, Where: "На egov.bg.",
			Steps: []string{"Отворете egov.bg."}, Needed: []string{"Лична карта."}, Fees: []knowledge.Fee{{Cents: 500, What: "такса"}}, Time: "веднага", Names: []string{strings.ToLower(title)},
		}},
	}
}

func (e *editing) publish(g knowledge.Guide) {
	e.Helper()
	if _, err := e.store.Publish(e.ctx, g, "test"); err != nil {
		e.Fatal(err)
	}
}

// publishDraft publishes what stands in a draft, after filling in what a guide needs.
func (e *editing) publishDraft(slug string) {
	e.Helper()
	d, ok, err := e.store.Draft(e.ctx, slug)
	if err != nil || !ok {
		e.Fatal(ok, err)
	}
	if d.New() {
		title := d.Guide.Text[knowledge.Bulgarian].Title
		d.Guide = e.guide(slug, title)
	}
	err = pgx.BeginFunc(e.ctx, e.pool, func(tx pgx.Tx) error {
		d, err := e.store.SaveDraft(e.ctx, tx, d, e.by)
		if err != nil {
			return err
		}
		_, err = e.store.PublishDraft(e.ctx, tx, slug, d.Revision, e.by)
		return err
	})
	if err != nil {
		e.Fatal(err)
	}
	// A published version carries the database's clock; the desk's runs elsewhere.
	e.exec(`UPDATE problems SET fixed_at = fixed_at WHERE fix = $1`, slug)
}

func TestSameProblemInOtherWordsIsOneLine(t *testing.T) {
	e := setupWorklist(t)
	e.asks("a", "как се вади ловен билет")
	e.asks("a", "ловен билет къде")
	e.asks("b", "искам ловен билет за сина")
	e.asks("", "ловен билет онлайн") // the API's: a case, and nobody
	e.asks("c", "регистрация на лодка")
	e.collect()
	list := e.problems("open")
	if len(list) != 2 {
		t.Fatalf("%d problems: %+v", len(list), list)
	}
	if p := list[0]; p.People != 2 || p.Items != 4 || p.Sources["unanswered"] != 4 || p.Recent != 2 || p.Earlier != 0 || !strings.Contains(p.Name(), "ловен") {
		t.Errorf("hunting: %+v", p)
	}
	if p := list[1]; p.People != 1 || p.Name() != "регистрация на лодка" {
		t.Errorf("boat: %+v", p)
	}
	first := list[0].ID
	// Another model sees other vectors: who belongs together stays together, and what is new comes to it.
	e.reader.version = "two"
	e.asks("d", "билет ловен удостоверение")
	e.collect()
	e.collect()
	if list = e.problems("open"); len(list) != 2 || list[0].ID != first || list[0].People != 3 || list[0].Items != 5 {
		t.Errorf("after another model: %+v", list)
	}
	cases, more, err := e.list.Cases(e.ctx, first, 0, 3)
	if err != nil || !more || len(cases) != 3 || cases[0].Question != "билет ловен удостоверение" || cases[0].Source != "unanswered" {
		t.Errorf("%v %v %+v", err, more, cases)
	}
}

func TestComplaintsComeToTheGuideOrToTheQuestion(t *testing.T) {
	e := setupWorklist(t)
	g := e.guide("boat", "Регистрация на лодка")
	e.publish(g)
	e.reader.answers["лодка"] = g
	old := e.asks("a", "таксата за лодка")
	e.rates("a", old, "bad", "outdated")
	other := e.asks("b", "лодка под наем")
	e.rates("b", other, "bad", "wrong-service")
	good := e.asks("c", "лодка")
	e.rates("c", good, "good", "")
	maria := e.librarian("maria@example.bg", "vratsa")
	_, ticket := e.claimed("d", maria)
	e.do(e.desk.Close(e.ctx, ticket, maria, Closing{Outcome: NotHelped, Effort: 3, Guide: Wrong, Slug: "boat", Comment: "таксата е 8 евро"}))
	kept, err := e.list.ReportPage(e.ctx, bot.Report{Guide: "boat", Part: "fee", Text: "Таксата е друга, ЕГН 7523169263", Official: true})
	if err != nil || kept != bot.ReportKept {
		t.Fatal(kept, err)
	}
	e.collect()
	list := e.problems("open")
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	if p := list[0]; p.Guide != "boat" || p.GuideTitle != "Регистрация на лодка" || p.People != 3 || p.Items != 3 || p.Sources["rating"] != 1 || p.Sources["closing"] != 1 || p.Sources["report"] != 1 {
		t.Errorf("the guide's: %+v", p)
	}
	if p := list[1]; p.Guide != "" || p.Name() != "лодка под наем" {
		t.Errorf("the question's: %+v", p)
	}
	cases, _, err := e.list.Cases(e.ctx, list[0].ID, 0, 10)
	if err != nil || len(cases) != 3 {
		t.Fatal(err, cases)
	}
	for _, c := range cases {
		if strings.Contains(c.Words+c.Question+c.Comment, "7523") {
			t.Errorf("unmasked: %+v", c)
		}
		if c.Source == "report" && (c.Part != "fee" || !c.Official) || c.Source == "closing" && (c.FromName != maria.Name || c.Words != "таксата е 8 евро") || c.Source == "rating" && c.Reason != "outdated" {
			t.Errorf("%+v", c)
		}
	}
	// A rating that is taken back goes.
	e.rates("a", old, "good", "")
	e.collect()
	if p := e.problems("open")[0]; p.Sources["rating"] != 0 || p.People != 2 {
		t.Errorf("after the rating was taken back: %+v", p)
	}
}

func TestAGuideFixesAProblem(t *testing.T) {
	e := setupWorklist(t)
	e.asks("a", "как се вади ловен билет")
	asked := e.asks("b", "ловен билет за баща ми")
	maria := e.librarian("maria@example.bg", "vratsa")
	c, ticket := e.claimed("librarian", maria)
	e.exec(`UPDATE tickets SET summary = 'ловен билет как се вади' WHERE id = $1`, ticket)
	e.do(onlyError(e.desk.Reply(e.ctx, ticket, maria, "Вземете бележка от ИАГ. Телефон 0888 123 456")))
	e.do(e.desk.Close(e.ctx, ticket, maria, Closing{Outcome: Answered, Effort: 3, Guide: Missing, Comment: "за билета няма упътване"}))
	kept, err := e.list.HearBack(e.ctx, e.pool, e.contact("b"), asked)
	if err != nil || !kept {
		t.Fatal(kept, err)
	}
	if kept, err := e.list.HearBack(e.ctx, e.pool, e.contact("a"), asked); err != nil || kept {
		t.Error("somebody else's question was taken", err)
	}
	e.collect()
	list := e.problems("open")
	if len(list) != 1 || list[0].People != 3 {
		t.Fatalf("%+v", list)
	}
	id := list[0].ID
	var fault *staff.Fault
	if err := e.list.BeginGuide(e.ctx, e.editor, e.by, id, "Не е", "Ловен билет"); !errors.As(err, &fault) || fault.Field != "slug" {
		t.Errorf("a bad slug: %v", err)
	}
	e.do(e.list.BeginGuide(e.ctx, e.editor, e.by, id, "loven-bilet", "Ловен билет"))
	if err := e.list.BeginGuide(e.ctx, e.editor, e.by, id, "other", "Ловен билет"); !errors.Is(err, ErrProblemState) {
		t.Errorf("two editors began: %v", err)
	}
	d, ok, err := e.store.Draft(e.ctx, "loven-bilet")
	if err != nil || !ok || d.Guide.Text["bg"].Title != "Ловен билет" {
		t.Fatal(ok, err, d)
	}
	if !strings.Contains(d.Notes, "за билета няма упътване") || strings.Contains(d.Notes, "ИАГ") || strings.Contains(d.Notes, "баща ми") {
		t.Errorf("notes: %s", d.Notes)
	}
	if said := e.replies("loven-bilet"); !strings.Contains(said, "бележка от ИАГ") || strings.Contains(said, "0888") || strings.Contains(said, "баща ми") {
		t.Errorf("replies: %s", said)
	}
	e.collect()
	if list := e.problems("working"); len(list) != 1 || list[0].Fix != "loven-bilet" {
		t.Fatalf("%+v", list)
	}
	e.publishDraft("loven-bilet")
	e.exec(`ALTER TABLE guide_versions DISABLE TRIGGER USER`)
	e.exec(`UPDATE guide_versions SET published_at = $1 WHERE slug = 'loven-bilet'`, e.now())
	e.reader.answers["ловен"] = e.guide("loven-bilet", "Ловен билет")
	// It is told by day only.
	e.skip(10 * time.Hour)
	e.collect()
	fixed := e.problems("fixed")
	if len(fixed) != 1 || fixed[0].ID != id || fixed[0].ByName != e.editor.Name {
		t.Fatalf("%+v", fixed)
	}
	if heard := e.heard(e.contact("b")); len(heard) != 0 {
		t.Errorf("told at night: %q", heard)
	}
	var open int
	if err := e.pool.QueryRow(e.ctx, `SELECT count(*) FROM guide_tasks WHERE state = 'open'`).Scan(&open); err != nil || open != 0 {
		t.Error(open, err)
	}
	e.skip(12 * time.Hour)
	e.collect()
	e.collect()
	heard := e.heard(e.contact("b"))
	if len(heard) != 1 || !strings.Contains(heard[0], "ловен билет за баща ми") {
		t.Fatalf("told: %q", heard)
	}
	messages, _ := e.conversations.Messages(e.ctx, e.contact("b"), 0, 10)
	if m := messages[len(messages)-1]; m.Body == nil || m.Body.Guide == nil || m.Body.Guide.Slug != "loven-bilet" || m.Body.AnswerID == 0 {
		t.Errorf("without the guide: %+v", m)
	}
	var counted, unasked int
	if err := e.pool.QueryRow(e.ctx, `SELECT count(*) FILTER (WHERE NOT unasked), count(*) FILTER (WHERE unasked) FROM answers`).Scan(&counted, &unasked); err != nil || counted != 2 || unasked != 1 {
		t.Errorf("%d questions and %d that nobody asked, %v", counted, unasked, err)
	}
	again := e.asks("d", "ловен билет колко струва")
	e.rates("d", again, "good", "")
	e.asks("e", "искам ловен билет")
	e.collect()
	after, err := e.list.After(e.ctx, []int64{id})
	if a := after[id]; err != nil || a != (After{Asked: 2, Answered: 2, Good: 1, Told: 1}) {
		t.Errorf("%+v %v", a, err)
	}
	// Nobody is answered any more: it comes back, once two people have missed it.
	delete(e.reader.answers, "ловен")
	e.asks("f", "как се вади ловен билет")
	e.collect()
	if len(e.problems("fixed")) != 1 {
		t.Error("one miss brought it back")
	}
	e.asks("g", "ловен билет как се вади")
	e.collect()
	if list := e.problems("open"); len(list) != 1 || list[0].ID != id || !list[0].Back() {
		t.Errorf("it did not come back: %+v", list)
	}
	_ = c
}

func TestWhatEditorsDoWithAProblem(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	hunting := []int64{e.asks("a", "ловен билет"), e.asks("b", "ловен билет")}
	e.asks("c", "джет за морето")
	e.asks("d", "водно колело")
	e.collect()
	list := e.problems("open")
	if len(list) != 3 {
		t.Fatalf("%+v", list)
	}
	id := map[string]int64{}
	for _, p := range list {
		id[p.Name()] = p.ID
	}
	jet, wheel := id["джет за морето"], id["водно колело"]
	var fault *staff.Fault
	for what, err := range map[string]error{
		"merge with itself": e.list.Merge(e.ctx, e.editor, jet, jet), "merge with nothing": e.list.Merge(e.ctx, e.editor, jet, 9999),
		"aside without a reason": e.list.SetAside(e.ctx, e.editor, jet, "", " "), "split nothing": onlyError(e.list.Split(e.ctx, e.editor, jet, nil)),
		"a name of no guide": e.list.AddEverydayName(e.ctx, e.editor, e.by, jet, "none", "джет"), "a sample of no guide": e.list.AddSample(e.ctx, e.editor, e.by, jet, "none", "джет за морето"),
	} {
		if !errors.As(err, &fault) {
			t.Errorf("%s: %v", what, err)
		}
	}
	e.do(e.list.Merge(e.ctx, e.editor, wheel, jet))
	if p, err := e.list.Problem(e.ctx, wheel); err != nil || p.ID != jet {
		t.Errorf("what was merged leads to %+v, %v", p, err)
	}
	e.asks("x", "водно колело под наем")
	e.collect()
	p, err := e.list.Problem(e.ctx, jet)
	if err != nil || p.People != 3 {
		t.Errorf("after the merge: %+v, %v", p, err)
	}
	cases, _, err := e.list.Cases(e.ctx, jet, 0, 10)
	if err != nil || len(cases) != 3 {
		t.Fatal(err, cases)
	}
	var wheels []int64
	for _, c := range cases {
		if strings.Contains(c.Question, "колело") {
			wheels = append(wheels, c.ID)
		}
	}
	if _, err := e.list.Split(e.ctx, e.editor, jet, []int64{cases[0].ID, cases[1].ID, cases[2].ID}); !errors.As(err, &fault) {
		t.Errorf("split all: %v", err)
	}
	next, err := e.list.Split(e.ctx, e.editor, jet, wheels)
	if err != nil {
		t.Fatal(err)
	}
	e.collect()
	if p, err := e.list.Problem(e.ctx, next); err != nil || p.People != 2 || p.State != "open" {
		t.Errorf("what was split: %+v, %v", p, err)
	}
	// An everyday name is a change of the draft, and works once that is published.
	e.do(e.list.AddEverydayName(e.ctx, e.editor, e.by, jet, "boat", " Джет "))
	if g, _, _ := e.store.Guide(e.ctx, "boat"); slices.Contains(g.Text["bg"].Names, "джет") {
		t.Error("it was published by itself")
	}
	d, ok, err := e.store.Draft(e.ctx, "boat")
	if err != nil || !ok || !slices.Contains(d.Guide.Text["bg"].Names, "джет") {
		t.Fatal(ok, err, d.Guide.Text)
	}
	// Where the draft is thrown away, the problem is open again.
	e.do(pgx.BeginFunc(e.ctx, e.pool, func(tx pgx.Tx) error { return e.store.DropDraft(e.ctx, tx, "boat", d.Revision, e.by) }))
	e.collect()
	if p, _ := e.list.Problem(e.ctx, jet); p.State != "open" {
		t.Errorf("after the draft was dropped: %+v", p)
	}
	// A sample question is learned from at once.
	local := knowledge.Editor{ID: "staff:9", Municipality: "VRC01"}
	if err := e.list.AddSample(e.ctx, e.editor, local, jet, "boat", "карам ли джет без книжка"); !errors.As(err, &fault) {
		t.Errorf("a municipality's editor added a sample: %v", err)
	}
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, jet, "boat", "карам ли джет без книжка"))
	samples, err := e.store.Samples(e.ctx)
	if err != nil || len(samples) != 1 || samples[0].Expected[0] != "boat" {
		t.Error(samples, err)
	}
	if p, _ := e.list.Problem(e.ctx, jet); p.State != "fixed" || p.Title != "джет" {
		t.Errorf("%+v", p)
	}
	// Set aside, it takes in what is like it, and stays away, also under another model.
	e.do(e.list.SetAside(e.ctx, e.editor, id["ловен билет"], "ловен билет", "не е електронна услуга"))
	e.reader.version = "two"
	e.asks("z", "ловен билет")
	e.collect()
	aside := e.problems("aside")
	if len(aside) != 1 || aside[0].People != 3 || aside[0].Reason != "не е електронна услуга" {
		t.Errorf("%+v", aside)
	}
	e.do(e.list.ReopenProblem(e.ctx, e.editor, aside[0].ID))
	var acts int
	if err := e.pool.QueryRow(e.ctx, `SELECT count(*) FROM audit_log WHERE verb LIKE 'problem.%'`).Scan(&acts); err != nil || acts != 6 {
		t.Errorf("%d acts in the log, %v", acts, err)
	}
	_ = hunting
}

func onlyError[T any](_ T, err error) error { return err }

func TestTheWorkListForgets(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	e.asks("a", "ловен билет")
	asked := e.asks("b", "ловен билет")
	e.asks("b", "ловен билет за Дунав")
	conversation := e.contact("b")
	if _, err := e.list.HearBack(e.ctx, e.pool, conversation, asked); err != nil {
		t.Fatal(err)
	}
	found, _, _ := e.conversations.Conversation(e.ctx, conversation)
	for n := range reportsADay + 1 {
		kept, err := e.list.Report(e.ctx, e.pool, bot.Report{Guide: "boat", Contact: found.Contact, Text: "не е вярно"})
		if err != nil || (kept == bot.ReportKept) != (n < reportsADay) {
			t.Fatalf("report %d: %v %v", n, kept, err)
		}
	}
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	if list := e.problems("open"); len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	e.inTx(conversation, func(tx pgx.Tx) error {
		if err := e.list.Forget(e.ctx, tx, found.Contact); err != nil {
			return err
		}
		return e.reader.Forget(e.ctx, tx, []int64{conversation})
	})
	e.do(e.list.round(e.ctx, known))
	list := e.problems("open")
	if len(list) != 1 || list[0].Items != 1 || list[0].People != 1 || list[0].Name() != "ловен билет" {
		t.Errorf("after the person is forgotten: %+v", list)
	}
	var left int
	err := e.pool.QueryRow(e.ctx, `
		SELECT (SELECT count(*) FROM problem_items WHERE contact = $1) + (SELECT count(*) FROM problem_reports) + (SELECT count(*) FROM problem_hearers)`, found.Contact).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d rows of who is forgotten, %v", left, err)
	}
	// Thirty days later nothing of the words is shown or kept here; the number of the people of that time is no longer counted.
	if _, err := e.list.ReportPage(e.ctx, bot.Report{Guide: "boat", Text: "таксата е друга", Part: "fee"}); err != nil {
		t.Fatal(err)
	}
	e.do(e.list.round(e.ctx, known))
	e.skip(31 * 24 * time.Hour)
	e.do(e.list.round(e.ctx, known))
	for _, p := range e.problems("open") {
		cases, _, err := e.list.Cases(e.ctx, p.ID, 0, 10)
		if err != nil || len(cases) != 0 || p.Example != "" || p.People != 0 {
			t.Errorf("%+v %+v %v", p, cases, err)
		}
	}
	var words string
	if err := e.pool.QueryRow(e.ctx, `SELECT string_agg(text, '') FROM problem_reports`).Scan(&words); err != nil || words != "" {
		t.Errorf("%q is kept, %v", words, err)
	}
}
