// Package oidc lets staff sign in with an outside OpenID Connect provider: a ministry's own directory, for example.
//
// It goes the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700), and says who came back. Which
// account that is, and whether it may come in, handoff/staff decides. A provider that can't be reached stops nothing: it is asked again when
// somebody next wants it.
//
// It owns no table. handoff/console sends people to the provider and takes them back; cmd makes it of the settings.
package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"orientir/handoff/staff"
)

const (
	// patience is how long one request to the provider may take; a person waits for it.
	patience = 10 * time.Second
	// pause is how long a provider that couldn't be found is left alone.
	pause = 5 * time.Second
	// biggestAnswer is the most bytes of an answer that are read.
	biggestAnswer = 1 << 20
)

// ErrAway says that the provider can't be reached, or that what it says of itself makes no sense.
var ErrAway = errors.New("the provider can't be asked")

// ErrRefused says that the provider, or what came back in its name, doesn't prove who somebody is.
var ErrRefused = errors.New("the provider's answer proves nothing")

// Options of a provider. Issuer, ClientID, ClientSecret and ReturnURL are needed.
type Options struct {
	Issuer       string // as the provider itself writes it
	ClientID     string
	ClientSecret string
	ReturnURL    string           // where the provider sends people back to
	Name         string           // what the button says; "": the site's own words
	Client       *http.Client     // that asks the provider; default http.DefaultClient
	Log          *slog.Logger     // default: nothing is logged
	Now          func() time.Time // the clock that tokens expire by; default time.Now
}

// Provider is an OpenID Connect provider that we are a client of.
type Provider struct {
	o      Options
	client *http.Client

	mu    sync.Mutex // also held while the provider is asked about itself, so that many ask once
	found *found
	again time.Time // before then it isn't asked anew
}

// found is what a provider says about itself.
type found struct {
	config   oauth2.Config
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	names    bool // its answers say who they are from (RFC 9207)
}

// New gives a provider; it is asked about itself when it is first wanted.
func New(o Options) *Provider {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	client := *o.Client
	client.Transport = shortAnswers{next: client.Transport}
	return &Provider{o: o, client: &client}
}

// Name is what the button says; "" leaves it to the site.
func (p *Provider) Name() string { return p.o.Name }

// Check asks the provider about itself and logs where that fails. A start calls it, and goes on all the same.
func (p *Provider) Check(ctx context.Context) {
	if _, err := p.find(ctx); err != nil && ctx.Err() == nil {
		p.o.Log.Warn("nobody can sign in with the provider until it answers", "issuer", p.o.Issuer, "err", err)
	}
}

// find gives what the provider says about itself, and asks it where we don't know yet.
func (p *Provider) find(ctx context.Context) (*found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if time.Now().Before(p.again) {
		return nil, fmt.Errorf("find the provider: it was away a moment ago: %w", ErrAway)
	}
	f, err := p.ask(ctx)
	if err != nil {
		p.again = time.Now().Add(pause)
		return nil, err
	}
	p.found = f
	return f, nil
}

func (p *Provider) ask(ctx context.Context) (*found, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("find the provider: %w: %s", ErrAway, short(err.Error())) // it may repeat a whole page
	}
	var says struct {
		Names      bool     `json:"authorization_response_iss_parameter_supported"`
		Challenges []string `json:"code_challenge_methods_supported"`
		Scopes     []string `json:"scopes_supported"`
	}
	if err := provider.Claims(&says); err != nil {
		return nil, fmt.Errorf("read what the provider says about itself: %w: %w", ErrAway, err)
	}
	if len(says.Challenges) > 0 && !slices.Contains(says.Challenges, "S256") {
		return nil, fmt.Errorf("the provider doesn't take PKCE with S256: %w", ErrAway)
	}
	return &found{
		config: oauth2.Config{
			ClientID: p.o.ClientID, ClientSecret: p.o.ClientSecret, Endpoint: provider.Endpoint(), RedirectURL: p.o.ReturnURL,
			Scopes: []string{oidc.ScopeOpenID, "email"},
		},
		provider: provider,
		verifier: provider.VerifierContext(oidc.ClientContext(context.Background(), p.client), &oidc.Config{ClientID: p.o.ClientID, Now: p.o.Now}),
		names:    says.Names,
	}, nil
}

// Address is where a browser goes to sign in. secret is known to that browser alone; the try is bound to it.
func (p *Provider) Address(ctx context.Context, secret string) (string, error) {
	f, err := p.find(context.WithoutCancel(ctx)) // whoever leaves while it is asked doesn't end the asking for the others
	if err != nil {
		return "", err
	}
	try := tryOf(secret)
	// A library's computer has many users: whoever sat there before may still be signed in with the provider (OpenID Connect Core 1.0, 3.1.2.1). Both
	// stand in the browser's address bar, from where they can be taken away; with the second the token must say when the provider saw who it was.
	again, recently := oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "60") // seconds; some take 0 for none
	return f.config.AuthCodeURL(try.state, oidc.Nonce(try.nonce), oauth2.S256ChallengeOption(try.verifier), again, recently), nil
}

// Identity reads what a browser came back with, exchanges the code, and says who it is. secret is the one that Address was given.
// Errors: ErrAway, ErrRefused.
func (p *Provider) Identity(ctx context.Context, secret string, answer url.Values) (staff.Identity, error) {
	f, err := p.find(context.WithoutCancel(ctx))
	if err != nil {
		return staff.Identity{}, err
	}
	try := tryOf(secret)
	if err := try.fits(answer, p.o.Issuer, f.names); err != nil {
		return staff.Identity{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), 2*patience)
	defer cancel()
	token, err := f.config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(try.verifier))
	if err != nil {
		return staff.Identity{}, exchangeFault(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return staff.Identity{}, fmt.Errorf("sign in with the provider: no id_token: %w", ErrRefused)
	}
	id, err := f.verifier.Verify(ctx, raw)
	if err != nil {
		return staff.Identity{}, fmt.Errorf("sign in with the provider: %w: %w", ErrRefused, err)
	}
	return p.read(ctx, f, id, try, token)
}

// exchangeFault tells a provider that refuses the code from one that is away. The words of its answer stay out: they may repeat secrets.
func exchangeFault(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil {
		kind := ErrRefused
		if refused.Response.StatusCode >= 500 {
			kind = ErrAway
		}
		return fmt.Errorf("exchange the provider's code: status %d, %q: %w", refused.Response.StatusCode, short(refused.ErrorCode), kind)
	}
	return fmt.Errorf("exchange the provider's code: %w: %w", ErrAway, err)
}

// shortAnswers cuts answers that are longer than any that makes sense.
type shortAnswers struct{ next http.RoundTripper }

func (s shortAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	next := s.next
	if next == nil {
		next = http.DefaultTransport
	}
	response, err := next.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, biggestAnswer), response.Body}
	}
	return response, err
}
