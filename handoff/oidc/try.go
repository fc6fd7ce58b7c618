package oidc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"orientir/handoff/staff"
)

// try is what binds one sign-in to one browser. All three are made of the browser's secret, so that nothing has to be kept here: none of them,
// nor two together, tells the secret or the third.
type try struct {
	state    string // comes back in the address: it is our browser's try
	nonce    string // comes back in the token: the token is of this try
	verifier string // PKCE: the code is of no use to anybody else
}

func tryOf(secret string) try {
	part := func(name string) string {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte("orientir oidc " + name))
		return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	return try{state: part("state"), nonce: part("nonce"), verifier: part("verifier")}
}

// fits holds what a browser came back with to the try that it began.
func (t try) fits(answer url.Values, issuer string, names bool) error {
	switch {
	case subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(t.state)) != 1:
		return fmt.Errorf("sign in with the provider: the state is not this browser's: %w", ErrRefused)
	case answer.Has("iss") && answer.Get("iss") != issuer, names && !answer.Has("iss"):
		return fmt.Errorf("sign in with the provider: the answer is of another provider: %w", ErrRefused)
	case answer.Has("error"):
		return fmt.Errorf("sign in with the provider: it says %q: %w", short(answer.Get("error")), ErrRefused)
	case answer.Get("code") == "":
		return fmt.Errorf("sign in with the provider: no code: %w", ErrRefused)
	}
	return nil
}

// read takes who somebody is from a token whose signature, issuer, audience and time are right. What it doesn't say of the e-mail address is asked for.
func (p *Provider) read(ctx context.Context, f *found, id *oidc.IDToken, t try, token *oauth2.Token) (staff.Identity, error) {
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.nonce)) != 1 {
		return staff.Identity{}, fmt.Errorf("sign in with the provider: the nonce is of another try: %w", ErrRefused)
	}
	var says struct {
		AuthorizedParty string `json:"azp"`
		Email           string `json:"email"`
		EmailVerified   *truth `json:"email_verified"`
		AuthTime        moment `json:"auth_time"`
	}
	if err := id.Claims(&says); err != nil {
		return staff.Identity{}, fmt.Errorf("sign in with the provider: %w: %w", ErrRefused, err)
	}
	// A token for several must say who it was made for (OpenID Connect Core 1.0, section 3.1.3.7).
	if p.madeForAnother(id.Audience, says.AuthorizedParty) {
		return staff.Identity{}, fmt.Errorf("sign in with the provider: the token was made for another: %w", ErrRefused)
	}
	who := staff.Identity{Issuer: id.Issuer, Subject: id.Subject, Email: says.Email, EmailVerified: says.EmailVerified != nil && bool(*says.EmailVerified), At: time.Time(says.AuthTime)}
	if who.Subject == "" || len(who.Subject) > 255 {
		return staff.Identity{}, fmt.Errorf("sign in with the provider: a subject of %d bytes: %w", len(who.Subject), ErrRefused)
	}
	if who.Email != "" && says.EmailVerified != nil || f.provider.UserInfoEndpoint() == "" {
		return who, nil
	}
	info, err := f.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return staff.Identity{}, fmt.Errorf("ask the provider about a person: %w: %s", ErrAway, short(err.Error())) // it repeats the whole answer
	}
	if info.Subject != who.Subject {
		return staff.Identity{}, fmt.Errorf("ask the provider about a person: it tells of another: %w", ErrRefused)
	}
	if info.Email != "" { // what it says is verified is the address that it says
		who.Email, who.EmailVerified = info.Email, info.EmailVerified
	}
	return who, nil
}

func (p *Provider) madeForAnother(audience []string, party string) bool {
	if party != "" && party != p.o.ClientID {
		return true
	}
	return party == "" && slices.ContainsFunc(audience, func(a string) bool { return a != p.o.ClientID })
}

// truth is a boolean that some providers write as a text.
type truth bool

func (t *truth) UnmarshalJSON(data []byte) error {
	*t = truth(string(data) == "true" || string(data) == `"true"`)
	if !json.Valid(data) {
		return fmt.Errorf("%d bytes that are no JSON", len(data))
	}
	return nil
}

// moment is a time in seconds since 1970, which some providers write as a fraction or a text. One that can't be read is zero: that is no proof, and
// nobody is kept out.
type moment time.Time

func (m *moment) UnmarshalJSON(data []byte) error {
	seconds, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil || !(seconds > 0 && seconds < 1<<40) {
		return nil
	}
	*m = moment(time.Unix(int64(seconds), 0))
	return nil
}

// short cuts what somebody else wrote before it goes into our log.
func short(words string) string {
	const most = 200
	if len(words) > most {
		words = words[:most] + "…"
	}
	return strings.ToValidUTF8(words, "?")
}
