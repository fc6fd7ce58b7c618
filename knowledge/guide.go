package knowledge

import "time"

// Language is an ISO 639-1 code of a language that guides are written in.
type Language string

// The languages of guides. Bulgarian is always there; the others are variants.
const (
	Bulgarian Language = "bg"
	English   Language = "en"
)

// Audience says for whom a guide is.
type Audience string

// The audiences. Both suits a citizen as well as a business.
const (
	Citizen  Audience = "citizen"
	Business Audience = "business"
	Both     Audience = "both"
)

// Status says whether the service that a guide describes still exists.
type Status string

// Active services can be used. A closed one is gone, and its guide says where to go now.
const (
	Active Status = "active"
	Closed Status = "closed"
)

// Means is a way to identify oneself that a service accepts.
type Means string

// The means of identification, a closed set that the database checks too.
const (
	None            Means = "none"
	KEP             Means = "kep"         // КЕП of a person
	KEPCompany      Means = "kep-company" // КЕП with ЕИК, or of an authorised person
	PIKNAP          Means = "pik-nap"
	PIKNOI          Means = "pik-noi"
	UKD             Means = "ukd" // УКД на НЗОК
	PINMunicipality Means = "pin-municipality"
	EAuth           Means = "eavt"
	SSEV            Means = "ssev"
	Profile         Means = "profile" // an account of the service's own site
	Code            Means = "code"    // a reference number and a code from a paper
	InPerson        Means = "in-person"
)

// Guide is one service explained: the facts that hold in every language, and a text per language.
type Guide struct {
	Slug           string // stable for ever
	Audience       Audience
	Status         Status
	Version        int    // 1 is the first; rises with each publication
	TitleEnglish   string // "" where unknown; for lists, also where the guide has no English text
	Link           string // official address, on an allowed host
	Identification []Means
	Related        []string // slugs
	Apart          []Apart  // from guides that go by one of its everyday names too
	ReplacedBy     string   // slug of the guide that a closed service's work went to; "" where none
	Local          []Local  // its doors in single municipalities
	Municipality   string   `json:",omitempty"` // code of the municipality that a local guide is of; "" is the whole country
	Sources        []Source
	ReviewBy       time.Time // a date; zero means none set
	PublishedAt    time.Time
	PublishedBy    string // opaque staff id, or «starter»
	Why            string // of this version, a note for other editors
	Text           map[Language]Text
}

// In gives the text in a language, or else in Bulgarian, and says which of them it is.
func (g Guide) In(l Language) (Text, Language) {
	if t, ok := g.Text[l]; ok {
		return t, l
	}
	return g.Text[Bulgarian], Bulgarian
}

// Checked tells when an editor last opened one of the sources live, and false where nobody has yet.
func (g Guide) Checked() (time.Time, bool) {
	var last time.Time
	for _, s := range g.Sources {
		if s.Checked.After(last) {
			last = s.Checked
		}
	}
	return last, !last.IsZero()
}

// Text is what a guide says in one language.
type Text struct {
	Title              string
	Authority          string
	Contact            string // "" where not sure
	Summary            string // what it is and why it is useful: two plain sentences
	Who                string
	Exceptions         []string // who can't, or what differs for whom; never empty
	Where              string
	Steps              []string
	IdentificationNote string
	Needed             []string
	Fees               []Fee
	FeeNote            string // where an amount is uncertain, where to check it
	Time               string // how long the service takes, in words; "" where unknown
	Deadlines          []string
	GoodToKnow         []string
	Names              []string // everyday names, lower case
	Formerly           []string // old names, lower case: what people still ask for, and is done here now
}

// Fee is an amount in euro cents and what it is for. Zero reads «безплатно».
type Fee struct {
	Cents int64  `json:"cents"`
	What  string `json:"what"`
}

// Source is an official page that facts come from.
type Source struct {
	URL     string
	Title   string
	Seen    time.Time // date of the copy that was read; zero where unknown
	Checked time.Time // when an editor opened the live page; zero until then
}

// Sample is a question with the guides that answer it. It lives beside the guides' versions, and retrieval learns from it.
type Sample struct {
	ID       int64
	Text     string
	Expected []string // slugs, any of which is right; empty where the right outcome is not to answer
	Kind     string   // voice of the writer (story, plain, latin…), or for unanswerable ones near-miss, chitchat, offtopic, advice, emergency, injection
	Language string   // bg, en, ru, uk, tr, bg-latn, und
	Signpost string   // title of the signpost that an unanswerable one is about, or ""
}

// Signpost names the authority for a topic that is known but that no guide covers.
type Signpost struct {
	Title     string   `json:"title"`
	Authority string   `json:"authority"`
	Link      string   `json:"link"`
	Names     []string `json:"-"` // everyday names that lead here
}
