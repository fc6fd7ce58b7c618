package telegram

import (
	"context"
	"errors"
	"fmt"

	telegram "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"orientir/bot/i18n"
)

// commands are those of the menu, in its order.
var commands = []string{"start", "nearest", "trainings", "news", "librarian", "language", "help", "mydata", "forget"}

// setUp sets the bot's commands and descriptions, Bulgarian for everyone and English for those who read English.
// What a server doesn't know, or refuses, is logged and survived.
func (b *Bot) setUp(ctx context.Context) {
	for _, l := range []struct{ language, code string }{{"bg", ""}, {"bg", "bg"}, {"en", "en"}} {
		var list []models.BotCommand
		for _, c := range commands {
			list = append(list, models.BotCommand{Command: c, Description: i18n.T(l.language, "telegram.command_"+c)})
		}
		_, err := b.api.SetMyCommands(ctx, &telegram.SetMyCommandsParams{Commands: list, LanguageCode: l.code})
		b.survive("setMyCommands", err)
		_, err = b.api.SetMyDescription(ctx, &telegram.SetMyDescriptionParams{Description: i18n.T(l.language, "telegram.description"), LanguageCode: l.code})
		b.survive("setMyDescription", err)
		_, err = b.api.SetMyShortDescription(ctx, &telegram.SetMyShortDescriptionParams{ShortDescription: i18n.T(l.language, "telegram.short_description"), LanguageCode: l.code})
		b.survive("setMyShortDescription", err)
	}
	name, err := b.Username(ctx)
	b.survive("getMe", err)
	if err == nil {
		b.o.Log.Info("telegram is ready", "bot", name, "webhook", b.o.WebhookURL != "")
	}
}

// Username is the bot's name on Telegram, without «@», for links such as https://t.me/NAME?start=…. It is asked for once.
func (b *Bot) Username(ctx context.Context) (string, error) {
	if name := b.name.Load(); name != nil {
		return *name, nil
	}
	me, err := b.api.GetMe(ctx)
	if err != nil {
		return "", fmt.Errorf("ask for the bot's name: %w", err)
	}
	b.name.Store(&me.Username)
	return me.Username, nil
}

func (b *Bot) survive(method string, err error) {
	switch {
	case err == nil || errors.Is(err, context.Canceled):
	case errors.Is(err, telegram.ErrorNotFound):
		b.o.Log.Warn("telegram does not know a method", "method", method)
	default:
		b.o.Log.Warn("telegram call failed", "method", method, "err", scrub(err))
	}
}
