package redis

import (
	"testing"
	"time"
)

func TestTallies(t *testing.T) {
	t.Parallel()
	var own tallies
	for _, step := range []struct{ by, want int64 }{{5, 5}, {3, 8}, {-2, 6}} {
		if got := own.add("a", step.by, time.Hour); got != step.want {
			t.Errorf("adding %d gives %d, want %d", step.by, got, step.want)
		}
	}
	if got := own.add("b", 1, time.Hour); got != 1 {
		t.Errorf("another key begins at %d", got)
	}
	own.add("short", 7, -time.Second)
	if got := own.add("short", 1, time.Hour); got != 1 {
		t.Errorf("a count that has ended goes on at %d", got)
	}
}
