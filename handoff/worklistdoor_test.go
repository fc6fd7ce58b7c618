package handoff

import (
	"errors"
	"testing"
	"time"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// Without a model nothing is grouped; reports come in, and what is too old is emptied.
func TestTheWorkListForgetsWithoutAModel(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	e.do(onlyError(e.list.ReportPage(e.ctx, bot.Report{Guide: "boat", Part: "fee", Text: "старо"})))
	e.skip(31 * 24 * time.Hour)
	e.do(onlyError(e.list.ReportPage(e.ctx, bot.Report{Guide: "boat", Part: "fee", Text: "такса\x00та е \xffдруга"})))
	e.reader.version = ""
	e.asks("a", "ловен билет")
	e.collect()
	var words string
	if err := e.pool.QueryRow(e.ctx, `SELECT string_agg(text, '') FROM problem_reports`).Scan(&words); err != nil || words != "таксата е друга" {
		t.Errorf("%q is kept, %v", words, err)
	}
	// Who reports on a guide's page has no number, and is somebody all the same.
	if p := e.problems("open"); len(p) != 1 || p[0].Guide != "boat" || p[0].People != 1 || p[0].Recent != 1 {
		t.Errorf("%+v", p)
	}
	e.reader.version = "one"
	e.collect()
	if p := e.problems("open"); len(p) != 2 {
		t.Errorf("with a model: %+v", p)
	}
}

// What is said of a guide that was chosen from several is said of that one.
func TestComplaintsFollowTheGuideThatWasChosen(t *testing.T) {
	e := setupWorklist(t)
	for slug, title := range map[string]string{"boat": "Регистрация на лодка", "yacht": "Регистрация на яхта"} {
		e.publish(e.guide(slug, title))
	}
	e.reader.answers["лодка"] = e.guide("boat", "Регистрация на лодка")
	answer := e.asks("a", "лодка или яхта")
	e.exec(`UPDATE answers SET outcome = 'clarify' WHERE id = $1`, answer)
	report := func(guide string) bot.Reported {
		t.Helper()
		became, err := e.list.Report(e.ctx, e.pool, bot.Report{Guide: guide, Answer: answer, Contact: 1, Text: "таксата е друга"})
		if err != nil {
			t.Fatal(err)
		}
		return became
	}
	if became := report(""); became != bot.ReportAbsent { // nothing was chosen: no guide was on the screen
		t.Errorf("without a choice a report is %s", became)
	}
	e.exec(`INSERT INTO messages (conversation, sender, kind, body, turn, created_at)
		SELECT conversation, 'bot', 'reply', jsonb_build_object('answer_id', id, 'guide', '{"slug": "yacht", "version": 1}'::jsonb), 1, $2 FROM answers WHERE id = $1`, answer, e.now())
	e.rates("a", answer, "bad", "outdated")
	e.collect()
	if list := e.problems("open"); len(list) != 1 || list[0].Guide != "yacht" || list[0].Sources["rating"] != 1 {
		t.Errorf("the rating is at %+v", list)
	}
	for n := range reportsADay + 1 {
		want := bot.ReportKept
		if n == reportsADay {
			want = bot.ReportLimited
		}
		if became := report("yacht"); became != want {
			t.Errorf("report %d is %s", n, became)
		}
	}
}

// Under an answer that found one guide another may have been shown since: the rating's own button says which it is of.
func TestARatingIsOfTheGuideAboveItsButton(t *testing.T) {
	e := setupWorklist(t)
	for slug, title := range map[string]string{"boat": "Регистрация на лодка", "yacht": "Регистрация на яхта"} {
		e.publish(e.guide(slug, title))
	}
	e.reader.answers["лодка"] = e.guide("boat", "Регистрация на лодка")
	said, silent := e.asks("a", "лодка"), e.asks("b", "лодка")
	for key, answer := range map[string]int64{"a": said, "b": silent} {
		e.exec(`INSERT INTO messages (conversation, sender, kind, body, turn, created_at)
			SELECT conversation, 'bot', 'reply', jsonb_build_object('answer_id', id, 'guide', '{"slug": "yacht", "version": 1}'::jsonb), 1, $2 FROM answers WHERE id = $1`, answer, e.now())
		e.rates(key, answer, "bad", "outdated")
	}
	e.exec(`UPDATE feedback SET guide = 'yacht' WHERE answer = $1`, said)
	e.collect()
	at := map[string]int{}
	for _, p := range e.problems("open") {
		at[p.Guide] += p.Sources["rating"]
	}
	if len(at) != 2 || at["yacht"] != 1 || at["boat"] != 1 {
		t.Errorf("the ratings are at %v", at)
	}
}

// The list is the whole country's: a municipality's editor deals with what is said of the municipality's own guides, and begins guides of its own.
func TestAMunicipalitysEditorDoesNotRunTheList(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("id-card", "Лична карта"))
	local := e.guide("parking", "Синя зона")
	local.Municipality = "VRC10"
	e.publish(local)
	for _, slug := range []string{"id-card", "parking"} {
		for range 2 {
			e.do(onlyError(e.list.ReportPage(e.ctx, bot.Report{Guide: slug, Part: "fee", Text: "друга такса"})))
		}
	}
	e.asks("a", "ловен билет")
	e.collect()
	a, by := e.editor, e.by
	a.Municipality, by.Municipality = "VRC10", "VRC10"
	id := map[string]int64{}
	for _, p := range e.problems("open") {
		id[p.Guide] = p.ID
	}
	refused := func(what string, err error) {
		t.Helper()
		var fault *staff.Fault
		if !errors.As(err, &fault) || fault.Field != "municipality" {
			t.Errorf("%s: %v", what, err)
		}
	}
	one := func(problem int64) []int64 {
		cases, _, err := e.list.Cases(e.ctx, problem, 0, 1)
		e.do(err)
		return []int64{cases[0].ID}
	}
	acts := func(problem, other int64) map[string]error {
		return map[string]error{
			"name": e.list.NameProblem(e.ctx, a, problem, "име"), "merge": e.list.Merge(e.ctx, a, problem, other), "split": onlyError(e.list.Split(e.ctx, a, problem, one(problem))),
			"everyday name": e.list.AddEverydayName(e.ctx, a, by, problem, "id-card", "карта"), "sample": e.list.AddSample(e.ctx, a, by, problem, "id-card", "лична карта срок"),
			"aside": e.list.SetAside(e.ctx, a, problem, "", "причина"),
		}
	}
	for what, err := range acts(id[""], id["id-card"]) {
		refused(what+" of what no guide answers", err)
	}
	for what, err := range acts(id["id-card"], id["parking"]) {
		refused(what+" of the country's guide", err)
	}
	refused("mend the country's guide", onlyError(e.list.MendGuide(e.ctx, a, by, id["id-card"])))
	refused("merge the own into the country's", e.list.Merge(e.ctx, a, id["parking"], id["id-card"]))
	e.do(e.list.SetAside(e.ctx, e.editor, id["id-card"], "", "не е вярно"))
	refused("take up again what was set aside", e.list.ReopenProblem(e.ctx, a, id["id-card"]))

	e.do(e.list.NameProblem(e.ctx, a, id["parking"], "такса на зоната"))
	e.do(onlyError(e.list.Split(e.ctx, a, id["parking"], one(id["parking"]))))
	e.do(onlyError(e.list.MendGuide(e.ctx, a, by, id["parking"])))
	e.do(e.list.ReopenProblem(e.ctx, a, id["parking"]))
	e.do(e.list.SetAside(e.ctx, a, id["parking"], "", "проверено"))
	e.do(e.list.BeginGuide(e.ctx, a, by, id[""], "loven-bilet", "Ловен билет"))
	if d, ok, err := e.store.Draft(e.ctx, "loven-bilet"); err != nil || !ok || d.Guide.Municipality != "VRC10" {
		t.Errorf("begun for %q: %v %v", d.Guide.Municipality, ok, err)
	}
}

// Who wants to hear back is not told of a guide that has expired, which only points elsewhere; and what they are told is no question, also
// where nothing was taken in yet when they were told.
func TestWhoHearsBackIsToldOfWhatHolds(t *testing.T) {
	e := setupWorklist(t)
	asked := e.asks("a", "ловен билет")
	conversation := e.contact("a")
	e.do(onlyError(e.list.HearBack(e.ctx, e.pool, conversation, asked)))
	g := e.guide("loven-bilet", "Ловен билет")
	e.publish(g)
	e.reader.answers["ловен"], e.reader.age = g, knowledge.Expired
	e.skip(25 * time.Hour)
	e.do(e.list.tellHearers(e.ctx))
	if heard := e.heard(conversation); len(heard) != 0 {
		t.Fatalf("told of an expired guide: %q", heard)
	}
	e.reader.age = knowledge.Due
	e.skip(25 * time.Hour)
	e.do(e.list.tellHearers(e.ctx))
	if heard := e.heard(conversation); len(heard) != 1 {
		t.Fatalf("told %q", heard)
	}
	e.collect()
	if list := e.problems("open"); len(list) != 1 || list[0].Items != 1 {
		t.Errorf("what was told is collected: %+v", list)
	}
}
