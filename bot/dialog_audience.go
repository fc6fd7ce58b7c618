package bot

import (
	"orientir/knowledge"
	"orientir/retrieval"
)

// betweenTwo is the least part of all that speaks for the guides on offer that two must have, for the choice to lie between them.
const betweenTwo = 0.85

// audienceDecides tells whether for whom the person asks decides between the likeliest guides: one is for citizens, the other
// for businesses, and hardly anything speaks for a third. Who said so already, or was asked once, is not asked.
func (d *dialog) audienceDecides(a retrieval.Answer) bool {
	if d.state.Asked || d.person.Audience != "" || len(a.Guides) < 2 {
		return false
	}
	all := 0.0
	for _, g := range a.Guides {
		all += g.Score
	}
	if a.Guides[0].Score+a.Guides[1].Score < betweenTwo*all {
		return false
	}
	first, second := a.Guides[0].Audience, a.Guides[1].Audience
	return first == knowledge.Citizen && second == knowledge.Business || first == knowledge.Business && second == knowledge.Citizen
}

func (d *dialog) askAudience(answer int64) {
	d.state.Asked = true
	d.add(Body{Text: d.both("bot.ask_audience"), AnswerID: answer, Choices: []Action{
		{Label: d.t("bot.audience_citizen"), Data: "audience:" + string(knowledge.Citizen)},
		{Label: d.t("bot.audience_business"), Data: "audience:" + string(knowledge.Business)},
	}})
}

// audienceChosen keeps for whom the person asks and looks again at what they asked.
func (d *dialog) audienceChosen(audience string) act {
	d.person.Audience, d.state.Asked = audience, true
	if d.state.Question == "" {
		d.add(Body{Text: d.t("bot.audience_set_" + audience)})
		return nil
	}
	d.state.Guide = ""
	return &askGuides{Question: d.question(d.state.Question)}
}

// audienceSaid keeps for whom the person says that they ask. Where they say only that, what they asked before is looked at
// again; nil where the words are an answer of their own.
func (d *dialog) audienceSaid(in *askGuides) act {
	said := string(in.answer.Audience)
	if said == "" {
		return nil
	}
	changed := said != d.person.Audience
	d.person.Audience = said
	answered := in.answer.Outcome == retrieval.Answered || in.answer.Outcome == retrieval.Clarify || in.answer.Outcome == retrieval.Emergency
	if !changed || answered || in.Question.Text == d.state.Question {
		return nil
	}
	return d.audienceChosen(said)
}
