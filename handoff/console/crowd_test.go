package console

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot"
	"orientir/handoff/staff"
)

// TestADeskIsServedWhileOtherPagesAreCrowded: what is beyond a bound is asked to come again, in words, and takes no place from the desk and the door.
func TestADeskIsServedWhileOtherPagesAreCrowded(t *testing.T) {
	b := setup(t)
	registry := prometheus.NewRegistry()
	handler, err := New(b.site.Deps, Options{Pages: bot.CrowdOptions{AtOnce: 1, Waiting: -1, Patience: 300 * time.Millisecond, Registerer: registry}})
	if err != nil {
		t.Fatal(err)
	}
	b.Server = httptest.NewServer(handler)
	t.Cleanup(b.Server.Close)
	w := b.as(b.account(staff.Profile{Email: "elena@example.bg", Roles: []staff.Role{staff.Librarian, staff.Editor}, Libraries: []string{"vratsa"}}))

	standstill, err := b.pool.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer standstill.Rollback(b.ctx)
	if _, err := standstill.Exec(b.ctx, `LOCK TABLE guides`); err != nil {
		t.Fatal(err)
	}
	first := make(chan int)
	go func() { first <- w.get("/console/guides").code }()
	told := func(name string) float64 {
		all, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range all {
			if family.GetName() == name {
				return family.Metric[0].GetGauge().GetValue() + family.Metric[0].GetCounter().GetValue()
			}
		}
		t.Fatalf("no %s", name)
		return 0
	}
	eventually(t, "a page is being made", func() bool { return told("orientir_served_at_once") == 1 })

	page := w.get("/console/worklist?page=2")
	page.has(t, "Опитай пак", `href="/console/worklist?page=2"`)
	form := w.post("/console/canned", "title", "Здравейте")
	form.has(t, "още не записа нищо", `action="/console/canned"`, `name="title" value="Здравейте"`, "Изпрати пак")
	form.lacks(t, `name="language"`)
	secret := w.post("/console/account/password", "old", "таен низ")
	secret.has(t, "Върнете се назад")
	secret.lacks(t, "таен низ")
	script := w.send(http.MethodPost, "/console/guides/criminal-record/edit", nil, "Accept", "application/json")
	for what, a := range map[string]answer{"a page": page, "a form": form, "a form with a password": secret, "a script": script} {
		if a.code != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q", what, a.code, a.header.Get("Retry-After"))
		}
	}
	if script.body != "" {
		t.Errorf("a script reads %q", script.body)
	}
	if n := told("orientir_turned_away_total"); n != 4 {
		t.Errorf("%v of four are counted", n)
	}
	for _, path := range []string{"/console/queue", "/console/static/console.css"} {
		if got := w.get(path); got.code == http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	if got := b.browser().get("/console/sign-in"); got.code != http.StatusOK {
		t.Errorf("the door: %d", got.code)
	}
	if err := standstill.Rollback(b.ctx); err != nil {
		t.Fatal(err)
	}
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first page: %d", code)
	}
	if got := w.get("/console/worklist"); got.code != http.StatusOK {
		t.Errorf("afterwards: %d", got.code)
	}
}
