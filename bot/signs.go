package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Signs pass between a person and the librarian who holds their conversation: who is typing, and up to which message each
// has read. They live in Redis alone: a sign that is lost costs nobody a word.

const (
	// TypingLife is how long one sign of typing lasts. A page repeats it while somebody types.
	TypingLife = 6 * time.Second
	// TypingLook is how soon a stream that shows typing looks whether it has ended.
	TypingLook = 2 * time.Second

	readLife   = 24 * time.Hour // of a read receipt
	readRecent = 20             // messages that are asked about
)

// Types notes that the person or the librarian is typing.
func (c *Conversations) Types(ctx context.Context, conversation int64, who Sender) {
	c.redis.Seen(ctx, typingKey(conversation, who), TypingLife)
	c.redis.Publish(ctx, Topic(conversation), "")
}

// Rests takes the sign of typing back, because the words were sent.
func (c *Conversations) Rests(ctx context.Context, conversation int64, who Sender) {
	c.redis.Gone(ctx, typingKey(conversation, who))
	c.redis.Publish(ctx, Topic(conversation), "")
}

// Typing tells whether the person or the librarian is typing.
func (c *Conversations) Typing(ctx context.Context, conversation int64, who Sender) bool {
	return c.redis.Present(ctx, typingKey(conversation, who))[0]
}

// Read notes that the person or the librarian has a message on their screen.
func (c *Conversations) Read(ctx context.Context, conversation int64, who Sender, message int64) {
	c.redis.Seen(ctx, readKey(conversation, who, message), readLife)
	c.redis.Publish(ctx, Topic(conversation), "")
}

// ReadUpTo gives the newest message of the other side that the person or the librarian has read; 0 where none is known.
func (c *Conversations) ReadUpTo(ctx context.Context, conversation int64, who Sender) (int64, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT id FROM messages
		WHERE conversation = $1 AND CASE WHEN $2 = 'person' THEN sender IN ('librarian', 'system') ELSE sender = 'person' END
		ORDER BY id DESC LIMIT $3`, conversation, who, readRecent)
	if err != nil {
		return 0, fmt.Errorf("read receipts of conversation %d: %w", conversation, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("read receipts of conversation %d: %w", conversation, err)
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = readKey(conversation, who, id)
	}
	for i, read := range c.redis.Present(ctx, keys...) {
		if read {
			return ids[i], nil
		}
	}
	return 0, nil
}

// ShowTyping lets a person see that the librarian who holds their conversation is typing, on whatever channel they are.
func (e *Engine) ShowTyping(ctx context.Context, conversation int64) error {
	c, ok, err := e.conversations.Conversation(ctx, conversation)
	if err != nil || !ok || c.Holder == "" {
		return err
	}
	if typist, ok := e.channels[c.Channel].(Typist); ok {
		if err := typist.Typing(ctx, c); err != nil && ctx.Err() == nil {
			e.log.Debug("show that a librarian types", "conversation", c.ID, "err", err)
		}
		return nil
	}
	e.conversations.Types(ctx, conversation, Librarian)
	return nil
}

func typingKey(conversation int64, who Sender) string {
	return "typing:" + string(who) + ":" + digits(conversation)
}

func readKey(conversation int64, who Sender, message int64) string {
	return "read:" + string(who) + ":" + digits(conversation) + ":" + digits(message)
}
