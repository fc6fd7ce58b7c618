package main

import (
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"orientir/deploy/postgres"
	"orientir/deploy/watch"
)

// measure registers what is told of the program as a whole, and what each floor reads from the database when it is asked.
// deploy/metrics.md lists all metrics; a test holds the two together.
func (p *Program) measure(registry prometheus.Registerer, s *site) {
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	sample := watch.SampleOptions{Log: p.log}
	registry.MustRegister(postgres.PoolMetrics(p.pool), postgres.DatabaseMetrics(p.pool, sample, s.presence.Answered))
	registry.MustRegister(p.redis.Metrics()...)
	registry.MustRegister(p.answerer.Backlog(sample), s.engine.Backlog(sample))
	if s.links != nil {
		registry.MustRegister(s.links.Backlog(sample))
	}
}

// buildInfo tells which program this is: an image's by its version, which was linked in, one built in the source folder by its revision too.
func buildInfo() prometheus.Collector {
	labels := prometheus.Labels{"version": versionWords(), "revision": "unknown", "go": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["go"] = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				labels["revision"] = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "orientir_build_info", Help: "1; the labels tell which program runs.", ConstLabels: labels})
	g.Set(1)
	return g
}
