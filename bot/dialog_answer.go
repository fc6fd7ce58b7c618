package bot

import (
	"strings"

	"orientir/bot/i18n"
	"orientir/knowledge"
	"orientir/retrieval"
)

// question makes what the guides are asked of what the person wrote.
func (d *dialog) question(text string) retrieval.Question {
	q := retrieval.Question{
		Text:     text,
		Language: knowledge.Language(d.answerLanguage()),
		Audience: knowledge.Audience(d.person.Audience),
		Place:    d.person.Place,
		Guide:    d.state.Guide,
	}
	if d.state.Question != "" && leans(text) {
		q.Context = []string{d.state.Question}
	}
	return q
}

// heard takes what the guides say of the person's words, which may have been the awaited place or comment instead.
func (d *dialog) heard(in *askGuides) act {
	a := in.answer
	d.follow(in.Question.Text, a.Detected)
	d.foreign = a.Detected == "ru" || a.Detected == "uk"
	await := d.state.Await
	if a.Outcome == retrieval.Emergency {
		d.state.Await = ""
		return d.answer(in)
	}
	if in.Quiet {
		return nil
	}
	if d.callbacks && fewAskCall(in.Question.Text) && (!decided(a) || a.Intent == retrieval.WantsHuman) {
		d.state.Await = ""
		return &ticketStatus{Contact: true, Else: &offerDesk{Wish: wish{Reason: "asked"}}}
	}
	switch await {
	case "comment":
		d.state.Await = ""
		d.later = append(d.later, &comment{Answer: d.state.Rated, Text: in.Question.Text})
		if !decided(a) || a.Outcome == retrieval.Clarify && tellsWhatIsMissing(in.Question.Text) {
			d.add(Body{Text: d.t("bot.thanks_comment"), Buttons: d.ways()})
			return nil
		}
		if a.Outcome == retrieval.Clarify { // it may well have been the comment
			d.add(Body{Text: d.t("bot.thanks_comment")})
		}
	case awaitDeskComment:
		d.state.Await = ""
		if !decided(a) || a.Outcome == retrieval.Clarify && tellsWhatIsMissing(in.Question.Text) {
			d.later = append(d.later, &commentDesk{Ticket: d.state.Rated, Text: in.Question.Text})
			d.add(Body{Text: d.t("bot.desk_thanks_comment"), Buttons: d.again()})
			return nil
		}
	case awaitWrong:
		if told := d.wrongHeard(in); told != nil {
			return told
		}
	case awaitTrainingName:
		if next, ok := d.nameHeard(in); ok {
			return next
		}
	case "place", "phone-place", awaitTrainingPlace, awaitNewsPlace:
		// Few words are a place even where a guide knows them too; many are one where no guide answers them.
		if len(strings.Fields(in.Question.Text)) <= 3 || !decided(a) {
			return &findPlace{Words: in.Question.Text, Else: in}
		}
		d.state.Await = ""
	}
	// With an offer on the screen, a settlement says where the library should be.
	if d.state.Wish != nil && len(strings.Fields(in.Question.Text)) <= 3 && !decided(a) {
		return &findPlace{Words: in.Question.Text, Else: in}
	}
	return d.answer(in)
}

// decided says that the words were understood as something to act on.
func decided(a retrieval.Answer) bool {
	return a.Outcome == retrieval.Answered || a.Outcome == retrieval.Clarify || a.Outcome == retrieval.Emergency ||
		a.Topic == "fraud" || a.Intent == retrieval.WantsHuman || a.Intent == retrieval.WantsHelpPoint || a.Intent == retrieval.WantsTraining || a.Intent == retrieval.WantsNews || a.Intent == retrieval.WantsStatus ||
		a.Intent == retrieval.Smalltalk && a.Topic != "other"
}

