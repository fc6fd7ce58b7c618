package bot

import (
	"strings"

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
	await := d.state.Await
	if a.Outcome == retrieval.Emergency {
		d.state.Await = ""
		return d.answer(in)
	}
	switch await {
	case "comment":
		d.state.Await = ""
		d.later = append(d.later, &comment{Answer: d.state.Rated, Text: in.Question.Text})
		if !decided(a) {
			d.add(Body{Text: d.t("bot.thanks_comment"), Buttons: d.ways()})
			return nil
		}
		if a.Outcome == retrieval.Clarify { // it may well have been the comment
			d.add(Body{Text: d.t("bot.thanks_comment")})
		}
	case "place", "phone-place":
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
		a.Intent == retrieval.WantsHuman || a.Intent == retrieval.WantsHelpPoint || a.Intent == retrieval.WantsStatus ||
		a.Intent == retrieval.Smalltalk && a.Topic != "other"
}

// answer goes where the outcome and the intent point.
func (d *dialog) answer(in *askGuides) act {
	a := in.answer
	// The first place that is named is taken for the person's own: they have just been shown a library there, and a
	// hand-over shows which library would read it.
	if a.Place != nil && a.Place.Outcome == knowledge.PlaceFound && d.person.Place == "" {
		d.person.Place = a.Place.Place.Ekatte
	}
	noted := &record{Question: in.Question, Answer: a}
	if a.Intent == retrieval.WantsAnswer || a.Intent == "" {
		return noted // its words carry the answer's number, so that it can be rated
	}
	d.later = append(d.later, noted)
	if a.Outcome == retrieval.Emergency {
		d.danger(a.Topic)
		return nil
	}
	switch a.Intent {
	case retrieval.WantsHuman:
		if a.Place != nil && a.Place.Outcome == knowledge.PlaceFound { // «искам библиотекар от Враца»
			d.person.Place = a.Place.Place.Ekatte
		}
		return d.human("asked")
	case retrieval.WantsStatus:
		return &ticketStatus{}
	case retrieval.WantsHelpPoint:
		return d.nearMatch(a.Place)
	case retrieval.WantsNews:
		d.add(Body{Text: d.t("bot.news"), Buttons: d.ways()[1:]})
	default:
		d.smalltalk(a.Topic)
	}
	return nil
}

func (d *dialog) smalltalk(topic string) {
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
	b := Body{Text: d.t(phrase)}
	if topic == "robot" || topic == "complaint" || d.person.Language == "tr" {
		b.Buttons = d.ways()
	}
	d.add(b)
}

// recorded lays out an answer that now has a number.
func (d *dialog) recorded(in *record) act {
	a := in.Answer
	followUp := len(in.Question.Context) > 0
	if !followUp && a.Outcome != retrieval.Emergency { // what leans on a question leaves it in place for the next «а колко струва»
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
		if words, ok := d.facet(*a.Guide, in.Question.Text); ok && a.Guide.Slug == d.state.Guide {
			d.add(Body{Text: words, AnswerID: in.id, Buttons: append(d.judge(in.id),
				Action{Label: d.t("bot.button_guide"), Data: "more:" + a.Guide.Slug})})
			return nil
		}
		d.state.Guide = a.Guide.Slug
		d.add(d.guideBody(*a.Guide, a.HelpPoints, in.id))
	case retrieval.Clarify:
		d.state.Guide = ""
		b := Body{Text: d.t("bot.clarify"), AnswerID: in.id}
		for _, g := range a.Guides[:min(4, len(a.Guides))] {
			b.Choices = append(b.Choices, Action{Label: g.Title, Data: "guide:" + g.Slug})
		}
		b.Buttons = []Action{{Label: d.t("bot.button_none"), Data: "none"}}
		d.add(b)
	case retrieval.Abstained:
		d.add(d.abstention(a, in.id))
	default:
		phrase := "bot.offtopic"
		if a.Topic == "advice" {
			phrase = "bot.advice"
		}
		d.add(Body{Text: d.t(phrase), Buttons: d.ways()})
	}
	return nil
}

// abstention says that we don't know, and who might.
func (d *dialog) abstention(a retrieval.Answer, id int64) Body {
	b := Body{Text: d.t("bot.abstained"), AnswerID: id, Buttons: d.ways()}
	if s := a.Signpost; s != nil {
		b.Text = d.t("bot.signpost", s.Title, s.Authority)
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
func (d *dialog) guideBody(g knowledge.Guide, near []knowledge.Nearby, answer int64) Body {
	card := NewCard(g, d.person.Language)
	b := Body{Guide: &card, AnswerID: answer}
	var words []string
	if card.Closed {
		words = append(words, d.t("bot.answer_closed"))
	}
	if card.Language != d.person.Language {
		words = append(words, d.t("bot.answer_bulgarian"))
	}
	if len(near) > 0 {
		b.NearTitle = d.t("bot.answer_nearby")
		b.HelpPoints = []HelpPointCard{NewHelpPointCard(near[0], d.now, d.person.Language)}
	}
	b.Text = strings.Join(words, "\n")
	if answer != 0 {
		b.Buttons = d.judge(answer)
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
	b := d.guideBody(in.guide, nil, d.state.Answer)
	b.Full = in.Full
	d.add(b)
	return nil
}

func (d *dialog) judge(answer int64) []Action {
	id := digits(answer)
	return []Action{
		{Label: d.t("bot.button_good"), Data: "rate:good:" + id},
		{Label: d.t("bot.button_bad"), Data: "rate:bad:" + id},
	}
}

// danger says whom to call. Nothing stands before 112; that a program speaks is said below it.
func (d *dialog) danger(topic string) {
	d.state.Greeted = true
	d.add(Body{Text: d.t(emergencyPhrase(topic))})
}

// emergencyPhrase picks whom else to call beside 112.
func emergencyPhrase(topic string) string {
	switch topic {
	case "violence", "child", "suicide":
		return "bot.emergency_" + topic
	}
	return "bot.emergency"
}
