package handoff

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/deploy/watch"
	"orientir/handoff/staff"
)

//go:embed move.sql
var moveSQL string

// move is a step as the desk makes it: the event, and what the table of steps doesn't know.
type move struct {
	event
	ticket  int64
	account staff.Account // who makes it; the zero value is the person or the program
	guard   string        // a further condition on the ticket t, which time may have changed since it was found; "" none
	args    []any         // of the guard, from $6
	closing Closing       // of stepClose
	route   *route        // of stepSend and stepReroute
	wish    string        // of stepSend: where the person's wish points from now on
	detail  string        // of the event; "" is the outcome, where the step gives one
	say     func(language string) bot.Body
}

// seen is a ticket as a step finds it, locked.
type seen struct {
	life
	Conversation int64 // 0 where the person is forgotten
	Outcome      string
	Sees         bool
	OpenedAt     time.Time
	Question     string // masked; the closing empties it
}

// moved is what became of a step.
type moved struct {
	before, after life
	rule          rule
	conversation  int64
	openedAt      time.Time
	question      string
}

// advance makes one step of a ticket in the caller's transaction: the ticket, who holds its conversation, its event and what the person
// reads, or nothing of all that. The conversation is locked first, as the bot does. Errors: ErrNotFound, errState, errParty, errNeed.
func (d *Desk) advance(ctx context.Context, tx postgres.DB, m move) (done moved, err error) {
	m.by, m.supervisor = m.account.ID, m.account.Is(staff.Supervisor)
	if err := lockConversation(ctx, tx, m.ticket); err != nil {
		return done, err
	}
	was, err := d.lockTicket(ctx, tx, m)
	if err != nil {
		return done, err
	}
	m.sees = was.Sees
	after, r, err := was.life.next(m.event)
	if err != nil {
		return moved{before: was.life}, err
	}
	done = moved{before: was.life, after: after, rule: r, conversation: was.Conversation, openedAt: was.OpenedAt, question: was.Question}
	if err := d.keepMove(ctx, tx, m, was, done); err != nil {
		return done, err
	}
	if err := d.hand(ctx, tx, done); err != nil {
		return done, err
	}
	outcome := r.outcome
	if r.step == stepClose {
		outcome = string(m.closing.Outcome)
	}
	if m.detail == "" {
		m.detail = outcome
	}
	if r.kind != "" {
		if err := d.note(ctx, tx, m.ticket, r.kind, m.by, m.detail); err != nil {
			return done, err
		}
	}
	return done, d.tell(ctx, tx, m, done)
}

// lockTicket reads a ticket for a step. A guard that doesn't hold any more is a ticket that is not found.
func (d *Desk) lockTicket(ctx context.Context, tx postgres.DB, m move) (seen, error) {
	guard := m.guard
	if guard == "" {
		guard = "true"
	}
	args := append(seer(m.account), m.ticket)
	rows, err := tx.Query(ctx, `
		SELECT t.state, coalesce(t.claimed_by, 0) AS holder, coalesce(t.joined_by, 0) AS second, coalesce(t.asked_of, 0) AS asked,
			t.rating IS NOT NULL AS rated, coalesce(t.conversation, 0) AS conversation, coalesce(t.outcome, '') AS outcome, t.opened_at, `+question+` AS question,
			coalesce(`+visible+`, false) AS sees
		FROM tickets t WHERE t.id = $5 AND `+guard+`
		FOR UPDATE OF t`, append(args, m.args...)...)
	if err != nil {
		return seen{}, err
	}
	was, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[seen])
	if errors.Is(err, pgx.ErrNoRows) {
		return seen{}, ErrNotFound
	}
	return was, err
}

// keepMove writes the ticket.
func (d *Desk) keepMove(ctx context.Context, tx postgres.DB, m move, was seen, done moved) error {
	to := route{}
	if m.route != nil {
		to = *m.route
	}
	outcome := was.Outcome
	switch {
	case done.rule.outcome != "":
		outcome = done.rule.outcome
	case done.rule.step == stepClose:
		outcome = string(m.closing.Outcome)
	}
	states := from(m.step)
	tag, err := tx.Exec(ctx, moveSQL, pgx.NamedArgs{
		"ticket": m.ticket, "from": states, "state": done.after.State, "holder": done.after.Holder, "second": done.after.Second, "asked": done.after.Asked,
		"now": d.now(), "active": m.step == stepReply || done.after.Holder == m.by || done.after.Holder != done.before.Holder,
		"routed": m.route != nil, "wish": m.wish, "help_point": to.to.id(), "why": to.why.Key, "why_name": to.why.Name, "why_until": orNull(to.why.Until),
		"outcome": outcome, "effort": m.closing.Effort, "guide": string(m.closing.Guide),
	})
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 { // it is locked: the table and the database disagree
		return fmt.Errorf("%s from %s: %w", m.step, was.State, errState)
	}
	return nil
}

