package knowledge

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "212.122.160.1": true, "2001:67c:2b0::1": true, "2a00:4802:1::1": true,
		"127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.7": false, "203.0.113.9": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::": false, "2001:db8::1": false,
	} {
		if got := publicAddress(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v", address, got)
		}
	}
	if publicAddress(netip.Addr{}) {
		t.Error("no address is public")
	}
	for address, refused := range map[string]bool{"8.8.8.8:443": false, "8.8.8.8:80": false, "8.8.8.8:22": true, "8.8.8.8:6379": true, "127.0.0.1:80": true, "[::1]:443": true, "mvr.bg:443": true} {
		if err := dialPublic("tcp", address, nil); (err != nil) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// No name and no redirect leads into a private network: the address is looked at when it is connected to.
func TestFetcherKeepsOutOfPrivateNetworks(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	turn := func(context.Context, string) error { return nil }
	everything := func(string) bool { return true }
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	safe := newFetcher("test", 5*time.Second, dialPublic, turn)
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
	only := func(network, address string, c syscall.RawConn) error { // this one server stands for the public Internet
		if strings.HasSuffix(address, ":"+u.Port()) {
			return nil
		}
		return dialPublic(network, address, c)
	}
	found, err := newFetcher("test", 5*time.Second, only, turn).fetch(t.Context(), link{URL: outside.URL}, everything)
	if err != nil || found.fault != LinkRefused || found.final != inside.URL || asked.Load() != 0 {
		t.Errorf("redirected inside: %+v, %v, asked %d times", found, err, asked.Load())
	}
}
