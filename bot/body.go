package bot

import (
	"orientir/knowledge"
	"orientir/retrieval"
)

// Body is what an outgoing message says, free of any channel. Each channel lays it out as it can; all say the same.
type Body struct {
	Text       string          `json:"text,omitempty"` // plain paragraphs, already in the person's language
	Guide      *Card           `json:"guide,omitempty"`
	Choices    []Action        `json:"choices,omitempty"`    // «Кое от тези?»: one per line
	NearTitle  string          `json:"near_title,omitempty"` // words over the help points, where they follow a guide
	HelpPoints []HelpPointCard `json:"help_points,omitempty"`
	Buttons    []Action        `json:"buttons,omitempty"`
	AnswerID   int64           `json:"answer_id,omitempty"`   // what a rating refers to
	AskPlace   bool            `json:"ask_place,omitempty"`   // offer to share the location
	AskContact bool            `json:"ask_contact,omitempty"` // offer to share the phone number
	Full       bool            `json:"full,omitempty"`        // the person asked for the whole guide: fold nothing
	Language   string          `json:"language"`
	By         string          `json:"by,omitempty"` // of a librarian's words: their name, as people read it
}

// Action is a button: words to read and the action that comes back in Incoming.Data, at most 64 bytes:
//
//	guide:<slug>  more:<slug>  none                  choose a guide, see all of it, none of these
//	rate:good:<answer>  rate:bad:<answer>            judge an answer
//	why:<reason>:<answer>                            say why it was bad
//	near  near:<ekatte>  near:other  near:open       libraries around the known place, a place, another place; what is open first
//	courses  courses:<ekatte>  courses:other         trainings around the known place, a place, another place
//	courses:at:<help point>  course:<number>         trainings of a library, one of them
//	course:join:<number>  course:leave:<number>      sign up for it, withdraw; course:noname:<number> without a name
//	human  human:yes  human:pool  human:<help point> offer a hand-over, confirm it, change who reads it
//	human:call  contact  contact:cancel  contact:drop confirm it and leave a contact, leave one, don't, erase it
//	desk:good:<ticket>  desk:bad:<ticket>            judge a hand-over that ended
//	again:<ticket>                                   go on with the same librarian
//	wait:stay  wait:leave                            go on waiting for a librarian, leave the question
//	cancel                                           withdraw an offer or a ticket
//	audience:citizen  audience:business              for whom the person asks
//	lang:<language>  language  forget  help          as the commands of the same names
type Action struct {
	Label string `json:"label"`
	Data  string `json:"data,omitempty"`
	URL   string `json:"url,omitempty"` // instead of Data: an address to open
}

// Card is a guide as a message carries it: the text of the version that was shown stays with the message.
type Card struct {
	Slug           string            `json:"slug"`
	Version        int               `json:"version"`
	Link           string            `json:"link"`
	Identification []knowledge.Means `json:"identification"`
	Text           knowledge.Text    `json:"text"`
	Language       string            `json:"language"` // of Text; may differ from the message's
	Source         string            `json:"source"`
	SourceTitle    string            `json:"source_title"`
	Seen           string            `json:"seen,omitempty"`    // 2006-01-02; "" unknown
	Checked        string            `json:"checked,omitempty"` // 2006-01-02; "" not yet checked by an editor
	Closed         bool              `json:"closed,omitempty"`
	Asked          retrieval.Field   `json:"asked,omitempty"` // the part that was asked for
	Lead           *Lead             `json:"lead,omitempty"`  // what to begin with; nil: with the summary
	Local          *Door             `json:"local,omitempty"` // the service's own site where the person is
}

// Door is a service's own site in one municipality.
type Door struct {
	Municipality string `json:"municipality"`
	Link         string `json:"link"`
	Contact      string `json:"contact,omitempty"`
	Note         string `json:"note,omitempty"`
}

// HelpPointCard is a library as a message carries it, with opening words computed when it was sent.
type HelpPointCard struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Place     string   `json:"place"` // «гр. Враца», with municipality where the name is ambiguous
	Address   string   `json:"address,omitempty"`
	Phone     string   `json:"phone,omitempty"`
	Site      string   `json:"site,omitempty"`
	Lat       *float64 `json:"lat,omitempty"` // nil where only the settlement is known
	Lon       *float64 `json:"lon,omitempty"`
	DistanceM *int     `json:"distance_m,omitempty"`
	Open      *bool    `json:"open,omitempty"`
	Hours     string   `json:"hours"` // «Отворено до 17:30 ч.», «Не знам работното време, обадете се на …»
}
