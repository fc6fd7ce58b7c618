package console

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot"
	"orientir/handoff/staff"
)

// TestAnInventedCookieTakesNoPlaceFromTheDesk makes finding out who somebody is stand still, and looks where they stand meanwhile.
func TestAnInventedCookieTakesNoPlaceFromTheDesk(t *testing.T) {
	b := setup(t)
	registry := prometheus.NewRegistry()
	handler, err := New(b.site.Deps, Options{Desks: bot.CrowdOptions{Registerer: registry}, Doors: bot.CrowdOptions{AtOnce: 1, Waiting: -1, Registerer: registry}})
	if err != nil {
		t.Fatal(err)
	}
	served := func(what string) (n float64) {
		all, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range all {
			for _, m := range family.GetMetric() {
				if family.GetName() == "orientir_served_at_once" && m.GetLabel()[0].GetValue() == what {
					n += m.GetGauge().GetValue()
				}
			}
		}
		return n
	}
	b.Server = httptest.NewServer(handler)
	t.Cleanup(b.Server.Close)
	elena := b.as(b.account(staff.Profile{Email: "elena@example.bg", Roles: []staff.Role{staff.Librarian}}))
	if got := elena.get("/console/queue"); got.code != http.StatusOK {
		t.Fatalf("the queue: %d", got.code)
	}
	standstill, err := b.pool.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer standstill.Rollback(b.ctx)
	if _, err := standstill.Exec(b.ctx, `LOCK TABLE staff_sessions`); err != nil {
		t.Fatal(err)
	}
	ask := func(w *browser) chan int {
		code := make(chan int, 1)
		go func() { code <- w.send(http.MethodGet, "/console/queue", nil).code }()
		return code
	}
	stranger := b.browser()
	stranger.client.Jar = nil
	invented := func() answer {
		return stranger.send(http.MethodGet, "/console/queue", nil, "Cookie", cookieName+"=x")
	}
	first := make(chan int, 1)
	go func() { first <- invented().code }()
	eventually(t, "a stranger is looked at", func() bool { return served("sign-in") == 1 })
	if n := served("desk"); n != 0 {
		t.Errorf("%v strangers stand at the desk", n)
	}
	if got := invented(); got.code != http.StatusServiceUnavailable {
		t.Errorf("the second stranger: %d", got.code)
	}
	known := ask(elena)
	eventually(t, "the librarian has a place", func() bool { return served("desk") == 1 })
	if err := standstill.Rollback(b.ctx); err != nil {
		t.Fatal(err)
	}
	if code := <-known; code != http.StatusOK {
		t.Errorf("the librarian: %d", code)
	}
	if code := <-first; code != http.StatusSeeOther {
		t.Errorf("the first stranger: %d", code)
	}
}

// endless counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 20<<20 {
		return 0, io.EOF
	}
	n := copy(p, strings.Repeat("a=1&", len(p)/4+1))
	e.read += n
	return n, nil
}

// TestBigFormsAreReadOfThoseWhoMaySendThem counts what is read of a form that doesn't end.
func TestBigFormsAreReadOfThoseWhoMaySendThem(t *testing.T) {
	b := setup(t)
	cookies := map[string]string{"nobody": "", "invented": "x"}
	handler, err := New(b.site.Deps, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]staff.Role{"librarian": staff.Librarian, "editor": staff.Editor} {
		a := b.account(staff.Profile{Email: name + "@example.bg", Roles: []staff.Role{role}})
		token, _, err := b.staff.SignIn(b.ctx, a.Email, password, staff.From{})
		if err != nil {
			t.Fatal(err)
		}
		cookies[name] = string(token)
	}
	const urlencoded, multipart = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	for _, c := range []struct {
		who, path, kind string
		most, code      int
	}{
		{"nobody", "/console/import", urlencoded, maxForm, http.StatusSeeOther}, // so is every other form that is not big
		{"invented", "/console/import", urlencoded, maxForm, http.StatusSeeOther},
		{"librarian", "/console/import", urlencoded, maxForm, http.StatusForbidden},
		{"librarian", "/console/import", multipart, 0, http.StatusForbidden},
		{"editor", "/console/import", urlencoded, maxForm, http.StatusRequestEntityTooLarge},
		{"nobody", "/console/guides/criminal-record/check", urlencoded, maxForm, http.StatusSeeOther},
		{"nobody", "/console/guides/criminal-record/edit", urlencoded, maxGuideForm, http.StatusSeeOther}, // what was typed is kept for them, a few at a time
		{"librarian", "/console/guides/criminal-record/edit", urlencoded, maxForm, http.StatusForbidden},
		{"editor", "/console/guides/criminal-record/edit", urlencoded, maxGuideForm, http.StatusRequestEntityTooLarge},
	} {
		body := new(endless)
		r := httptest.NewRequest(http.MethodPost, c.path, body)
		r.Header.Set("Content-Type", c.kind)
		if cookies[c.who] != "" {
			r.AddCookie(&http.Cookie{Name: cookieName, Value: cookies[c.who]})
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.code || body.read > c.most+4096 {
			t.Errorf("%s at %s as %s: %d after %d bytes", c.who, c.path, c.kind, w.Code, body.read)
		}
	}
}
