package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// acrossWithin is for how long a message may go on with the one before: who types a number in two parts does it at once.
const acrossWithin = 5 * time.Minute

// maskAcross hides what is personal only together with what the person wrote just before: a number in two messages, or one whose word was
// the message before. What was begun there is hidden there too; a librarian who read it has read it, and what the bot was asked with it keeps its part.
func (e *Engine) maskAcross(ctx context.Context, tx postgres.DB, a *arrival, conversation int64, now time.Time) error {
	if a.Kind != Text && a.Kind != Edited || !strings.ContainsAny(a.text, "0123456789") {
		return nil
	}
	var id int64
	var before string
	// The conversation's row is locked by now; the same event again finds itself, and nothing to hide.
	err := tx.QueryRow(ctx, `
		SELECT id, text FROM messages
		WHERE conversation = $1 AND sender = 'person' AND kind IN ('text', 'edited') AND created_at > $2 AND event_id IS DISTINCT FROM $3
		ORDER BY id DESC LIMIT 1`, conversation, now.Add(-acrossWithin), a.EventID).Scan(&id, &before)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && before == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the message before: %w", err)
	}
	masked, text, kinds, err := e.store.MaskAcross(ctx, before, a.text)
	if err != nil {
		return err
	}
	if masked != before {
		if _, err := tx.Exec(ctx, `UPDATE messages SET text = $2 WHERE id = $1`, id, masked); err != nil {
			return fmt.Errorf("hide a number that was begun before: %w", err)
		}
	}
	a.text, a.hidden = text, append(a.hidden, kinds...)
	return nil
}
