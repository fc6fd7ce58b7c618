package webchat

import (
	"context"
	"net/http"
	"net/netip"
	"time"
)

// limit names what a request uses up.
type limit string

const (
	free        limit = ""
	questions   limit = "questions"   // a search
	messages    limit = "messages"    // a message of a conversation
	beginnings  limit = "beginnings"  // a new conversation
	connections limit = "connections" // an opened stream
	codes       limit = "codes"       // a code to go on with a conversation from elsewhere
)

// Limits are requests a minute from one address. The default lets a class of thirty in a library work behind one.
type Limits struct {
	Questions   int // default 300
	Messages    int // default 600
	Beginnings  int // default 120
	Connections int // default 600
	Codes       int // default 20; of wrong typed ones bot.CodeTries are allowed, whatever stands here
	Streams     int // open at once from one address, in one process; default 120
	AllStreams  int // open at once in one process; default 20,000. One takes some 50 kB
}

func (l Limits) orDefault() Limits {
	for _, field := range []struct {
		value    *int
		standard int
	}{{&l.Questions, 300}, {&l.Messages, 600}, {&l.Beginnings, 120}, {&l.Connections, 600}, {&l.Codes, 20}, {&l.Streams, 120}, {&l.AllStreams, 20_000}} {
		if *field.value == 0 {
			*field.value = field.standard
		}
	}
	return l
}

func (l Limits) of(what limit) int {
	switch what {
	case questions:
		return l.Questions
	case messages:
		return l.Messages
	case beginnings:
		return l.Beginnings
	case codes:
		return l.Codes
	default:
		return l.Connections
	}
}

// allow takes one turn of the caller's address.
func (s *site) allow(r *http.Request, what limit) error {
	if what == free || s.NoLimits {
		return nil
	}
	return s.take(r.Context(), "web:"+string(what)+":"+s.address(r), s.Limits.of(what))
}

func (s *site) take(ctx context.Context, key string, turns int) error {
	ok, after := s.redis.Allow(ctx, key, turns, time.Minute)
	if ok {
		return nil
	}
	return &fault{Status: http.StatusTooManyRequests, Key: "web.error_429", Retry: max(after, time.Second)}
}

// address is the caller's network address. Of an IPv6 address the first 64 bits count: the rest is for one household to choose.
func (s *site) address(r *http.Request) string {
	address, ok := Caller(r, s.TrustedProxies)
	if !ok {
		return "unknown" // a unix socket: all callers share one turn, unless a trusted proxy is set up over TCP
	}
	return Household(address)
}

// Household is what counts as one address: all of an IPv4 address, and the first 64 bits of an IPv6 one.
func Household(address netip.Addr) string {
	address = address.WithZone("")
	if address.Is6() {
		if household, err := address.Prefix(64); err == nil {
			return household.String()
		}
	}
	return address.String()
}
