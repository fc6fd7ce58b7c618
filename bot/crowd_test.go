package bot

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestCrowdServesSomeLetsSomeWaitAndTurnsTheRestAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		c := NewCrowd("test", CrowdOptions{AtOnce: 2, Waiting: 2, Patience: time.Second, Registerer: registry})
		first, ok := c.Enter(t.Context())
		if !ok {
			t.Fatal("the first was turned away")
		}
		if _, ok := c.Enter(t.Context()); !ok {
			t.Fatal("the second was turned away")
		}
		outcomes := make(chan bool, 2)
		for range 2 {
			go func() {
				_, ok := c.Enter(t.Context())
				outcomes <- ok
			}()
		}
		synctest.Wait()
		began := time.Now()
		if _, ok := c.Enter(t.Context()); ok || time.Since(began) != 0 {
			t.Fatal("where enough wait, one more must be turned away at once")
		}
		first()
		if ok := <-outcomes; !ok {
			t.Fatal("who waited didn't get the turn that was given back")
		}
		if ok := <-outcomes; ok || time.Since(began) != time.Second {
			t.Fatalf("who waited in vain got %v after %v", ok, time.Since(began))
		}
		if n := turnedAway(t, registry); n != 2 {
			t.Errorf("%v turned away in the metrics, want 2", n)
		}
	})
}

func TestWhoGoesAwayIsNotTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		c := NewCrowd("test", CrowdOptions{AtOnce: 1, Registerer: registry})
		leave, _ := c.Enter(t.Context())
		defer leave()
		gone := canceled(t)
		if _, ok := c.Enter(gone); ok {
			t.Fatal("who is gone was served")
		}
		if n := turnedAway(t, registry); n != 0 {
			t.Errorf("%v turned away in the metrics", n)
		}
		if c.waiting.Load() != 0 {
			t.Error("who is gone still waits")
		}
	})
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func turnedAway(t *testing.T, r *prometheus.Registry) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "orientir_turned_away_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("no metric of who was turned away")
	return 0
}