// answer goes where the outcome and the intent point.
func (d *dialog) answer(in *askGuides) act {
	a := in.answer
	// The first place that is named is taken for the person's own: they have just been shown a library there, and a
	// hand-over shows which library would read it. A later one is, where the place is what they speak of.
	if a.PlaceSaid && a.Place.Outcome == knowledge.PlaceFound && !a.Place.Others &&
		(d.person.Place == "" || a.FollowUp || a.Intent == retrieval.WantsHuman || a.Intent == retrieval.WantsHelpPoint || a.Intent == retrieval.WantsTraining) {
		d.person.Place = a.Place.Place.Ekatte
	}
	if again := d.audienceSaid(in); again != nil {
		return again
	}
	// Alone, a place goes on about the guide on the screen, unless an offer stands there: then it says where the library should be.
	if a.PlaceSaid && (!a.FollowUp || d.state.Wish != nil) && a.Outcome != retrieval.Emergency && onlyPlace(in.Question.Text, a.Place) {
		d.later = append(d.later, &record{Question: in.Question, Answer: a})
		return d.nearMatch(a.Place)
	}
	noted := &record{Question: in.Question, Answer: a}
	if a.Intent == retrieval.WantsAnswer || a.Intent == "" || a.Intent == retrieval.WantsStatus && a.Topic == "file" {
		return noted // its words carry the answer's number, so that it can be rated
	}
	d.later = append(d.later, noted)
	if a.Outcome == retrieval.Emergency {
		d.danger(a.Topic)
		return nil
	}
	switch a.Intent {
	case retrieval.WantsHuman:
		return d.human("asked")
	case retrieval.WantsStatus:
		return &ticketStatus{}
	case retrieval.WantsHelpPoint:
		if a.Topic == "forget" {
			d.person.Place = ""
			d.add(Body{Text: d.both("bot.place_forgotten")})
			return nil
		}
		return d.nearMatch(a.Place)
	case retrieval.WantsTraining:
		return d.trainingsMatch(a.Place)
	case retrieval.WantsNews:
		return &lookNews{}
	default:
		d.smalltalk(a.Topic, len(strings.Fields(in.Question.Text)))
	}
	return nil
}

// storyWords is from how many words on what sounds like small talk is a story, and may hide a question that we missed.
const storyWords = 6

// smalltalk answers in kind. words counts those of the message.
func (d *dialog) smalltalk(topic string, words int) {
	phrase := "bot.smalltalk_other"
	switch topic {
	case "greeting":
		if !d.state.Greeted || d.person.Language == "tr" { // who greets in Turkish hears of 112 and of people who help
			d.state.Greeted = true
			d.add(d.hello())
			return
		}
		phrase = "bot.smalltalk_greeting"
	case "thanks", "bye", "robot", "complaint":
		phrase = "bot.smalltalk_" + topic
	}
	if phrase == "bot.smalltalk_other" && words >= storyWords {
		d.add(Body{Text: d.both("bot.smalltalk_story"), Buttons: d.ways()})
		return
	}
	b := Body{Text: d.varied(phrase)}
	switch {
	case topic == "complaint":
		b.Buttons = d.deadEnd()
	case topic == "robot", d.person.Language == "tr":
		b.Buttons = d.ways()
	}
	d.add(b)
}

// varied says a phrase of which there are several («smalltalk_thanks», «smalltalk_thanks_2» …), each in its turn.
func (d *dialog) varied(phrase string) string {
	n := 1
	for i18n.Has(d.person.Language, phrase+"_"+digits(int64(n+1))) {
		n++
	}
	turn := d.state.Chats%n + 1
	d.state.Chats++
	if turn == 1 {
		return d.both(phrase)
	}
	return d.both(phrase + "_" + digits(int64(turn)))
}

