package outgoing

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "212.122.160.1": true, "2001:67c:2b0::1": true, "2a00:4802:1::1": true,
		"127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.7": false, "203.0.113.9": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::": false, "2001:db8::1": false, "3fff:1::1": false,
	} {
		if got := Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v", address, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	g, err := Parse("intranet.example.bg, model.local:8000 10.20.0.0/16,10.1.2.3:8443 ::1 [fd00::1]:8080")
	if err != nil {
		t.Fatal(err)
	}
	for address, allowed := range map[string]bool{
		"8.8.8.8:443": true, "8.8.8.8:80": true, "8.8.8.8:22": false, "8.8.8.8:6379": false,
		"127.0.0.1:80": false, "[::1]:443": true, "[::1]:6379": false, "mvr.bg:443": false, "": false, "8.8.8.8": false,
		"10.20.3.4:443": true, "[::ffff:10.20.3.4]:443": true, "10.20.3.4:6379": false, "10.21.0.1:443": false,
		"10.1.2.3:8443": true, "10.1.2.3:443": false, "[fd00::1]:8080": true, "[fd00::2]:8080": false,
	} {
		if err := g.control("tcp", address, nil); (err == nil) != allowed || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", address, err)
		}
		if !allowed {
			continue
		}
		if err := (Guard{}).control("tcp", address, nil); (err == nil) != strings.HasPrefix(address, "8.8.8.8") {
			t.Errorf("%s without an allowance: %v", address, err)
		}
	}
	for address, named := range map[string]bool{
		"intranet.example.bg:443": true, "INTRANET.example.bg.:80": true, "intranet.example.bg:8080": false, "www.intranet.example.bg:443": false, "evilintranet.example.bg:443": false,
		"model.local:8000": true, "model.local:80": false, "10.20.0.1:443": false, "model.local": false, "model.local:x": false,
	} {
		if got := g.named(address); got != named {
			t.Errorf("%s is named: %v", address, got)
		}
	}
	for _, wrong := range []string{"10.20.0.0/33", "10.20.0", "http://intranet", "a..b", "host:0", "host:http", "host:65536", "10.1.2.3:0", "-a.bg", "библиотека.бг", "*", "fe80::1%eth0"} {
		if g, err := Parse(wrong); err == nil {
			t.Errorf("%q is %+v", wrong, g)
		}
	}
	if g, err := Parse(" , "); err != nil || len(g.names)+len(g.places) != 0 {
		t.Errorf("nothing is %+v, %v", g, err)
	}
}

// inside is a server in the network where nobody may come in; it counts who did.
func inside(t *testing.T) (*httptest.Server, *url.URL, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = io.WriteString(w, "inside") }))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s, u, &asked
}

func get(t *testing.T, c *http.Client, address string) error {
	t.Helper()
	response, err := c.Get(address)
	if err == nil {
		response.Body.Close()
	}
	return err
}

