package handoff

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	steps *prometheus.CounterVec // kind: claimed, returned, gone, rerouted, closed
	wait  prometheus.Histogram   // from the opening to the claim
	open  *prometheus.GaugeVec   // state: waiting, claimed
	age   *prometheus.GaugeVec   // state: waiting, left, claimed: of the oldest, since its opening or its claim
	here  prometheus.Gauge       // accounts at the desk
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
		age: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orientir_desk_oldest_ticket_seconds", Help: "Age of the oldest open ticket, as of the last sweep, 0 where there is none: waiting (the person waits now) and left (they will be back) since the opening, claimed since the claim.",
		}, []string{"state"}),
		here: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "orientir_desk_present", Help: "Accounts of the staff that have the desk open, as of a few seconds ago.",
		}),
	}
	if r != nil {
		r.MustRegister(m.steps, m.wait, m.open, m.age, m.here)
	}
	return m
}
