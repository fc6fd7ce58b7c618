package handoff

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	steps *prometheus.CounterVec // kind: claimed, returned, gone, rerouted, closed
	wait  prometheus.Histogram   // from the opening to the claim
	open  *prometheus.GaugeVec   // state: waiting, claimed
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_desk_steps_total", Help: "Steps of tickets that this process made, by kind.",
		}, []string{"kind"}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "orientir_desk_wait_seconds", Help: "From the opening of a ticket to its claim.",
			Buckets: []float64{15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 24 * 3600},
		}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orientir_desk_open_tickets", Help: "Open tickets by state, as of the last sweep.",
		}, []string{"state"}),
	}
	if r != nil {
		r.MustRegister(m.steps, m.wait, m.open)
	}
	return m
}
