package handoff

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	var conversation int64
	var waited float64
	err := d.staff.Door(ctx, act(a, "ticket.claim", ticket), func(tx pgx.Tx, _ *staff.Act) error {
		if err := lockConversation(ctx, tx, ticket); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			UPDATE tickets t SET state = 'claimed', claimed_by = $2, claimed_at = now(), active_at = now()
			WHERE t.id = $5 AND t.state = 'waiting' AND t.conversation IS NOT NULL AND `+visible+`
			RETURNING t.conversation, extract(epoch FROM t.claimed_at - t.opened_at)::float8`, append(seer(a), ticket)...).Scan(&conversation, &waited)
		if errors.Is(err, pgx.ErrNoRows) {
			return d.whyNot(ctx, tx, ticket, a)
		}
		if err != nil {
			return err
		}
		if err := d.conversations.Claim(ctx, tx, conversation, holderName(a.ID)); err != nil {
			return err
		}
		if err := note(ctx, tx, ticket, "claimed", a.ID, ""); err != nil {
			return err
		}
		_, err = d.conversations.Notice(ctx, tx, conversation, "console.notice_claimed", a.Name)
		return err
	})
	if err != nil {
		return fmt.Errorf("claim ticket %d: %w", ticket, err)
	}
	d.metrics.wait.Observe(waited)
	d.metrics.steps.WithLabelValues("claimed").Inc()
	d.changed(ctx, conversation)
	return nil
}

func (d *Desk) whyNot(ctx context.Context, tx pgx.Tx, ticket int64, a staff.Account) error {
	var by int64
	var name string
	err := tx.QueryRow(ctx, `
		SELECT s.id, s.name FROM tickets t JOIN staff s ON s.id = t.claimed_by
		WHERE t.id = $5 AND t.state = 'claimed' AND `+visible, append(seer(a), ticket)...).Scan(&by, &name)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	return &Taken{Name: name}
}

// Reply says something to the person on their own channel, and gives the message's id. Errors: *staff.Fault, ErrNotYours.
func (d *Desk) Reply(ctx context.Context, ticket int64, a staff.Account, text string) (int64, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return 0, &staff.Fault{Field: "text", Key: "console.fault_reply_empty"}
	case n > MaxReply:
		return 0, &staff.Fault{Field: "text", Key: "console.fault_reply_long", Args: []any{MaxReply}}
	}
	var message, conversation int64
	err := d.staff.Door(ctx, act(a, "ticket.reply", ticket), func(tx pgx.Tx, _ *staff.Act) error {
		if err := lockConversation(ctx, tx, ticket); err != nil {
			return err
		}
		var language string
		err := tx.QueryRow(ctx, `
			UPDATE tickets SET active_at = now() WHERE id = $1 AND state = 'claimed' AND claimed_by = $2
			RETURNING conversation, language`, ticket, a.ID).Scan(&conversation, &language)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotYours
		}
		if err != nil {
			return err
		}
		message, err = d.conversations.Say(ctx, tx, conversation, holderName(a.ID), bot.Body{Text: text, Language: language})
		if errors.Is(err, bot.ErrNotHolder) {
			return ErrNotYours
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reply to ticket %d: %w", ticket, err)
	}
	d.changed(ctx, conversation)
	return message, nil
}

// Close ends a ticket, gives the conversation back to the bot and says so to the person. Errors: *staff.Fault, ErrNotYours.
func (d *Desk) Close(ctx context.Context, ticket int64, a staff.Account, outcome Outcome) error {
	if !slices.Contains(Outcomes(), outcome) {
		return &staff.Fault{Field: "outcome", Key: "console.fault_outcome"}
	}
	change := act(a, "ticket.close", ticket)
	change.Detail = map[string]any{"outcome": outcome}
	return d.end(ctx, change, ticket, a.ID, ending{
		sql: `
			UPDATE tickets SET state = 'closed', closed_at = now(), outcome = $3, summary = ''
			WHERE id = $1 AND state = 'claimed' AND claimed_by = $2
			RETURNING conversation`, args: []any{string(outcome)},
		kind: "closed", detail: string(outcome), notice: "console.notice_closed",
	})
}

// Return gives a ticket back to the queue, where it keeps its place. Errors: ErrNotYours.
func (d *Desk) Return(ctx context.Context, ticket int64, a staff.Account) error {
	return d.end(ctx, act(a, "ticket.return", ticket), ticket, a.ID, ending{
		sql: `
			UPDATE tickets SET state = 'waiting', claimed_by = NULL, claimed_at = NULL, active_at = NULL
			WHERE id = $1 AND state = 'claimed' AND claimed_by = $2
			RETURNING conversation`,
		kind: "returned", notice: "console.notice_returned",
	})
}

// ending is one way in which somebody stops holding a ticket.
type ending struct {
	sql    string // guarded update of the ticket $1 held by $2; gives its conversation
	args   []any  // from $3
	kind   string // of the event
	detail string
	notice string // phrase key of what the person reads
}

func (d *Desk) end(ctx context.Context, change staff.Act, ticket, holder int64, e ending) error {
	var conversation int64
	err := d.staff.Door(ctx, change, func(tx pgx.Tx, _ *staff.Act) error {
		if err := lockConversation(ctx, tx, ticket); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, e.sql, append([]any{ticket, holder}, e.args...)...).Scan(&conversation)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotYours
		}
		if err != nil {
			return err
		}
		if err := d.conversations.Release(ctx, tx, conversation, holderName(holder)); err != nil {
			return err
		}
		if err := note(ctx, tx, ticket, e.kind, change.By, e.detail); err != nil {
			return err
		}
		_, err = d.conversations.Notice(ctx, tx, conversation, e.notice)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s %d: %w", change.Verb, ticket, err)
	}
	d.metrics.steps.WithLabelValues(e.kind).Inc()
	d.changed(ctx, conversation)
	return nil
}

// lockConversation takes the lock of a ticket's conversation before the ticket's own, as the bot does when it opens or cancels
// a ticket: otherwise the two could wait for each other.
func lockConversation(ctx context.Context, tx pgx.Tx, ticket int64) error {
	_, err := tx.Exec(ctx, `
		SELECT FROM conversations WHERE id = (SELECT conversation FROM tickets WHERE id = $1) FOR NO KEY UPDATE`, ticket)
	return err
}

// Busy notes that the holder is at work on a ticket, typing or searching, so that it isn't taken for forgotten.
func (d *Desk) Busy(ctx context.Context, ticket int64, a staff.Account) error {
	tag, err := d.db.Exec(ctx, `
		UPDATE tickets SET active_at = now() WHERE id = $1 AND state = 'claimed' AND claimed_by = $2`, ticket, a.ID)
	if err != nil {
		return fmt.Errorf("note work on ticket %d: %w", ticket, err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNotYours
	}
	return nil
}

// changed wakes the person's channel and the staff's queues, after the commit.
func (d *Desk) changed(ctx context.Context, conversation int64) {
	d.conversations.Wake(ctx, conversation)
	d.redis.Publish(ctx, "queue", "")
}

func act(a staff.Account, verb string, ticket int64) staff.Act {
	return staff.Act{By: a.ID, Verb: verb, Subject: fmt.Sprintf("ticket:%d", ticket)}
}
