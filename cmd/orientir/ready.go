package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// How long the database may be away before a replica whose colleagues reach it says that it is not ready, and how long what one says of itself holds.
const (
	awayPatience = time.Minute
	wellLately   = 10 * time.Second // how old an answer may be: between two a presence may wait five for the pool
	wellEvery    = 5 * time.Second  // how often the others are told
	wellFor      = 20 * time.Second
)

// readiness says whether a balancer should send people to this replica: once the database, the migrations and an index were there to answer
// from, and until it stops. A database that is away afterwards is away for all replicas at once, as a rule. Were all of them to say so, people would
// read the balancer's bare 503; so they stay, take what can be taken, and tell people in a sentence that the trouble is ours. Only a replica that
// is alone with its trouble, which it hears of the others through Redis, says no after a minute. How the database is, metrics tell.
//
// It goes by the presence and asks for no connection of the pool: one that is in full use is no reason to send everybody to the replicas that are next.
// Only where the presence has been silent for so long the pool is asked too: a role's last connection may be missing, and all else be well.
type readiness struct {
	draining func() bool
	lacks    func(context.Context) string // what an answer would miss now, or "" where nothing
	answered func() time.Time             // when the database last answered this process
	asks     func(context.Context) error  // whether it answers through the pool
	others   colleagues

	whole atomic.Bool  // nothing was missing once
	told  atomic.Int64 // when the others were last told that the database answers here, in nanoseconds
	heard atomic.Int64 // when it last answered what was asked here, in nanoseconds
}

// colleagues are the other replicas.
type colleagues interface {
	Seen(ctx context.Context, key string, ttl time.Duration)
	Present(ctx context.Context, keys ...string) []bool
}

// reachesDatabase is the key under which replicas say of themselves that the database answers them.
const reachesDatabase = "reaches-database"

// missing is why this replica is not ready; "" where it is.
func (r *readiness) missing(ctx context.Context) string {
	if r.draining() {
		return "stopping"
	}
	if !r.whole.Load() {
		if lacks := r.lacks(ctx); lacks != "" {
			return lacks
		}
		r.heard.Store(time.Now().UnixNano())
		r.whole.Store(true)
	}
	now := time.Now()
	switch away := now.Sub(r.last()); {
	case away < wellLately:
		if told := r.told.Load(); now.UnixNano()-told > int64(wellEvery) && r.told.CompareAndSwap(told, now.UnixNano()) {
			r.others.Seen(ctx, reachesDatabase, wellFor)
		}
	case away > awayPatience && r.others.Present(ctx, reachesDatabase)[0]: // by now it isn't what this one said itself
		if r.asks(ctx) != nil {
			return "the database does not answer"
		}
		r.heard.Store(time.Now().UnixNano())
	}
	return ""
}

// last is when the database last answered.
func (r *readiness) last() time.Time {
	last := r.answered()
	if heard := time.Unix(0, r.heard.Load()); heard.After(last) {
		return heard
	}
	return last
}

// allAway says that the database has answered no replica for a while, as far as this one hears of the others, and doesn't answer now.
func (r *readiness) allAway(ctx context.Context) bool {
	return !r.answered().IsZero() && time.Since(r.last()) > wellLately && !r.others.Present(ctx, reachesDatabase)[0] && r.asks(ctx) != nil
}

func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if missing := r.missing(req.Context()); missing != "" {
		http.Error(w, missing, http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
