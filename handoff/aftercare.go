package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/knowledge"
)

var _ bot.Aftercare = (*Desk)(nil)

// reopenedWithin is how long after its closing a matter is gone on with by the same librarian, and how long a new ticket knows of it.
const reopenedWithin = 7 * 24 * time.Hour

// past is a ticket that a librarian had and that ended lately.
type past struct {
	Ticket    int64
	Account   int64
	Name      string
	HelpPoint string
	Free      bool // the librarian may sign in, and talks to fewer people than they take at once
}

// lately reads a ticket of a conversation that a librarian had and that ended within the last days: the newest, or the one that is named.
func (d *Desk) lately(ctx context.Context, db postgres.DB, conversation, ticket int64) (past, bool, error) {
	rows, err := db.Query(ctx, `
		SELECT t.id AS ticket, s.id AS account, s.name, coalesce(t.help_point, '') AS help_point,
			s.active AND s.password_hash IS NOT NULL AND s.chat_limit > (SELECT count(*) FROM tickets h WHERE h.claimed_by = s.id AND h.state = 'claimed') AS free
		FROM tickets t JOIN staff s ON s.id = t.claimed_by
		WHERE t.conversation = $1 AND ($2::bigint = 0 OR t.id = $2) AND t.state = ANY ($3) AND t.outcome <> 'blocked' AND t.closed_at > $4
		ORDER BY t.id DESC LIMIT 1`, conversation, ticket, []State{Closed}, d.now().Add(-reopenedWithin))
	if err != nil {
		return past{}, false, fmt.Errorf("read the past of conversation %d: %w", conversation, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[past])
	if errors.Is(err, pgx.ErrNoRows) {
		return past{}, false, nil
	}
	if err != nil {
		return past{}, false, fmt.Errorf("read the past of conversation %d: %w", conversation, err)
	}
	return p, true, nil
}

func (d *Desk) asPast(p past) bot.Past {
	return bot.Past{Ticket: p.Ticket, Librarian: p.Name, Present: p.Free && d.here.Load().at(p.Account, p.HelpPoint)}
}

// Past gives the hand-over that a conversation may go on with; false while another is open.
func (d *Desk) Past(ctx context.Context, db postgres.DB, conversation int64) (bot.Past, bool, error) {
	p, ok, err := d.lately(ctx, db, conversation, 0)
	if err != nil || !ok {
		return bot.Past{}, false, err
	}
	_, open, err := d.Status(ctx, db, conversation)
	return d.asPast(p), err == nil && !open, err
}

// Reopen goes on with a matter that ended lately: at once with its librarian where they are at the desk and take one more, else by the
// usual routing. A zero Past says that it ended too long ago, and then nothing is opened.
func (d *Desk) Reopen(ctx context.Context, tx postgres.DB, w bot.Wish, ticket int64) (bot.Ticket, bot.Past, error) {
	p, ok, err := d.lately(ctx, tx, w.Conversation, ticket)
	if err != nil || !ok {
		return bot.Ticket{}, bot.Past{}, err
	}
	known := d.asPast(p)
	open, is, err := d.Status(ctx, tx, w.Conversation)
	if err != nil || is {
		return open, known, err
	}
	if !known.Present {
		open, err := d.Open(ctx, tx, w)
		return open, known, err
	}
	if blocked, err := d.blockedUntil(ctx, tx, w.Conversation); err != nil || !blocked.IsZero() {
		return bot.Ticket{}, bot.Past{}, errors.Join(err, ErrBlocked)
	}
	e := event{step: stepReopen, named: p.Account}
	began, r, err := d.begin(ctx, tx, w, "", route{to: queue{point: knowledge.HelpPoint{ID: p.HelpPoint}}, why: plain("console.why_again")}, e, fmt.Sprintf("account:%d", p.Account))
	if err == nil && began {
		_, err = d.conversations.Notice(ctx, tx, w.Conversation, r.told, p.Name)
	}
	if err != nil {
		return bot.Ticket{}, bot.Past{}, fmt.Errorf("reopen ticket %d: %w", ticket, err)
	}
	open, _, err = d.Status(ctx, tx, w.Conversation)
	return open, known, err
}

// RateDesk keeps what the person thought of a ticket of theirs that has ended. The first word counts: false for any further.
func (d *Desk) RateDesk(ctx context.Context, tx postgres.DB, conversation, ticket int64, helped bool) (bool, error) {
	var was life
	err := tx.QueryRow(ctx, `
		SELECT state, rating IS NOT NULL FROM tickets WHERE id = $1 AND conversation = $2 AND claimed_by IS NOT NULL
		FOR UPDATE`, ticket, conversation).Scan(&was.State, &was.Rated)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("rate ticket %d: %w", ticket, err)
	}
	_, r, err := was.next(event{step: stepRate})
	if err != nil { // rated before, or open still
		return false, nil
	}
	rating := "not-helped"
	if helped {
		rating = "helped"
	}
	_, err = tx.Exec(ctx, `UPDATE tickets SET rating = $2, rated_at = $3 WHERE id = $1 AND state = ANY ($4)`, ticket, rating, d.now(), from(stepRate))
	if err != nil {
		return false, fmt.Errorf("rate ticket %d: %w", ticket, err)
	}
	return true, d.note(ctx, tx, ticket, r.kind, 0, rating)
}

// CommentDesk adds the person's words to their rating. The words came masked.
func (d *Desk) CommentDesk(ctx context.Context, tx postgres.DB, conversation, ticket int64, words string) error {
	_, err := tx.Exec(ctx, `
		UPDATE tickets SET rating_comment = left($3, 2000) WHERE id = $1 AND conversation = $2 AND rating IS NOT NULL`, ticket, conversation, words)
	if err != nil {
		return fmt.Errorf("comment on ticket %d: %w", ticket, err)
	}
	return nil
}
