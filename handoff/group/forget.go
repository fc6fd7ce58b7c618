package group

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
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

// Export gives the copies of a contact's conversation that stand in groups of librarians.
func (i *Inbox) Export(ctx context.Context, db postgres.DB, contact int64) ([]bot.Holding, error) {
	h, err := bot.Hold(ctx, db, bot.HeldTopics, `
		SELECT t.opened_at, p.state, p.closed_at, g.help_point AS library
		FROM group_topics p JOIN tickets t ON t.id = p.ticket JOIN telegram_groups g ON g.chat = p.chat
		WHERE p.state <> 'deleted' AND t.conversation IN (SELECT id FROM conversations WHERE contact = $1) ORDER BY p.id`, contact)
	if err != nil {
		return nil, fmt.Errorf("export topics of contact %d: %w", contact, err)
	}
	return []bot.Holding{h}, nil
}
