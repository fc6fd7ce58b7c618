package telegram

import (
	"context"
	"strings"

	"github.com/go-telegram/bot/models"

	"orientir/bot"
)

// Link is a code that somebody sent in private to show who they are on the staff's site.
type Link struct {
	User     int64
	Language string // what Telegram says of the person's language; a hint
	Code     string // as typed
}

// Linked is what a code has brought about.
type Linked struct {
	Words     string // for who sent it
	Lost      int64  // whom the account was linked with before; 0: nobody
	LostWords string // for them
}

// linkStart begins the parameter of the address t.me/BOT?start=link-CODE, which sends «/start link-CODE».
const linkStart = "link-"

// linkCode finds the code in «/link CODE» and «/start link-CODE».
func linkCode(in bot.Incoming) (string, bool) {
	switch {
	case in.Kind != bot.Command:
		return "", false
	case in.Command == "link":
		return in.Argument, true
	case in.Command == "start":
		return strings.CutPrefix(in.Argument, linkStart)
	}
	return "", false
}

// link takes a code. It is no message of a conversation: nothing of it is stored but the link itself.
func (b *Bot) link(ctx context.Context, m *models.Message, code string) error {
	if m.From == nil {
		return nil
	}
	linked, err := b.o.Link(ctx, Link{User: m.From.ID, Language: m.From.LanguageCode, Code: code})
	if err != nil {
		return err
	}
	b.TellLater(ctx, m.Chat.ID, linked.Words) // the account's page shows the link too, so that an answer which doesn't arrive does no harm
	if linked.Lost != 0 {
		b.TellLater(ctx, linked.Lost, linked.LostWords)
	}
	return nil
}
