package postgres

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A row that makes a job panic is the trouble of that round alone.
func TestARoundThatPanicsHasFailed(t *testing.T) {
	t.Parallel()
	err := Round(t.Context(), "job", func(context.Context) error { panic("a strange row") })
	if err == nil || !strings.Contains(err.Error(), "a strange row") {
		t.Errorf("it ends with %v", err)
	}
}

// A server that never answers holds no loop for good.
func TestAStepEndsWithinItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := Within(t.Context(), time.Minute, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if took := time.Since(began); err != context.DeadlineExceeded || took != time.Minute {
			t.Errorf("it ends with %v after %v", err, took)
		}
	})
}
