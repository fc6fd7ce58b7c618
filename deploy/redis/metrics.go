package redis

import "github.com/prometheus/client_golang/prometheus"

// Metrics tells whether Redis answers and how often it didn't. It asks nobody: what is told is what calls have found.
func (c *Client) Metrics() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "orientir_redis_up", Help: "1 where Redis answered the last call, else 0.",
		}, func() float64 {
			if c.downUntil.Load() != 0 {
				return 0
			}
			return 1
		}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "orientir_redis_failures_total", Help: "Calls that Redis failed or answered too late. While it is away it is asked about once a second.",
		}, func() float64 { return float64(c.failures.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "orientir_redis_lost_wakeups_total", Help: "Wake-ups for other replicas that were dropped, because thousands waited already.",
		}, func() float64 { return float64(c.lost.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "orientir_redis_listeners", Help: "Topics that somebody in this process listens to: open streams, desks, workers.",
		}, func() float64 { return float64(c.hub.size()) }),
	}
}

// size is how many topics have listeners.
func (h *hub) size() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.topics)
}
