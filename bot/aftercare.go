package bot

import (
	"context"
	"time"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
)

// Aftercare is what follows a hand-over: what the person thought of it, and going on with the same librarian. handoff implements it.
type Aftercare interface {
	// Past gives the hand-over to a librarian that ended within the last seven days, where none is open now.
	Past(ctx context.Context, db postgres.DB, conversation int64) (Past, bool, error)
	// RateDesk keeps whether a hand-over of this conversation helped. The first word counts; fresh is false for any further.
	RateDesk(ctx context.Context, tx postgres.DB, conversation, ticket int64, helped bool) (fresh bool, err error)
	// CommentDesk adds the person's words to what they said of it. The words came masked.
	CommentDesk(ctx context.Context, tx postgres.DB, conversation, ticket int64, words string) error
	// Reopen opens a ticket that goes on with a past one: at once with its librarian where they are present, and then it tells the person
	// itself; else by the usual routing, and it waits. The conversation's open ticket, if there is one, is given instead. A zero Past: it
	// ended too long ago, and nothing was opened.
	Reopen(ctx context.Context, tx postgres.DB, w Wish, past int64) (Ticket, Past, error)
}

// Past is a hand-over that ended lately.
type Past struct {
	Ticket    int64
	Librarian string // as people read it
	Present   bool   // at the desk now, and takes one more
}

// HandedBack is what a person reads when a hand-over has ended: who answers now, whether it helped, and how to go on.
func HandedBack(language string, ticket int64, librarian string) Body {
	id := digits(ticket)
	return Body{
		Text: i18n.T(language, "console.notice_closed") + "\n" + i18n.T(language, "bot.desk_helped"),
		Buttons: []Action{
			{Label: i18n.T(language, "bot.button_good"), Data: "desk:good:" + id},
			{Label: i18n.T(language, "bot.button_bad"), Data: "desk:bad:" + id},
			{Label: i18n.T(language, "bot.button_again", librarian), Data: "again:" + id},
		},
		Language: language,
	}
}

// DeskBlocked is what a person reads who can't open tickets until a time.
func DeskBlocked(language string, until time.Time) Body {
	return Body{Text: i18n.T(language, "console.notice_blocked", DateWords(until, language)), Language: language}
}
