package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

// AskedFor is how long somebody has to accept a transfer before the request lapses.
const AskedFor = 3 * time.Minute

// The faults of transfers.
var (
	// ErrNotAsked: nobody is asked any more, or somebody else is.
	ErrNotAsked = errors.New("the transfer is not asked of this account")
	// ErrAsked: a transfer is asked of somebody already.
	ErrAsked = errors.New("a transfer is asked of somebody already")
)

// Target is where a ticket goes: a person, a library or the national pool; one of the three.
type Target struct {
	Account   int64
	HelpPoint string
	Pool      bool
}

// Transfer asks a person to take a ticket over, or sends it to the queue of a library or of the national pool, where the person keeps
// their place. The giver holds until the person accepts. The note is for the staff. Errors: *staff.Fault, ErrNotYours, ErrAsked.
func (d *Desk) Transfer(ctx context.Context, ticket int64, a staff.Account, to Target, note string) error {
	note, err := d.noteText(ctx, note, false)
	if err != nil {
		return err
	}
	m := move{event: event{step: stepAsk, named: to.Account}, ticket: ticket, account: a, detail: fmt.Sprintf("account:%d", to.Account)}
	if to.Account == 0 {
		m, err = d.sending(ctx, ticket, a, to)
	} else {
		err = d.mayTakeOver(ctx, a, to.Account)
	}
	if err != nil {
		return err
	}
	_, err = d.step(ctx, "ticket.transfer", m, func(tx pgx.Tx, change *staff.Act, _ moved) error {
		change.Detail = map[string]any{"to": m.detail}
		return d.keepNote(ctx, tx, ticket, a, "transfer", note)
	})
	if errors.Is(err, errNeed) {
		err = ErrAsked
	}
	if err = yours(err); err != nil {
		return fmt.Errorf("transfer ticket %d: %w", ticket, err)
	}
	return nil
}

// sending is the step to the queue of a library that somebody serves, or of the pool.
func (d *Desk) sending(ctx context.Context, ticket int64, a staff.Account, to Target) (move, error) {
	s, _, err := d.situation(ctx, d.db, "")
	if err != nil {
		return move{}, fmt.Errorf("transfer ticket %d: %w", ticket, err)
	}
	m := move{event: event{step: stepSend}, ticket: ticket, account: a, wish: to.HelpPoint, detail: to.HelpPoint, route: &route{to: s.pool, why: plain("console.why_transferred")}}
	name := ""
	for _, l := range s.libraries {
		if l.point.ID == to.HelpPoint {
			name, m.route.to = l.point.Name, l
		}
	}
	switch {
	case to.Pool && to.HelpPoint == "" && s.pool.served:
		m.wish, m.detail = "pool", "pool"
	case to.Pool || name == "":
		return move{}, &staff.Fault{Field: "to", Key: "console.fault_transfer_where"}
	}
	m.say = func(language string) bot.Body {
		if name == "" {
			return bot.Body{Text: i18n.T(language, "console.notice_sent_pool")}
		}
		return bot.Body{Text: i18n.T(language, "console.notice_sent", name)}
	}
	return m, nil
}

// mayTakeOver says whether an account can be asked: it answers people, can sign in, and is another.
func (d *Desk) mayTakeOver(ctx context.Context, a staff.Account, to int64) error {
	other, ok, err := d.staff.Account(ctx, to)
	if err != nil {
		return err
	}
	if !ok || to == a.ID || !other.Active || !other.HasPassword || !other.Is(staff.Librarian, staff.Supervisor) {
		return &staff.Fault{Field: "to", Key: "console.fault_transfer_who"}
	}
	return nil
}

// Accept takes over a ticket that somebody asked to give. Errors: ErrNotAsked.
func (d *Desk) Accept(ctx context.Context, ticket int64, a staff.Account) error {
	_, err := d.step(ctx, "ticket.accept", move{event: event{step: stepAccept}, ticket: ticket, account: a}, nil)
	if err = ofTheAsked(err); err != nil {
		return fmt.Errorf("accept ticket %d: %w", ticket, err)
	}
	return nil
}

// Decline leaves a ticket with its holder, with a word for them; the holder may take the request back with it. Errors: *staff.Fault, ErrNotAsked.
func (d *Desk) Decline(ctx context.Context, ticket int64, a staff.Account, note string) error {
	note, err := d.noteText(ctx, note, false)
	if err != nil {
		return err
	}
	_, err = d.step(ctx, "ticket.decline", move{event: event{step: stepDecline}, ticket: ticket, account: a}, func(tx pgx.Tx, _ *staff.Act, _ moved) error {
		return d.keepNote(ctx, tx, ticket, a, "decline", note)
	})
	if err = ofTheAsked(err); err != nil {
		return fmt.Errorf("decline ticket %d: %w", ticket, err)
	}
	return nil
}

func ofTheAsked(err error) error {
	if errors.Is(err, errState) || errors.Is(err, errParty) || errors.Is(err, errNeed) || errors.Is(err, ErrNotFound) {
		return ErrNotAsked
	}
	return err
}
