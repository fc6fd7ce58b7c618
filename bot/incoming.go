package bot

import "time"

// Kind is what sort of event came in.
type Kind string

// The kinds of incoming events. Only Text and Command raise the conversation's turn.
const (
	Text        Kind = "text"
	Command     Kind = "command"  // /start, /help, /language, /nearest, /librarian, /forget; on the web the buttons of the same meaning
	Button      Kind = "button"   // Data is the action of the button that was pressed
	Location    Kind = "location" // Lat, Lon
	Edited      Kind = "edited"   // Text holds the new text of message Replaces
	Contact     Kind = "contact"  // Text is the person's own phone, shared with the channel's button
	Unsupported Kind = "unsupported"
	Blocked     Kind = "blocked" // the person blocked the bot: never write again until they come back
)

// Incoming is one event of a channel, before masking and storing.
type Incoming struct {
	Channel    string // "telegram", "web"
	ContactKey string // the channel's own key of the person or browser: chat id, hash of the web token
	EventID    string // the channel's id of this event, for deduplication within the channel and contact
	MessageID  string // the channel's id of the message that carries it; "" where there is none
	Kind       Kind
	Text       string
	Command    string // without slash
	Argument   string // of the command (deep link)
	Data       string // of a button
	Replaces   string // MessageID of the message that was edited
	Lat, Lon   float64
	Language   string // what the channel says of the person's language; a hint
	Place      string // ekatte, where the channel knows it (kiosk, embed attribute)
	Library    string // help point whose terminal it comes from; "" is the person's own device
	At         time.Time
}
