package postgres

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errAway = errors.New("the database is away")

// What was sent is noted once the database is back, and not given up before somebody else may send it again.
func TestInsistOutlastsADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		away, until, stop time.Duration // since the start; stop 0: never
		ok                bool
		took              time.Duration
	}{
		"at once":                {ok: true, until: 25 * time.Second},
		"back before the end":    {away: 8 * time.Second, until: 25 * time.Second, ok: true, took: 8 * time.Second},
		"away for too long":      {away: time.Hour, until: 25 * time.Second, took: 25 * time.Second},
		"the program stops":      {away: time.Hour, until: 25 * time.Second, stop: 3 * time.Second, took: 3 * time.Second},
		"back as it stops":       {away: 3 * time.Second, until: 25 * time.Second, stop: 3 * time.Second, ok: true, took: 3 * time.Second},
		"stopped from the start": {away: time.Hour, until: 25 * time.Second, stop: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				if c.stop > 0 {
					time.AfterFunc(c.stop, stop)
				}
				began := time.Now()
				err := Insist(ctx, began.Add(c.until), time.Second, func(trying context.Context) error {
					if trying.Err() != nil {
						t.Error("a try has no time")
					}
					if time.Since(began) < c.away {
						return errAway
					}
					return nil
				})
				if (err == nil) != c.ok {
					t.Errorf("it ends with %v", err)
				}
				if took := time.Since(began); took < c.took || took > c.took+time.Second {
					t.Errorf("it took %v, not %v", took, c.took)
				}
			})
		})
	}
}
