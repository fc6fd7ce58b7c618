// Package outgoing keeps what the program asks of other servers out of the network that it stands in.
//
// Some addresses come from people: those of guides, which the link checker asks for; and some from other servers: where they redirect
// to, and what an OpenID provider names as its endpoints. Somebody who chooses such an address must not make this machine ask its own
// Redis, a neighbour's printer or a cloud's metadata. So a connection is made only to the public Internet, at ports 80 and 443, and to what
// the operator allows (ORIENTIR_OUTGOING_ALLOW). It is looked at when it is dialled, after the name was resolved, each time: neither a name
// that leads inside, nor one that changes between two looks, nor a redirect passes.
//
// A server that the operator wrote into the settings is asked wherever it is, a model on localhost for example:
//
//	guard, err := outgoing.Parse("intranet.example.bg, 10.20.0.0/16, 10.1.2.3:8443")
//	client := guard.Client(20*time.Second, issuer) // issuer is a *url.URL of the settings
//
// This client reaches issuer's own scheme, host and port as any client would, through a proxy of the environment too. Whatever else it is
// given – a token endpoint on another host, which the provider named – is held to the public Internet and the allowed. It follows no
// redirect to another origin: not from the operator's server, and not to it. Both come back as errors that are ErrRefused.
//
// For requests without a server of the operator's, a Transport of one's own takes guard.DialContext.
//
// It owns no tables. knowledge, retrieval/openai, bot/telegram and the sign-in with an OpenID provider ask through it; cmd makes the guard.
package outgoing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrRefused means that a connection would have led where the program may not go.
var ErrRefused = errors.New("the address is not a public one")

// Guard says where the program may connect to. The zero value allows the public Internet alone.
type Guard struct {
	names    []name
	places   []place
	resolver *net.Resolver // nil is the system's; tests have one that lies
}

// name is an allowed host, which may be anywhere.
type name struct {
	host string
	port uint16 // 0: 80 and 443
}

// place is an allowed network.
type place struct {
	network netip.Prefix
	port    uint16 // 0: 80 and 443
}

// Parse reads what an operator allows beside the public Internet, parted by commas or spaces: host names, addresses, networks; a host or an
// address with a port allows that port, without one 80 and 443. A name allows that very host, not what stands below it.
func Parse(list string) (Guard, error) {
	var g Guard
	var faults []error
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		if err := g.allow(word); err != nil {
			faults = append(faults, err)
		}
	}
	return g, errors.Join(faults...)
}

func (g *Guard) allow(word string) error {
	if network, err := netip.ParsePrefix(word); err == nil {
		g.places = append(g.places, place{network: network.Masked()})
		return nil
	}
	if address, err := netip.ParseAddr(strings.Trim(word, "[]")); err == nil && address.Zone() == "" {
		g.places = append(g.places, place{network: netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())})
		return nil
	}
	if to, err := netip.ParseAddrPort(word); err == nil && to.Addr().Zone() == "" && to.Port() != 0 {
		address := to.Addr().Unmap()
		g.places = append(g.places, place{network: netip.PrefixFrom(address, address.BitLen()), port: to.Port()})
		return nil
	}
	host, digits, withPort := strings.Cut(word, ":")
	var port uint64
	if withPort {
		var err error
		if port, err = strconv.ParseUint(digits, 10, 16); err != nil || port == 0 {
			return fmt.Errorf("%q is no host, address or network", word)
		}
	}
	if !hostName(host) {
		return fmt.Errorf("%q is no host, address or network", word)
	}
	g.names = append(g.names, name{strings.ToLower(host), uint16(port)})
	return nil
}

// hostName says whether s may be a host's name; the letters of one in another alphabet are written as «xn--…».
func hostName(s string) bool {
	if s == "" || len(s) > 253 || strings.Trim(s, "0123456789.") == "" {
		return false // all digits: an address that was mistyped
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool {
				return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
			}) {
			return false
		}
	}
	return true
}

// DialContext gives what a http.Transport dials with. Each address that a host's name has is looked at before it is connected to; timeout is
// for all of them together. The transport should have no proxy: a proxy would resolve the name itself, out of our sight.
func (g Guard) DialContext(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := &net.Dialer{Timeout: timeout, Resolver: g.resolver, Control: g.control}
		if g.named(address) {
			dialer.Control = nil
		}
		return dialer.DialContext(ctx, network, address)
	}
}

// named says whether host:port is one that the operator allows by name.
func (g Guard) named(address string) bool {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return err == nil && slices.ContainsFunc(g.names, func(n name) bool { return n.host == host && portFits(n.port, uint16(port)) })
}

// control is a net.Dialer's Control: it sees the very address that is about to be connected to.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %q: %w", address, ErrRefused)
	}
	at := to.Addr().Unmap().WithZone("")
	if Public(at) && portFits(0, to.Port()) ||
		slices.ContainsFunc(g.places, func(p place) bool { return p.network.Contains(at) && portFits(p.port, to.Port()) }) {
		return nil
	}
	return fmt.Errorf("connect to %s: %w", address, ErrRefused)
}

// portFits says whether a port is the allowed one; of 0 it is the web's two.
func portFits(allowed, port uint16) bool {
	return port == allowed || allowed == 0 && (port == 80 || port == 443)
}
