package oidccheck

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"orientir/bot"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff"
	"orientir/handoff/console"
	"orientir/handoff/oidc"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

const callback = "/console/sign-in/oidc/callback"

// bundle is the staff site and the provider, each a server of its own.
type bundle struct {
	*testing.T
	staff    *staff.Store
	site     *httptest.Server
	provider *httptest.Server
	users    map[string]*storage.User // of the provider, by id
}

// users is the provider's own list of people, which a test may change.
type users map[string]*storage.User

func (u users) GetUserByID(id string) *storage.User { return u[id] }
func (u users) GetUserByUsername(name string) *storage.User {
	for _, user := range u {
		if user.Username == name {
			return user
		}
	}
	return nil
}
func (users) ExampleClientID() string { return storage.ServiceUserID }

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{T: t, users: map[string]*storage.User{
		"id1": {ID: "id1", Username: "maria", Password: "verysecure", Email: "Maria@example.bg", EmailVerified: true},
		"id2": {ID: "id2", Username: "ivan", Password: "verysecure", Email: "ivan@example.bg", EmailVerified: false},
		"id3": {ID: "id3", Username: "nobody", Password: "verysecure", Email: "nobody@example.bg", EmailVerified: true},
		"id4": {ID: "id4", Username: "second", Password: "verysecure", Email: "maria@example.bg", EmailVerified: true},
	}}
	site, provider := http.NewServeMux(), http.NewServeMux()
	b.site, b.provider = httptest.NewServer(site), httptest.NewServer(provider)
	t.Cleanup(b.site.Close)
	t.Cleanup(b.provider.Close)

	issuer := b.provider.URL + "/"
	storage.RegisterClients(storage.WebClient("orientir", "тайна: 100% №1", b.site.URL+callback))
	provider.Handle("/", exampleop.SetupServer(issuer, storage.NewStorage(users(b.users)), slog.New(slog.DiscardHandler), false))

	pool, client := postgrestest.New(t), redistest.New(t)
	store := knowledge.NewStore(pool)
	conversations := bot.NewConversations(pool, client, bot.Options{})
	b.staff = staff.NewStore(pool, staff.Options{})
	desk := handoff.NewDesk(pool, store, conversations, b.staff, client, handoff.Options{})
	handler, err := console.New(console.Deps{
		DB: pool, Staff: b.staff, Desk: desk, Conversations: conversations, Knowledge: store, Redis: client,
		Provider: oidc.New(oidc.Options{Issuer: issuer, ClientID: "orientir", ClientSecret: "тайна: 100% №1", ReturnURL: b.site.URL + callback, Name: "Вход с акаунта на министерството"}),
	}, console.Options{})
	if err != nil {
		t.Fatal(err)
	}
	site.Handle("/console/", handler)
	return b
}

// browser keeps cookies and follows redirects; seen are the addresses that it came through.
type browser struct {
	*bundle
	client *http.Client
	seen   []*url.URL
}

func (b *bundle) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	w := &browser{bundle: b}
	w.client = &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		w.seen = append(w.seen, r.URL)
		return nil
	}}
	return w
}

type page struct {
	code int
	body string
	at   *url.URL
}

func (w *browser) read(response *http.Response, err error) page {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	return page{response.StatusCode, string(body), response.Request.URL}
}

func (w *browser) get(address string) page {
	w.Helper()
	return w.read(w.client.Get(address))
}

var requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// signIn goes to the provider, signs in there and comes back.
func (w *browser) signIn(next, name string) page {
	w.Helper()
	w.seen = nil
	asked := w.get(w.site.URL + "/console/sign-in/oidc?next=" + url.QueryEscape(next))
	id := requestID.FindStringSubmatch(asked.body)
	if id == nil {
		w.Fatalf("the provider doesn't ask: %d %s\n%s", asked.code, asked.at, asked.body)
	}
	return w.read(w.client.PostForm(w.provider.URL+"/login/username", url.Values{"id": {id[1]}, "username": {name}, "password": {"verysecure"}}))
}

// returned is the address with which a browser came back from the provider.
func (w *browser) returned() string {
	w.Helper()
	for _, u := range w.seen {
		if u.Path == callback {
			return u.String()
		}
	}
	w.Fatal("it never came back")
	return ""
}

func (p page) is(t *testing.T, what string, code int, words string) {
	t.Helper()
	if p.code != code || !strings.Contains(p.body, words) {
		t.Errorf("%s: %d at %s, without %q:\n%s", what, p.code, p.at, words, p.body)
	}
}

