package webchat

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Caller is the network address that a request comes from. Proxies that we trust tell whom they speak for; anybody else's
// word is ignored. False: there is none, as on a unix socket. The staff site asks the same.
func Caller(r *http.Request, trusted []netip.Prefix) (netip.Addr, bool) {
	here, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	address := here.Addr().Unmap()
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(trusted, func(proxy netip.Prefix) bool { return proxy.Contains(address) }) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		address = next.Unmap()
	}
	return address, true
}
