package retrieval

import (
	"context"

	"orientir/knowledge"
)

// Outcome says what became of a question; the values are those of the public API.
type Outcome string

// The outcomes. Only Answered and Clarify carry guides as the answer.
const (
	Answered   Outcome = "answered"
	Clarify    Outcome = "clarify"
	Abstained  Outcome = "abstained"
	OutOfScope Outcome = "out_of_scope"
	Emergency  Outcome = "emergency"
)

// Intent says what the person wants from us; the values are those of the public API.
type Intent string

// The intents.
const (
	WantsAnswer    Intent = "question"
	WantsHuman     Intent = "human"
	WantsHelpPoint Intent = "help_point"
	WantsTraining  Intent = "training"
	WantsStatus    Intent = "status"
	Smalltalk      Intent = "smalltalk"
	WantsNews      Intent = "news"
)

// Question is what was asked, already masked.
type Question struct {
	Text     string
	Context  []string           // earlier messages of the same turn or the question that a short follow-up leans on, oldest first
	Language knowledge.Language // of the answer; "" lets the text decide
	Guide    string             // slug of the guide that the conversation is about; "" where there is none
	Audience knowledge.Audience // "" where unknown
	Place    string             // ekatte or words; "" where unknown
	Contact  string             // who asks, for the budget of a model; opaque, "" where nobody is to be charged
	Alone    bool               // no model is asked: whoever only looks for danger doesn't wait for one
	Unasked  bool               // nobody asks it now: who asked before is told that there is a guide; kept, but counted as no question
}

// Ranked is a guide among the results, with the probability-like score that placed it.
type Ranked struct {
	Slug    string  `json:"slug"`
	Title   string  `json:"title"`
	Version int     `json:"version"`
	Score   float64 `json:"score"`

	Audience knowledge.Audience `json:"audience"`
}

// Link is an official address with the words to show for it.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Answer is what the bot gives, on every channel the same.
type Answer struct {
	Outcome    Outcome
	Intent     Intent
	Confidence float64 // probability that the first guide is right
	Language   knowledge.Language
	Detected   string             // language of the question: bg, bg-latn, en, ru, uk, tr, und
	Topic      string             // for emergencies and small talk: which phrase fits (violence, suicide, fire, medical, greeting, thanks, robot…)
	Field      Field              // the part of a guide that was asked for, "" where none was
	FollowUp   bool               // goes on about the guide on the screen (Question.Guide)
	Mentions   []string           // where FollowUp: the sentences of the guide that speak of what was asked («а за дете?»)
	Unsaid     bool               // where FollowUp: the guide says nothing of what was asked
	Audience   knowledge.Audience // for whom the person says that they ask; "" where they don't
	Text       string             // laid out as plain text, ready to read on a terminal
	Guide      *knowledge.Guide   // the first guide, whole, where Answered; where that one is closed and has a successor, the successor
	Closed     *knowledge.Guide   // the closed guide that was found, where Guide is its successor
	Formerly   string             // an old name of Guide (or of Closed) that the question says; "" where it says none
	Age        knowledge.Age      // of Guide: one that has expired is a mere pointer to its source (see knowledge.Store.Shown)
	Only       string             // where Guide holds in one municipality alone: says so
	Local      *knowledge.Local   // of Guide, where Place lies in a municipality that has a door of its own
	Apart      []string           // sentences to choose by, where Clarify
	Guides     []Ranked           // best first, at most five
	Links      []Link
	HelpPoints []knowledge.Nearby
	Place      *knowledge.PlaceMatch // where a place was given or named
	PlaceSaid  bool                  // Place was named in the message itself
	Signpost   *knowledge.Signpost   // where the topic is known but no guide covers it
	Model      string                // version of the ranking that answered
	Evidence   []Evidence            // the chunks that spoke for it, strongest first
}

// lay makes an answer of a verdict.
func (a *Answerer) lay(ctx context.Context, s *serving, q Question, c consideration) (Answer, error) {
	defer a.stage(ctx, s, stageLay)()
	v := c.verdict
	answer := Answer{
		Outcome: v.outcome, Intent: v.intent, Topic: v.topic, Confidence: v.confidence, Language: q.Language,
		Field: c.aside.field, FollowUp: c.followUp, Mentions: c.mentions, Unsaid: c.unsaid, Audience: c.aside.audience,
		Detected: c.analysis.Language, Model: s.weights.version, Evidence: c.finding.evidence,
	}
	if answer.Language != knowledge.Bulgarian && answer.Language != knowledge.English {
		answer.Language = knowledge.Bulgarian
		if answer.Detected == "en" {
			answer.Language = knowledge.English
		}
	}
	answer.Evidence = answer.Evidence[:min(len(answer.Evidence), mostEvidence)]
	order := v.order[:min(len(v.order), mostRanked)]
	if v.outcome == Clarify {
		order = forAudience(v.choices(), q.Audience, c.library)
		switch {
		case len(order) > 1:
		case v.byModel: // a model's words answer nothing: the others stay, to choose from
			order = v.choices()
		default:
			v.outcome, answer.Outcome = Answered, Answered
		}
	}
	// A guide's share is its chance where some guide answers at all; confidence is the first one's chance whatever the message is.
	scale := 1.0
	if len(v.order) > 0 && v.order[0].share > 0 {
		scale = v.confidence / v.order[0].share
	}
	for _, o := range order {
		g := c.library.guides[o.slug]
		t, _ := g.In(answer.Language)
		answer.Guides = append(answer.Guides, Ranked{Slug: o.slug, Title: t.Title, Version: g.Version, Score: o.share * scale, Audience: g.Audience})
		if v.outcome == Clarify {
			answer.Links = append(answer.Links, Link{Title: t.Title, URL: g.Link})
		}
	}
	if v.outcome == Answered {
		answer.Guide = c.library.guides[order[0].slug]
		answer.Links = []Link{{Title: answer.Guides[0].Title, URL: answer.Guide.Link}}
		answer.Formerly = c.library.formerly.said(c.analysis, answer.Guide.Slug)
		answer.succeed(c.library)
	}
	if v.outcome == Clarify {
		answer.tellApart(c.library)
	}
	if v.signpost != "" {
		if answer.Signpost = c.library.signposts[v.signpost]; answer.Signpost != nil && answer.Signpost.Link != "" {
			answer.Links = []Link{{Title: answer.Signpost.Authority, URL: answer.Signpost.Link}}
		}
	}
	if v.outcome == Emergency || v.outcome == OutOfScope {
		answer.Guides = nil
	}
	var err error
	if answer.Place, answer.PlaceSaid, err = a.place(ctx, q, c); err != nil {
		return Answer{}, err
	}
	if err := a.age(ctx, &answer); err != nil {
		return Answer{}, err
	}
	answer.localise()
	if answer.Guide != nil && answer.Guide.Municipality != "" {
		answer.Only = OnlyIn(c.library.municipalities[answer.Guide.Municipality], answer.Language)
	}
	here, err := a.here(ctx, q, answer.Place)
	if err != nil {
		return Answer{}, err
	}
	if answer.HelpPoints, err = a.nearby(ctx, here, v); err != nil {
		return Answer{}, err
	}
	answer.Text = Lay(answer)
	return answer, nil
}

// mostEvidence bounds what is kept of a search with each answer.
const mostEvidence = 8
