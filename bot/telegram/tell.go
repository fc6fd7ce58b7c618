package telegram

import (
	"context"
	"strings"
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
