package group

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// The database doesn't answer: no loop waits for it for good.
func TestALookThatHangsEnds(t *testing.T) {
	b := setup(t)
	tx, err := b.pool.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(b.ctx))
	if _, err := tx.Exec(b.ctx, `LOCK TABLE group_updates, telegram_groups`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 2*lookTime)
	defer cancel()
	var steps sync.WaitGroup
	for what, step := range map[string]func(context.Context) error{
		"work": b.desk.workAll, "send": b.desk.sendAll, "take a turn": func(ctx context.Context) error {
			_, _, err := b.desk.takeCall(ctx, chat)
			return err
		},
	} {
		steps.Go(func() {
			if err := step(ctx); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
				t.Errorf("%s: it ends with %v", what, err)
			}
		})
	}
	steps.Wait()
}
