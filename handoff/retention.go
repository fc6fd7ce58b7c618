package handoff

import (
	"time"

	"orientir/deploy/postgres"
)

// MessageAwaited holds for a message, m, of a conversation whose ticket is open.
const MessageAwaited = `EXISTS (SELECT FROM tickets w WHERE w.conversation = m.conversation AND w.state <> 'closed')`

// AnswerAwaited holds for an answer, a, whose person wants to hear when their question has a better one.
const AnswerAwaited = `EXISTS (SELECT FROM problem_hearers w WHERE w.answer = a.id)`

// Retention is how long the desk keeps what it does. notes is for what was written of a person; what remains of a ticket names nobody once
// its conversation is gone. What is written of an open ticket stays for whoever answers it. uncounted is a condition on a ticket, t, that statistics has
// not taken yet what it counts of it: where it holds the ticket stays.
func (d *Desk) Retention(notes time.Duration, uncounted string) []postgres.Rule {
	const (
		day  = 24 * time.Hour
		year = 365 * day
	)
	return []postgres.Rule{
		{Kind: "contacts_left", Table: "tickets", Owner: "handoff", Keep: ContactKept, Effect: postgres.Unworded, Swept: "handoff.Desk",
			Oldest: `SELECT min(closed_at) FROM tickets WHERE contact IS NOT NULL`},
		{Kind: "notes", Table: "ticket_notes", Owner: "handoff", Keep: notes, Effect: postgres.Deleted,
			Oldest: `SELECT at FROM ticket_notes ORDER BY id LIMIT 1`,
			End: `
				DELETE FROM ticket_notes WHERE id IN (
					SELECT id FROM (
						SELECT n.id, n.at FROM ticket_notes n
						WHERE NOT EXISTS (SELECT FROM tickets t WHERE t.id = n.ticket AND t.state <> 'closed')
						ORDER BY n.id LIMIT @most
					) o WHERE at < @before)`},
		{Kind: "rating_words", Table: "tickets", Owner: "handoff", Keep: notes, Effect: postgres.Unworded,
			Oldest: `SELECT min(rated_at) FROM tickets WHERE rating_comment <> ''`,
			End: `
				UPDATE tickets SET rating_comment = ''
				WHERE id IN (SELECT id FROM tickets WHERE rating_comment <> '' AND rated_at < @before LIMIT @most)`},
		{Kind: "closing_words", Table: "guide_tasks", Owner: "handoff", Keep: notes, Effect: postgres.Unworded,
			// A task that nobody ends loses them too: what it is about, its kind and its guide stay.
			Oldest: `SELECT min(at) FROM guide_tasks WHERE words <> '' OR reason <> ''`,
			End: `
				UPDATE guide_tasks SET words = '', question = '', reason = ''
				WHERE id IN (SELECT id FROM guide_tasks WHERE (words <> '' OR reason <> '') AND at < @before LIMIT @most)`},
		{Kind: "blocks", Table: "desk_blocks", Owner: "handoff", Keep: year, Effect: postgres.Deleted,
			Oldest: `SELECT min(until) FROM desk_blocks`,
			End:    `DELETE FROM desk_blocks WHERE id IN (SELECT id FROM desk_blocks WHERE until < @before LIMIT @most)`},
		{Kind: "staff_notices", Table: "staff_notices", Owner: "handoff", Keep: 90 * day, Effect: postgres.Deleted,
			Oldest: `SELECT min(ended_at) FROM staff_notices`,
			End: `
				DELETE FROM staff_notices WHERE (ticket, staff) IN (SELECT ticket, staff FROM staff_notices WHERE ended_at < @before LIMIT @most)`},
		{Kind: "tickets", Table: "tickets", Owner: "handoff", Keep: 3 * year, Effect: postgres.Deleted,
			Oldest: `SELECT min(closed_at) FROM tickets WHERE closed_at IS NOT NULL`,
			End: `
				DELETE FROM tickets WHERE id IN (
					SELECT id FROM tickets t WHERE closed_at < @before AND NOT (` + uncounted + `)
						AND NOT EXISTS (SELECT FROM group_topics p WHERE p.ticket = t.id AND p.state <> 'deleted') -- Telegram still has them
					LIMIT @most)`},
	}
}

// Retention is how long the work list keeps what it is made of.
func (w *Worklist) Retention(cases time.Duration) []postgres.Rule {
	return []postgres.Rule{
		{Kind: "report_words", Table: "problem_reports", Owner: "handoff", Keep: keepWords, Effect: postgres.Unworded, Swept: "handoff.Worklist",
			Oldest: `SELECT min(at) FROM problem_reports WHERE text <> ''`},
		{Kind: "hearers", Table: "problem_hearers", Owner: "handoff", Keep: watchFor, Effect: postgres.Deleted, Swept: "handoff.Worklist",
			Oldest: `SELECT min(at) FROM problem_hearers`},
		{Kind: "cases", Table: "problem_items", Owner: "handoff", Keep: cases, Effect: postgres.Deleted,
			Oldest: `SELECT min(at) FROM problem_items`,
			End:    `DELETE FROM problem_items WHERE id IN (SELECT id FROM problem_items WHERE at < @before ORDER BY at LIMIT @most)`},
		{Kind: "reports", Table: "problem_reports", Owner: "handoff", Keep: cases, Effect: postgres.Deleted,
			Oldest: `SELECT min(at) FROM problem_reports`,
			End:    `DELETE FROM problem_reports WHERE id IN (SELECT id FROM problem_reports WHERE at < @before ORDER BY at LIMIT @most)`},
	}
}
