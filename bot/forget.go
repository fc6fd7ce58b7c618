package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Forget erases at once everything that this floor keeps of a contact: messages, feedback, what they signed up for, which news they asked for, place, language, where the dialog
// stood. The channel's key stays until the goodbye has been delivered, for an hour at most; then the contact is deleted.
func (c *Conversations) Forget(ctx context.Context, tx postgres.DB, contact int64) error {
	for _, sql := range []string{
		`DELETE FROM feedback WHERE contact = $1`,
		`DELETE FROM training_signups WHERE contact = $1`,
		`DELETE FROM subscriptions WHERE contact = $1`,
		`DELETE FROM broadcast_recipients WHERE contact = $1`,
		`DELETE FROM aftermaths WHERE contact = $1`,
		`DELETE FROM conversation_codes WHERE conversation IN (SELECT id FROM conversations WHERE contact = $1)`,
		`DELETE FROM messages WHERE conversation IN (SELECT id FROM conversations WHERE contact = $1)`,
		`UPDATE conversations SET holder = NULL, answered_turn = turn, state = '{}', due_at = NULL,
			leased_until = NULL, leaser = NULL, lease = lease + 1, tries = 0, breaks = 0
		WHERE contact = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, contact); err != nil {
			return fmt.Errorf("forget contact %d: %w", contact, err)
		}
	}
	_, err := tx.Exec(ctx, `
		WITH gone AS (
			UPDATE contacts SET forgotten_at = $2, place = NULL, audience = '' WHERE id = $1
			RETURNING id, created_at)
		INSERT INTO forgotten (contact, created_at, forgotten_at) SELECT id, created_at, $2 FROM gone
		ON CONFLICT (contact) DO UPDATE SET created_at = EXCLUDED.created_at, forgotten_at = EXCLUDED.forgotten_at`, contact, c.now())
	if err != nil {
		return fmt.Errorf("forget contact %d: %w", contact, err)
	}
	return nil
}

// OfContact gives the conversation of a contact, for floors that keep things by conversation and are asked to forget a contact.
func (c *Conversations) OfContact(ctx context.Context, db postgres.DB, contact int64) (conversation int64, ok bool, err error) {
	err = db.QueryRow(ctx, `SELECT id FROM conversations WHERE contact = $1`, contact).Scan(&conversation)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find the conversation of contact %d: %w", contact, err)
	}
	return conversation, true, nil
}

// sayGoodbye deletes those of the contacts who asked to be forgotten and to whom nothing more is to be delivered.
func (c *Conversations) sayGoodbye(ctx context.Context, contacts []int64) error {
	_, err := c.pool.Exec(ctx, `
		DELETE FROM contacts k
		WHERE id = ANY($1) AND forgotten_at IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM conversations c JOIN messages m ON m.conversation = c.id
			WHERE c.contact = k.id AND (m.sender = 'person' OR m.delivered_at IS NULL AND m.failed_at IS NULL))`, contacts)
	if err != nil {
		return fmt.Errorf("delete forgotten contacts: %w", err)
	}
	return nil
}

// deleteForgotten deletes whoever asked to be forgotten before a time, whether or not the goodbye reached them.
func (c *Conversations) deleteForgotten(ctx context.Context, before time.Time) error {
	_, err := c.pool.Exec(ctx, `DELETE FROM contacts WHERE forgotten_at < $1`, before)
	if err != nil {
		return fmt.Errorf("delete forgotten contacts: %w", err)
	}
	return nil
}
