package staff

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// MostChats is the most people whom an account may say that it talks to at once.
const MostChats = 20

// SetDesk sets how an account works at the desk: whether we may write to it when somebody waits, and how many people it talks to at once,
// 1 to MostChats. Errors: *Fault, ErrNotFound.
func (s *Store) SetDesk(ctx context.Context, id int64, notices bool, chats int) error {
	if chats < 1 || chats > MostChats {
		return &Fault{Field: "chats", Key: "console.fault_chats", Args: []any{MostChats}}
	}
	act := Act{By: id, Verb: "account.desk", Subject: subject(id), Detail: map[string]any{"notices": notices, "chats": chats}}
	err := s.Door(ctx, act, func(tx pgx.Tx, _ *Act) error {
		tag, err := tx.Exec(ctx, `UPDATE staff SET notices = $2, chat_limit = $3 WHERE id = $1 AND active`, id, notices, chats)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("set the desk of account %d: %w", id, err)
	}
	return nil
}
