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

// The list is the whole country's: a municipality's editor deals with what is said of the municipality's own guides.
func TestAMunicipalitysEditorDoesNotRunTheList(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("id-card", "Лична карта"))
	local := e.guide("parking", "Синя зона")
	local.Municipality = "VRC10"
	e.publish(local)
	e.do(onlyError(e.list.ReportPage(e.ctx, bot.Report{Guide: "id-card", Part: "fee", Text: "друга такса"})))
	e.do(onlyError(e.list.ReportPage(e.ctx, bot.Report{Guide: "parking", Part: "fee", Text: "друга такса"})))
	e.asks("a", "ловен билет")
	e.collect()
	a, by := e.editor, e.by
	a.Municipality, by.Municipality = "VRC10", "VRC10"
	var foreign int64
	for _, p := range e.problems("open") {
		if p.Guide == "parking" {
			e.do(onlyError(e.list.MendGuide(e.ctx, a, by, p.ID)))
			continue
		}
		steps := map[string]error{"name": e.list.NameProblem(e.ctx, a, p.ID, "име"), "aside": e.list.SetAside(e.ctx, a, p.ID, "", "причина")}
		if p.Guide == "" {
			foreign = p.ID
		} else {
			steps["mend"] = onlyError(e.list.MendGuide(e.ctx, a, by, p.ID))
		}
		for what, err := range steps {
			var fault *staff.Fault
			if !errors.As(err, &fault) || fault.Field != "municipality" {
				t.Errorf("%s of %q: %v", what, p.Guide, err)
			}
		}
	}
	e.do(e.list.BeginGuide(e.ctx, a, by, foreign, "loven-bilet", "Ловен билет"))
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
