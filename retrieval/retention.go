package retrieval

import (
	"time"

	"orientir/deploy/postgres"
)

// Retention is how long answers are kept. questions is for the words of those that belong to nobody, as the public API's; answers for all of them,
// with the evidence and the judgements that hang on them. uncounted and waits are conditions on an answer, named a: where uncounted holds statistics
// has not taken yet what it counts, and nothing of the answer goes; where one of waits holds, each from the package whose rows hang on it, somebody
// waits for what comes of the answer, and it stays.
func Retention(questions, answers time.Duration, uncounted string, waits ...string) []postgres.Rule {
	const day = 24 * time.Hour
	stays := ""
	for _, w := range append([]string{uncounted}, waits...) {
		stays += " AND NOT (" + w + ")"
	}
	return []postgres.Rule{{
		Kind: "api_questions", Table: "answers", Owner: "retrieval", Keep: min(questions, answers), Effect: postgres.Unworded,
		Oldest: `SELECT min(answered_at) FROM (SELECT answered_at FROM answers WHERE conversation IS NULL AND question <> '' ORDER BY answered_at LIMIT 1) o`,
		End: `
			UPDATE answers SET question = '', context = '{}', place = ''
			WHERE id IN (
				SELECT a.id FROM answers a WHERE a.answered_at < @before AND a.conversation IS NULL AND a.question <> '' AND NOT (` + uncounted + `)
				ORDER BY a.answered_at LIMIT @most)`,
	}, {
		Kind: "answers", Table: "answers", Owner: "retrieval", Keep: answers, Effect: postgres.Deleted,
		Oldest: `SELECT answered_at FROM answers ORDER BY answered_at LIMIT 1`,
		End:    `DELETE FROM answers WHERE id IN (SELECT a.id FROM answers a WHERE a.answered_at < @before` + stays + ` ORDER BY a.answered_at LIMIT @most)`,
	}, {
		Kind: "replays", Table: "replays", Owner: "retrieval", Keep: 30 * day, Effect: postgres.Deleted, Swept: "retrieval.Replays",
		Oldest: `SELECT min(asked_at) FROM replays`,
	}}
}
