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

// BlockedFor is how long a person can't open tickets after a block, unless a supervisor undoes it.
const BlockedFor = 30 * 24 * time.Hour

// Block ends a ticket for abuse: its person can't open another for a while, and is told so plainly. The guides still answer them. The
// holder may, and a supervisor. Errors: *staff.Fault, ErrNotYours.
func (d *Desk) Block(ctx context.Context, ticket int64, a staff.Account, reason string) error {
	reason, err := d.noteText(ctx, reason, true)
	if err != nil {
		return err
	}
	until := d.now().Add(BlockedFor)
	m := move{event: event{step: stepBlock}, ticket: ticket, account: a, guard: "t.conversation IS NOT NULL",
		say: func(language string) bot.Body { return bot.DeskBlocked(language, until) }}
	_, err = d.step(ctx, "ticket.block", m, func(tx pgx.Tx, change *staff.Act, done moved) error {
		change.Detail = map[string]any{"until": until.UTC().Format(time.RFC3339)}
		_, err := tx.Exec(ctx, `
			INSERT INTO desk_blocks (contact, ticket, reason, by, at, until)
			SELECT c.contact, $2, left($3, 1000), $4, $5, $6 FROM conversations c WHERE c.id = $1`, done.conversation, ticket, reason, a.ID, d.now(), until)
		if err != nil {
			return err
		}
		return d.keepNote(ctx, tx, ticket, a, "block", reason)
	})
	if err = yours(err); err != nil {
		return fmt.Errorf("block the person of ticket %d: %w", ticket, err)
	}
	return nil
}

// Blocked is a person who can't open tickets for a while.
type Blocked struct {
	ID     int64
	Number int   // of the pseudonym
	Ticket int64 // the one in which it happened; 0 where that is gone
	Reason string
	ByName string
	At     time.Time
	Until  time.Time
}

// Pseudonym is what the staff call the person.
func (b Blocked) Pseudonym() string { return bot.Pseudonym(b.Number) }

// Blocks lists who is blocked now, the newest first.
func (d *Desk) Blocks(ctx context.Context) ([]Blocked, error) {
	rows, err := d.db.Query(ctx, `
		SELECT b.id, k.pseudonym AS number, coalesce(b.ticket, 0) AS ticket, b.reason, s.name AS by_name, b.at, b.until
		FROM desk_blocks b JOIN contacts k ON k.id = b.contact JOIN staff s ON s.id = b.by
		WHERE b.lifted_at IS NULL AND b.until > $1
		ORDER BY b.id DESC`, d.now())
	if err != nil {
		return nil, fmt.Errorf("list blocks: %w", err)
	}
	blocks, err := pgx.CollectRows(rows, pgx.RowToStructByName[Blocked])
	if err != nil {
		return nil, fmt.Errorf("list blocks: %w", err)
	}
	return blocks, nil
}

// Unblock undoes a block, and tells the person. Errors: ErrNotFound, also for who is no supervisor.
func (d *Desk) Unblock(ctx context.Context, block int64, a staff.Account) error {
	var conversation int64
	err := d.staff.Door(ctx, staff.Act{By: a.ID, Verb: "block.lift", Subject: fmt.Sprintf("block:%d", block)}, func(tx pgx.Tx, _ *staff.Act) error {
		if !a.Is(staff.Supervisor) {
			return ErrNotFound
		}
		var ticket *int64
		err := tx.QueryRow(ctx, `
			UPDATE desk_blocks b SET lifted_by = $2, lifted_at = $3
			FROM conversations c
			WHERE b.id = $1 AND b.lifted_at IS NULL AND b.until > $3 AND c.contact = b.contact
			RETURNING c.id, b.ticket`, block, a.ID, d.now()).Scan(&conversation, &ticket)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if ticket != nil {
			if err := d.note(ctx, tx, *ticket, "unblocked", a.ID, ""); err != nil {
				return err
			}
		}
		_, err = d.conversations.Notice(ctx, tx, conversation, "console.notice_unblocked")
		return err
	})
	if err != nil {
		return fmt.Errorf("lift block %d: %w", block, err)
	}
	d.changed(ctx, conversation)
	return nil
}

// blockedUntil says until when a conversation's person can't open tickets; the zero time where they can.
func (d *Desk) blockedUntil(ctx context.Context, db postgres.DB, conversation int64) (time.Time, error) {
	var until *time.Time
	err := db.QueryRow(ctx, `
		SELECT max(b.until) FROM desk_blocks b JOIN conversations c ON c.contact = b.contact
		WHERE c.id = $1 AND b.lifted_at IS NULL AND b.until > $2`, conversation, d.now()).Scan(&until)
	if err != nil {
		return time.Time{}, fmt.Errorf("read blocks of conversation %d: %w", conversation, err)
	}
	if until == nil {
		return time.Time{}, nil
	}
	return *until, nil
}
