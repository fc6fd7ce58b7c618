package bot

import (
	"strings"
	"time"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// dialog is one step of a conversation as a value: where it stands, what came in, what to say. It reads and writes nothing.
//
// next takes an event, or an act with its outcome filled in, and gives the act that the step needs now; nil ends the step.
// The engine performs acts; the scripts in testdata perform them from a list.
type dialog struct {
	person person
	state  state
	say    []Body
	later  []act // writes whose outcome changes nothing that is said
	queue  bool  // what was written changed the desk's queue

	past *Past // the hand-over that ended lately; nil: none, or another is open

	editors   bool // what is wrong with a guide, and who wants to hear back, can be kept
	callbacks bool // a contact to be called back can be kept
	returns   bool // the channel is a page that the person comes back to: nothing is sent after them

	foreign bool // the person writes Russian or Ukrainian: what is said in Bulgarian gets an English line

	public string    // base of public addresses without a slash at the end; "" leaves links out
	now    time.Time // in Europe/Sofia
}

// person is what the dialog knows of whom it talks to, and may change.
type person struct {
	Language string // bg | en | tr
	Chosen   bool   // the person picked the language
	Audience string // citizen | business | "" where unknown
	Place    string // ekatte
	Library  string // help point at whose terminal the conversation began; the dialog changes neither this nor the next
	Terminal bool   // the person sits at it
}

// state is where the dialog stands between steps; it is kept with the conversation as JSON.
type state struct {
	Greeted  bool      `json:"greeted,omitempty"`
	Await    string    `json:"await,omitempty"`    // what the next text is likely to be: place | phone-place | training-place | training-name | news-place | comment | contact | desk-comment | wrong
	Missed   int       `json:"missed,omitempty"`   // places in a row that were not understood
	Question string    `json:"question,omitempty"` // the last one that the guides were asked, masked
	Answer   int64     `json:"answer,omitempty"`   // the last answer given
	Guide    string    `json:"guide,omitempty"`    // the guide that it showed
	Abstain  bool      `json:"abstain,omitempty"`  // the last answer was an abstention
	Bad      int       `json:"bad,omitempty"`      // bad ratings in a row
	Rated    int64     `json:"rated,omitempty"`    // the answer, or the ticket, that an awaited comment is about
	Wrong    *wrong    `json:"wrong,omitempty"`    // the guide of which something is not right, while it is not said what
	Wish     *wish     `json:"wish,omitempty"`     // a hand-over that was shown and waits for a yes
	Asked    bool      `json:"asked,omitempty"`    // whether for a company was asked: once is enough
	Course   int64     `json:"course,omitempty"`   // the training that an awaited name is for
	News     *newsWish `json:"news,omitempty"`     // what news the person has chosen so far
	Chats    int       `json:"chats,omitempty"`    // small talk so far, so that it doesn't repeat itself
}

// wish is a hand-over as the person has shaped it so far.
type wish struct {
	Reason    string `json:"reason"`
	HelpPoint string `json:"help_point,omitempty"`
	Pool      bool   `json:"pool,omitempty"`
	Shown     bool   `json:"shown,omitempty"` // it is routing's choice, not the person's
	Call      bool   `json:"call,omitempty"`  // the person wants to be called back
}

// event is what came in. Several texts in a row are one event: people write one story in three messages.
type event struct {
	Kind     Kind
	Text     string
	Command  string
	Argument string
	Data     string
	Lat, Lon float64
	TooLong  bool
}

// next moves the step on. It gives nil when the step is done.
func (d *dialog) next(in any) act {
	switch in := in.(type) {
	case event:
		return d.event(in)
	case *askGuides:
		return d.heard(in)
	case *record:
		return d.recorded(in)
	case *showGuide:
		return d.guideShown(in)
	case *findPlace:
		return d.placeFound(in)
	case *lookNear:
		return d.nearSeen(in)
	case *lookTrainings:
		return d.trainingsSeen(in)
	case *showTraining:
		return d.trainingSeen(in)
	case *joinTraining:
		return d.joinedTraining(in)
	case *leaveTraining:
		return d.leftTraining(in)
	case *nameSignup:
		return d.signupNamed(in)
	case *lookNews:
		return d.newsSeen(in)
	case *askRegion:
		return d.regionAsked(in)
	case *findRegion:
		return d.regionFound(in)
	case *subscribeNews:
		return d.newsSubscribed(in)
	case *leaveNews:
		return d.newsLeft(in)
	case *offerDesk:
		return d.offered(in)
	case *openTicket:
		return d.opened(in)
	case *ticketStatus:
		return d.statusSeen(in)
	case *cancelTicket:
		return d.cancelled(in)
	case *leaveQuestion:
		return d.questionLeft(in)
	case *dropContact:
		d.contactDropped(in)
		return nil
	case *rate:
		return d.rated(in)
	case *giveReason:
		return d.reasonGiven(in)
	case *rateDesk:
		d.deskRated(in)
		return nil
	case *reopen:
		d.reopened(in)
		return nil
	case *agreeAftermath:
		d.aftermathAgreed(in)
		return nil
	case *replyAftermath:
		d.aftermathReplied(in)
		return nil
	case *report:
		d.reported(in)
		return nil
	case *hearBack:
		d.willHear(in)
		return nil
	case *tellData:
		d.dataTold(in)
		return nil
	case *tellFile:
		d.fileTold(in)
		return nil
	case *forget:
		d.state, d.later = state{Greeted: true}, nil
		d.person.Place, d.person.Audience = "", ""
		d.add(Body{Text: d.t("bot.forgotten")})
		return nil
	}
	return nil
}

func (d *dialog) event(e event) act {
	if d.state.Await == awaitWrong && e.Kind != Text && e.Kind != Unsupported {
		d.state.Await = "" // who does something else has thought better of it
	}
	switch e.Kind {
	case Command:
		return d.command(e)
	case Button:
		return d.button(e.Data)
	case Location:
		if d.state.Await == awaitTrainingPlace {
			return &lookTrainings{Position: position(e.Lat, e.Lon)}
		}
		if d.state.Await == awaitNewsPlace {
			return &findRegion{Position: position(e.Lat, e.Lon)}
		}
		return &lookNear{Position: position(e.Lat, e.Lon), CallOnly: d.state.Await == "phone-place"}
	case Contact:
		d.contactLeft(e.Data)
		if words := aroundContact(e.Text); hasWords(words) {
			q := d.question(words)
			q.Alone = true
			return &askGuides{Question: q, Quiet: true}
		}
		return nil
	case Unsupported:
		d.add(Body{Text: d.t("bot.unsupported"), Buttons: d.ways()})
		return nil
	}
	return d.text(e)
}

func (d *dialog) command(e event) act {
	d.state.Await = ""
	switch e.Command {
	case "start":
		d.state.Greeted = true
		d.add(d.hello())
		// A link on a poster brings the place of its library, «place-12259», or the guide that it is about.
		if ekatte, ok := strings.CutPrefix(e.Argument, "place-"); ok {
			return &lookNear{Ekatte: ekatte, Quiet: true}
		}
		if e.Argument != "" {
			return &showGuide{Slug: e.Argument, Quiet: true}
		}
	case "language":
		d.add(Body{Text: d.t("bot.language_ask"), Buttons: languages("")})
	case "nearest":
		return d.near(e.Argument)
	case "trainings", "kursove":
		return d.trainings(e.Argument)
	case "news", "novini":
		return &lookNews{}
	case "librarian":
		return d.human("asked")
	case "forget":
		return &forget{}
	case "mydata":
		return &tellData{}
	case "status":
		return &ticketStatus{}
	default:
		d.add(Body{Text: d.t("bot.help"), Buttons: append(d.ways(),
			Action{Label: d.t("library.button_trainings"), Data: "courses"},
			Action{Label: d.t("news.page_title"), Data: "news"},
			Action{Label: d.t("bot.button_language"), Data: "language"},
			Action{Label: d.t("mydata.button"), Data: "mydata"},
			Action{Label: d.t("bot.button_forget"), Data: "forget"})})
	}
	return nil
}

// button does what a button's data says. Buttons of old messages keep working; unknown data is help.
func (d *dialog) button(data string) act {
	verb, rest, _ := strings.Cut(data, ":")
	switch verb {
	case "wrong":
		if next, ok := d.wrongButton(rest); ok {
			return next
		}
	case "hear":
		if answer, ok := number(rest); ok && d.editors {
			return &hearBack{Answer: answer}
		}
	case "rate":
		quality, id, _ := strings.Cut(rest, ":")
		id, about, _ := strings.Cut(id, ":")
		if answer, ok := number(id); ok && (quality == "good" || quality == "bad") {
			return &rate{Answer: answer, Good: quality == "good", About: about, Guide: d.state.Guide}
		}
	case "why":
		reason, id, _ := strings.Cut(rest, ":")
		if answer, ok := number(id); ok && knownReason(reason) {
			return &giveReason{Answer: answer, Reason: reason}
		}
	case "desk":
		if next, ok := d.deskButton(rest); ok {
			return next
		}
	case "later":
		if next, ok := laterButton(rest); ok {
			return next
		}
	case "after":
		if next, ok := afterButton(rest); ok {
			return next
		}
	case "again":
		if ticket, ok := number(rest); ok {
			d.state.Wish, d.state.Await = nil, ""
			return &reopen{Ticket: ticket}
		}
	case "guide", "more":
		return &showGuide{Slug: rest, Full: verb == "more"}
	case "audience":
		if rest == string(knowledge.Citizen) || rest == string(knowledge.Business) {
			return d.audienceChosen(rest)
		}
	case "none":
		d.add(Body{Text: d.t("bot.none_of_these"), Buttons: d.deadEnd()})
		d.state.Abstain = true
		return nil
	case "near":
		switch {
		case rest == "other":
			return d.askPlace("bot.ask_place", "place")
		case rest == "open" && d.person.Place != "":
			return &lookNear{Ekatte: d.person.Place, OpenOne: true}
		case rest == "open":
			return d.near("")
		case rest != "":
			return &lookNear{Ekatte: rest, CallOnly: d.state.Await == "phone-place"}
		}
		return d.near("")
	case "human":
		switch rest {
		case "":
			return d.human("")
		case "yes":
			return d.confirm(false)
		case "call":
			return d.confirm(true)
		case "pool":
			return d.choose(wish{Pool: true})
		}
		return d.choose(wish{HelpPoint: rest})
	case "courses":
		return d.coursesButton(rest)
	case "course":
		return d.courseButton(rest)
	case "news":
		return d.newsButton(rest)
	case "contact":
		return d.contactButton(rest)
	case "wait":
		return d.waitButton(rest)
	case "cancel":
		if d.state.Wish != nil {
			d.state.Wish = nil
			return &cancelTicket{Shown: true}
		}
		return &cancelTicket{}
	case "lang":
		if rest == "bg" || rest == "en" || rest == "tr" {
			d.person.Language, d.person.Chosen = rest, true
			d.add(d.newLanguage())
			return nil
		}
	case "mydata":
		return d.myDataButton(rest)
	case "language", "forget", "help":
		return d.command(event{Kind: Command, Command: verb})
	}
	return d.command(event{Kind: Command, Command: "help"})
}

func (d *dialog) text(e event) act {
	if e.TooLong {
		d.add(Body{Text: d.t("bot.too_long"), Buttons: d.ways()})
		return nil
	}
	text := strings.TrimSpace(e.Text)
	if !hasWords(text) {
		d.add(Body{Text: d.t("bot.empty")})
		return nil
	}
	if d.state.Await == awaitContact { // a contact would have come as one
		d.state.Await = ""
		if yesOrNo(text) == "no" || text == d.t("bot.button_cancel") {
			return d.contactButton("cancel")
		}
	}
	if d.state.Await == awaitWrong && takesBack(text) {
		return d.event(event{Kind: Button, Data: "wrong:cancel"})
	}
	if d.state.Wish != nil {
		switch yesOrNo(text) {
		case "yes":
			return d.confirm(false)
		case "no":
			return d.button("cancel")
		}
	}
	if takesBack(text) {
		if d.state.Await == awaitTrainingName {
			return &leaveTraining{Number: d.state.Course}
		}
		return d.button("cancel")
	}
	if asksMyData(text) {
		d.state.Await = ""
		return &tellData{}
	}
	if d.asksAgain(text) {
		d.state.Wish, d.state.Await = nil, ""
		return &reopen{Ticket: d.past.Ticket}
	}
	if onlyNumber(text) { // a number alone: it was hidden, and asks nothing
		if told := d.wrongNumber(text); told != nil {
			return told
		}
		return d.numberAlone(text)
	}
	return &askGuides{Question: d.question(text)}
}

// hello is the greeting. It says that this is a program and links what people may want to read before they trust it.
func (d *dialog) hello() Body {
	buttons := append(d.ways(), languages(d.person.Language)...)
	if d.public != "" {
		buttons = append(buttons,
			Action{Label: d.t("bot.button_privacy"), URL: d.public + "/privacy"},
			Action{Label: d.t("bot.button_accessibility"), URL: d.public + "/accessibility"})
	}
	return Body{Text: d.t("bot.hello"), Buttons: buttons}
}

// newLanguage answers a choice of language. Who reads Turkish hears at once what there is for them.
func (d *dialog) newLanguage() Body {
	if d.person.Language == "tr" {
		return d.hello()
	}
	return Body{Text: d.t("bot.language_set")}
}

// ways are the two ways out that every dead end offers: a person and a place.
func (d *dialog) ways() []Action {
	return []Action{
		{Label: d.t("bot.button_human"), Data: "human"},
		{Label: d.t("bot.button_near"), Data: "near"},
	}
}

// languages are the buttons of the languages other than the current one, each in its own words.
func languages(current string) (buttons []Action) {
	for _, l := range []Action{{Label: "Български", Data: "lang:bg"}, {Label: "English", Data: "lang:en"}, {Label: "Türkçe", Data: "lang:tr"}} {
		if l.Data != "lang:"+current {
			buttons = append(buttons, l)
		}
	}
	return buttons
}

// follow lets the language follow what the person writes, until they pick one. A single foreign word («ok», «e-mail») is no
// reason to change, but for a greeting.
func (d *dialog) follow(text, detected string) {
	if d.person.Chosen {
		return
	}
	switch words := strings.Fields(plainWords(text)); {
	case len(words) == 1 && (words[0] == "merhaba" || words[0] == "selam" || words[0] == "türkçe"):
		detected = "tr"
	case turkish(text, d.person.Language == "tr"):
		detected = "tr"
	case len(words) == 1 && detected == "en" && words[0] != "hello" && words[0] != "hi" && words[0] != "help" && words[0] != "english":
		return
	}
	switch detected {
	case "bg", "bg-latn":
		d.person.Language = "bg"
	case "en", "tr":
		d.person.Language = detected
	}
}

// turkish tells Turkish by letters that neither Bulgarian nor English has; those that German shares count only where
// Turkish is spoken already.
func turkish(text string, already bool) bool {
	return strings.ContainsAny(text, "ışğİŞĞ") || already && strings.ContainsAny(text, "üöçÜÖÇ") || strings.Contains(strings.ToLower(text), "kütüphane")
}

func (d *dialog) t(key string, args ...any) string { return i18n.T(d.person.Language, key, args...) }

// both says a phrase, and to who writes Russian or Ukrainian in English too.
func (d *dialog) both(key string, args ...any) string {
	words := d.t(key, args...)
	if d.foreign && d.person.Language == "bg" {
		words += "\n\n" + i18n.T("en", key, args...)
	}
	return words
}

// add says something. The first words of a conversation say that a program speaks (EU AI Act, article 50), whatever they are about.
func (d *dialog) add(b Body) {
	b.Language = d.person.Language
	if !d.state.Greeted {
		d.state.Greeted = true
		b.Text = strings.TrimSpace(d.t("bot.disclosure") + "\n\n" + b.Text)
	}
	d.say = append(d.say, b)
}

// answerLanguage is the language that guides are asked for; "" lets the question decide.
func (d *dialog) answerLanguage() string {
	switch {
	case !d.person.Chosen:
		return ""
	case d.person.Language == "tr":
		return "bg"
	}
	return d.person.Language
}