// Whatever an inside address is called, nobody is asked there.
func TestNoNameLeadsInside(t *testing.T) {
	t.Parallel()
	_, u, asked := inside(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		if err := get(t, Guard{}.Client(5*time.Second), "http://"+host+":"+u.Port()); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"127.1", "2130706433", "0x7f000001"} { // which some systems read as addresses
		if err := get(t, Guard{}.Client(5*time.Second), "http://"+host+":"+u.Port()); err == nil {
			t.Errorf("%s was asked", host)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// A name server that answers with a public address first and a private one then gains nothing: what is dialled is what is looked at.
func TestANameThatChangesGainsNothing(t *testing.T) {
	t.Parallel()
	_, u, asked := inside(t)
	g := Guard{resolver: lyingResolver(t, [][4]byte{{203, 0, 113, 9}, {127, 0, 0, 1}, {127, 0, 0, 1}, {169, 254, 169, 254}})}
	client := g.Client(5 * time.Second)
	for range 4 {
		if err := get(t, client, "http://rebind.example:"+u.Port()); !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("asked %d times", asked.Load())
	}
	g.names = []name{{"rebind.example", 0}} // allowed by name, but at the web's ports
	if err := get(t, g.Client(5*time.Second), "http://rebind.example:"+u.Port()); !errors.Is(err, ErrRefused) || asked.Load() != 0 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

// lyingResolver asks a name server of the test, which gives one of the addresses after the other, and stays with the last.
func lyingResolver(t *testing.T, addresses [][4]byte) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for asked := 0; ; {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var question dnsmessage.Message
			if question.Unpack(buffer[:n]) != nil || len(question.Questions) != 1 {
				continue
			}
			answer := dnsmessage.Message{Header: dnsmessage.Header{ID: question.ID, Response: true, RecursionAvailable: true}, Questions: question.Questions}
			if q := question.Questions[0]; q.Type == dnsmessage.TypeA {
				answer.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: addresses[min(asked, len(addresses)-1)]},
				}}
				asked++
			}
			if packed, err := answer.Pack(); err == nil {
				_, _ = server.WriteTo(packed, from)
			}
		}
	}()
	var dialer net.Dialer
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// The operator's own server is asked where it is; what it redirects to, and what redirects to it, is not.
func TestTheOperatorsOwnServer(t *testing.T) {
	t.Parallel()
	_, secret, asked := inside(t)
	var to atomic.Pointer[string]
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if where := to.Load(); where != nil && r.URL.Path == "/redirect" {
			http.Redirect(w, r, *where, http.StatusTemporaryRedirect)
		}
	}))
	defer model.Close()
	own, err := url.Parse(model.URL + "/v1")
	if err != nil {
		t.Fatal(err)
	}
	client := Guard{}.Client(5*time.Second, nil, own)
	if err := get(t, client, model.URL+"/v1/models"); err != nil {
		t.Errorf("the operator's own server: %v", err)
	}
	if err := get(t, Guard{}.Client(5*time.Second), model.URL+"/v1/models"); !errors.Is(err, ErrRefused) {
		t.Errorf("the same address from elsewhere: %v", err)
	}
	if err := get(t, client, secret.String()); !errors.Is(err, ErrRefused) {
		t.Errorf("another server on the same machine: %v", err)
	}
	for _, where := range []string{secret.String(), "http://127.0.0.2:" + own.Port(), "http://169.254.169.254/latest/meta-data/", "https://8.8.8.8/"} {
		to.Store(&where)
		if response, err := client.Post(model.URL+"/redirect", "text/plain", strings.NewReader("a person's question")); !errors.Is(err, ErrRefused) {
			t.Errorf("redirected to %s: %v, %v", where, response, err)
		}
	}
	same := "/v1/models"
	to.Store(&same)
	if err := get(t, client, model.URL+"/redirect"); err != nil {
		t.Errorf("redirected on the same server: %v", err)
	}
	loop := "/redirect"
	to.Store(&loop)
	if err := get(t, client, model.URL+"/redirect"); !errors.Is(err, ErrRefused) {
		t.Errorf("a loop: %v", err)
	}
	if asked.Load() != 0 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// An allowed network and an allowed name are reached, and nothing beside them.
func TestAllowedPlacesAreReached(t *testing.T) {
	t.Parallel()
	_, u, asked := inside(t)
	for _, list := range []string{u.Host, "localhost:" + u.Port()} {
		g, err := Parse(list)
		if err != nil {
			t.Fatal(err)
		}
		host := strings.TrimSuffix(list, ":"+u.Port())
		if err := get(t, g.Client(5*time.Second), "http://"+net.JoinHostPort(host, u.Port())); err != nil {
			t.Errorf("%s: %v", list, err)
		}
		if err := get(t, g.Client(5*time.Second), "http://127.0.0.3:"+u.Port()); !errors.Is(err, ErrRefused) {
			t.Errorf("beside %s: %v", list, err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// Many at once share nothing that one could spoil for another.
func TestAClientForMany(t *testing.T) {
	t.Parallel()
	_, u, asked := inside(t)
	client := Guard{}.Client(10*time.Second, u)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := get(t, client, u.String()); err != nil {
				t.Error(err)
			}
			if err := get(t, client, "http://127.0.0.4:"+u.Port()); !errors.Is(err, ErrRefused) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if asked.Load() != 16 {
		t.Errorf("asked %d times", asked.Load())
	}
}
