package oidc

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"orientir/handoff/staff"
)

// come goes to the provider and back, with what may have happened to the answer on the way.
func (d *double) come(p *Provider, secret string, way func(url.Values)) (staff.Identity, error) {
	d.Helper()
	address, err := p.Address(d.Context(), secret)
	if err != nil {
		d.Fatal(err)
	}
	answer := d.visit(address)
	if way != nil {
		way(answer)
	}
	return p.Identity(d.Context(), secret, answer)
}

func TestSomebodyComesBack(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	p := d.provider()
	want := staff.Identity{Issuer: d.URL, Subject: "42", Email: "maria@example.bg", EmailVerified: true}
	if who, err := d.come(p, "a secret of this browser", nil); err != nil || who != want {
		t.Fatalf("%+v, %v", who, err)
	}
	for words, verified := range map[any]bool{true: true, "true": true, false: false, "false": false, 1: false, nil: false} {
		d.claims = func(c map[string]any) { c["email_verified"] = words }
		if who, err := d.come(p, "s", nil); err != nil || who.EmailVerified != verified {
			t.Errorf("email_verified %v: %+v, %v", words, who, err)
		}
	}
	d.claims = func(c map[string]any) { delete(c, "email_verified") }
	if who, err := d.come(p, "s", nil); err != nil || who.EmailVerified {
		t.Errorf("an address of which nothing is said counts: %+v, %v", who, err)
	}
}

// TestWhenTheProviderSawThem reads it as providers write it; a time that makes no sense is none, and keeps nobody out.
func TestWhenTheProviderSawThem(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	p := d.provider()
	for said, want := range map[any]int64{1700000000: 1700000000, "1700000000": 1700000000, 1.7e9: 1700000000, nil: 0, "": 0, "вчера": 0, -5: 0, true: 0, 1e300: 0} {
		d.claims = func(c map[string]any) { c["auth_time"] = said }
		who, err := d.come(p, "s", nil)
		if err != nil || who.At.IsZero() != (want == 0) || want != 0 && who.At.Unix() != want {
			t.Errorf("%v is %v, %v", said, who.At, err)
		}
	}
	address, err := p.Address(t.Context(), "s")
	if err != nil || !strings.Contains(address, "max_age=60") || !strings.Contains(address, "prompt=login") {
		t.Errorf("it isn't asked for: %s, %v", address, err)
	}
}

func TestWhatTheTokenDoesNotSayIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.says["userinfo_endpoint"] = d.URL + "/info"
	d.claims = func(c map[string]any) { delete(c, "email"); delete(c, "email_verified") }
	d.info = map[string]any{"sub": "42", "email": "m@example.bg", "email_verified": "true"}
	p := d.provider()
	if who, err := d.come(p, "s", nil); err != nil || who.Email != "m@example.bg" || !who.EmailVerified {
		t.Errorf("%+v, %v", who, err)
	}
	// The address stands in the token, and whether it is verified doesn't: some providers say that only here.
	d.claims = func(c map[string]any) { delete(c, "email_verified") }
	for said, want := range map[any]staff.Identity{
		true:  {Issuer: d.URL, Subject: "42", Email: "m@example.bg", EmailVerified: true},
		false: {Issuer: d.URL, Subject: "42", Email: "m@example.bg"},
	} {
		d.info["email_verified"] = said
		if who, err := d.come(p, "s", nil); err != nil || who != want {
			t.Errorf("it says %v: %+v, %v", said, who, err)
		}
	}
	delete(d.info, "email")
	if who, err := d.come(p, "s", nil); err != nil || who.Email != "maria@example.bg" || who.EmailVerified {
		t.Errorf("it says nothing of the address: %+v, %v", who, err)
	}
	d.claims = func(c map[string]any) { c["email_verified"] = false } // what the token says holds
	d.info["email"], d.info["email_verified"] = "maria@example.bg", true
	if who, err := d.come(p, "s", nil); err != nil || who.EmailVerified {
		t.Errorf("what the token denies is asked for: %+v, %v", who, err)
	}
	d.claims = func(c map[string]any) { delete(c, "email") }
	d.info["sub"] = strings.Repeat("x", 1<<16)
	d.infoStatus = http.StatusTeapot
	if _, err := d.come(p, "s", nil); !errors.Is(err, ErrAway) || len(err.Error()) > 500 {
		t.Errorf("%d bytes of its answer come into the log", len(err.Error()))
	}
	d.infoStatus = 0
	d.info["sub"] = "43"
	if who, err := d.come(p, "s", nil); !errors.Is(err, ErrRefused) {
		t.Errorf("it tells of somebody else: %+v, %v", who, err)
	}
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	// What an HMAC would be made with by somebody who hopes that we take the public key for a shared one.
	public, err := x509.MarshalPKIXPublicKey(d.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	unsigned := func(claims map[string]any) string {
		body, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		encode := base64.RawURLEncoding.EncodeToString
		return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(body) + "."
	}
	for _, c := range []struct {
		name   string
		says   map[string]any
		way    func(url.Values)
		claims func(map[string]any)
		sign   func(map[string]any) string
	}{
		{name: "the state of another browser", way: func(q url.Values) { q.Set("state", tryOf("another browser").state) }},
		{name: "no state", way: func(q url.Values) { q.Del("state") }},
		{name: "no code", way: func(q url.Values) { q.Del("code") }},
		{name: "a made-up code", way: func(q url.Values) { q.Set("code", "made-up") }},
		{name: "an error of the provider", way: func(q url.Values) { q.Set("error", "access_denied") }},
		{name: "an answer of another provider", way: func(q url.Values) { q.Set("iss", "https://evil.example") }},
		{name: "an answer that doesn't say whose it is, of a provider that always does", says: map[string]any{"authorization_response_iss_parameter_supported": true}},
		{name: "the nonce of another try", claims: func(c map[string]any) { c["nonce"] = "another" }},
		{name: "no nonce", claims: func(c map[string]any) { delete(c, "nonce") }},
		{name: "made for another client", claims: func(c map[string]any) { c["aud"] = "another" }},
		{name: "made for two clients", claims: func(c map[string]any) { c["aud"] = []string{clientID, "another"} }},
		{name: "made for two clients, the other's", claims: func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "another"}, "another" }},
		{name: "expired", claims: func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }},
		{name: "no expiry", claims: func(c map[string]any) { delete(c, "exp") }},
		{name: "not valid yet", claims: func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() }},
		{name: "of another issuer", claims: func(c map[string]any) { c["iss"] = "https://evil.example" }},
		{name: "of nobody", claims: func(c map[string]any) { c["sub"] = "" }},
		{name: "not signed", sign: unsigned},
		{name: "signed with another key", sign: func(c map[string]any) string { return d.signed(jose.RS256, other, c) }},
		{name: "signed with the public key as a shared one", sign: func(c map[string]any) string { return d.signed(jose.HS256, public, c) }},
		{name: "signed with the client's secret", sign: func(c map[string]any) string { return d.signed(jose.HS256, []byte(strings.Repeat(clientSecret, 3)), c) }},
		{name: "no token at all", sign: func(map[string]any) string { return "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.says, d.claims, d.sign = c.says, c.claims, c.sign
			who, err := d.come(d.provider(), "this browser's secret", c.way)
			if !errors.Is(err, ErrRefused) || who != (staff.Identity{}) {
				t.Errorf("%+v, %v", who, err)
			}
			if err != nil && strings.Contains(err.Error(), clientSecret) {
				t.Errorf("the fault tells the client's secret: %v", err)
			}
		})
	}
	d.says, d.claims, d.sign = nil, nil, nil
	p := d.provider()
	address, err := p.Address(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	answer := d.visit(address)
	if _, err := p.Identity(t.Context(), "s", answer); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Identity(t.Context(), "s", answer); !errors.Is(err, ErrRefused) {
		t.Errorf("a code is taken twice: %v", err)
	}
	// A stolen code is of no use in another browser, whatever state it shows: PKCE.
	stolen := d.visit(address)
	stolen.Set("state", tryOf("thief").state)
	if _, err := p.Identity(t.Context(), "thief", stolen); !errors.Is(err, ErrRefused) {
		t.Errorf("a stolen code is taken: %v", err)
	}
}

func TestAProviderThatIsAwayStopsNothing(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.down = true
	var log bytes.Buffer
	p := New(Options{Issuer: d.URL, ClientID: clientID, ClientSecret: clientSecret, ReturnURL: "https://orientir.example.bg/back", Client: d.Client(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	p.Check(t.Context())
	if !strings.Contains(log.String(), d.URL) {
		t.Errorf("the log doesn't tell: %s", log.String())
	}
	for range 20 {
		if _, err := p.Address(t.Context(), "s"); !errors.Is(err, ErrAway) {
			t.Errorf("%v", err)
		}
	}
	if d.asked != 1 {
		t.Errorf("it was asked %d times in a moment", d.asked)
	}
	d.down, p.again = false, time.Time{}
	if who, err := d.come(p, "s", nil); err != nil || who.Subject != "42" {
		t.Errorf("back, but %+v, %v", who, err)
	}
	for name, says := range map[string]map[string]any{
		"another's":    {"issuer": "https://evil.example"},
		"without PKCE": {"code_challenge_methods_supported": []string{"plain"}},
	} {
		d.says = says
		if _, err := d.provider().Address(t.Context(), "s"); !errors.Is(err, ErrAway) {
			t.Errorf("a provider that is %s: %v", name, err)
		}
	}
}

// TestWhoLeavesDoesNotKeepTheProviderAway leaves while the provider is asked about itself.
func TestWhoLeavesDoesNotKeepTheProviderAway(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	p := d.provider()
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := p.Address(gone, "s"); err != nil {
		t.Errorf("the asking ends with who began it: %v", err)
	}
	if _, err := p.Address(t.Context(), "s"); err != nil || d.asked != 1 {
		t.Errorf("the next visitor: asked %d times, %v", d.asked, err)
	}
}
