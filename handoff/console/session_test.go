package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"orientir/bot/webchat"
	"orientir/handoff/staff"
)

// cookie is what a browser holds under a name.
func (w *browser) cookie(name string) *http.Cookie {
	w.Helper()
	u, err := url.Parse(w.URL + "/console/")
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range w.client.Jar.Cookies(u) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// stolen is a browser with another's session.
func (w *browser) stolen() *browser {
	w.Helper()
	c := w.cookie(cookieName)
	if c == nil {
		w.Fatal("nothing to steal")
	}
	return w.with(cookieName, c.Value)
}

// with is a new browser with one cookie.
func (b *bundle) with(name, value string) *browser {
	b.Helper()
	w := b.browser()
	u, err := url.Parse(b.URL + "/console/")
	if err != nil {
		b.Fatal(err)
	}
	w.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/console/"}})
	return w
}

func (w *browser) inside() bool {
	w.Helper()
	return w.get("/console/account").code == http.StatusOK
}

// TestAStolenSessionEnds steals a session's cookie before each thing that must end it.
func TestAStolenSessionEnds(t *testing.T) {
	b := setup(t)
	admin := b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}})
	boss := b.proven(admin)
	for name, end := range map[string]func(a staff.Account, w *browser) bool{
		"signing out": func(_ staff.Account, w *browser) bool { w.post("/console/sign-out"); return false },
		"a new password": func(_ staff.Account, w *browser) bool {
			w.post("/console/account/password", "old", password, "password", "друга дълга парола")
			return true
		},
		"signing in anew in the same browser": func(a staff.Account, w *browser) bool {
			w.post("/console/sign-in", "email", a.Email, "password", password)
			return true
		},
		"the second step turned on": func(_ staff.Account, w *browser) bool { b.setUpStep(w); return true },
		"another role": func(a staff.Account, _ *browser) bool {
			boss.post("/console/people/"+id(a), "email", a.Email, "name", a.Name, "role", "editor")
			return false
		},
		"an administrator ends them": func(a staff.Account, _ *browser) bool {
			boss.post("/console/people/" + id(a) + "/sessions")
			return false
		},
		"kept out": func(a staff.Account, _ *browser) bool {
			boss.post("/console/people/"+id(a)+"/active", "active", "no")
			return false
		},
		"the second step is reset": func(a staff.Account, w *browser) bool {
			b.setUpStep(w)
			boss.post("/console/people/" + id(a) + "/second-step")
			return false
		},
		"a password by a link": func(a staff.Account, _ *browser) bool {
			token, err := b.staff.Link(b.ctx, admin.ID, a.ID)
			if err != nil {
				t.Fatal(err)
			}
			b.browser().post("/console/link", "token", string(token), "password", "друга дълга парола")
			return false
		},
		"a working day": func(a staff.Account, _ *browser) bool {
			b.exec(`UPDATE staff_sessions SET expires_at = now() - interval '1 second' WHERE staff = $1`, a.ID)
			return false
		},
		"two idle hours": func(a staff.Account, _ *browser) bool {
			b.exec(`UPDATE staff_sessions SET seen_at = now() - interval '2 hours 1 second' WHERE staff = $1`, a.ID)
			return false
		},
	} {
		a := b.account(staff.Profile{Email: strings.ReplaceAll(name, " ", "-") + "@example.bg", Roles: []staff.Role{staff.Librarian}})
		w := b.as(a)
		thief := w.stolen()
		if !thief.inside() {
			t.Fatalf("%s: the test steals nothing", name)
		}
		owner := end(a, w)
		if thief.inside() {
			t.Errorf("after %s the stolen session lives", name)
		}
		if w.inside() != owner {
			t.Errorf("after %s the owner is inside: %v", name, !owner)
		}
	}
}

func TestASessionFromBeforeTheSignInIsNeverKept(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}})
	// An attacker plants a value of their own, or a session of their own, before somebody signs in.
	mallory := b.account(staff.Profile{Email: "mallory@example.bg", Roles: []staff.Role{staff.Librarian}})
	for name, planted := range map[string]string{"made up": strings.Repeat("A", 43), "the attacker's": b.as(mallory).cookie(cookieName).Value} {
		victim := b.with(cookieName, planted)
		if got := victim.post("/console/sign-in", "email", a.Email, "password", password); got.code != http.StatusSeeOther {
			t.Fatalf("%d", got.code)
		}
		if now := victim.cookie(cookieName); now == nil || now.Value == planted {
			t.Errorf("%s: the planted value stays", name)
		}
		if b.with(cookieName, planted).inside() {
			t.Errorf("%s: the planted value is signed in", name)
		}
	}
}

func TestCookiesAreKeptFromScriptsAndOtherSites(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}})
	for public, secure := range map[string]bool{"": false, "https://orientir.example.bg": true} {
		deps := b.site.Deps
		handler, err := New(deps, Options{PublicURL: public})
		if err != nil {
			t.Fatal(err)
		}
		got := b.answerOf(handler, "/console/sign-in", url.Values{"email": {a.Email}, "password": {password}})
		seen := map[string]bool{}
		for _, line := range got["Set-Cookie"] {
			c, err := http.ParseSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			seen[c.Name] = true
			path := "/console/"
			if secure {
				path = "/" // __Host- asks for it
			}
			if !c.HttpOnly || c.Path != path || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Domain != "" {
				t.Errorf("%s: %s", public, line)
			}
		}
		if !seen[webchat.CookieName(cookieName, secure)] || !seen[webchat.CookieName(deviceName, secure)] {
			t.Errorf("%v", seen)
		}
		// What is set is what is read again, also half way through a sign-in.
		s := &site{secure: secure}
		for _, name := range []string{cookieName, deviceName, halfName, providerName} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/console/", nil)
			s.setCookie(w, name, "x", 60)
			for _, c := range w.Result().Cookies() {
				r.AddCookie(c)
			}
			if got := s.tokenOf(r, name); got != "x" {
				t.Errorf("%s: %q is read of %s", public, got, name)
			}
			// Over https a name that any host of the same domain can set counts for nothing: a session can't be planted.
			bare := httptest.NewRequest(http.MethodGet, "/console/", nil)
			bare.AddCookie(&http.Cookie{Name: name, Value: "x"})
			if got := s.tokenOf(bare, name); (got == "") != secure {
				t.Errorf("%s: %q is read of %s without its prefix", public, got, name)
			}
		}
	}
	var addresses int
	if err := b.pool.QueryRow(b.ctx, `SELECT count(*) FROM staff_sessions WHERE to_jsonb(staff_sessions)::text LIKE '%127.0.0.1%'`).Scan(&addresses); err != nil || addresses != 0 {
		t.Errorf("%d sessions keep an address, %v", addresses, err)
	}
}

func id(a staff.Account) string { return strconv.FormatInt(a.ID, 10) }

// answerOf posts a form to a handler without a network between.
func (b *bundle) answerOf(h http.Handler, path string, form url.Values) http.Header {
	b.Helper()
	r := httptest.NewRequestWithContext(b.ctx, http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther {
		b.Fatalf("%s: %d\n%s", path, w.Code, w.Body)
	}
	return w.Header()
}
