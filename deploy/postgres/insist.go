package postgres

import (
	"context"
	"time"
)

// Insist repeats an act on the database until it succeeds, until then at most, and no more once ctx has ended. Each try has its time, whatever
// state ctx is in.
func Insist(ctx context.Context, until time.Time, try time.Duration, act func(context.Context) error) error {
	for {
		trying, done := context.WithTimeout(context.WithoutCancel(ctx), try)
		err := act(trying)
		done()
		if err == nil || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
