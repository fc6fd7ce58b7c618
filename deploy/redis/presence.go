package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Seen notes that key (a person at the desk, somebody typing) is here, and forgets it after ttl unless it is seen again.
func (c *Client) Seen(ctx context.Context, key string, ttl time.Duration) {
	c.seen.update(key, func(now, _ time.Time) time.Time { return now.Add(ttl) })
	c.try(ctx, func(ctx context.Context) error { return c.rdb.Set(ctx, c.prefix+"seen:"+key, 1, ttl).Err() })
}

// Gone forgets key at once, as when a person signs out.
func (c *Client) Gone(ctx context.Context, key string) {
	c.seen.update(key, func(now, _ time.Time) time.Time { return now })
	c.try(ctx, func(ctx context.Context) error { return c.rdb.Del(ctx, c.prefix+"seen:"+key).Err() })
}

// Present tells which of the keys are here, in the order given. While Redis is away it knows only what this process has seen.
func (c *Client) Present(ctx context.Context, keys ...string) []bool {
	here := make([]bool, len(keys))
	if len(keys) == 0 {
		return here
	}
	reached := c.try(ctx, func(ctx context.Context) error {
		// Not one MGET: in a cluster the keys are on several nodes.
		values, err := c.rdb.Pipelined(ctx, func(all redis.Pipeliner) error {
			for _, key := range keys {
				all.Exists(ctx, c.prefix+"seen:"+key)
			}
			return nil
		})
		for i, value := range values {
			here[i] = value.(*redis.IntCmd).Val() > 0
		}
		return err
	})
	if !reached {
		for i, key := range keys {
			here[i] = c.seen.ahead(key)
		}
	}
	return here
}
