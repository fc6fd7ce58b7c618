package handoff

import (
	"errors"
	"testing"
	"time"

	"orientir/bot"
	"orientir/handoff/staff"
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
