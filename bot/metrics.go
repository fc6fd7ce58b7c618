package bot

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	received  *prometheus.CounterVec   // channel, kind (or "limited")
	answered  *prometheus.CounterVec   // channel, outcome (or the kind of what was not a question; "failed")
	latency   *prometheus.HistogramVec // channel: from the last event of a step to its saved reply
	delivered *prometheus.CounterVec   // channel, result: sent, later, failed, blocked, error
	delivery  *prometheus.HistogramVec // channel: from the saved message to the channel's receipt
}

func newMetrics(r prometheus.Registerer) metrics {
	buckets := []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	m := metrics{
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_bot_received_total", Help: "Events that came in.",
		}, []string{"channel", "kind"}),
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_bot_answered_total", Help: "Steps of conversations that were answered, by outcome.",
		}, []string{"channel", "outcome"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orientir_bot_answer_seconds", Help: "From the last event of a step to its saved reply.", Buckets: buckets,
		}, []string{"channel"}),
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_bot_delivered_total", Help: "Attempts to send a message, by result.",
		}, []string{"channel", "result"}),
		delivery: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orientir_bot_delivery_seconds", Help: "From the saved message to the channel's receipt.", Buckets: buckets,
		}, []string{"channel"}),
	}
	if r != nil {
		r.MustRegister(m.received, m.answered, m.latency, m.delivered, m.delivery)
	}
	return m
}
