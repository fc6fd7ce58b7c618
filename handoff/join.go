package handoff

import (
	"context"
	"errors"
	"fmt"

	"orientir/handoff/staff"
)

// The faults of a second librarian.
var (
	// ErrTwo: two librarians are in the conversation already.
	ErrTwo = errors.New("two librarians are in the conversation")
	// ErrHolderHere: the holder is at the desk, so that nobody takes the ticket over.
	ErrHolderHere = errors.New("the holder is at the desk")
)

// Join makes an account the second librarian of a ticket that another holds: it may write too, and the person reads who it is. The holder
// stays responsible. Errors: ErrNotFound, ErrTwo.
func (d *Desk) Join(ctx context.Context, ticket int64, a staff.Account) error {
	_, err := d.step(ctx, "ticket.join", move{event: event{step: stepJoin}, ticket: ticket, account: a}, nil)
	switch {
	case errors.Is(err, errNeed):
		err = ErrTwo
	case errors.Is(err, errState), errors.Is(err, errParty):
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("join ticket %d: %w", ticket, err)
	}
	return nil
}

// Leave ends it. Errors: ErrNotYours.
func (d *Desk) Leave(ctx context.Context, ticket int64, a staff.Account) error {
	_, err := d.step(ctx, "ticket.leave", move{event: event{step: stepPart}, ticket: ticket, account: a}, nil)
	if err = yours(err); err != nil {
		return fmt.Errorf("leave ticket %d: %w", ticket, err)
	}
	return nil
}

// TakeOver makes the second librarian the holder, where the holder has left the desk. Errors: ErrNotYours, ErrHolderHere.
func (d *Desk) TakeOver(ctx context.Context, ticket int64, a staff.Account) error {
	t, ok, err := d.Ticket(ctx, a, ticket)
	if err == nil && !ok {
		err = ErrNotYours
	}
	if err == nil {
		// Who holds it is asked for again inside: between the two it may have become another's.
		m := move{event: event{step: stepTakeOver, holderAway: !d.Present(t.ClaimedBy)}, ticket: ticket, account: a, guard: "t.claimed_by = $6", args: []any{t.ClaimedBy}}
		_, err = d.step(ctx, "ticket.take-over", m, nil)
	}
	if errors.Is(err, errNeed) {
		err = ErrHolderHere
	}
	if err = yours(err); err != nil {
		return fmt.Errorf("take ticket %d over: %w", ticket, err)
	}
	return nil
}
