package bot

import (
	"errors"
	"fmt"
	"time"

	"orientir/bot/i18n"
)

// Conversation is everything said between one contact and us, with who holds it now.
// A contact has one conversation, for as long as we know them.
type Conversation struct {
	ID           int64      `db:"id"`
	Contact      int64      `db:"contact"`
	Channel      string     `db:"channel"` // "telegram", "web"
	Key          string     `db:"key"`     // the channel's own key of the contact: chat id, hash of the web token
	Number       int        `db:"pseudonym"`
	Language     string     `db:"language"` // bg | en | tr
	Audience     string     `db:"audience"` // citizen | business | "" where unknown
	Place        string     `db:"place"`    // ekatte; "" where unknown
	Library      string     `db:"library"`  // help point at whose terminal it began; "" none
	Terminal     bool       `db:"terminal"` // the person sits at it; false: on a device of their own
	Holder       string     `db:"holder"`   // opaque id of the librarian who holds it; "" is the bot
	Turn         int64      `db:"turn"`
	AnsweredTurn int64      `db:"answered_turn"`
	BlockedAt    *time.Time `db:"blocked_at"` // the person blocked us on the channel
	CreatedAt    time.Time  `db:"created_at"`
	UpdatedAt    time.Time  `db:"updated_at"`
}

// Pseudonym is what staff call the person, «Посетител 4821»: never the name that a channel gives.
func (c Conversation) Pseudonym() string { return Pseudonym(c.Number) }

// Pseudonym puts a contact's number into words for the staff, who read Bulgarian.
func Pseudonym(number int) string { return fmt.Sprintf("%s %04d", i18n.T("bg", "bot.visitor"), number) }

// The faults of changing a conversation's holder. Both mean that somebody else was quicker.
var (
	ErrHeld      = errors.New("somebody else holds the conversation")
	ErrNotHolder = errors.New("the holder of the conversation is another")
)
