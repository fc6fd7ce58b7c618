package bot

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	received  *prometheus.CounterVec   // channel, kind (or "limited")
	answered  *prometheus.CounterVec   // channel, outcome (or the kind of what was not a question; "failed")
	latency   *prometheus.HistogramVec // channel: from the last event of a step to its saved reply
	delivered *prometheus.CounterVec   // channel, result: sent, later, failed, blocked, error
	delivery  *prometheus.HistogramVec // channel: from the saved message to the channel's receipt
	panics    prometheus.Counter
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
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orientir_bot_panics_total", Help: "Steps of conversations, and messages on their way out, that ended in a panic; they are tried again.",
		}),
	}
	for _, channel := range []string{"telegram", "web"} {
		m.answered.WithLabelValues(channel, "failed")
	}
	if r != nil {
		r.MustRegister(m.received, m.answered, m.latency, m.delivered, m.delivery, m.panics)
	}
	return m
}

// newReplyMetric measures what people wait for: from their message to the answer on their screen, in whichever process that was noted.
func newReplyMetric(r prometheus.Registerer) *prometheus.HistogramVec {
	m := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "orientir_bot_reply_seconds", Help: "From a person's message, stored, to the first answer, delivered. On the web somebody may be back only later.",
		Buckets: []float64{.1, .25, .5, 1, 2, 3, 5, 10, 30, 60, 300, 1800},
	}, []string{"channel"})
	if r != nil {
		r.MustRegister(m)
	}
	return m
}

// replied notes that the first answer to a message has reached the person; nil: it was no answer.
func (c *Conversations) replied(channel string, asked *time.Time) {
	if asked != nil {
		c.reply.WithLabelValues(channel).Observe(max(0, c.now().Sub(*asked).Seconds()))
	}
}

func newNewsMetric(r prometheus.Registerer) *prometheus.CounterVec {
	m := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orientir_news_sent_total", Help: "Pieces of news that people were sent, by result: sent, later, failed, blocked, left, unknown (no answer from the channel).",
	}, []string{"channel", "result"})
	if r != nil {
		r.MustRegister(m)
	}
	return m
}
