package main

import (
	"slices"
	"time"

	"orientir/bot"
	"orientir/bot/webchat"
	"orientir/deploy/postgres"
	"orientir/handoff"
	"orientir/handoff/group"
	"orientir/handoff/staff"
	"orientir/handoff/statistics"
	"orientir/knowledge"
	"orientir/retrieval"
)

const day = 24 * time.Hour

// retention is the whole policy: every kind of data that is not kept for good, as the package that owns it says, with the operator's periods. The
// tables in README.md and deploy/data-protection.md and the page /privacy tell the same; a test holds them together.
func (p *Program) retention(s *site) []postgres.Rule {
	conversations := time.Duration(p.config.KeepConversations) * day
	questions := time.Duration(p.config.KeepQuestions) * day
	// Answers before the messages about them: nothing is counted anew from half of a conversation.
	return slices.Concat(
		retrieval.Retention(questions, conversations, statistics.AnswerUncounted, handoff.AnswerAwaited, bot.AnswerAwaited),
		s.engine.Retention(conversations, handoff.MessageAwaited, statistics.MessageUncounted), s.desk.Retention(conversations, statistics.TicketUncounted), s.worklist.Retention(conversations),
		group.Retention(), statistics.Retention(), staff.Retention(time.Duration(p.config.KeepAudit)*day), knowledge.Retention(),
	)
}

// onPage are the kinds of data that people read about on /privacy: what is theirs, in the order in which they meet it.
var onPage = []string{"web_conversations", "conversations", "answers", "api_questions", "contacts_left", "notes", "training_signups", "news_recipients", "report_words", "hearers",
	"tickets", "blocks", "figure_questions"}

// keptOnPage is the policy as the page tells it.
func keptOnPage(rules []postgres.Rule) (kept []webchat.Kept) {
	for _, kind := range onPage {
		if i := slices.IndexFunc(rules, func(r postgres.Rule) bool { return r.Kind == kind }); i >= 0 {
			kept = append(kept, webchat.Kept{Kind: kind, Period: rules[i].Keep})
		}
	}
	return kept
}
