package postgres

import (
	"context"
	"fmt"
	"time"
)

// Within gives a step of a loop its time. A server that hangs while its machine still confirms what it gets never answers: without an end of its own
// the loop would wait for it for good, also where another server has long taken its place. A panic is an error of the step.
func Within(ctx context.Context, d time.Duration, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return Safely(func() error { return step(ctx) })
}

// A process that is gone without a word (its machine, or the network between) leaves its transaction open at the server, and with it the locks on
// people's rows. By the server's own patience that lasts for a quarter of an hour, or for two.
//
// endVanished has the server end such a session after about ten seconds where nothing answers at the other end, and after twenty where something between
// answers for who is gone, a pooler or a tunnel. No transaction of ours pauses for so long but those that are Unhurried. They are no startup parameters,
// because poolers refuse those that they don't know. Over a local socket only the first one means anything.
const endVanished = `
	SELECT set_config('idle_in_transaction_session_timeout', '20s', false),
	       set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false),
	       set_config('tcp_user_timeout', '10s', false)`

// Unhurried lets a transaction pause between its statements for up to ten minutes, for who reads a large file meanwhile.
func Unhurried(ctx context.Context, tx DB) error {
	if _, err := tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = '10min'`); err != nil {
		return fmt.Errorf("let the transaction pause: %w", err)
	}
	return nil
}
