package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"orientir/bot"
	"orientir/handoff/staff"
)

// hanging is a provider that takes the line and says nothing.
type hanging struct{ asked chan struct{} }

func (hanging) Name() string { return "" }

func (hanging) Address(context.Context, string) (string, error) {
	return "https://provider.example.bg", nil
}

func (h hanging) Identity(ctx context.Context, _ string, _ url.Values) (staff.Identity, error) {
	h.asked <- struct{}{}
	<-ctx.Done()
	return staff.Identity{}, ctx.Err()
}

// TestAProviderThatHangsKeepsNobodyFromThePassword fills all places of those who come back from it.
func TestAProviderThatHangsKeepsNobodyFromThePassword(t *testing.T) {
	b := setup(t)
	deps, provider := b.site.Deps, hanging{make(chan struct{}, 1)}
	deps.Provider = provider
	one := bot.CrowdOptions{AtOnce: 1, Waiting: -1, Patience: 300 * time.Millisecond}
	handler, err := New(deps, Options{Doors: one, Providers: one})
	if err != nil {
		t.Fatal(err)
	}
	b.Server = httptest.NewServer(handler)
	t.Cleanup(b.Server.Close)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}})
	w, other := b.browser(), b.browser()
	w.get("/console/sign-in/oidc")
	other.get("/console/sign-in/oidc")
	ctx, leave := context.WithCancel(b.ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL+"/console/sign-in/oidc/callback", nil)
		if err == nil {
			_, err = w.client.Do(r)
		}
		if err == nil {
			t.Error("it doesn't hang")
		}
	}()
	<-provider.asked
	if got := other.get("/console/sign-in/oidc/callback"); got.code != http.StatusServiceUnavailable {
		t.Errorf("a second who comes back: %d", got.code)
	}
	if !b.as(a).inside() {
		t.Error("nobody signs in with a password")
	}
	leave()
	<-gone
	for range providerTurns {
		b.site.Redis.Allow(b.ctx, "sign-in:provider:127.0.0.1", providerTurns, time.Minute)
	}
	if got := other.get("/console/sign-in/oidc"); got.code != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("who asks without an end: %d", got.code)
	}
}

// vouching is a provider that lets one person in.
type vouching struct{ who *staff.Identity }

func (vouching) Name() string { return "" }

func (vouching) Address(context.Context, string) (string, error) {
	return "https://provider.example.bg", nil
}

func (v vouching) Identity(context.Context, string, url.Values) (staff.Identity, error) {
	return *v.who, nil
}

// TestWithoutAPasswordTheProviderProvesIt carries a form through a sign-in in another tab. One that tells no time proves nothing.
func TestWithoutAPasswordTheProviderProvesIt(t *testing.T) {
	b := setup(t)
	admin := b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}})
	who := &staff.Identity{Issuer: "https://p", Subject: "1", Email: admin.Email, EmailVerified: true}
	deps := b.site.Deps
	deps.Provider = vouching{who}
	handler, err := New(deps, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.Server = httptest.NewServer(handler)
	t.Cleanup(b.Server.Close)
	w := b.as(admin)
	form := []string{"email", "new@example.bg", "name", "Нов", "role", "librarian"}
	for _, fresh := range []bool{false, true} {
		if fresh {
			who.At = b.clock.now()
		}
		w.post("/console/people/new", form...).has(t, `href="/console/sign-in/oidc?next=/console/account" target="_blank"`, "Готово, влязох", `name="email" value="new@example.bg"`)
		w.get("/console/sign-in/oidc?next=/console/account")
		if got := w.get("/console/sign-in/oidc/callback"); got.location != "/console/account" {
			t.Fatalf("it leads to %d %s", got.code, got.location)
		}
		if got := w.post("/console/people/new", form...); (got.code == http.StatusSeeOther) != fresh {
			t.Errorf("afterwards, with a fresh sign-in (%v): %d", fresh, got.code)
		}
	}
}
