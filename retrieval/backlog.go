package retrieval

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/deploy/watch"
)

// Backlog tells how far the index is behind the knowledge. Every replica tells the same, but for the age, which is how long this one has
// seen it behind.
func (a *Answerer) Backlog(o watch.SampleOptions) prometheus.Collector {
	var follow, learn behind
	return watch.Sampled(o, []watch.Gauge{
		{Name: "orientir_index_ready", Help: "1 where questions can be answered here, else 0."},
		{Name: "orientir_index_behind_revisions", Help: "Changes of the knowledge that can't be found yet."},
		{Name: "orientir_index_behind_seconds", Help: "How long this process has seen changes of the knowledge that can't be found; 0 where there are none."},
		{Name: "orientir_learning_behind_seconds", Help: "How long this process has seen changes of the knowledge that the ranking has not been learned from; 0 where there are none."},
	}, func(ctx context.Context, set watch.Set) error {
		ready := 0.0
		if a.serving.Load() != nil {
			ready = 1
		}
		set("orientir_index_ready", ready)
		revision, err := a.store.Revision(ctx)
		if err != nil {
			return err
		}
		row, ok, err := a.newestOwn(ctx)
		if err != nil || !ok { // without a model nothing is behind: nothing is found at all
			return err
		}
		now := a.now()
		set("orientir_index_behind_revisions", float64(max(0, revision-row.Cursor)))
		set("orientir_index_behind_seconds", follow.since(row.Cursor < revision, now).Seconds())
		set("orientir_learning_behind_seconds", learn.since(row.Learned < revision, now).Seconds())
		return nil
	})
}

// behind notes since when something is.
type behind struct {
	mu sync.Mutex
	at time.Time
}

func (b *behind) since(is bool, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !is {
		b.at = time.Time{}
		return 0
	}
	if b.at.IsZero() {
		b.at = now
	}
	return now.Sub(b.at)
}
