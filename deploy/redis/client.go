package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

const (
	// patience is how long one command may take; who asks is a person's request.
	patience = 500 * time.Millisecond
	// pause is how long Redis is left alone after a command failed, so that an outage doesn't cost each request its patience.
	pause = time.Second
)

// Options of a client; the zero value works.
type Options struct {
	Prefix string       // before every key and channel; default "orientir:"
	Log    *slog.Logger // told when Redis goes and comes back; default: nobody
	// MayBeAway lets Open go on without a server that isn't reached, as later outages are survived: a program that serves people starts again
	// whatever has become of Redis. One that refuses (a password, a replica) is still a fault.
	MayBeAway bool
}

// Client is one process's view of Redis. All its methods may be called from many goroutines.
type Client struct {
	rdb     redis.UniversalClient
	db      int // the database's number; 0 in a cluster
	prefix  string
	self    string // this process, so that it knows its own wake-ups when they come back
	log     *slog.Logger
	hub     hub
	out     chan string // wake-ups on their way to other replicas
	limits  memory      // counted here while Redis is away
	seen    memory      // presence as this process knows it
	tallies tallies     // what this process has counted

	downUntil atomic.Int64 // unix nanoseconds; 0 while Redis answers
	failures  atomic.Int64 // calls that failed or came too late
	lost      atomic.Int64 // wake-ups that found no room
}

// Open connects to the servers at url (see connect) and says at once when they don't answer or may not be written to.
// Later outages are survived.
func Open(ctx context.Context, url string, o Options) (*Client, error) {
	rdb, db, err := connect(url)
	if err != nil {
		return nil, fmt.Errorf("read the Redis address: %w", err)
	}
	if o.Prefix == "" {
		o.Prefix = "orientir:"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{
		rdb:    rdb,
		db:     db,
		prefix: o.Prefix,
		self:   rand.Text(),
		log:    o.Log,
		out:    make(chan string, 4096),
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// A write, because a read-only replica answers a ping.
	err = c.rdb.Set(ctx, c.prefix+"hello", 1, time.Second).Err()
	if err != nil && o.MayBeAway && unreached(err) {
		c.downUntil.Store(time.Now().Add(pause).UnixNano())
		c.log.Warn("redis is away: limits, presence and wake-ups are this process's own until it is back", "err", err)
		err = nil
	}
	if err != nil {
		c.rdb.Close()
		return nil, fmt.Errorf("write to Redis: %w", err)
	}
	return c, nil
}

// unreached says that no server answered at all.
func unreached(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)
}

// Run carries wake-ups to and from other replicas until ctx ends. Without it wake-ups stay within this process.
func (c *Client) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.send(ctx) })
	group.Go(func() error { return c.receive(ctx) })
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close gives the connections back. Call it after Run has returned.
func (c *Client) Close() error { return c.rdb.Close() }

// try runs one exchange with Redis and reports whether it worked; if not, the caller does without.
func (c *Client) try(ctx context.Context, exchange func(context.Context) error) bool {
	if until := c.downUntil.Load(); until != 0 && time.Now().UnixNano() < until {
		return false
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := exchange(limited)
	switch {
	case err == nil:
		if c.downUntil.Swap(0) != 0 {
			c.log.Info("redis is back")
		}
		return true
	case ctx.Err() != nil: // the caller gave up, which says nothing about Redis
		return false
	}
	c.failures.Add(1)
	if c.downUntil.Swap(time.Now().Add(pause).UnixNano()) == 0 {
		c.log.Warn("redis is away: limits, presence and wake-ups are this process's own until it is back", "err", err)
	}
	return false
}

// LogTo makes the Redis library write its own complaints (a bad connection, a failed dial) to log instead of standard error.
// The library has one logger for the whole process, so only main calls this, once.
func LogTo(log *slog.Logger) { redis.SetLogger(printer{log}) }

type printer struct{ log *slog.Logger }

func (p printer) Printf(ctx context.Context, format string, v ...any) {
	p.log.DebugContext(ctx, "redis library", "says", fmt.Sprintf(format, v...))
}
