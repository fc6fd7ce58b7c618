package group

import (
	"context"
	"errors"
	"math"
	"strings"

	"orientir/bot/i18n"
	"orientir/bot/telegram"
	"orientir/handoff/staff"
)

// Linker answers the codes that members of the staff send to the bot in private.
func Linker(accounts *staff.Store) func(context.Context, telegram.Link) (telegram.Linked, error) {
	return func(ctx context.Context, l telegram.Link) (telegram.Linked, error) {
		account, lost, err := accounts.LinkTelegram(ctx, l.User, l.Code)
		var many *staff.TooMany
		language := languageOf(l.Language)
		switch {
		case errors.As(err, &many):
			return telegram.Linked{Words: i18n.T(language, "group.link_many", int(math.Ceil(many.RetryAfter.Minutes())))}, nil
		case errors.Is(err, staff.ErrLinked):
			return telegram.Linked{Words: i18n.T(language, "group.link_taken")}, nil
		case errors.Is(err, staff.ErrNotFound):
			return telegram.Linked{Words: i18n.T(language, "group.link_wrong")}, nil
		case err != nil:
			return telegram.Linked{}, err
		}
		return telegram.Linked{Words: i18n.T(language, "group.linked", account.Name), Lost: lost, LostWords: Unlinked(account.Name)}, nil
	}
}

// Unlinked says to a Telegram that it is not linked with somebody's account any more. Nobody knows which language it reads: it gets both.
func Unlinked(name string) string {
	return i18n.T("bg", "group.unlinked", name) + "\n\n" + i18n.T("en", "group.unlinked", name)
}

// languageOf is the language to speak with a member of the staff: the staff's site has these two.
func languageOf(hint string) string {
	if strings.HasPrefix(strings.ToLower(hint), "en") {
		return "en"
	}
	return "bg"
}
