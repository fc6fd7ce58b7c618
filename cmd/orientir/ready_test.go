package main

import (
	"context"
	"errors"
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
		pool           bool // answers, whatever the presence says
		never          bool // the presence has not been heard of since the start
		forAll         bool // people who write are told that it is away
	}{
		"well":                               {},
		"not begun":                          {lacks: "the index is being built", missing: "the index is being built"},
		"stopping":                           {draining: true, missing: "stopping"},
		"away for a moment, for this one":    {away: 30 * time.Second, othersWell: true},
		"away for long, for this one":        {away: 2 * time.Minute, othersWell: true, missing: "the database does not answer"},
		"away for hours, for all":            {away: 3 * time.Hour, forAll: true},
		"only the presence is silent":        {away: 2 * time.Minute, othersWell: true, pool: true},
		"just started, without presence":     {away: time.Second, othersWell: true, never: true},
		"stopping while it is away for all":  {away: 3 * time.Hour, draining: true, missing: "stopping", forAll: true},
		"away for all, but the pool answers": {away: time.Minute, pool: true},
		"never there":                        {never: true, away: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				other := &colleague{}
				answered, lacks := time.Now(), c.lacks
				if c.never {
					answered = time.Time{}
				}
				r := &readiness{draining: func() bool { return c.draining }, answered: func() time.Time { return answered }, others: other,
					lacks: func(context.Context) string { return lacks },
					asks: func(context.Context) error {
						if !c.pool {
							return errors.New("no answer")
						}
						return nil
					}}
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
				if got := r.allAway(t.Context()); got != c.forAll {
					t.Errorf("away for all: %v", got)
				}
			})
		})
	}
}
