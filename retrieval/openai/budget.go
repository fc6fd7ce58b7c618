package openai

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// Counter keeps counts that replicas share; deploy/redis has one. It may lose them.
type Counter interface {
	// Count adds by to what key has counted and gives the total; a count is forgotten life after its first addition.
	Count(ctx context.Context, key string, by int64, life time.Duration) int64
}

// Budget bounds the tokens of completions, in and out together. A day is one of UTC.
type Budget struct {
	Counter    Counter // nil: no bounds
	PerContact int64   // of one contact in a day; 0: no bound
	PerDay     int64   // of all together in a day; 0: no bound
	Now        func() time.Time
}

// errSpent says that no tokens are left today.
var errSpent = errors.New("the day's tokens are spent")

// countLife outlives the day that is counted.
const countLife = 26 * time.Hour

// take reserves tokens for a call, or none where a bound would be passed. settle is to be called with what was really spent.
func (b Budget) take(ctx context.Context, contact string, reserved int64) (settle func(spent int64), ok bool) {
	if b.Counter == nil {
		return func(int64) {}, true
	}
	now := time.Now
	if b.Now != nil {
		now = b.Now
	}
	day := "model:" + now().UTC().Format(time.DateOnly)
	bounds := map[string]int64{}
	if b.PerDay > 0 {
		bounds[day] = b.PerDay
	}
	if b.PerContact > 0 && contact != "" {
		bounds[day+":"+digest(day+contact)] = b.PerContact
	}
	// What was reserved is given back even where the caller is gone by then.
	ctx = context.WithoutCancel(ctx)
	add := func(by int64) (within bool) {
		within = true
		for key, most := range bounds {
			if b.Counter.Count(ctx, key, by, countLife) > most {
				within = false
			}
		}
		return within
	}
	if !add(reserved) {
		add(-reserved)
		return nil, false
	}
	return func(spent int64) { add(spent - reserved) }, true
}

// digest stands for a contact, who may be known by a network address: it is not written down, and another one each day.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// tokens are what a call spent.
type tokens struct{ in, out int64 }

// estimate is about how many tokens a text has, rather more than fewer: the usual vocabularies make one of four bytes of
// English, and of two Cyrillic letters, which are four bytes too.
func estimate(bytes int) int64 { return int64(bytes)/4 + 1 }
