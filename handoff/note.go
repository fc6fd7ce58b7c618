package handoff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/handoff/staff"
)

// MaxNote is the longest note, in characters.
const MaxNote = 2000

// Note is what one librarian wrote to the others about a ticket. The person never sees it.
type Note struct {
	ID     int64
	At     time.Time
	By     int64
	ByName string
	Kind   string // note | transfer | decline | block
	Text   string // masked
}

// AddNote adds a note to an open ticket that the account may see, its personal numbers masked. Errors: *staff.Fault, ErrNotFound.
func (d *Desk) AddNote(ctx context.Context, ticket int64, a staff.Account, text string) error {
	text, err := d.noteText(ctx, text, true)
	if err != nil {
		return err
	}
	_, err = d.step(ctx, "ticket.note", move{event: event{step: stepNote}, ticket: ticket, account: a}, func(tx pgx.Tx, _ *staff.Act, _ moved) error {
		return d.keepNote(ctx, tx, ticket, a, "note", text)
	})
	if errors.Is(err, errState) || errors.Is(err, errParty) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("note on ticket %d: %w", ticket, err)
	}
	return nil
}

// Notes lists a ticket's notes, oldest first.
func (d *Desk) Notes(ctx context.Context, ticket int64) ([]Note, error) {
	rows, err := d.db.Query(ctx, `
		SELECT n.id, n.at, n.staff AS by, s.name AS by_name, n.kind, n.text
		FROM ticket_notes n JOIN staff s ON s.id = n.staff
		WHERE n.ticket = $1 ORDER BY n.id`, ticket)
	if err != nil {
		return nil, fmt.Errorf("read notes of ticket %d: %w", ticket, err)
	}
	notes, err := pgx.CollectRows(rows, pgx.RowToStructByName[Note])
	if err != nil {
		return nil, fmt.Errorf("read notes of ticket %d: %w", ticket, err)
	}
	return notes, nil
}

// noteText masks what a librarian writes to others.
func (d *Desk) noteText(ctx context.Context, text string, must bool) (string, error) {
	text, _, err := d.conversations.Mask(ctx, strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
	switch {
	case err != nil:
		return "", err
	case text == "" && must:
		return "", &staff.Fault{Field: "note", Key: "console.fault_note_empty"}
	case utf8.RuneCountInString(text) > MaxNote:
		return "", &staff.Fault{Field: "note", Key: "console.fault_note_long", Args: []any{MaxNote}}
	}
	return text, nil
}

func (d *Desk) keepNote(ctx context.Context, tx postgres.DB, ticket int64, a staff.Account, kind, text string) error {
	if text == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO ticket_notes (ticket, staff, kind, text, at) VALUES ($1, $2, $3, $4, $5)`, ticket, a.ID, kind, text, d.now())
	return err
}
