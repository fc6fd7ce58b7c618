package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// double is a provider that lies as a test tells it to. The flow against a real one is tested in cmd/oidccheck.
type double struct {
	*testing.T
	*httptest.Server
	key *rsa.PrivateKey

	mu     sync.Mutex
	codes  map[string]grant // given out and not yet exchanged
	claims func(map[string]any)
	sign   func(claims map[string]any) string // nil: as it should be
	says   map[string]any                     // beside what discovery says
	info   map[string]any                     // what the user info endpoint says
	down   bool

	infoStatus int // of what the user info endpoint says; 0: 200
	asked      int // how often it was asked about itself
}

// grant is what a code stands for.
type grant struct{ nonce, challenge string }

const (
	clientID     = "orientir"
	clientSecret = "tayna na klienta"
)

func newDouble(t *testing.T) *double {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	d := &double{T: t, key: key, codes: map[string]grant{}, says: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", d.discovery)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		d.write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: d.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", d.token)
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if d.infoStatus != 0 {
			w.WriteHeader(d.infoStatus)
		}
		d.write(w, d.info)
	})
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	return d
}

func (d *double) write(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func (d *double) discovery(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.down {
		http.Error(w, clientSecret, http.StatusServiceUnavailable)
		return
	}
	says := map[string]any{
		"issuer": d.URL, "authorization_endpoint": d.URL + "/authorize", "token_endpoint": d.URL + "/token", "jwks_uri": d.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "code_challenge_methods_supported": []string{"S256"},
	}
	maps.Copy(says, d.says)
	d.write(w, says)
}

func (d *double) token(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	refuse := func(why string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		d.write(w, map[string]string{"error": why, "error_description": "client_secret was " + clientSecret})
	}
	id, secret, ok := r.BasicAuth()
	if id, _ = url.QueryUnescape(id); !ok || id != clientID {
		refuse("invalid_client")
		return
	}
	if secret, _ = url.QueryUnescape(secret); secret != clientSecret {
		refuse("invalid_client")
		return
	}
	g, known := d.codes[r.PostFormValue("code")]
	delete(d.codes, r.PostFormValue("code"))
	verifier := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || base64.RawURLEncoding.EncodeToString(verifier[:]) != g.challenge {
		refuse("invalid_grant")
		return
	}
	claims := map[string]any{
		"iss": d.URL, "sub": "42", "aud": clientID, "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "nonce": g.nonce,
		"email": "maria@example.bg", "email_verified": true,
	}
	if d.claims != nil {
		d.claims(claims)
	}
	sign := d.sign
	if sign == nil {
		sign = func(claims map[string]any) string { return d.signed(jose.RS256, d.key, claims) }
	}
	d.write(w, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": sign(claims)})
}

func (d *double) signed(alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		d.Error(err)
		return ""
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		d.Error(err)
	}
	return token
}

// visit is a browser at the provider: it lets the person in at once, and gives what the browser comes back with.
func (d *double) visit(address string) url.Values {
	d.Helper()
	u, err := url.Parse(address)
	if err != nil {
		d.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("prompt") != "login" || q.Get("code_challenge_method") != "S256" || q.Get("client_id") != clientID || q.Get("nonce") == "" || len(q.Get("state")) < 32 {
		d.Errorf("asked for %s", address)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	code := rand.Text()
	d.codes[code] = grant{nonce: q.Get("nonce"), challenge: q.Get("code_challenge")}
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (d *double) provider() *Provider {
	return New(Options{Issuer: d.URL, ClientID: clientID, ClientSecret: clientSecret, ReturnURL: "https://orientir.example.bg/back", Client: d.Client()})
}
