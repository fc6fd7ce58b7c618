package knowledge

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/deploy/watch"
)

// Backlog tells how the guides' addresses were found, and how late the checks are. Every replica tells the same.
func (c *LinkChecker) Backlog(o watch.SampleOptions) prometheus.Collector {
	return watch.Sampled(o, []watch.Gauge{
		{Name: "orientir_links", Help: "Addresses in published guides and signposts, by how they were last found: works, failing (may pass), broken, unchecked.", Labels: []string{"state"}},
		{Name: "orientir_links_overdue_seconds", Help: "How long the address that has waited longest should have been asked for; 0 where none waits."},
	}, func(ctx context.Context, set watch.Set) error {
		var works, failing, broken, unchecked, overdue float64
		err := c.pool.QueryRow(ctx, `
			SELECT count(*) FILTER (WHERE fault = '' AND checked_at IS NOT NULL), count(*) FILTER (WHERE fault <> '' AND broken_since IS NULL),
				count(*) FILTER (WHERE fault <> '' AND broken_since IS NOT NULL), count(*) FILTER (WHERE fault = '' AND checked_at IS NULL),
				greatest(0, coalesce(extract(epoch FROM $1 - min(due_at)), 0))::float8
			FROM link_checks`, c.o.Now()).Scan(&works, &failing, &broken, &unchecked, &overdue)
		if err != nil {
			return fmt.Errorf("count the links: %w", err)
		}
		set("orientir_links", works, "works")
		set("orientir_links", failing, "failing")
		set("orientir_links", broken, "broken")
		set("orientir_links", unchecked, "unchecked")
		set("orientir_links_overdue_seconds", overdue)
		return nil
	})
}
