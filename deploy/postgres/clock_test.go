package postgres

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestClockFollowsTheDatabaseInStrides(t *testing.T) {
	t.Parallel()
	wrong := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	c := NewClock(func() time.Time { return wrong })
	if now := c.Now(); !now.Equal(wrong) {
		t.Fatalf("before the first look it is %v, not the machine's time", now)
	}
	there := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	apart := func(want time.Time) time.Duration { return c.Now().Sub(want).Abs() }
	look := func(there time.Time, within time.Duration) {
		now := time.Now()
		c.set(there, now.Add(-within), now)
	}
	look(there, 0)
	if d := apart(there); d > time.Second {
		t.Fatalf("the first look leaves it %v off", d)
	}
	wrong = wrong.Add(time.Hour) // somebody sets the machine's clock
	if d := apart(there); d > time.Second {
		t.Errorf("it follows the machine's clock, %v", d)
	}
	look(there.Add(10*time.Second), 0)
	if d := apart(there.Add(clockStride)); d > time.Second {
		t.Errorf("it leapt: %v from one stride", d)
	}
	for range 3 {
		look(there.Add(10*time.Second), 0)
	}
	if d := apart(there.Add(10 * time.Second)); d > time.Second {
		t.Errorf("after four looks it is still %v off", d)
	}
	look(there.Add(10*time.Second), 4*time.Minute) // an answer that took four minutes says little
	if d := apart(there.Add(10 * time.Second)); d > 2*clockStride {
		t.Errorf("a slow answer moved it by %v", d)
	}
}

// The database's clock was set back by minutes: what was to happen in a second happens within a few, and in the end the clocks agree.
func TestClockNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(nil)
		back := time.Duration(0)
		look := func() {
			now := time.Now()
			c.set(now.Add(-back), now, now)
		}
		look()
		back = 5 * time.Minute
		before := c.Now()
		for range 300 {
			time.Sleep(clockLook)
			look()
			if now := c.Now(); now.Sub(before) < clockLook/4 {
				t.Fatalf("it went on by %v within %v", now.Sub(before), clockLook)
			} else {
				before = now
			}
		}
		if off := c.Now().Sub(time.Now().Add(-back)).Abs(); off > time.Second {
			t.Errorf("they never meet: %v", off)
		}
	})
}
