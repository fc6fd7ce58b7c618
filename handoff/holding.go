package handoff

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
)

// Taken says that a ticket is held already, and by whom.
type Taken struct{ Name string }

func (t *Taken) Error() string { return "the ticket is taken by " + t.Name }

// The faults of handling a ticket.
var (
	// ErrNotFound: there is no such ticket, or the account may not see it.
	ErrNotFound = errors.New("no such ticket")
	// ErrNotYours: the account does not hold the ticket, or not any more.
	ErrNotYours = errors.New("the ticket is not held by this account")
)

// MaxReply is the longest reply, in characters.
const MaxReply = 3500

// Claim gives a waiting ticket to an account and its conversation with it. Of two at once, one wins.
// Errors: *Taken, ErrNotFound.
func (d *Desk) Claim(ctx context.Context, ticket int64, a staff.Account) error {
	done, err := d.step(ctx, "ticket.claim", move{event: event{step: stepClaim}, ticket: ticket, account: a, guard: "t.conversation IS NOT NULL"}, nil)
	switch {
	case errors.Is(err, errParty):
		err = ErrNotFound
	case errors.Is(err, errState):
		err = d.whyNot(ctx, ticket, a)
	}
	if err != nil {
		return fmt.Errorf("claim ticket %d: %w", ticket, err)
	}
	d.metrics.wait.Observe(d.now().Sub(done.openedAt).Seconds())
	d.redis.Publish(ctx, "queue", takenNews(ticket, a.Name)) // who was quicker, before the desks draw the whole queue anew
	return nil
}

// takenNews is what a wake-up of the queues says of a claim.
func takenNews(ticket int64, name string) string { return fmt.Sprintf("taken:%d:%s", ticket, name) }

// TakenNews reads a wake-up of the queues; false where it says nothing of a claim.
func TakenNews(payload string) (ticket int64, name string, ok bool) {
	rest, ok := strings.CutPrefix(payload, "taken:")
	if !ok {
		return 0, "", false
	}
	id, name, ok := strings.Cut(rest, ":")
	ticket, err := strconv.ParseInt(id, 10, 64)
	return ticket, name, ok && err == nil
}

func (d *Desk) whyNot(ctx context.Context, ticket int64, a staff.Account) error {
	t, ok, err := d.Ticket(ctx, a, ticket)
	switch {
	case err != nil:
		return err
	case !ok || t.State != Claimed:
		return ErrNotFound
	}
	return &Taken{Name: t.ClaimedByName}
}

// Reply says something to the person on their own channel, and gives the message's id. The holder may, and the second.
// Errors: *staff.Fault, ErrNotYours.
func (d *Desk) Reply(ctx context.Context, ticket int64, a staff.Account, text string) (int64, error) {
	return d.ReplyBody(ctx, ticket, a, bot.Body{Text: text})
}

// ReplyBody is Reply with more than words: a guide's card as the person sees it. The language is the ticket's.
func (d *Desk) ReplyBody(ctx context.Context, ticket int64, a staff.Account, body bot.Body) (message int64, err error) {
	body.Text = strings.TrimSpace(strings.ReplaceAll(body.Text, "\r\n", "\n"))
	switch n := utf8.RuneCountInString(body.Text); {
	case n == 0 && body.Guide == nil:
		return 0, &staff.Fault{Field: "text", Key: "console.fault_reply_empty"}
	case n > MaxReply:
		return 0, &staff.Fault{Field: "text", Key: "console.fault_reply_long", Args: []any{MaxReply}}
	}
	_, err = d.step(ctx, "ticket.reply", move{event: event{step: stepReply}, ticket: ticket, account: a}, func(tx pgx.Tx, _ *staff.Act, done moved) error {
		if err := tx.QueryRow(ctx, `SELECT language FROM tickets WHERE id = $1`, ticket).Scan(&body.Language); err != nil {
			return err
		}
		body.By = a.Name
		message, err = d.conversations.SayBeside(ctx, tx, done.conversation, holderName(done.after.Holder), holderName(a.ID), body)
		return err
	})
	if err = yours(err); err != nil {
		return 0, fmt.Errorf("reply to ticket %d: %w", ticket, err)
	}
	return message, nil
}

// Return gives a ticket back to the queue, where it keeps its place; with a second librarian in it, it becomes theirs. Errors: ErrNotYours.
func (d *Desk) Return(ctx context.Context, ticket int64, a staff.Account) error {
	_, err := d.step(ctx, "ticket.return", move{event: event{step: stepReturn}, ticket: ticket, account: a}, nil)
	if err = yours(err); err != nil {
		return fmt.Errorf("return ticket %d: %w", ticket, err)
	}
	return nil
}

// Busy notes that a librarian is at work on a ticket, typing or searching, so that it isn't taken for forgotten.
func (d *Desk) Busy(ctx context.Context, ticket int64, a staff.Account) error {
	tag, err := d.db.Exec(ctx, `
		UPDATE tickets SET active_at = $4 WHERE id = $1 AND state = ANY ($3) AND (claimed_by = $2 OR joined_by = $2)`, ticket, a.ID, from(stepReply), d.now())
	if err != nil {
		return fmt.Errorf("note work on ticket %d: %w", ticket, err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNotYours
	}
	return nil
}
