package bot

import (
	"context"
	"fmt"

	"orientir/deploy/postgres"
)

// Forget erases at once everything that this floor keeps of a contact: messages, feedback, place, language, where the dialog
// stood. The channel's key stays until the goodbye has been delivered, for an hour at most; then the contact is deleted.
func (c *Conversations) Forget(ctx context.Context, tx postgres.DB, contact int64) error {
	for _, sql := range []string{
		`DELETE FROM feedback WHERE contact = $1`,
		`DELETE FROM messages WHERE conversation IN (SELECT id FROM conversations WHERE contact = $1)`,
		`UPDATE conversations SET holder = NULL, answered_turn = turn, place = NULL, state = '{}', due_at = NULL,
			leased_until = NULL, lease = lease + 1, tries = 0
		WHERE contact = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, contact); err != nil {
			return fmt.Errorf("forget contact %d: %w", contact, err)
		}
	}
	_, err := tx.Exec(ctx, `
		UPDATE contacts SET forgotten_at = $2, place = NULL, audience = ''
		WHERE id = $1`, contact, c.now())
	if err != nil {
		return fmt.Errorf("forget contact %d: %w", contact, err)
	}
	return nil
}