// recorded lays out an answer that now has a number.
func (d *dialog) recorded(in *record) act {
	a := in.Answer
	if len(in.Question.Context) == 0 && !a.FollowUp && a.Outcome != retrieval.Emergency { // what leans on a question leaves it in place for the next «а колко струва»
		d.state.Question = cut(in.Question.Text, 500)
	}
	d.state.Answer, d.state.Abstain = in.id, a.Outcome == retrieval.Abstained
	d.state.Wish = nil // an offer is no longer the last thing said: «да» would not be the answer to it, and its button shows it again
	switch a.Outcome {
	case retrieval.Emergency:
		d.danger(a.Topic)
	case retrieval.Answered:
		if a.Guide == nil {
			d.add(d.abstention(a, in.id))
			return nil
		}
		if a.FollowUp {
			return d.goneOn(a, in.id)
		}
		d.state.Guide = a.Guide.Slug
		d.add(d.answered(a, in.id))
		if d.callbacks && asksCall(aroundContact(in.Question.Text)) {
			d.add(Body{Text: d.t("bot.call_wanted"), Buttons: d.moreContact()})
		}
	case retrieval.Clarify:
		d.state.Guide = ""
		if d.audienceDecides(a) {
			d.askAudience(in.id)
			return nil
		}
		b := Body{Text: strings.Join(append([]string{d.both("bot.clarify")}, a.Apart...), "\n"), AnswerID: in.id}
		for _, g := range a.Guides[:min(4, len(a.Guides))] {
			b.Choices = append(b.Choices, Action{Label: g.Title, Data: "guide:" + g.Slug})
		}
		b.Buttons = []Action{{Label: d.t("bot.button_none"), Data: "none"}}
		d.add(b)
	case retrieval.Abstained:
		d.state.Guide = "" // what leans on this leans on what has no guide
		d.add(d.abstention(a, in.id))
	default:
		phrase := "bot.offtopic"
		switch a.Topic {
		case "advice", "politics":
			phrase = "bot." + a.Topic
		case "fraud": // a warning stands first, as 112 does
			phrase, d.state.Greeted = "bot.fraud", true
		}
		d.add(Body{Text: d.both(phrase), Buttons: d.ways()})
	}
	return nil
}

// answered lays out the guide that an answer found, with what must be known of it: its age, where it holds, where it went.
func (d *dialog) answered(a retrieval.Answer, id int64) Body {
	b := d.guideBody(*a.Guide, a.Age, a.Field, a.HelpPoints, id)
	b.Guide.Only = a.Only
	b.Guide.Local = NewDoor(a.Local, b.Guide.Language)
	if moved := retrieval.Succession(a); moved != "" {
		b.Text = strings.TrimSpace(moved + "\n" + b.Text)
	}
	return b
}

// goneOn answers what goes on about the guide on the screen with the part that it asks for; a place that it names shows
// the library there.
func (d *dialog) goneOn(a retrieval.Answer, id int64) act {
	b := Body{Text: d.followUp(*a.Guide, a.Field), AnswerID: id}
	t, _ := a.Guide.In(knowledge.Language(d.person.Language))
	switch {
	case len(a.Mentions) > 0:
		b.Text = d.t("bot.followup_said", t.Title) + dashed(a.Mentions)
	case a.Unsaid:
		b.Text = d.t("bot.followup_unsaid", a.Guide.Link) + "\n" + b.Text
	}
	if old := retrieval.Warning(*a.Guide, a.Age, knowledge.Language(d.person.Language)); old != "" {
		b.Text = old + "\n" + b.Text
	}
	if g := a.Guide.Audience; a.Audience != "" && g != a.Audience && g != knowledge.Both {
		b.Text = d.t("bot.only_for_"+string(g)) + "\n" + b.Text
	}
	if a.Local != nil && (a.PlaceSaid || a.Field == retrieval.FieldWhere || a.Field == retrieval.FieldContact || a.Field == retrieval.FieldLink) {
		b.Text += "\n" + strings.Join(NewDoor(a.Local, d.person.Language).Lines(d.person.Language), "\n")
	}
	if d.foreign {
		b.Text += "\n\n" + i18n.T("en", "bot.answer_foreign")
	}
	if len(a.HelpPoints) > 0 && (a.PlaceSaid || a.Field == retrieval.FieldWhere) {
		b.NearTitle = d.t("bot.answer_nearby")
		b.HelpPoints = []HelpPointCard{NewHelpPointCard(a.HelpPoints[0], d.now, d.person.Language)}
	}
	b.Buttons = append(d.judge(id, a.Guide.Slug), Action{Label: d.t("bot.button_guide"), Data: "more:" + a.Guide.Slug})
	d.add(b)
	if a.PlaceSaid && a.Place.Outcome == knowledge.PlaceAmbiguous && !a.Place.Others {
		return d.placeFound(&findPlace{match: *a.Place})
	}
	return nil
}

