package outgoing

import (
	"net/netip"
	"testing"
)

// Whatever an operator wrote or a name resolved to, nothing private is reached that was not allowed.
func FuzzGuard(f *testing.F) {
	for _, seed := range [][2]string{{"intranet.example.bg", "10.0.0.1:80"}, {"10.20.0.0/16", "10.20.1.1:443"}, {"10.1.2.3:8443", "[::ffff:10.1.2.3]:8443"}, {"::1", "[::1%lo]:80"}, {"0.0.0.0/0", "127.0.0.1:80"}, {"[fd00::1]:0", "x"}, {"a:b:c", ":80"}, {"::ffff:10.0.0.0/104", "10.0.0.1:80"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, list, address string) {
		g, err := Parse(list)
		if err != nil {
			return
		}
		named := g.named(address)
		if named && len(g.names) == 0 {
			t.Errorf("%q is named in %q", address, list)
		}
		to, err := netip.ParseAddrPort(address)
		refused := g.control("tcp", address, nil) != nil
		if err != nil {
			if !refused {
				t.Errorf("%q, which is no address, is dialled", address)
			}
			return
		}
		allowed := false
		for _, p := range g.places {
			allowed = allowed || p.network.Contains(to.Addr().Unmap().WithZone(""))
		}
		if !refused && !Public(to.Addr()) && !allowed {
			t.Errorf("%s is dialled, with %q", address, list)
		}
	})
}
