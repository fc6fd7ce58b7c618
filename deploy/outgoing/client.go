package outgoing

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Client gives a client for servers that the operator wrote into the settings, and for what they name. own are those servers' addresses, of
// which scheme, host and port count; nil ones are passed over. timeout is for one request with its answer's body; 0 is none.
func (g Guard) Client(timeout time.Duration, own ...*url.URL) *http.Client {
	transport := http.DefaultTransport.(*http.Transport)
	trusted, guarded := transport.Clone(), transport.Clone()
	guarded.Proxy, guarded.DialContext = nil, g.DialContext(10*time.Second)
	s := split{trusted: trusted, guarded: guarded}
	for _, u := range own {
		if u != nil {
			s.own = append(s.own, origin(u))
		}
	}
	return &http.Client{Timeout: timeout, Transport: s, CheckRedirect: sameOrigin}
}

// split sends requests to the operator's own servers one way, and all others the guarded way.
type split struct {
	own              []string
	trusted, guarded http.RoundTripper
}

func (s split) RoundTrip(r *http.Request) (*http.Response, error) {
	if slices.Contains(s.own, origin(r.URL)) {
		return s.trusted.RoundTrip(r)
	}
	return s.guarded.RoundTrip(r)
}

// sameOrigin follows few redirects, and none to another scheme, host or port.
func sameOrigin(r *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return fmt.Errorf("redirected %d times: %w", len(via), ErrRefused)
	}
	if from := via[0].URL; origin(r.URL) != origin(from) {
		return fmt.Errorf("redirected from %s to %s: %w", origin(from), origin(r.URL), ErrRefused)
	}
	return nil
}

// origin is scheme, host and port, as they are compared.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Hostname()), ".") + ":" + port
}
