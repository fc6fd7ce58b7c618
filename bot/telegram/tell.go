package telegram

import (
	"context"
	"html"
)

// Tell sends plain words to a private chat that is no conversation: to a member of the staff. Errors as of Send.
func (b *Bot) Tell(ctx context.Context, chat int64, words string) error {
	_, err := b.sendPart(ctx, chat, part{html: html.EscapeString(words)})
	return err
}
