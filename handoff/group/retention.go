package group

import (
	"time"

	"orientir/deploy/postgres"
)

// Retention is how long what happened in groups is kept. Topics leave Telegram a week after their conversation; here their row says a while longer
// that they did.
func Retention() []postgres.Rule {
	const day = 24 * time.Hour
	return []postgres.Rule{
		{Kind: "group_updates", Table: "group_updates", Owner: "handoff/group", Keep: 2 * day, Effect: postgres.Deleted, Swept: "handoff/group.Desk",
			Oldest: `SELECT min(done_at) FROM group_updates`},
		{Kind: "group_topics", Table: "group_topics", Owner: "handoff/group", Keep: 90 * day, Effect: postgres.Deleted,
			Oldest: `SELECT min(closed_at) FROM group_topics WHERE state = 'deleted'`,
			End:    `DELETE FROM group_topics WHERE id IN (SELECT id FROM group_topics WHERE state = 'deleted' AND closed_at < @before LIMIT @most)`},
		{Kind: "groups", Table: "telegram_groups", Owner: "handoff/group", Keep: 365 * day, Effect: postgres.Deleted,
			Oldest: `SELECT min(disconnected_at) FROM telegram_groups`,
			End: `
				DELETE FROM telegram_groups WHERE chat IN (
					SELECT chat FROM telegram_groups g WHERE disconnected_at < @before AND NOT EXISTS (SELECT FROM group_topics p WHERE p.chat = g.chat) LIMIT @most)`},
	}
}
