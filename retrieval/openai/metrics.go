package openai

import "github.com/prometheus/client_golang/prometheus"

// Price is what a million tokens cost, in any currency.
type Price struct {
	In, Out  float64
	Currency string // EUR, USD…
}

type metrics struct {
	price   Price
	tokens  *prometheus.CounterVec   // use, model, direction: in, out
	cost    *prometheus.CounterVec   // use, model, currency
	calls   *prometheus.CounterVec   // use, model, result: ok, stopped, late, busy, refused, failed, resting, spent
	seconds *prometheus.HistogramVec // use, model: a call with all its tries
}

func newMetrics(r prometheus.Registerer, p Price) metrics {
	m := metrics{
		price: p,
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_model_tokens_total", Help: "Tokens sent to the model's server and received from it, as it says or by estimate.",
		}, []string{"use", "model", "direction"}),
		cost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_model_cost_total", Help: "What the tokens cost by the configured price.",
		}, []string{"use", "model", "currency"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_model_calls_total", Help: "Calls of the model's server, by result.",
		}, []string{"use", "model", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orientir_model_seconds", Help: "A call of the model's server with all its tries.",
			Buckets: []float64{.1, .25, .5, 1, 1.5, 2, 3, 5, 10, 15, 20},
		}, []string{"use", "model"}),
	}
	if r != nil {
		r.MustRegister(m.tokens, m.cost, m.calls, m.seconds)
	}
	return m
}

func (m metrics) spend(use, model string, t tokens) {
	m.tokens.WithLabelValues(use, model, "in").Add(float64(t.in))
	m.tokens.WithLabelValues(use, model, "out").Add(float64(t.out))
	if m.price.Currency == "" || use == embedding { // the price is the chat model's
		return
	}
	m.cost.WithLabelValues(use, model, m.price.Currency).Add((float64(t.in)*m.price.In + float64(t.out)*m.price.Out) / 1e6)
}