func TestSignInWithARealProvider(t *testing.T) {
	b := setup(t)
	ctx := t.Context()
	admin, err := b.staff.Add(ctx, staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}}, "шест зелени круши")
	if err != nil {
		t.Fatal(err)
	}
	maria, invitation, err := b.staff.Invite(ctx, admin.ID, staff.Profile{Email: "maria@example.bg", Roles: []staff.Role{staff.Librarian}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.staff.Add(ctx, staff.Profile{Email: "ivan@example.bg", Roles: []staff.Role{staff.Librarian}}, "шест зелени круши"); err != nil {
		t.Fatal(err)
	}
	b.browser().get(b.site.URL+"/console/sign-in").is(t, "the button", http.StatusOK, "Вход с акаунта на министерството")

	w := b.browser()
	in := w.signIn("/console/canned?q=1", "maria")
	in.is(t, "the first time", http.StatusOK, maria.Name)
	if in.at.RequestURI() != "/console/canned?q=1" {
		t.Errorf("it goes on to %s", in.at)
	}
	if _, err := b.staff.SetPassword(ctx, invitation, "шест зелени круши"); err == nil {
		t.Error("the invitation works on after it was accepted")
	}
	if a, _, err := b.staff.Account(ctx, maria.ID); err != nil || !a.HasPassword {
		t.Errorf("who has accepted the invitation doesn't count as one that signs in: %+v, %v", a, err)
	}

	// What a browser came back with is good once, there and nowhere else.
	w.get(w.returned()).is(t, "the same answer again", http.StatusGone, "Започнете отначало")
	b.browser().get(w.returned()).is(t, "the same answer in another browser", http.StatusGone, "Започнете отначало")
	thief := b.browser()
	thief.get(b.site.URL + "/console/sign-in/oidc")
	thief.get(w.returned()).is(t, "the same answer in a browser that began a try of its own", http.StatusBadGateway, `name="password"`)

	b.users["id1"].Email = "maria.ivanova@example.bg"
	b.browser().signIn("/console/canned", "maria").is(t, "with another address at the provider", http.StatusOK, maria.Name)
	evil := b.browser().signIn("https://evil.example/", "maria")
	if evil.at.Host != strings.TrimPrefix(b.site.URL, "http://") {
		t.Errorf("it leads to %s", evil.at)
	}
	b.browser().signIn("/console/", "second").is(t, "somebody else with the address of a linked account", http.StatusForbidden, "Няма профил")
	b.browser().signIn("/console/", "ivan").is(t, "an address that is not verified", http.StatusForbidden, "не потвърждава имейла")
	b.browser().signIn("/console/", "nobody").is(t, "no account", http.StatusForbidden, "Няма профил")
	if all, err := b.staff.Accounts(ctx); err != nil || len(all) != 3 {
		t.Errorf("%d accounts, %v", len(all), err)
	}

	if err := b.staff.SetActive(ctx, admin.ID, maria.ID, false); err != nil {
		t.Fatal(err)
	}
	b.browser().signIn("/console/", "maria").is(t, "kept out", http.StatusForbidden, "Няма профил")
	if err := b.staff.SetActive(ctx, admin.ID, maria.ID, true); err != nil {
		t.Fatal(err)
	}
	// Another e-mail address is another proof of who it is: the link is gone.
	if _, err := b.staff.Change(ctx, admin.ID, maria, staff.Profile{Email: "petya@example.bg", Name: maria.Name, Roles: maria.Roles}); err != nil {
		t.Fatal(err)
	}
	b.browser().signIn("/console/", "maria").is(t, "the account was given to somebody else", http.StatusForbidden, "Няма профил")

	entries, err := b.staff.Audit(ctx, staff.AuditFilter{Area: "account"})
	if err != nil {
		t.Fatal(err)
	}
	linked := 0
	for _, e := range entries {
		if e.Verb == "account.identity-link" {
			linked++
		}
	}
	if linked != 1 {
		t.Errorf("%d links in the audit log", linked)
	}
}

func TestTheProviderFails(t *testing.T) {
	b := setup(t)
	w := b.browser()
	asked := w.get(b.site.URL + "/console/sign-in/oidc")
	if asked.at.Host == strings.TrimPrefix(b.site.URL, "http://") {
		t.Fatalf("the provider was not asked: %d\n%s", asked.code, asked.body)
	}
	var state string
	for _, u := range w.seen {
		if s := u.Query().Get("state"); s != "" {
			state = s
		}
	}
	b.provider.Close()
	back := b.site.URL + callback + "?"
	w.get(back+url.Values{"state": {state}, "code": {"x"}}.Encode()).is(t, "the provider is gone", http.StatusBadGateway, `name="password"`)
	w.get(b.site.URL+"/console/sign-in").is(t, "the password's way", http.StatusOK, `name="password"`)
}
