package redis

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Count adds by (which may be negative: given back) to what key has counted, and gives the new total. A count begins at zero
// and is forgotten life after its first addition. Each process keeps its own count beside Redis' and the higher one holds: a
// wiped Redis resets nothing that this process has seen, and while Redis is away each process counts for itself.
func (c *Client) Count(ctx context.Context, key string, by int64, life time.Duration) int64 {
	own := c.tallies.add(key, by, life)
	var total int64
	reached := c.try(ctx, func(ctx context.Context) (err error) {
		total, err = addTo.Run(ctx, c.rdb, []string{c.prefix + "count:" + key}, by, life.Milliseconds()).Int64()
		return err
	})
	if !reached {
		return own
	}
	return max(own, total)
}

// addTo adds in one atomic step, and sets the life of a count that has just begun.
var addTo = redis.NewScript(`
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return total
`)

// tallies are the counts of one process.
type tallies struct {
	mu    sync.Mutex
	of    map[string]tally
	swept time.Time
}

type tally struct {
	n     int64
	until time.Time
}

// add is Count within one process. Where there is no room for a new key it counts only what is added now.
func (t *tallies) add(key string, by int64, life time.Duration) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.of == nil {
		t.of = map[string]tally{}
	}
	if now.Sub(t.swept) > time.Minute {
		t.swept = now
		for key, one := range t.of {
			if !one.until.After(now) {
				delete(t.of, key)
			}
		}
	}
	one, known := t.of[key]
	if !known || !one.until.After(now) {
		one = tally{until: now.Add(life)}
	}
	one.n += by
	if known || len(t.of) < room {
		t.of[key] = one
	}
	return one.n
}
