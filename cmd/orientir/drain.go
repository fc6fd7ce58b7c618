package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// comebacks is how many browsers a second may come to the other replicas from one that stops.
const comebacks = 1000

// drain is a replica's way out. Once it has begun the replica says that it isn't ready, closes a connection after each answer, so that
// proxies turn to others, and ends its streams one after the other, each with a hint when to come back: ten thousand browsers must not
// be at the other replicas' door in the same second.
type drain struct {
	wait    time.Duration // how long the replica serves on
	begun   context.Context
	begin   context.CancelFunc
	over    context.Context // the replica stops: no stream goes on
	end     context.CancelFunc
	streams atomic.Int64
}

func newDrain(wait time.Duration) *drain {
	d := &drain{wait: wait}
	d.begun, d.begin = context.WithCancel(context.Background())
	d.over, d.end = context.WithCancel(context.Background())
	return d
}

func (d *drain) draining() bool { return d.begun.Err() != nil }

// run begins the drain when asked ends, and returns when the replica may stop. Streams that are open still end then: other requests have their time.
func (d *drain) run(serving, asked context.Context) {
	defer d.end()
	select {
	case <-serving.Done():
	case <-asked.Done():
	}
	d.begin()
	select {
	case <-serving.Done():
	case <-time.After(d.wait):
	}
}

// Streams end between these shares of the wait: before, load balancers may not have noticed and would send browsers back here; at the end
// everything has to be done.
const (
	streamsFrom = 0.4
	streamsTo   = 0.9
)

// leave draws when one stream ends, counted from the beginning of the drain, and after how long its browser comes back.
func (d *drain) leave() (end, pause time.Duration) {
	window := time.Duration((streamsTo - streamsFrom) * float64(d.wait))
	needed := time.Duration(d.streams.Load()) * time.Second / comebacks
	end = time.Duration(streamsFrom*float64(d.wait)) + upTo(min(window, max(needed, window/2)))
	return end, 100*time.Millisecond + upTo(needed-window)
}

// upTo draws a moment between zero and d.
func upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// handler lets the requests of h go when the drain wants them to.
func (d *drain) handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.draining() {
			w.Header().Set("Connection", "close")
		}
		if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			h.ServeHTTP(w, r)
			return
		}
		d.streams.Add(1)
		ctx, stop := context.WithCancel(r.Context())
		var pause atomic.Int64
		forget := context.AfterFunc(d.begun, func() { // no goroutine until then: there are many streams
			end, hint := d.leave()
			pause.Store(int64(hint))
			select {
			case <-ctx.Done():
			case <-time.After(end):
			case <-d.over.Done():
			}
			stop()
		})
		defer func() { // whatever becomes of the stream, a panic too
			forget()
			stop()
			d.streams.Add(-1)
		}()
		h.ServeHTTP(w, r.WithContext(ctx))
		if hint := time.Duration(pause.Load()); hint > 0 && strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
			fmt.Fprintf(w, "retry: %d\n\n", hint.Milliseconds())
			_ = http.NewResponseController(w).Flush()
		}
	})
}
