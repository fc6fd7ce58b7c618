package redis_test

import (
	"testing"
	"testing/synctest"
	"time"

	"orientir/deploy/redis"
)

func TestOneLookIsForAllWakeUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wakes := make(chan string, 16)
		for range 16 {
			wakes <- ""
		}
		began := time.Now()
		redis.Rest(t.Context(), wakes, began, 20*time.Millisecond)
		if len(wakes) != 0 || time.Since(began) != 20*time.Millisecond {
			t.Errorf("%d wake-ups are left after %v", len(wakes), time.Since(began))
		}
		began = time.Now()
		redis.Rest(t.Context(), wakes, began.Add(-time.Second), 20*time.Millisecond)
		if time.Since(began) != 0 {
			t.Errorf("waited %v though the last look was long ago", time.Since(began))
		}
		close(wakes)
		redis.Rest(t.Context(), wakes, time.Time{}, time.Second) // a subscription that has ended
	})
}
