package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// tabKept is for how long a conversation in a browser's tab is kept after its last message. Nobody can come back to it by then but who waits
// for something; it serves the editors, who look at what failed lately, and the facts of the statistics, which may change for two months.
const tabKept = 90 * 24 * time.Hour

// AnswerAwaited holds for an answer, a, whose person agreed to be asked what became of it and was not asked yet.
const AnswerAwaited = `EXISTS (SELECT FROM aftermaths w WHERE w.answer = a.id AND w.ask_after IS NOT NULL AND w.asked_at IS NULL)`

// Retention is how long conversations are kept after their last message. conversations is for channels to which a person comes back, as Telegram; what they
// ask follows the year (taxes, vignettes, schools), so that a year is the least that serves them well. Messages of that age go from a
// conversation that still goes on, too. waits and uncounted are conditions on a message, m: where waits holds a librarian still has to answer, where
// uncounted does statistics has not taken yet what it counts, and the message stays.
func (e *Engine) Retention(conversations time.Duration, waits, uncounted string) []postgres.Rule {
	const day = 24 * time.Hour
	idle := func(pulled bool) func(context.Context, time.Time, int) (int, error) {
		last := int64(0) // where the batch before stopped: those who live are not read again for each
		return func(ctx context.Context, before time.Time, most int) (ended int, err error) {
			ended, last, err = e.forgetIdle(ctx, before, pulled, last, most)
			if ended == 0 || err != nil { // the next round looks at all again
				last = 0
			}
			return ended, err
		}
	}
	oldest := func(which string) string {
		return `SELECT min(c.updated_at) FROM conversations c JOIN contacts k ON k.id = c.contact WHERE k.channel ` + which
	}
	tab := min(tabKept, conversations)
	return []postgres.Rule{
		{Kind: "web_conversations", Table: "conversations", Owner: "bot", Keep: tab, Effect: postgres.Deleted, EndWith: idle(true), Oldest: oldest(`= 'web'`)},
		{Kind: "conversations", Table: "conversations", Owner: "bot", Keep: conversations, Effect: postgres.Deleted, EndWith: idle(false), Oldest: oldest(`<> 'web'`)},
		{Kind: "messages", Table: "messages", Owner: "bot", Keep: conversations, Effect: postgres.Deleted,
			// Ids rise with time: where the first are young, so are all, and nothing else is read.
			Oldest: `SELECT created_at FROM messages ORDER BY id LIMIT 1`,
			End: `
				DELETE FROM messages WHERE id IN (
					SELECT id FROM (SELECT m.id, m.created_at FROM messages m WHERE NOT (` + waits + `) ORDER BY m.id LIMIT @most) m
					WHERE m.created_at < @before AND NOT (` + uncounted + `))`},
		{Kind: "training_signups", Table: "training_signups", Owner: "bot", Keep: signupsKept, Effect: postgres.Deleted, Swept: "bot.RunTrainings",
			Oldest: `SELECT min(t.starts_at) FROM training_signups s JOIN trainings t ON t.number = s.training`},
		{Kind: "news_recipients", Table: "broadcast_recipients", Owner: "bot", Keep: listsKept, Effect: postgres.Deleted, Swept: "bot.Broadcaster",
			Oldest: `SELECT min(ended_at) FROM broadcasts WHERE counts IS NULL`},
		{Kind: "forgotten", Table: "forgotten", Owner: "bot", Keep: ForgottenKept, Effect: postgres.Deleted,
			Oldest: `SELECT min(forgotten_at) FROM forgotten`,
			End:    `DELETE FROM forgotten WHERE contact IN (SELECT contact FROM forgotten WHERE forgotten_at < @before ORDER BY forgotten_at LIMIT @most)`},
		{Kind: "code_tries", Table: "code_tries", Owner: "bot", Keep: CodeLife, Effect: postgres.Deleted, Swept: "bot.Engine",
			Oldest: `SELECT min(tried_at) FROM code_tries`},
	}
}

// forgetIdle forgets people whose conversation has been silent since before, as if each had asked for it, beginning after the conversation from, and
// says how many and where it stopped. Nobody is forgotten who
// still waits: for a librarian, for news that they asked for, for a training, for an answer, or to be asked what became of one.
func (e *Engine) forgetIdle(ctx context.Context, before time.Time, pulled bool, from int64, most int) (ended int, last int64, err error) {
	const silent = `k.forgotten_at IS NULL AND k.terminal_at IS NULL AND k.left_at IS NULL
		AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.contact = k.id)
		AND NOT EXISTS (SELECT FROM training_signups s WHERE s.contact = k.id)
		AND NOT EXISTS (SELECT FROM aftermaths a WHERE a.contact = k.id AND a.ask_after IS NOT NULL AND a.asked_at IS NULL)`
	last = from
	for ended < most {
		rows, err := e.conversations.pool.Query(ctx, `
			SELECT `+conversationColumns+`
			FROM conversations c JOIN contacts k ON k.id = c.contact
			WHERE c.id > $1 AND c.updated_at < $2 AND (k.channel = ANY ($3)) = $4 AND c.holder IS NULL AND `+silent+`
			ORDER BY c.id LIMIT $5`, last, before, e.conversations.pulled, pulled, most)
		if err != nil {
			return ended, last, fmt.Errorf("find silent conversations: %w", err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Conversation])
		if err != nil {
			return ended, last, fmt.Errorf("find silent conversations: %w", err)
		}
		if len(found) == 0 {
			break
		}
		for _, c := range found {
			last = c.ID
			if e.o.Waits != nil {
				waits, err := e.o.Waits(ctx, c.ID)
				if err != nil {
					return ended, last, err
				}
				if waits {
					continue
				}
			}
			// Looked at again under the lock: they may have written meanwhile.
			kept, err := e.leave(ctx, c, false, silent+` AND $2::timestamptz > (SELECT o.updated_at FROM conversations o WHERE o.contact = k.id)`, before)
			if err != nil {
				return ended, last, err
			}
			if !kept {
				ended++
			}
		}
	}
	return ended, last, nil
}
