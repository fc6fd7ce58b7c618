package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge/privacy"
)

// acrossWithin is for how long a message may go on with the one before: who types a number in two parts does it at once.
const acrossWithin = 5 * time.Minute

// written is a message that is stored.
type written struct {
	id      int64
	text    string
	created time.Time
}

// mayGoOn says that a message may go on with a number that was begun in the one before.
func mayGoOn(a arrival) bool {
	return (a.Kind == Text || a.Kind == Edited) && strings.ContainsAny(a.text, "0123456789")
}

// maskAcross hides what is personal only together with what the person wrote just before: a number in two messages, or one whose word was
// the message before. What was begun there is hidden there too; a librarian who read it has read it, and what the bot was asked with it keeps its part.
func (e *Engine) maskAcross(ctx context.Context, tx postgres.DB, a *arrival, conversation int64, now time.Time) error {
	if !mayGoOn(*a) {
		return nil
	}
	// The conversation's row is locked by now; the same event again finds itself, and nothing to hide.
	before, err := e.beside(ctx, tx, `
		SELECT id, text, created_at FROM messages
		WHERE conversation = $1 AND sender = 'person' AND kind IN ('text', 'edited', 'too-long') AND created_at > $2 AND event_id IS DISTINCT FROM $3
		ORDER BY id DESC LIMIT 1`, conversation, now.Add(-acrossWithin), a.EventID)
	if err != nil {
		return err
	}
	return e.hideAfter(ctx, tx, a, before)
}

// maskEdit hides what new words of a message make personal together with the message before it, or the one after it.
func (e *Engine) maskEdit(ctx context.Context, tx postgres.DB, a *arrival, conversation int64, old written) error {
	before, err := e.beside(ctx, tx, `
		SELECT id, text, created_at FROM messages
		WHERE conversation = $1 AND sender = 'person' AND kind IN ('text', 'edited', 'too-long') AND id < $2 AND created_at > $3
		ORDER BY id DESC LIMIT 1`, conversation, old.id, old.created.Add(-acrossWithin))
	if err != nil {
		return err
	}
	if err := e.hideAfter(ctx, tx, a, before); err != nil {
		return err
	}
	after, err := e.beside(ctx, tx, `
		SELECT id, text, created_at FROM messages
		WHERE conversation = $1 AND sender = 'person' AND kind IN ('text', 'edited', 'too-long') AND id > $2 AND created_at < $3
		ORDER BY id LIMIT 1`, conversation, old.id, old.created.Add(acrossWithin))
	if err != nil {
		return err
	}
	return e.hideBefore(ctx, tx, a, after)
}

// hideAfter hides in an arrival what is personal together with what was written before it.
func (e *Engine) hideAfter(ctx context.Context, tx postgres.DB, a *arrival, before written) error {
	if before.text == "" {
		return nil
	}
	masked, text, kinds, err := e.store.MaskAcross(ctx, before.text, a.text)
	if err != nil {
		return err
	}
	a.text = text
	return e.hidIn(ctx, tx, a, before, masked, kinds)
}

// hideBefore hides in an arrival what is personal together with what was written after it.
func (e *Engine) hideBefore(ctx context.Context, tx postgres.DB, a *arrival, after written) error {
	if after.text == "" {
		return nil
	}
	text, masked, kinds, err := e.store.MaskAcross(ctx, a.text, after.text)
	if err != nil {
		return err
	}
	a.text = text
	return e.hidIn(ctx, tx, a, after, masked, kinds)
}

// hidIn keeps what is left of a message that stands beside an arrival.
func (e *Engine) hidIn(ctx context.Context, tx postgres.DB, a *arrival, m written, masked string, kinds []privacy.Kind) error {
	a.hidden = append(a.hidden, kinds...)
	if len(kinds) == 0 || masked == m.text {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE messages SET text = $2 WHERE id = $1`, m.id, masked); err != nil {
		return fmt.Errorf("hide a number in the message beside: %w", err)
	}
	return nil
}

// beside reads a message of the person; the zero value where there is none.
func (e *Engine) beside(ctx context.Context, tx postgres.DB, sql string, args ...any) (m written, err error) {
	err = tx.QueryRow(ctx, sql, args...).Scan(&m.id, &m.text, &m.created)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return m, fmt.Errorf("read the message beside: %w", err)
	}
	return m, nil
}
