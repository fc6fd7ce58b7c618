package bot

import (
	"fmt"

	"orientir/knowledge"
	"orientir/retrieval"
)

// Body is what an outgoing message says, free of any channel. Each channel lays it out as it can; all say the same.
type Body struct {
	Title      string          `json:"title,omitempty"` // of a piece of news, above its text
	Text       string          `json:"text,omitempty"`  // plain paragraphs, already in the person's language
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
	Export     bool            `json:"export,omitempty"` // hand over all that is kept of the person as a file, as it is when it is handed over
	By         string          `json:"by,omitempty"`     // of a librarian's words: their name, as people read it
}

// Action is a button: words to read and the action that comes back in Incoming.Data, at most 64 bytes:
//
//	guide:<slug>  more:<slug>  none                  choose a guide, see all of it, none of these
//	rate:good:<answer>:<guide>  rate:bad:…           judge an answer by the guide above the button; without a guide where none fits
//	why:<reason>:<answer>                            say why it was bad
//	wrong:<answer>:<guide>  wrong:cancel             say what is wrong with the guide, don't
//	wrong:keep:<number>                              what was answered after that time's «what is wrong?» was it
//	hear:<answer>                                    hear when the question has an answer
//	near  near:<ekatte>  near:other  near:open       libraries around the known place, a place, another place; what is open first
//	courses  courses:<ekatte>  courses:other         trainings around the known place, a place, another place
//	courses:at:<help point>  course:<number>         trainings of a library, one of them
//	course:join:<number>  course:leave:<number>      sign up for it, withdraw; course:noname:<number> without a name
//	human  human:yes  human:pool  human:<help point> offer a hand-over, confirm it, change who reads it
//	human:call  contact  contact:cancel  contact:drop confirm it and leave a contact, leave one, don't, erase it
//	desk:good:<ticket>  desk:bad:<ticket>            judge a hand-over that ended
//	again:<ticket>                                   go on with the same librarian
//	later:yes  later:no                              may be asked later what became of it, or not
//	after:used:<yes, soon, no>                       did the person use the service; after:worked:… and after:recommend:… likewise
//	wait:stay  wait:leave                            go on waiting for a librarian, leave the question
//	cancel                                           withdraw an offer or a ticket
//	audience:citizen  audience:business              for whom the person asks
//	news  news:new  news:topic:<topic>  news:topics   news, ask for some, of this topic too, of no more topics
//	news:role:<audience>  news:region:<ekatte>       for whom, and of where; news:region:all  news:region:other
//	news:leave                                       get no more
//	mydata  mydata:file                              what is kept of the person, the same as a file
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
	Asked          retrieval.Field   `json:"asked,omitempty"`   // the part that was asked for
	Lead           *Lead             `json:"lead,omitempty"`    // what to begin with; nil: with the summary
	Local          *Door             `json:"local,omitempty"`   // the service's own site where the person is
	Warning        string            `json:"warning,omitempty"` // what a person must know of the guide's age
	Expired        bool              `json:"expired,omitempty"` // nothing of it is shown but where its source is
	Only           string            `json:"only,omitempty"`    // says where it holds, where not in the whole country
}

// Door is a service's own site in one municipality.
type Door struct {
	Municipality string `json:"municipality"`
	Link         string `json:"link"` // "" where it has none
	Contact      string `json:"contact,omitempty"`
	Office       string `json:"office,omitempty"`
	Fee          string `json:"fee,omitempty"`
	Note         string `json:"note,omitempty"`
}

// MapLink is where a map shows the help point: OpenStreetMap, which every browser opens and which asks for nothing ("geo:" does nothing on most
// computers). The rule that links lead to official hosts is for what guides claim; a map claims nothing official, and its button says what it is.
// "" where only the settlement is known: a pin in the middle of a town would mislead.
func (h HelpPointCard) MapLink() string {
	if h.Lat == nil || h.Lon == nil {
		return ""
	}
	return fmt.Sprintf("https://www.openstreetmap.org/?mlat=%.5f&mlon=%.5f#map=17/%.5f/%.5f", *h.Lat, *h.Lon, *h.Lat, *h.Lon)
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
	Street    bool     `json:"street,omitempty"`     // Lat and Lon are of the street, not of the building
	Away      string   `json:"away,omitempty"`       // «на около 900 м, около 15 минути пеша»
	DistanceM *int     `json:"distance_m,omitempty"` // of messages older than Away
	Phones    []string `json:"phones,omitempty"`     // all of them, Phone first
	Note      string   `json:"note,omitempty"`       // «Утре е 3 март, почива»
	Offers    string   `json:"offers,omitempty"`     // «помощ с КЕП, компютри»
	Open      *bool    `json:"open,omitempty"`
	Hours     string   `json:"hours"` // «Отворено до 17:30 ч.», «Не знам работното време, обадете се на …»
}