// abstention says that we don't know, and who might.
func (d *dialog) abstention(a retrieval.Answer, id int64) Body {
	phrase := "bot.abstained"
	if a.Intent == retrieval.WantsStatus {
		phrase = "bot.state_nowhere"
	}
	b := Body{Text: d.both(phrase), AnswerID: id, Buttons: d.deadEnd()}
	b.Buttons = append(b.Buttons, d.hears(id)...)
	if s := a.Signpost; s != nil {
		b.Text = d.both("bot.signpost", s.Title, s.Authority)
		if s.Link != "" {
			b.Buttons = append([]Action{{Label: d.t("bot.button_open"), URL: s.Link}}, b.Buttons...)
		}
	}
	if len(a.HelpPoints) > 0 {
		b.HelpPoints = []HelpPointCard{NewHelpPointCard(a.HelpPoints[0], d.now, d.person.Language)}
	}
	return b
}

// guideBody is a guide with the nearest library, where a place is known, and the buttons to judge it.
func (d *dialog) guideBody(g knowledge.Guide, age knowledge.Age, asked retrieval.Field, near []knowledge.Nearby, answer int64) Body {
	card := NewShownCard(g, age, d.person.Language, asked)
	b := Body{Guide: &card, AnswerID: answer}
	var words []string
	if card.Closed {
		words = append(words, d.t("bot.answer_closed"))
	}
	if card.Language != d.person.Language {
		words = append(words, d.t("bot.answer_bulgarian"))
	}
	if d.foreign && d.person.Language == "bg" {
		words = append(words, i18n.T("en", "bot.answer_foreign"))
	}
	if len(near) > 0 {
		b.NearTitle = d.t("bot.answer_nearby")
		b.HelpPoints = []HelpPointCard{NewHelpPointCard(near[0], d.now, d.person.Language)}
	}
	b.Text = strings.Join(words, "\n")
	if answer != 0 {
		b.Buttons = d.judge(answer, g.Slug)
	}
	b.Buttons = append(b.Buttons, d.ways()...)
	return b
}

// guideShown lays out a guide that the person chose from several, or asked to see whole.
func (d *dialog) guideShown(in *showGuide) act {
	if !in.found {
		if !in.Quiet {
			d.add(Body{Text: d.t("bot.guide_gone"), Buttons: d.ways()})
		}
		return nil
	}
	d.state.Guide, d.state.Abstain = in.guide.Slug, false
	b := d.guideBody(in.guide, in.age, "", nil, d.state.Answer)
	b.Guide.Only = retrieval.OnlyIn(in.only, knowledge.Language(d.person.Language))
	b.Full = in.Full
	if in.moved != nil {
		moved := retrieval.Succession(retrieval.Answer{Language: knowledge.Language(d.person.Language), Guide: &in.guide, Closed: in.moved})
		b.Text = strings.TrimSpace(moved + "\n" + b.Text)
	}
	d.add(b)
	return nil
}

// judge are the buttons to judge an answer and the guide that it shows.
func (d *dialog) judge(answer int64, guide string) []Action {
	buttons := []Action{
		{Label: d.t("bot.button_good"), Data: guideData("rate:good", answer, guide)},
		{Label: d.t("bot.button_bad"), Data: guideData("rate:bad", answer, guide)},
	}
	if d.editors {
		buttons = append(buttons, Action{Label: d.t("worklist.button_wrong"), Data: guideData("wrong", answer, guide)})
	}
	return buttons
}

// guideData is what a button about an answer and the guide above it carries. Where a slug is too long for a button, it says the answer alone.
func guideData(verb string, answer int64, guide string) string {
	data := verb + ":" + digits(answer)
	if guide != "" && len(data)+1+len(guide) <= longestData {
		data += ":" + guide
	}
	return data
}

// danger says whom to call. Nothing stands before 112; that a program speaks is said below it.
func (d *dialog) danger(topic string) {
	d.state.Greeted = true
	d.add(Body{Text: d.both(emergencyPhrase(topic))})
}

// emergencyPhrase picks whom else to call beside 112.
func emergencyPhrase(topic string) string {
	switch topic {
	case "violence", "child", "suicide":
		return "bot.emergency_" + topic
	}
	return "bot.emergency"
}
