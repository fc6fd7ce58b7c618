package oidc

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"orientir/handoff/staff"
)

// said answers every request with the same words.
type said string

func (s said) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(s))), Request: r}, nil
}

// Whatever a provider says about itself, it is one that can be asked, or one that is away.
func FuzzDiscovery(f *testing.F) {
	const issuer = "https://login.example.bg"
	for _, seed := range []string{
		`{"issuer":"https://login.example.bg","authorization_endpoint":"https://login.example.bg/a","token_endpoint":"https://login.example.bg/t","jwks_uri":"https://login.example.bg/k"}`,
		`{"issuer":"https://login.example.bg","code_challenge_methods_supported":["plain"]}`, `{"issuer":"https://evil.example"}`, `{"issuer":"https://login.example.bg","id_token_signing_alg_values_supported":["none",7]}`,
		`{"issuer":"https://login.example.bg","authorization_response_iss_parameter_supported":"yes"}`, `{"issuer":"https://login.example.bg","authorization_endpoint":"::"}`, `<html>`, `null`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, words string) {
		p := New(Options{Issuer: issuer, ClientID: clientID, ClientSecret: clientSecret, ReturnURL: "https://orientir.example.bg/back", Client: &http.Client{Transport: said(words)}})
		address, err := p.Address(t.Context(), "secret of a browser")
		if err != nil {
			if !errors.Is(err, ErrAway) || strings.Contains(err.Error(), clientSecret) || len(err.Error()) > 2000 {
				t.Errorf("%q: %v", words, err)
			}
			return
		}
		if !strings.Contains(words, "issuer") || strings.Contains(address, "secret of a browser") || strings.Contains(address, "secret+of") {
			t.Errorf("%q leads to %q", words, address)
		}
	})
}

// Whatever a rightly signed token and the answer about its person say, it is one person, of this try and for us, or nobody.
func FuzzIdentity(f *testing.F) {
	const issuer = "https://login.example.bg"
	try := tryOf("s")
	for _, seed := range [][2]string{
		{`{"iss":"x","sub":"42","aud":"orientir","nonce":"` + try.nonce + `","email":"maria@example.bg","email_verified":"true"}`, `{}`}, {`{"sub":"42","aud":["orientir","other"],"azp":"orientir","nonce":"` + try.nonce + `"}`, `{"sub":"42","email":"m@example.bg","email_verified":"true"}`},
		{`{"sub":42,"nonce":"` + try.nonce + `"}`, `[`}, {`{"sub":"","aud":[],"nonce":"` + try.nonce + `"}`, `{"sub":"43"}`}, {`{"sub":"42","aud":"other"}`, ``}, {`{"sub":"42","exp":1e400}`, `{"sub":"42","email_verified":[]}`}, {`null`, `null`}, {`{`, `{`},
	} {
		f.Add(seed[0], seed[1])
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: private}, nil)
	if err != nil {
		f.Fatal(err)
	}
	verifier := oidc.NewVerifier(issuer, &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{public}}, &oidc.Config{
		SupportedSigningAlgs: []string{oidc.EdDSA}, SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true, // the library's own, which would leave us nothing to read
	})
	f.Fuzz(func(t *testing.T, claims, about string) {
		signed, err := signer.Sign([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		id, err := verifier.Verify(t.Context(), raw)
		if err != nil {
			return
		}
		p := New(Options{Issuer: issuer, ClientID: clientID, Client: &http.Client{Transport: said(about)}})
		ctx := oidc.ClientContext(context.Background(), p.client)
		here := &found{provider: (&oidc.ProviderConfig{IssuerURL: issuer, UserInfoURL: issuer + "/info"}).NewProvider(ctx)}
		who, err := p.read(ctx, here, id, try, &oauth2.Token{AccessToken: "a"})
		switch {
		case err != nil:
			if who != (staff.Identity{}) || !errors.Is(err, ErrAway) && !errors.Is(err, ErrRefused) {
				t.Errorf("%q, %q: %+v, %v", claims, about, who, err)
			}
		case who.Subject == "" || len(who.Subject) > 255 || id.Nonce != try.nonce || who.EmailVerified && who.Email == "":
			t.Errorf("%q, %q: %+v", claims, about, who)
		}
	})
}
