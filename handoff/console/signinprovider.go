package console

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"orientir/bot/webchat"
	"orientir/handoff/staff"
)

// Provider is what the site needs of oidc.Provider.
type Provider interface {
	Name() string // of the button; "": «Вход със служебен акаунт»
	Address(ctx context.Context, secret string) (string, error)
	Identity(ctx context.Context, secret string, answer url.Values) (staff.Identity, error)
}

// providerTry is a try to sign in with the provider, in a cookie of the browser that began it.
type providerTry struct {
	Secret string `json:"s"`
	Next   string `json:"n"`
}

const providerSeconds = 10 * 60

// providerTurns is how often one network may go to the provider and come back in a minute: an office shares one, and each sign-in is two of them.
const providerTurns = 120

// providerTurn says whether somebody may bother the provider; where not it answers.
func (s *site) providerTurn(w http.ResponseWriter, r *http.Request) (bool, error) {
	ok, after := s.Redis.Allow(r.Context(), "sign-in:provider:"+webchat.Household(s.address(r)), providerTurns, time.Minute)
	if ok {
		return true, nil
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())+1))
	return false, s.signInAnew(w, r, http.StatusTooManyRequests, "/console/", "signin.many")
}

// ProviderButton is what the button of the outside provider says; "" where there is none.
func (f frame) ProviderButton() string {
	if f.site.Provider == nil {
		return ""
	}
	if name := f.site.Provider.Name(); name != "" {
		return name
	}
	return f.SI("by_provider")
}

// toProvider sends a browser to the provider. It is a GET, because the policy of a page forbids forms that lead to other sites.
func (s *site) toProvider(w http.ResponseWriter, r *http.Request) error {
	if s.Provider == nil {
		return errNotFound
	}
	if ok, err := s.providerTurn(w, r); !ok {
		return err
	}
	try := providerTry{Secret: rand.Text() + rand.Text(), Next: ownPath(r.URL.Query().Get("next"))}
	to, err := s.Provider.Address(r.Context(), try.Secret)
	if err != nil {
		s.Log.Warn("the sign-in provider is away", "err", err)
		return s.signInAnew(w, r, http.StatusBadGateway, try.Next, "signin.provider_away")
	}
	data, err := json.Marshal(try)
	if err != nil {
		return err
	}
	s.setCookie(w, providerName, base64.RawURLEncoding.EncodeToString(data), providerSeconds)
	return seeOther(w, r, to)
}

// fromProvider takes a browser back. The try's cookie goes at once: no answer is taken twice.
func (s *site) fromProvider(w http.ResponseWriter, r *http.Request) error {
	if s.Provider == nil {
		return errNotFound
	}
	if ok, err := s.providerTurn(w, r); !ok {
		return err
	}
	try, ok := s.takeTry(r)
	s.setCookie(w, providerName, "", -1)
	next := ownPath(try.Next)
	if !ok {
		return s.signInAnew(w, r, http.StatusGone, next, "signin.provider_late")
	}
	who, err := s.Provider.Identity(r.Context(), try.Secret, r.URL.Query())
	if err != nil {
		if r.Context().Err() != nil {
			return err
		}
		s.Log.Warn("nobody was recognised by the sign-in provider", "err", err)
		if r.URL.Query().Get("error") == "access_denied" {
			return s.signInAnew(w, r, http.StatusForbidden, next, "signin.provider_refused")
		}
		return s.signInAnew(w, r, http.StatusBadGateway, next, "signin.provider_failed")
	}
	token, a, err := s.Staff.SignInIdentity(r.Context(), who, s.from(r))
	switch {
	case errors.Is(err, staff.ErrNoAccount):
		return s.signInAnew(w, r, http.StatusForbidden, next, "signin.provider_nobody")
	case errors.Is(err, staff.ErrUnverified):
		return s.signInAnew(w, r, http.StatusForbidden, next, "signin.provider_unverified")
	}
	return s.goIn(w, r, token, a, next, err)
}

func (s *site) takeTry(r *http.Request) (providerTry, bool) {
	var try providerTry
	data, err := base64.RawURLEncoding.DecodeString(string(s.tokenOf(r, providerName)))
	if err != nil || json.Unmarshal(data, &try) != nil || len(try.Secret) < 26 {
		return providerTry{}, false
	}
	return try, true
}
