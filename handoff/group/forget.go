package group

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Forget gives up the topics of a contact, in the transaction of their wish: nothing more is said in them, and they are deleted from
// Telegram as soon as it takes the call. Call it before handoff.Desk.Forget, which unties the tickets.
func (i *Inbox) Forget(ctx context.Context, tx postgres.DB, contact int64) error {
	inside, ok := tx.(pgx.Tx)
	if !ok {
		return fmt.Errorf("forget topics of contact %d: not in a transaction", contact)
	}
	err := drop(ctx, inside, i.now(), `t.conversation IN (SELECT id FROM conversations WHERE contact = $1)`, contact)
	if err != nil {
		return fmt.Errorf("forget topics of contact %d: %w", contact, err)
	}
	return nil
}
