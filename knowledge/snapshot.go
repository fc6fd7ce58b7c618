package knowledge

import (
	"context"
	"sync"
	"time"
)

// snapshotAge is for how long a snapshot is used without asking for its revision: another replica's change shows this late, and as much later
// as one reader needs to load it.
const snapshotAge = time.Second

// snapshot keeps a small table in memory and reloads it when its revision has risen.
// A change through the same Store forgets it, and so shows at once.
type snapshot[T any] struct {
	topic string
	load  func(context.Context) (T, error)

	mu        sync.Mutex
	value     T
	revision  int64 // 0: nothing loaded
	checked   time.Time
	forgotten bool // a change through this Store must be seen by the next reader
	looking   bool // somebody asks whether it has risen
}

func (c *snapshot[T]) get(ctx context.Context, s *Store) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revision != 0 && !c.forgotten && (c.looking || time.Since(c.checked) < snapshotAge) {
		return c.value, nil
	}
	if c.revision == 0 || c.forgotten { // all wait for what must be new
		c.forgotten = false
		value, revision, err := c.read(ctx, s, c.value, c.revision)
		if err != nil {
			c.revision = 0
			return value, err
		}
		c.value, c.revision, c.checked = value, revision, time.Now()
		return c.value, nil
	}
	// One looks; the others go on with what there is.
	c.looking = true
	value, revision := c.value, c.revision
	c.mu.Unlock()
	value, revision, err := c.read(ctx, s, value, revision)
	c.mu.Lock()
	c.looking = false
	if err != nil {
		return value, err
	}
	if revision >= c.revision { // else somebody who had to see a change was faster
		c.value, c.revision, c.checked = value, revision, time.Now()
	}
	return c.value, nil
}

// read loads the table where its revision isn't the one at hand.
func (c *snapshot[T]) read(ctx context.Context, s *Store, value T, at int64) (T, int64, error) {
	// The revision is read before the rows: a change in between loads them once more, and none is missed.
	revision, err := s.revision(ctx, c.topic)
	if err != nil || revision == at {
		return value, at, err
	}
	value, err = c.load(ctx)
	return value, revision, err
}

func (c *snapshot[T]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgotten = true
}
