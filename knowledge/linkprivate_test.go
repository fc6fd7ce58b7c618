package knowledge

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"orientir/deploy/outgoing"
)

// No name and no redirect leads into a private network: the address is looked at when it is connected to.
func TestFetcherKeepsOutOfPrivateNetworks(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	turn := func(context.Context, string) error { return nil }
	everything := func(string) bool { return true }
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	guarded := outgoing.Guard{}.DialContext(2 * time.Second)
	safe := newFetcher("test", 5*time.Second, guarded, turn)
	for _, address := range []string{inside.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://0.0.0.0:" + port, "http://127.1:" + port, "http://2130706433:" + port} {
		found, err := safe.fetch(t.Context(), link{URL: address}, everything)
		if err != nil || found.fault != LinkRefused && found.fault != LinkUnreachable || asked.Load() != 0 {
			t.Errorf("%s: %+v, %v, asked %d times", address, found, err, asked.Load())
		}
	}
	if found, _ := safe.fetch(t.Context(), link{URL: inside.URL}, everything); found.fault != LinkRefused {
		t.Errorf("a private address is %q", found.fault)
	}

	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, http.StatusFound) }))
	defer outside.Close()
	u, err := url.Parse(outside.URL)
	if err != nil {
		t.Fatal(err)
	}
	only := func(ctx context.Context, network, address string) (net.Conn, error) { // this one server stands for the public Internet
		if strings.HasSuffix(address, ":"+u.Port()) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		return guarded(ctx, network, address)
	}
	found, err := newFetcher("test", 5*time.Second, only, turn).fetch(t.Context(), link{URL: outside.URL}, everything)
	if err != nil || found.fault != LinkRefused || found.final != inside.URL || asked.Load() != 0 {
		t.Errorf("redirected inside: %+v, %v, asked %d times", found, err, asked.Load())
	}
}
