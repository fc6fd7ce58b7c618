package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"orientir/handoff/mail/mailtest"
	"orientir/handoff/staff"
)

// withMail serves the site anew with a mail server behind it.
func (b *bundle) withMail() *mailtest.Server {
	b.Helper()
	server := mailtest.Start(b.T, mailtest.Options{TLS: true, User: "o@example.bg", Password: "tayna"})
	deps := b.site.Deps
	deps.Mail = server.Sender
	handler, err := New(deps, Options{PublicURL: "http://orientir.example"})
	if err != nil {
		b.Fatal(err)
	}
	b.site.Mail = server.Sender
	b.Server = httptest.NewServer(handler)
	b.T.Cleanup(b.Server.Close)
	return server
}

func TestInvitationsAndResetsGoByMail(t *testing.T) {
	b := setup(t)
	server := b.withMail()
	w := b.proven(b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}}))
	if got := w.post("/console/people/new", "email", "maria@example.bg", "name", "Мария", "role", "librarian"); got.location != "/console/people" {
		t.Fatalf("%d %s", got.code, got.body)
	}
	page := w.get("/console/people")
	page.has(t, "Изпратихме писмо с връзка до maria@example.bg.")
	page.lacks(t, "/console/link?token=")
	letters := server.Letters()
	if len(letters) != 1 || letters[0].To != "maria@example.bg" || !letters[0].Secure || !strings.HasPrefix(letters[0].Subject, "Покана за бюрото на Ориентир / ") ||
		!strings.HasPrefix(letters[0].Text, "Здравейте, Мария!") {
		t.Fatalf("letters %+v", letters)
	}
	link := regexp.MustCompile(`http://orientir\.example(/console/link\?token=\S+)`)
	at := link.FindStringSubmatch(letters[0].Text)
	if at == nil {
		t.Fatalf("no link in %s", letters[0].Text)
	}
	u, err := url.Parse(at[1])
	if err != nil {
		t.Fatal(err)
	}
	if got := b.browser().post("/console/link", "token", u.Query().Get("token"), "password", password); got.code != http.StatusSeeOther {
		t.Fatalf("the link: %d %s", got.code, got.body)
	}
	// A reset, and a server that doesn't take it: the administrator passes the link on.
	if got := w.post("/console/people/2/link"); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	w.get("/console/people").has(t, "Изпратихме писмо")
	if letters := server.Letters(); len(letters) != 2 || !strings.HasPrefix(letters[1].Subject, "Нова парола") {
		t.Errorf("letters %+v", letters)
	}
	server.Refuse(550, "no such person")
	w.post("/console/people/2/link")
	page = w.get("/console/people")
	page.has(t, "Писмото до maria@example.bg не тръгна.", "/console/link?token=")
}

func TestOwnDeskSettings(t *testing.T) {
	b := setup(t)
	b.withMail()
	a := b.account(staff.Profile{Email: "v@example.bg", Roles: []staff.Role{staff.Librarian}})
	w := b.as(a)
	w.get("/console/account").has(t, `name="chats" type="number"`, `value="4"`, `value="yes" aria-describedby="notices-hint" checked`, "Пишем Ви на v@example.bg.")
	for _, wrong := range []string{"0", "21", "много", ""} {
		if got := w.post("/console/account/desk", "chats", wrong, "notices", "yes"); got.code != http.StatusUnprocessableEntity || !strings.Contains(got.body, "Напишете число от 1 до 20.") {
			t.Errorf("%q: %d", wrong, got.code)
		}
	}
	if got := w.post("/console/account/desk", "chats", "7"); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	page := w.get("/console/account")
	page.has(t, `value="7"`, "Запазено.")
	page.lacks(t, `aria-describedby="notices-hint" checked`)
	if kept, _, err := b.staff.Account(b.ctx, a.ID); err != nil || kept.ChatLimit != 7 || kept.Notices {
		t.Errorf("kept %+v, %v", kept, err)
	}
}
