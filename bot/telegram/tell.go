package telegram

import (
	"context"
	"errors"
	"strings"
	"time"

	"orientir/bot"
)

// Tell sends plain words to a private chat that is no conversation: to a member of the staff. Long ones go in several parts, each of whole
// lines. Errors as of Send.
func (b *Bot) Tell(ctx context.Context, chat int64, words string) error {
	var lines []line
	for l := range strings.SplitSeq(strings.TrimSpace(words), "\n") {
		lines = append(lines, plainLine(l))
	}
	send := b.sendPart
	for _, text := range split([][]line{lines}, textLimit) {
		if _, err := send(ctx, chat, part{html: text}); err != nil {
			return err
		}
		send = b.sendNext
	}
	return nil
}

// tellFor is how long a message may be on its way that nobody waits for.
const tellFor = 20 * time.Second

// TellLater tells without being waited for. What doesn't arrive is logged and lost.
func (b *Bot) TellLater(ctx context.Context, chat int64, words string) {
	b.beside(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellFor)
		defer cancel()
		err := b.Tell(ctx, chat, words)
		for later := (*bot.RetryAfter)(nil); errors.As(err, &later) && sleep(ctx, later.D); {
			err = b.Tell(ctx, chat, words)
		}
		if err != nil {
			b.o.Log.Info("a member of the staff is not told on Telegram", "err", err)
		}
	})
}
