package redis

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/redis/go-redis/v9"
)

// Allow takes one of limit turns that key has in any stretch of per, and says whether there was one; if not, after how long
// there will be. All turns may be taken at once and come back evenly (a token bucket). While Redis is away each process
// counts for itself. limit must be at least 1: otherwise nothing is ever allowed.
func (c *Client) Allow(ctx context.Context, key string, limit int, per time.Duration) (ok bool, retryAfter time.Duration) {
	if limit < 1 {
		return false, per
	}
	var wait int64
	reached := c.try(ctx, func(ctx context.Context) (err error) {
		wait, err = takeTurn.Run(ctx, c.rdb, []string{c.bucket(key)},
			per.Microseconds(), (per / time.Duration(limit)).Microseconds()).Int64()
		return err
	})
	if reached {
		return wait == 0, time.Duration(wait) * time.Microsecond
	}
	c.limits.update(key, func(now, full time.Time) time.Time {
		full, retryAfter = turn(now, full, limit, per)
		return full
	})
	return retryAfter == 0, retryAfter
}

// Turns are as many as there may be in any stretch of Per, as in Allow.
type Turns struct {
	Limit int
	Per   time.Duration
}

// AllowAll takes one turn of key from each of several buckets, or none from any where one of them is empty, in one exchange.
// While Redis is away each process counts for itself.
func (c *Client) AllowAll(ctx context.Context, key string, all ...Turns) bool {
	keys, numbers := make([]string, len(all)), make([]any, 0, 2*len(all))
	for i, turns := range all {
		if turns.Limit < 1 {
			return false
		}
		keys[i] = "{" + c.bucket(key) + "}:" + turns.Per.String() // in braces: what a cluster keeps on one node
		numbers = append(numbers, turns.Per.Microseconds(), (turns.Per / time.Duration(turns.Limit)).Microseconds())
	}
	var taken bool
	if c.try(ctx, func(ctx context.Context) (err error) {
		taken, err = takeTurns.Run(ctx, c.rdb, keys, numbers...).Bool()
		return err
	}) {
		return taken
	}
	for _, take := range []bool{false, true} {
		for i, turns := range all {
			var wait time.Duration
			c.limits.update(keys[i], func(now, full time.Time) time.Time {
				next, w := turn(now, full, turns.Limit, turns.Per)
				if wait = w; take {
					return next
				}
				return full
			})
			if wait > 0 && !take {
				return false
			}
		}
	}
	return true
}

// bucket is where the turns of key stand. Keys name networks and chats; Redis sees their hash alone.
func (c *Client) bucket(key string) string {
	sum := sha256.Sum256([]byte(key))
	return c.prefix + "limit:" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Hold keeps everybody from a turn of key for d, and for one turn's wait more at most, in all replicas; limit and per are those that Allow
// is asked with. A longer hold stands. While Redis is away this process alone holds.
func (c *Client) Hold(ctx context.Context, key string, limit int, per, d time.Duration) {
	ahead := d + per - per/time.Duration(limit)
	if c.try(ctx, func(ctx context.Context) error {
		return holdTurns.Run(ctx, c.rdb, []string{c.bucket(key)}, ahead.Microseconds()).Err()
	}) {
		return
	}
	c.limits.update(key, func(now, full time.Time) time.Time {
		if until := now.Add(ahead); until.After(full) {
			return until
		}
		return full
	})
}

// holdTurns moves the instant of a bucket ahead, as turn would for turns that were all taken.
var holdTurns = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local until_ = now + tonumber(ARGV[1])
if until_ > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], string.format('%.0f', until_), 'PX', math.max(1, math.ceil(tonumber(ARGV[1]) / 1000)))
end
return 0
`)

// turn is the bucket as one instant, «full again at» (the generic cell rate algorithm, ITU-T I.371): taking a turn moves it
// by per/limit, and it may not lie more than per ahead. It returns the new instant and zero, or the old one and the wait.
func turn(now, full time.Time, limit int, per time.Duration) (time.Time, time.Duration) {
	if full.Before(now) {
		full = now
	}
	next := full.Add(per / time.Duration(limit))
	if ahead := next.Sub(now); ahead > per {
		return full, ahead - per
	}
	return next, 0
}

// takeTurn is turn, in Redis: one atomic step by the server's own clock, and the key goes when the bucket is full again.
var takeTurn = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local per, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local ahead = full + cost - now
if ahead > per then
  return ahead - per
end
redis.call('SET', KEYS[1], string.format('%.0f', full + cost), 'PX', math.max(1, math.ceil(ahead / 1000)))
return 0
`)

// takeTurns is takeTurn for several buckets at once.
var takeTurns = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local next_ = {}
for i, key in ipairs(KEYS) do
  local per, cost = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  next_[i] = math.max(tonumber(redis.call('GET', key) or 0), now) + cost
  if next_[i] - now > per then
    return 0
  end
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', next_[i]), 'PX', math.max(1, math.ceil((next_[i] - now) / 1000)))
end
return 1
`)
