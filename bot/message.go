package bot

import "time"

// Sender is who wrote a message.
type Sender string

// The senders. System lines are notices that pass whoever holds the conversation.
const (
	Person    Sender = "person"
	Robot     Sender = "bot"
	Librarian Sender = "librarian"
	System    Sender = "system"
)

// Message is one line of the transcript. What people write is masked before it is stored.
type Message struct {
	ID           int64      `db:"id"`
	Conversation int64      `db:"conversation"`
	From         Sender     `db:"sender"`
	Kind         string     `db:"kind"` // incoming: a Kind, or "too-long"; outgoing: "reply" or "notice"
	Text         string     `db:"text"` // plain words; of an outgoing message its Body's, laid out without buttons
	Data         string     `db:"data"` // of a button its action, of a command its name and argument
	Body         *Body      `db:"body"` // of an outgoing message; nil otherwise
	Author       string     `db:"author"`
	Turn         int64      `db:"turn"`
	ExternalID   string     `db:"external_id"` // the channel's id of it; "" until delivered, or what the channel notes of its first parts (Half)
	At           time.Time  `db:"created_at"`
	Handled      *time.Time `db:"handled_at"`   // incoming: when the dialog dealt with it
	Delivered    *time.Time `db:"delivered_at"` // outgoing: when the channel took it
	Failed       *time.Time `db:"failed_at"`    // outgoing: when the channel refused it for good
}

// Receipt is what became of an incoming event, so that its channel may acknowledge it.
type Receipt struct {
	Contact, Conversation, Message int64

	Duplicate bool // the event was stored before; Message is the row from then
	Limited   bool // too many came too fast: it was not stored, and the person was told once
}
