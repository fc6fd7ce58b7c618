package bot

import (
	"context"
	"time"
)

// Typist is a channel that can show that words are on their way.
type Typist interface {
	// Typing shows it for some five seconds, or until a message comes. What goes wrong is nobody's loss.
	Typing(ctx context.Context, c Conversation) error
}

// rhythm is how often people are shown that words are being written.
type rhythm struct {
	first time.Duration // before that the card is still on its way, and a quick model needs no sign
	every time.Duration // Telegram shows it for five seconds
}

var usualRhythm = rhythm{first: 700 * time.Millisecond, every: 4 * time.Second}

// showWriting lets the person see that a model writes, until ctx ends or the conversation moves on. When it returns nothing is
// shown on the web any more, and no further sign is sent.
func (e *Engine) showWriting(ctx context.Context, w waiting) {
	clean := context.WithoutCancel(ctx)
	shown := false
	defer func() {
		if shown {
			e.conversations.writing(clean, w.ID, 0)
		}
	}()
	next := time.NewTimer(e.rhythm.first)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		var waits bool
		err := e.conversations.pool.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM conversations WHERE id = $1 AND turn = $2 AND answered_turn = turn AND holder IS NULL)`, w.ID, w.Turn).Scan(&waits)
		if err != nil || !waits {
			return
		}
		if typist, ok := e.channels[w.Channel].(Typist); ok {
			if err := typist.Typing(ctx, w.Conversation); err != nil && ctx.Err() == nil {
				e.log.Debug("show that words are written", "conversation", w.ID, "err", err)
			}
		} else {
			shown = true
			e.conversations.writing(clean, w.ID, e.rhythm.every+2*time.Second)
		}
		next.Reset(e.rhythm.every)
	}
}

func writingKey(conversation int64) string { return "writing:" + digits(conversation) }

// writing notes for pages that fetch their messages that words are being written, for so long unless it is noted again; 0 ends it.
func (c *Conversations) writing(ctx context.Context, conversation int64, life time.Duration) {
	if life > 0 {
		c.redis.Seen(ctx, writingKey(conversation), life)
	} else {
		c.redis.Gone(ctx, writingKey(conversation))
	}
	c.redis.Publish(ctx, Topic(conversation), "")
}

// Writing tells whether a model is at words that may be added to the last answer.
func (c *Conversations) Writing(ctx context.Context, conversation int64) bool {
	return c.redis.Present(ctx, writingKey(conversation))[0]
}
