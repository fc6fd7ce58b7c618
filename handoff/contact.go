package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/handoff/staff"
)

// ContactKept is how long after a ticket's closing the person's contact is kept.
const ContactKept = 7 * 24 * time.Hour

// longestContact is the most bytes of a contact: an e-mail address has 254 at most (RFC 5321).
const longestContact = 254

// ErrNoContact says that a ticket has no contact, or none that can be read with our keys.
var ErrNoContact = errors.New("there is no contact that can be read")

var _ bot.Callbacks = (*Desk)(nil)

// KeepContact seals a contact into the conversation's open ticket, in place of one that was there; false where there is no such ticket,
// or no key to seal it with. The conversation is locked by the caller.
func (d *Desk) KeepContact(ctx context.Context, tx postgres.DB, conversation int64, c bot.CallMe) (bool, error) {
	if d.vault == nil || len(c.Value) > longestContact {
		return false, nil
	}
	var ticket int64
	err := tx.QueryRow(ctx, `SELECT id FROM tickets WHERE conversation = $1 AND state <> 'closed' FOR UPDATE`, conversation).Scan(&ticket)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE tickets SET contact = $2, contact_kind = $3 WHERE id = $1`, ticket, d.vault.Seal(c.Value, sealedIn(ticket)), c.Kind)
	}
	if err != nil {
		return false, fmt.Errorf("keep a contact of conversation %d: %w", conversation, err)
	}
	return true, d.note(ctx, tx, ticket, "contact", 0, c.Kind)
}

// DropContact erases the contacts of the conversation's tickets, closed ones too; false where there is none.
func (d *Desk) DropContact(ctx context.Context, tx postgres.DB, conversation int64) (bool, error) {
	tag, err := tx.Exec(ctx, `
		WITH gone AS (
			UPDATE tickets SET contact = NULL, contact_kind = ''
			WHERE conversation = $1 AND contact IS NOT NULL
			RETURNING id)
		INSERT INTO ticket_events (ticket, at, kind) SELECT id, $2, 'contact-gone' FROM gone`, conversation, d.now())
	if err != nil {
		return false, fmt.Errorf("drop the contact of conversation %d: %w", conversation, err)
	}
	return tag.RowsAffected() > 0, nil
}

// Contact shows a ticket's contact to the account that holds it, or held it last before it was closed. Each look is in the audit log.
// Errors: ErrNotYours, ErrNoContact.
func (d *Desk) Contact(ctx context.Context, ticket int64, a staff.Account) (value string, err error) {
	err = d.staff.Door(ctx, act(a, "ticket.contact", ticket), func(tx pgx.Tx, change *staff.Act) error {
		var sealed []byte
		var kind string
		err := tx.QueryRow(ctx, `
			SELECT contact, contact_kind FROM tickets WHERE id = $1 AND claimed_by = $2`, ticket, a.ID).Scan(&sealed, &kind)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return ErrNotYours
		case err != nil:
			return err
		case sealed == nil || d.vault == nil:
			return ErrNoContact
		}
		if value, err = d.vault.Open(sealed, sealedIn(ticket)); err != nil {
			d.log.Error("a contact can't be opened", "ticket", ticket, "err", err)
			return ErrNoContact
		}
		change.Detail = map[string]any{"kind": kind}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("show the contact of ticket %d: %w", ticket, err)
	}
	return value, nil
}

// sweepContacts erases contacts whose time is over. It is one guarded statement, so that every replica may run it and no leader is needed.
func (d *Desk) sweepContacts(ctx context.Context) error {
	_, err := d.db.Exec(ctx, `
		WITH over AS (
			UPDATE tickets SET contact = NULL, contact_kind = ''
			WHERE contact IS NOT NULL AND (closed_at <= $1 OR conversation IS NULL)
			RETURNING id)
		INSERT INTO ticket_events (ticket, at, kind) SELECT id, $2, 'contact-gone' FROM over`, d.now().Add(-ContactKept), d.now())
	if err != nil {
		return fmt.Errorf("sweep contacts: %w", err)
	}
	return nil
}

// sealedIn is what a contact is bound to when it is sealed.
func sealedIn(ticket int64) string { return fmt.Sprintf("ticket:%d", ticket) }
