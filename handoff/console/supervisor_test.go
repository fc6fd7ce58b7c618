package console

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"orientir/handoff"
	"orientir/handoff/staff"
)

func (b *bundle) desksAt() (maria, boss, editor staff.Account) {
	b.Helper()
	maria = b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	boss = b.account(staff.Profile{Email: "s@example.bg", Name: "Сава", Roles: []staff.Role{staff.Supervisor}})
	editor = b.account(staff.Profile{Email: "e@example.bg", Name: "Елена", Roles: []staff.Role{staff.Editor}})
	return
}

func (b *bundle) closed(key, question string, a staff.Account, c handoff.Closing) int64 {
	b.Helper()
	_, ticket := b.person(key, question)
	if err := b.desk.Claim(b.ctx, ticket, a); err != nil {
		b.Fatal(err)
	}
	if _, err := b.desk.Reply(b.ctx, ticket, a, "+359 не е формула"); err != nil {
		b.Fatal(err)
	}
	if err := b.desk.Close(b.ctx, ticket, a, c); err != nil {
		b.Fatal(err)
	}
	return ticket
}

// verbs lists the audit log's verbs, the oldest first.
func (b *bundle) verbs(area string) []string {
	b.Helper()
	entries, err := b.staff.Audit(b.ctx, staff.AuditFilter{Area: area})
	if err != nil {
		b.Fatal(err)
	}
	var verbs []string
	for _, e := range slices.Backward(entries) {
		verbs = append(verbs, e.Verb+" "+e.Subject)
	}
	return verbs
}

func TestSupervisorSeesTheWorkAndReadsOnRecord(t *testing.T) {
	b := setup(t)
	maria, boss, _ := b.desksAt()
	ticket := b.closed("a", "=1+1 трябва ми съдебно", maria, handoff.Closing{Outcome: handoff.Answered, Effort: 2, Guide: handoff.Fine})
	b.person("b", "чакам си")
	s := b.proven(boss)
	page := s.get("/console/supervisor?days=1")
	page.has(t, "Регионална библиотека", "Мария", "Потърсили човек", "Няма блокирани хора.")

	s.get("/console/transcripts").has(t, "трябва ми съдебно", "чакам си")
	if got := b.verbs("transcript"); len(got) != 0 {
		t.Errorf("the bare list is in the log: %v", got)
	}
	found := s.get("/console/transcripts?words=формула&outcome=answered")
	found.has(t, "трябва ми съдебно")
	found.lacks(t, "чакам си")
	s.get(chatPath(ticket)).has(t, "Приключен: Отговорено", "не е формула")
	b.as(maria).get(chatPath(ticket)).has(t, "не е формула") // her own: no record

	csvOf := func(what string) [][]string {
		t.Helper()
		got := s.post("/console/transcripts/export", "what", what)
		if got.code != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") || !strings.Contains(got.header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%d %v", got.code, got.header)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.body, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
					t.Errorf("a cell that a spreadsheet would run: %q", cell)
				}
			}
		}
		return rows
	}
	if rows := csvOf("conversations"); len(rows) != 3 || rows[2][len(rows[2])-1] != "'=1+1 трябва ми съдебно" {
		t.Errorf("%q", rows)
	}
	if rows := csvOf("words"); len(rows) < 5 {
		t.Errorf("%q", rows)
	}
	want := []string{"transcript.search ", fmt.Sprintf("transcript.read ticket:%d", ticket), "transcript.export ", "transcript.export "}
	if got := b.verbs("transcript"); !slices.Equal(got, want) {
		t.Errorf("the log has %v, want %v", got, want)
	}

	b.exec(`UPDATE messages SET created_at = created_at - interval '60 days'`)
	b.exec(`UPDATE tickets SET opened_at = opened_at - interval '60 days', closed_at = closed_at - interval '60 days'`)
	s.get("/console/transcripts?words=формула").lacks(t, "трябва ми съдебно")
	s.get("/console/transcripts?words=формула&from="+time.Now().AddDate(0, 0, -90).Format(time.DateOnly)).has(t, "трябва ми съдебно")
	s.get("/console/transcripts").has(t, "трябва ми съдебно")
	s.get("/console/audit?area=transcript").has(t, "Изнесе разговори", "Прочете")
}

func TestBlockIsUndoneByASupervisor(t *testing.T) {
	b := setup(t)
	maria, boss, _ := b.desksAt()
	_, ticket := b.person("a", "обидни думи")
	if err := b.desk.Claim(b.ctx, ticket, maria); err != nil {
		t.Fatal(err)
	}
	m, s := b.as(maria), b.as(boss)
	if got := m.post(chatPath(ticket)+"/block", "note", ""); got.code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", got.code)
	}
	if got := m.post(chatPath(ticket)+"/block", "note", "обижда"); got.location != "/console/queue" {
		t.Fatalf("%d %s", got.code, got.body)
	}
	s.get("/console/supervisor").has(t, "обижда", "Отмени блокирането")
	blocks, err := b.desk.Blocks(b.ctx)
	if err != nil || len(blocks) != 1 {
		t.Fatal(blocks, err)
	}
	if got := s.post(fmt.Sprintf("/console/blocks/%d/lift", blocks[0].ID)); got.code != http.StatusSeeOther {
		t.Errorf("%d", got.code)
	}
	s.get("/console/supervisor").has(t, "Няма блокирани хора.")
}

func TestSupervisorsPagesAreAccessible(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	all := b.account(staff.Profile{Email: "a@example.bg", Name: "Ана", Roles: staff.Roles()})
	b.closed("a", "грешна такса за съдебно", maria, handoff.Closing{Outcome: handoff.Answered, Effort: 1, Guide: handoff.Wrong, Slug: "criminal-record", Comment: "таксата е друга"})
	b.closed("b", "няма за хвърчила", maria, handoff.Closing{Outcome: handoff.NotHelped, Effort: 3, Guide: handoff.Missing, Comment: "трябва ново"})
	_, waiting := b.person("c", "чакам си")
	if _, err := b.desk.SaveCanned(b.ctx, all, handoff.Canned{Title: "Поздрав", Text: "Добър ден, с какво да помогна?", Scope: handoff.Own, Language: "bg"}); err != nil {
		t.Fatal(err)
	}
	_, ticket := b.person("d", "обидни думи")
	if err := b.desk.Claim(b.ctx, ticket, maria); err != nil {
		t.Fatal(err)
	}
	if err := b.desk.Block(b.ctx, ticket, maria, "обижда"); err != nil {
		t.Fatal(err)
	}
	w := open(t)
	w.signIn(b, all)
	for _, path := range []string{"/console/supervisor", "/console/transcripts", "/console/tasks", "/console/canned", chatPath(waiting), chatPath(ticket)} {
		w.do(chromedp.Navigate(b.URL+path), chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main details').forEach(d => d.open = true)`))
		w.accessible(path)
	}
}
