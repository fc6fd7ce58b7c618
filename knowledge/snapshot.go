package knowledge

import (
	"context"
	"sync"
	"time"
)

// snapshotAge is for how long a snapshot is used without asking for its revision: another replica's change shows this late.
const snapshotAge = time.Second

// snapshot keeps a small table in memory and reloads it when its revision has risen.
// A change through the same Store forgets it, and so shows at once.
type snapshot[T any] struct {
	topic string
	load  func(context.Context) (T, error)

	mu       sync.Mutex
	value    T
	revision int64 // 0: nothing loaded
	checked  time.Time
}

func (c *snapshot[T]) get(ctx context.Context, s *Store) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revision != 0 && time.Since(c.checked) < snapshotAge {
		return c.value, nil
	}
	// The revision is read before the rows: a change in between loads them once more, and none is missed.
	revision, err := s.revision(ctx, c.topic)
	if err != nil {
		return c.value, err
	}
	if revision != c.revision {
		if c.value, err = c.load(ctx); err != nil {
			c.revision = 0
			return c.value, err
		}
		c.revision = revision
	}
	c.checked = time.Now()
	return c.value, nil
}

func (c *snapshot[T]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = time.Time{}
}
