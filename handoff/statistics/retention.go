package statistics

import (
	"time"

	"orientir/deploy/postgres"
)

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
