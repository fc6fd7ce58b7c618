package telegram

import (
	"context"
	"errors"

	telegram "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"orientir/bot/i18n"
)

// commands are those of the menu, in its order.
var commands = []string{"start", "nearest", "librarian", "language", "help", "forget"}

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
	me, err := b.api.GetMe(ctx)
	b.survive("getMe", err)
	if err == nil {
		b.o.Log.Info("telegram is ready", "bot", me.Username, "webhook", b.o.WebhookURL != "")
	}
}

func (b *Bot) survive(method string, err error) {
	switch {
	case err == nil || errors.Is(err, context.Canceled):
	case errors.Is(err, telegram.ErrorNotFound):
		b.o.Log.Warn("telegram does not know a method", "method", method)
	default:
		b.o.Log.Warn("telegram call failed", "method", method, "err", err)
	}
}
