package watch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauge is a figure that is read when it is asked for.
type Gauge struct {
	Name   string
	Help   string
	Labels []string // each from a closed set
}

// SampleOptions of a collector; the zero value works.
type SampleOptions struct {
	Log      *slog.Logger  // told when reading begins to fail; default: nobody
	Every    time.Duration // how old what is told may be; default 10 s, so that two servers that scrape cost no more than one
	Patience time.Duration // of one reading; default 2 s, well below a scrape's 10 s
}

// Set tells one figure of a reading.
type Set func(gauge string, value float64, labels ...string)

// Sampled gives a collector of gauges that are read together. What could not be read is not told: an absent series is honest where an old
// one would look healthy. A reading that fails is not tried again before its time.
func Sampled(o SampleOptions, gauges []Gauge, read func(ctx context.Context, set Set) error) prometheus.Collector {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Every <= 0 {
		o.Every = 10 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = 2 * time.Second
	}
	s := &sampled{o: o, gauges: gauges, descs: map[string]*prometheus.Desc{}, read: read}
	for _, g := range gauges {
		s.descs[g.Name] = prometheus.NewDesc(g.Name, g.Help, g.Labels, nil)
	}
	return s
}

type sampled struct {
	o      SampleOptions
	gauges []Gauge
	descs  map[string]*prometheus.Desc
	read   func(ctx context.Context, set Set) error

	mu     sync.Mutex
	at     time.Time
	told   []prometheus.Metric
	failed bool
}

// Describe lists the gauges.
func (s *sampled) Describe(descs chan<- *prometheus.Desc) {
	for _, g := range s.gauges {
		descs <- s.descs[g.Name]
	}
}

// Collect tells what was read last, or reads.
func (s *sampled) Collect(metrics chan<- prometheus.Metric) {
	for _, m := range s.sample() {
		metrics <- m
	}
}

func (s *sampled) sample() []prometheus.Metric {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() && time.Since(s.at) < s.o.Every {
		return s.told
	}
	// Prometheus gives a scrape no context.
	ctx, cancel := context.WithTimeout(context.Background(), s.o.Patience)
	defer cancel()
	s.told = nil
	err := s.read(ctx, func(gauge string, value float64, labels ...string) {
		s.told = append(s.told, prometheus.MustNewConstMetric(s.descs[gauge], prometheus.GaugeValue, value, labels...))
	})
	s.at = time.Now()
	if err != nil && !s.failed {
		s.o.Log.Warn("figures for the operator not read", "first", s.gauges[0].Name, "err", err)
	}
	s.failed = err != nil
	return s.told
}
