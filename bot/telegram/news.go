package telegram

import (
	"context"
	"errors"
	"net"
	"strconv"

	telegram "github.com/go-telegram/bot"

	"orientir/bot"
)

// NewsTurn waits for a turn that answers leave over: it is taken only where the whole bucket is full.
func (b *Bot) NewsTurn(ctx context.Context, c bot.Conversation) error {
	if ok, wait := b.pace.Allow(ctx, "telegram:chat:"+c.Key, 1, chatPause); !ok {
		return &bot.RetryAfter{D: wait}
	}
	return b.turn(ctx, 1, burstPer/burst)
}

// SendNews sends a message in one call, in a turn that NewsTurn gave. What Telegram's answer doesn't tell is unknown: it is an error like
// any other. A connection that was never made is bot.ErrNotSent.
func (b *Bot) SendNews(ctx context.Context, c bot.Conversation, m bot.Message) (string, error) {
	chat, err := strconv.ParseInt(c.Key, 10, 64)
	if err != nil {
		return "", &bot.Refused{Reason: "contact key is no chat id"}
	}
	parts := layOut(m)
	if len(parts) != 1 || parts[0].venue != nil {
		return "", &bot.Refused{Reason: "news in several parts"}
	}
	sent, err := b.sendText(ctx, chat, parts[0])
	var dial *net.OpError
	switch {
	case err == nil:
		return strconv.Itoa(sent.ID), nil
	case errors.As(err, &dial) && dial.Op == "dial", errors.Is(err, telegram.ErrorUnauthorized), errors.Is(err, telegram.ErrorNotFound):
		return "", errors.Join(bot.ErrNotSent, err)
	}
	return "", b.heed(ctx, refusal(err))
}

// ShowNews sends a message to a private chat that is no conversation: to a member of the staff who tries it. Errors as of Send.
func (b *Bot) ShowNews(ctx context.Context, chat int64, body bot.Body) error {
	for _, p := range layOut(bot.Message{Body: &body}) {
		if _, err := b.sendPart(ctx, chat, p); err != nil {
			return err
		}
	}
	return nil
}
