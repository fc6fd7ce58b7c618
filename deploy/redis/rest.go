package redis

import (
	"context"
	"time"
)

// Rest waits until pause has passed since an instant and takes the wake-ups that have come by then: under load they come by the thousand a
// second, and one look is for all of them. It returns at once where the instant is long ago.
func Rest(ctx context.Context, wakes <-chan string, since time.Time, pause time.Duration) {
	if left := pause - time.Since(since); left > 0 {
		timer := time.NewTimer(left)
		defer timer.Stop()
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
	for {
		select {
		case _, open := <-wakes:
			if !open {
				return
			}
		default:
			return
		}
	}
}
