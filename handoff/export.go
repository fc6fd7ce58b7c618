package handoff

import (
	"context"
	"fmt"

	"orientir/bot"
	"orientir/deploy/postgres"
)

// Export gives what the desk keeps of a contact. Of notes, which librarians write for each other, and of their words for editors the file says when
// they were written and not what: that is read out by the operator, who can see whether it tells of somebody else. A sealed contact stays sealed; the file says that it is there.
func (d *Desk) Export(ctx context.Context, db postgres.DB, contact int64) ([]bot.Holding, error) {
	const mine = `(SELECT id FROM conversations WHERE contact = $1)`
	return export(ctx, db, contact, []holding{
		{bot.HeldTickets, `
			SELECT t.opened_at, t.claimed_at, t.closed_at, t.state, t.reason, nullif(t.summary, '') AS question, t.help_point AS library, nullif(t.place, '') AS place,
				t.outcome, t.rating, nullif(t.rating_comment, '') AS rating_comment, nullif(t.contact_kind, '') AS contact_left
			FROM tickets t WHERE t.conversation IN ` + mine + ` ORDER BY t.id`},
		{bot.HeldContacts, `SELECT contact_kind AS kind, closed_at FROM tickets WHERE contact IS NOT NULL AND conversation IN ` + mine},
		{bot.HeldNotes, `SELECT n.at, n.kind FROM ticket_notes n JOIN tickets t ON t.id = n.ticket WHERE t.conversation IN ` + mine + ` ORDER BY n.id`},
		{bot.HeldTasks, `
			SELECT g.at, g.kind, nullif(g.slug, '') AS guide, nullif(g.question, '') AS question
			FROM guide_tasks g JOIN tickets t ON t.id = g.ticket WHERE t.conversation IN ` + mine + ` ORDER BY g.id`},
		{bot.HeldBlocks, `SELECT at, until, lifted_at FROM desk_blocks WHERE contact = $1 ORDER BY id`},
	})
}

// Export gives what a contact told the editors, and of which questions they want to hear.
func (w *Worklist) Export(ctx context.Context, db postgres.DB, contact int64) ([]bot.Holding, error) {
	return export(ctx, db, contact, []holding{
		{bot.HeldReports, `SELECT at, guide, version, nullif(part, '') AS part, nullif(text, '') AS text FROM problem_reports WHERE contact = $1 ORDER BY id`},
		{bot.HeldWaits, `SELECT h.at, a.question FROM problem_hearers h JOIN answers a ON a.id = h.answer WHERE h.contact = $1 ORDER BY h.at`},
	})
}

type holding struct {
	name bot.HoldingName
	sql  string
}

func export(ctx context.Context, db postgres.DB, contact int64, kinds []holding) ([]bot.Holding, error) {
	var all []bot.Holding
	for _, k := range kinds {
		h, err := bot.Hold(ctx, db, k.name, k.sql, contact)
		if err != nil {
			return nil, fmt.Errorf("export what is kept of contact %d: %w", contact, err)
		}
		all = append(all, h)
	}
	return all, nil
}