// hand gives the conversation to whom the step made its holder.
func (d *Desk) hand(ctx context.Context, tx postgres.DB, done moved) error {
	was, is := done.before.holds(), done.after.holds()
	if was == is || done.conversation == 0 {
		return nil
	}
	switch {
	case was == 0:
		return d.conversations.Claim(ctx, tx, done.conversation, holderName(is))
	case is == 0:
		return d.conversations.Release(ctx, tx, done.conversation, holderName(was))
	}
	return d.conversations.Pass(ctx, tx, done.conversation, holderName(was), holderName(is))
}

// tell says to the person what the rule has for them.
func (d *Desk) tell(ctx context.Context, tx postgres.DB, m move, done moved) error {
	if done.rule.told == "" || done.conversation == 0 {
		return nil
	}
	if m.say != nil {
		_, err := d.conversations.NoticeBody(ctx, tx, done.conversation, m.say)
		return err
	}
	var args []any
	switch done.rule.told {
	case "console.notice_claimed", "console.notice_joined":
		args = []any{m.account.Name}
	case "console.notice_passed", "console.notice_parted":
		name, err := accountName(ctx, tx, done.after.Holder)
		if err != nil {
			return err
		}
		if args = []any{name}; done.rule.told == "console.notice_parted" {
			args = []any{m.account.Name, name}
		}
	}
	_, err := d.conversations.Notice(ctx, tx, done.conversation, done.rule.told, args...)
	return err
}

// step makes a step of a librarian's through the door, wakes who should hear of it and counts it.
func (d *Desk) step(ctx context.Context, verb string, m move, also func(tx pgx.Tx, change *staff.Act, done moved) error) (done moved, err error) {
	ctx, span := d.stepSpan(ctx, verb, m.ticket)
	defer func() { watch.End(span, err) }()
	err = d.staff.Door(ctx, act(m.account, verb, m.ticket), func(tx pgx.Tx, change *staff.Act) (err error) {
		if done, err = d.advance(ctx, tx, m); err != nil {
			return err
		}
		if also != nil {
			return also(tx, change, done)
		}
		return nil
	})
	if err != nil {
		return done, err
	}
	if done.rule.kind != "" {
		d.metrics.steps.WithLabelValues(done.rule.kind).Inc()
	}
	d.changed(ctx, done.conversation)
	return done, nil
}

// yours makes the errors of a step that its holder makes.
func yours(err error) error {
	if errors.Is(err, errState) || errors.Is(err, errParty) || errors.Is(err, ErrNotFound) || errors.Is(err, bot.ErrNotHolder) {
		return ErrNotYours
	}
	return err
}

// accountName is how people read an account.
func accountName(ctx context.Context, db postgres.DB, account int64) (name string, err error) {
	if err := db.QueryRow(ctx, `SELECT name FROM staff WHERE id = $1`, account).Scan(&name); err != nil {
		return "", fmt.Errorf("read the name of account %d: %w", account, err)
	}
	return name, nil
}

// lockConversation takes the lock of a ticket's conversation before the ticket's own, as the bot does when it opens or cancels
// a ticket: otherwise the two could wait for each other.
func lockConversation(ctx context.Context, tx postgres.DB, ticket int64) error {
	_, err := tx.Exec(ctx, `
		SELECT FROM conversations WHERE id = (SELECT conversation FROM tickets WHERE id = $1) FOR NO KEY UPDATE`, ticket)
	return err
}

// changed wakes the person's channel and the staff's queues, after the commit.
func (d *Desk) changed(ctx context.Context, conversation int64) {
	if conversation != 0 {
		d.conversations.Wake(ctx, conversation)
	}
	d.redis.Publish(ctx, "queue", "")
}

func act(a staff.Account, verb string, ticket int64) staff.Act {
	return staff.Act{By: a.ID, Verb: verb, Subject: fmt.Sprintf("ticket:%d", ticket)}
}
