package main

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// colleague is another replica, as Redis tells of it.
type colleague struct{ well, told bool }

func (c *colleague) Seen(context.Context, string, time.Duration) { c.told = true }
func (c *colleague) Present(_ context.Context, keys ...string) []bool {
	return slices.Repeat([]bool{c.well}, len(keys))
}

// A database that is away for all leaves all replicas ready, so that people read a sentence of ours; away for one alone, it sends people elsewhere.
func TestReadinessOutlastsTheDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lacks, missing string
		draining       bool
		away           time.Duration
		othersWell     bool
	}{
		"well":                              {},
		"not begun":                         {lacks: "the index is being built", missing: "the index is being built"},
		"stopping":                          {draining: true, missing: "stopping"},
		"away for a moment, for this one":   {away: 30 * time.Second, othersWell: true},
		"away for long, for this one":       {away: 2 * time.Minute, othersWell: true, missing: "the database does not answer"},
		"away for hours, for all":           {away: 3 * time.Hour},
		"stopping while it is away for all": {away: 3 * time.Hour, draining: true, missing: "stopping"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				other := &colleague{}
				answered, lacks := time.Now(), c.lacks
				r := &readiness{draining: func() bool { return c.draining }, answered: func() time.Time { return answered }, others: other,
					lacks: func(context.Context) string { return lacks }}
				first := r.missing(t.Context())
				if other.told != (first == "") {
					t.Errorf("the others are told: %v; missing %q", other.told, first)
				}
				time.Sleep(c.away)
				other.well = c.othersWell
				if lacks == "" {
					lacks = "the database does not answer" // nobody asks any more
				}
				if c.away == 0 {
					answered = time.Now()
				}
				if got := r.missing(t.Context()); got != c.missing {
					t.Errorf("missing %q, not %q", got, c.missing)
				}
			})
		})
	}
}
