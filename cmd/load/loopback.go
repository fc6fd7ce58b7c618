package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// addresses is how many loopback addresses people come from: the program limits what one address may do, and one has only so many ports.
const addresses = 250

// errNotLoopback is the refusal of every address but this machine's own.
type errNotLoopback string

func (e errNotLoopback) Error() string { return "not a loopback address: " + string(e) }

// onlyLoopback looks at an address after it was resolved and before anything is sent.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().Unmap().IsLoopback() {
		return errNotLoopback(address)
	}
	return nil
}

// dialer connects from one of the loopback addresses, counted round.
func dialer(n int) *net.Dialer {
	return &net.Dialer{Timeout: 10 * time.Second, Control: onlyLoopback, LocalAddr: &net.TCPAddr{IP: source(n)}}
}

// source is 127.0.1.1, 127.0.1.2 and so on.
func source(n int) net.IP { return net.IPv4(127, 0, 1, byte(1+n%addresses)) }

// clients make requests, each from an address of its own.
type clients []*http.Client

func newClients(connections int) clients {
	all := make(clients, addresses)
	for i := range all {
		all[i] = &http.Client{
			Timeout: time.Minute,
			Transport: &http.Transport{
				DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
					return dialer(i).DialContext(ctx, network, address)
				},
				MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute, DisableCompression: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return all
}

func (c clients) of(n int) *http.Client { return c[n%len(c)] }

func (c clients) close() {
	for _, client := range c {
		client.CloseIdleConnections()
	}
}

// freeAddress gives a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
