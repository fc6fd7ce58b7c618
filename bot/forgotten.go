package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ForgottenKept is for how long it is known that a contact was forgotten: longer than any backup should live.
const ForgottenKept = 400 * 24 * time.Hour

// Forgotten says that a contact was forgotten. It names nobody.
type Forgotten struct {
	Contact     int64     `db:"contact"`
	CreatedAt   time.Time `db:"created_at"` // of the contact: after a restore the same number may be somebody else's
	ForgottenAt time.Time `db:"forgotten_at"`
}

// Forgotten lists who was forgotten, the earliest first.
func (c *Conversations) Forgotten(ctx context.Context) ([]Forgotten, error) {
	rows, err := c.pool.Query(ctx, `SELECT contact, created_at, forgotten_at FROM forgotten ORDER BY forgotten_at, contact`)
	if err != nil {
		return nil, fmt.Errorf("list who was forgotten: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Forgotten])
	if err != nil {
		return nil, fmt.Errorf("list who was forgotten: %w", err)
	}
	return list, nil
}

// Empty says whether nobody has ever written: such a database is none that a backup brought back.
func (c *Conversations) Empty(ctx context.Context) (empty bool, err error) {
	err = c.pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM contacts) AND NOT EXISTS (SELECT FROM forgotten)`).Scan(&empty)
	if err != nil {
		return false, fmt.Errorf("ask whether anybody has written: %w", err)
	}
	return empty, nil
}

// ForgetAgain forgets whom a restored backup brought back: the same contact, where it still has what was erased then. It says how many there were;
// the same list a second time finds nobody.
func (e *Engine) ForgetAgain(ctx context.Context, list []Forgotten) (again int, err error) {
	for _, f := range list {
		rows, err := e.conversations.pool.Query(ctx, `
			SELECT `+conversationColumns+`
			FROM contacts k JOIN conversations c ON c.contact = k.id
			WHERE k.id = $1 AND k.created_at = $2 AND (c.updated_at <= $3 OR EXISTS (SELECT FROM messages m WHERE m.conversation = c.id AND m.created_at <= $3))`,
			f.Contact, f.CreatedAt, f.ForgottenAt)
		c, ok, err := oneConversation(rows, err, "of a forgotten contact")
		if err != nil {
			return again, fmt.Errorf("forget again: %w", err)
		}
		if !ok {
			continue
		}
		if _, err := e.leave(ctx, c, false, `k.created_at = $2`, f.CreatedAt); err != nil {
			return again, fmt.Errorf("forget again: %w", err)
		}
		again++
	}
	return again, nil
}
