package postgres

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	clockLook     = 2 * time.Second // between two looks at the database's clock
	clockPatience = time.Second     // of one look
	clockStride   = 4 * time.Second // by which a clock moves at a look at most, so that replicas never stand further apart
	clockTold     = 5 * time.Second // from which difference on the log is told
)

// Clock is the database's clock, as a replica knows it. All replicas go by it, because leases and pauses that one writes are read by others: by
// clocks of their own that stand half a minute apart, two would send the same message. It never leaps. Between looks, and while the database is
// away, it runs by the machine's monotonic clock, which nobody sets; and where the database's clock was set, it follows in small strides. It never runs
// backwards either: where the database's was set back it goes at a quarter of its pace until they meet, because what is due in a second must not be due in minutes.
type Clock struct {
	machine func() time.Time // by which it goes before the first look

	mu     sync.Mutex
	base   time.Time     // the machine's, with its monotonic part
	at     time.Time     // what it was then
	looked bool          // at the database's clock, once
	off    time.Duration // as the last look found it
}

// NewClock makes a clock that goes by the machine's until the first look. nil is time.Now.
func NewClock(machine func() time.Time) *Clock {
	if machine == nil {
		machine = time.Now
	}
	return &Clock{machine: machine}
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if !c.looked {
		return c.machine()
	}
	return c.at.Add(time.Since(c.base))
}

// Look sets the clock by the database's: the first time at once, later in strides.
func (c *Clock) Look(ctx context.Context, db DB) error {
	ctx, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	before := time.Now()
	var there time.Time
	if err := db.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&there); err != nil {
		return err
	}
	c.set(there, before, time.Now())
	return nil
}

// set takes in what the database said between two moments: it meant the middle, give or take half of what lies between.
func (c *Clock) set(there, before, after time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, unsure := c.now(), after.Sub(before)/2
	there = there.Add(unsure)
	c.off = there.Sub(now)
	switch {
	case !c.looked:
		now = there
	case c.off.Abs() <= unsure: // no better known than before
		return
	default:
		passed := after.Sub(c.base)
		now = now.Add(min(max(c.off, -min(clockStride, passed*3/4)), clockStride))
	}
	c.base, c.at, c.looked = after, now.Round(0), true
}

// Run looks at the database's clock until ctx ends.
func (c *Clock) Run(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	far := false
	for sleep(ctx, clockLook) {
		if c.Look(ctx, pool) != nil { // what needs the database says so; the clock runs on
			continue
		}
		c.mu.Lock()
		off := c.off
		c.mu.Unlock()
		if now := off.Abs() > clockTold; now != far {
			far = now
			if far {
				log.Warn("the database's clock was set; this replica's follows it", "by", off.Round(time.Second))
			}
		}
	}
	return nil
}
