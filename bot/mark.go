package bot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Mark is what tells a page that follows a conversation whether to look at it anew.
type Mark struct {
	Conversation int64  `db:"conversation"`
	Key          string `db:"key"`    // whose it is
	Holder       string `db:"holder"` // opaque id of the librarian who holds it; "" is the bot
	Newest       int64  `db:"newest"` // id of the newest message; 0 where there is none
}

// Marks reads the marks of many conversations at once; one that is gone has none.
func (c *Conversations) Marks(ctx context.Context, conversations []int64) (map[int64]Mark, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT c.id AS conversation, k.key, COALESCE(c.holder, '') AS holder,
			COALESCE((SELECT max(m.id) FROM messages m WHERE m.conversation = c.id), 0) AS newest
		FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE c.id = ANY($1)`, conversations)
	if err != nil {
		return nil, fmt.Errorf("read the marks of %d conversations: %w", len(conversations), err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Mark])
	if err != nil {
		return nil, fmt.Errorf("read the marks of %d conversations: %w", len(conversations), err)
	}
	marks := make(map[int64]Mark, len(list))
	for _, m := range list {
		marks[m.Conversation] = m
	}
	return marks, nil
}
