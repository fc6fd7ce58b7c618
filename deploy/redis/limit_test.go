package redis

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestTurn(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	type ask struct {
		at   time.Duration
		wait time.Duration
	}
	for name, asks := range map[string][]ask{
		"all turns at once, then one at a time": {{0, 0}, {0, 0}, {0, 0}, {0, 20 * time.Second}, {20 * time.Second, 0}, {20 * time.Second, 20 * time.Second}},
		"a refused ask costs nothing":           {{0, 0}, {0, 0}, {0, 0}, {0, 20 * time.Second}, {0, 20 * time.Second}, {20 * time.Second, 0}},
		"unused turns don't pile up":            {{0, 0}, {time.Hour, 0}, {time.Hour, 0}, {time.Hour, 0}, {time.Hour, 20 * time.Second}},
		"a steady pace never waits":             {{0, 0}, {20 * time.Second, 0}, {40 * time.Second, 0}, {60 * time.Second, 0}, {80 * time.Second, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var full time.Time
			for i, ask := range asks {
				var wait time.Duration
				full, wait = turn(start.Add(ask.at), full, 3, time.Minute)
				if wait != ask.wait {
					t.Fatalf("ask %d waits %v, want %v", i+1, wait, ask.wait)
				}
			}
		})
	}
}

// Who asks for one turn in half the time at the same cost has it only from a full bucket: everybody else goes first.
func TestOneTurnOfAFullBucketGoesBehind(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var full time.Time
	for i, ask := range []struct {
		at     time.Duration
		behind bool
		wait   time.Duration
	}{
		{0, true, 0},                     // a full bucket
		{0, false, 0},                    // which leaves one
		{0, true, 80 * time.Millisecond}, // none is left
		{40 * time.Millisecond, true, 40 * time.Millisecond},
		{40 * time.Millisecond, false, 0}, // the other goes before
		{80 * time.Millisecond, true, 40 * time.Millisecond},
		{80 * time.Millisecond, false, 0}, // and as long as they take all there is
		{120 * time.Millisecond, true, 40 * time.Millisecond},
		{160 * time.Millisecond, true, 0}, // nobody waits
	} {
		limit, per := 2, 80*time.Millisecond
		if ask.behind {
			limit, per = 1, 40*time.Millisecond
		}
		var wait time.Duration
		if full, wait = turn(start.Add(ask.at), full, limit, per); wait != ask.wait {
			t.Fatalf("ask %d waits %v, want %v", i+1, wait, ask.wait)
		}
	}
}

func TestMemoryForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m memory
		hold := func(now, _ time.Time) time.Time { return now.Add(time.Minute) }
		for i := range room {
			m.update(strconv.Itoa(i), hold)
		}
		m.update("one too many", hold)
		if m.ahead("one too many") || !m.ahead("0") {
			t.Fatal("a full memory must keep what it knows and learn nothing new")
		}
		time.Sleep(2 * time.Minute)
		if m.ahead("0") {
			t.Fatal("an instant that passed still counts")
		}
		m.update("later", hold)
		if !m.ahead("later") || len(m.until) != 1 {
			t.Fatalf("%d keys are left after all but one faded", len(m.until))
		}
	})
}
