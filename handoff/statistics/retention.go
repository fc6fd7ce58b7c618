package statistics

import (
	"time"

	"orientir/deploy/postgres"
)

// AnswerUncounted holds for an answer, a, that the facts have not been taken of yet: never, not since it was given, or anew from the beginning. While
// the program stands still or statistics fail nothing is deleted uncounted for thirty days after its time, @before; then people's words go before the
// figures.
const AnswerUncounted = `a.answered_at >= ` + uncounted

// MessageUncounted holds for a message, m, that may belong to such an answer.
const MessageUncounted = `m.created_at >= ` + uncounted

// TicketUncounted holds for a ticket, t, that the facts have not been taken of since it was closed.
const TicketUncounted = `t.closed_at >= ` + uncounted

// uncounted is the instant from which on nothing is counted yet; greatest passes over a NULL.
const uncounted = `greatest((SELECT kept_at FROM figure_state), @before::timestamptz - interval '30 days')`

// Retention is how long single facts are kept: five years compare with each other. What was published of a month stays, as published.
func Retention() []postgres.Rule {
	const year = 365 * 24 * time.Hour
	return []postgres.Rule{
		{Kind: "figure_questions", Table: "figure_questions", Owner: "handoff/statistics", Keep: 5 * year, Effect: postgres.Deleted,
			Oldest: `SELECT min(day)::timestamptz FROM figure_questions`,
			End:    `DELETE FROM figure_questions WHERE answer IN (SELECT answer FROM figure_questions WHERE day < @before::timestamptz::date ORDER BY day LIMIT @most)`},
		{Kind: "figure_tickets", Table: "figure_tickets", Owner: "handoff/statistics", Keep: 5 * year, Effect: postgres.Deleted,
			Oldest: `SELECT min(day)::timestamptz FROM figure_tickets`,
			End:    `DELETE FROM figure_tickets WHERE ticket IN (SELECT ticket FROM figure_tickets WHERE day < @before::timestamptz::date ORDER BY day LIMIT @most)`},
	}
}
