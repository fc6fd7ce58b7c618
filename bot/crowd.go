package bot

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// CrowdOptions of a Crowd. The zero value works.
type CrowdOptions struct {
	AtOnce     int                   // requests that are served at a time; default 4 for each processor, 16 at least
	Waiting    int                   // requests that wait for their turn at a time; default 16 times AtOnce
	Patience   time.Duration         // how long one waits; default 2 s
	Registerer prometheus.Registerer // where metrics go; default: nowhere
}

// Crowd bounds the requests of one sort that are served at a time. More wait for a moment, and what can't be served by then is turned away at once
// and politely, before it has cost anything: a program that takes on more than it can do does nothing in time. Several goroutines may use it.
type Crowd struct {
	slots    chan struct{}
	waiting  atomic.Int64
	most     int64
	patience time.Duration
	turned   prometheus.Counter
}

// NewCrowd makes a crowd. what names the sort of requests in the metrics.
func NewCrowd(what string, o CrowdOptions) *Crowd {
	o.AtOnce = or(o.AtOnce, max(16, 4*runtime.GOMAXPROCS(0)))
	o.Waiting = or(o.Waiting, 16*o.AtOnce)
	c := &Crowd{slots: make(chan struct{}, o.AtOnce), most: int64(o.Waiting), patience: or(o.Patience, 2*time.Second)}
	labels := prometheus.Labels{"what": what}
	c.turned = TurnedAway(what, o.Registerer)
	if o.Registerer != nil {
		o.Registerer.MustRegister(
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "orientir_served_at_once", Help: "Requests that are being served.", ConstLabels: labels}, func() float64 { return float64(len(c.slots)) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "orientir_waiting_to_be_served", Help: "Requests that wait for their turn.", ConstLabels: labels}, func() float64 { return float64(c.waiting.Load()) }))
	}
	return c
}

// TurnedAway counts who was asked to come again (503) because too many were there: such an answer is no fault, and the alerts tell them apart by it.
// what names the sort of requests; registerer may be nil.
func TurnedAway(what string, registerer prometheus.Registerer) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "orientir_turned_away_total", Help: "Requests that were turned away because too many were being served.", ConstLabels: prometheus.Labels{"what": what},
	})
	if registerer != nil {
		registerer.MustRegister(c)
	}
	return c
}

// Enter takes a turn, which leave gives back. It says false where too many wait already, where the turn doesn't come in time, or where ctx ends; leave
// then does nothing.
func (c *Crowd) Enter(ctx context.Context) (leave func(), ok bool) {
	select {
	case c.slots <- struct{}{}:
		return c.leave, true
	default:
	}
	if c.waiting.Add(1) > c.most {
		c.waiting.Add(-1)
		c.turned.Inc()
		return func() {}, false
	}
	defer c.waiting.Add(-1)
	patience := time.NewTimer(c.patience)
	defer patience.Stop()
	select {
	case c.slots <- struct{}{}:
		return c.leave, true
	case <-patience.C:
		c.turned.Inc()
	case <-ctx.Done():
	}
	return func() {}, false
}

func (c *Crowd) leave() { <-c.slots }
