package handoff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// Options of the desk; the zero value works.
type Options struct {
	Log *slog.Logger     // default: nothing is logged
	Now func() time.Time // for opening hours; default time.Now

	Registry prometheus.Registerer // default: metrics are kept by nobody
	Vault    *Vault                // seals contacts; without one none is kept
}

// Desk opens tickets, shows them to the staff and carries words between the two. It is the bot's bot.Desk.
type Desk struct {
	db            *pgxpool.Pool
	knowledge     *knowledge.Store
	conversations *bot.Conversations
	staff         *staff.Store
	redis         *redis.Client
	log           *slog.Logger
	now           func() time.Time
	metrics       metrics
	vault         *Vault                   // nil: contacts are not kept
	here          atomic.Pointer[presence] // who is there, as of a few seconds ago
	pickups       atomic.Pointer[pickups]  // how long people waited lately, as of a few minutes ago
}

var _ bot.Desk = (*Desk)(nil)

// NewDesk makes the desk. Run keeps its presence and its queue up to date.
func NewDesk(db *pgxpool.Pool, store *knowledge.Store, conversations *bot.Conversations, staff *staff.Store, redis *redis.Client, o Options) *Desk {
	d := &Desk{db: db, knowledge: store, conversations: conversations, staff: staff, redis: redis, log: o.Log, now: o.Now, metrics: newMetrics(o.Registry), vault: o.Vault}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.now == nil {
		d.now = time.Now
	}
	d.here.Store(&presence{})
	d.pickups.Store(&pickups{})
	return d
}

// ErrUnstaffed says that no active account serves anywhere, so that a ticket would wait for nobody.
var ErrUnstaffed = errors.New("nobody is on the staff")

// ErrBlocked says that a person can't open tickets for a while.
var ErrBlocked = errors.New("the person is blocked from the desk")

// Open opens a ticket in the caller's transaction, or gives the one that the conversation has open already.
// ErrUnstaffed where nobody serves anywhere, ErrBlocked where a librarian has blocked the person. The caller publishes "queue" after the commit; Run notices within a second too.
func (d *Desk) Open(ctx context.Context, tx postgres.DB, w bot.Wish) (bot.Ticket, error) {
	if t, ok, err := d.Status(ctx, tx, w.Conversation); err != nil || ok {
		return t, err
	}
	if blocked, err := d.blockedUntil(ctx, tx, w.Conversation); err != nil || !blocked.IsZero() {
		return bot.Ticket{}, fmt.Errorf("open ticket of conversation %d: %w", w.Conversation, cmp.Or(err, ErrBlocked))
	}
	s, from, err := d.situation(ctx, tx, w.Place)
	if err != nil {
		return bot.Ticket{}, fmt.Errorf("open ticket of conversation %d: %w", w.Conversation, err)
	}
	to, ok := choose(w, from, s)
	if !ok {
		return bot.Ticket{}, fmt.Errorf("open ticket of conversation %d: %w", w.Conversation, ErrUnstaffed)
	}
	wish := w.HelpPoint
	switch {
	case w.Shown:
		wish = ""
	case w.Pool:
		wish = "pool"
	}
	if _, _, err := d.begin(ctx, tx, w, wish, to, event{step: stepOpen}, w.Reason); err != nil {
		return bot.Ticket{}, fmt.Errorf("open ticket of conversation %d: %w", w.Conversation, err)
	}
	t, _, err := d.Status(ctx, tx, w.Conversation)
	return t, err
}

// Cancel closes the conversation's open ticket, if any, and gives the conversation back to the bot. The caller holds the conversation's lock.
func (d *Desk) Cancel(ctx context.Context, tx postgres.DB, conversation int64) error {
	var id int64
	err := tx.QueryRow(ctx, `SELECT id FROM tickets WHERE conversation = $1 AND state <> 'closed'`, conversation).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = d.advance(ctx, tx, move{event: event{step: stepWithdraw}, ticket: id})
	}
	if errors.Is(err, errState) { // closed meanwhile
		return nil
	}
	if err != nil {
		return fmt.Errorf("cancel ticket of conversation %d: %w", conversation, err)
	}
	return nil
}

// Forget erases what this floor keeps of a contact. That there was a ticket, and how it ended, stays for the statistics; what a librarian wrote for
// the editors stays for the guide that they mend, without the person's question.
func (d *Desk) Forget(ctx context.Context, tx postgres.DB, contact int64) error {
	rows, err := tx.Query(ctx, `SELECT id FROM conversations WHERE contact = $1`, contact)
	if err != nil {
		return fmt.Errorf("forget tickets of contact %d: %w", contact, err)
	}
	conversations, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("forget tickets of contact %d: %w", contact, err)
	}
	for _, id := range conversations {
		if err := d.Cancel(ctx, tx, id); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		`DELETE FROM desk_blocks WHERE contact IN (SELECT contact FROM conversations WHERE id = ANY ($1))`,
		`DELETE FROM ticket_notes WHERE ticket IN (SELECT id FROM tickets WHERE conversation = ANY ($1))`,
		`UPDATE guide_tasks SET question = '' WHERE ticket IN (SELECT id FROM tickets WHERE conversation = ANY ($1))`,
		`UPDATE tickets SET conversation = NULL, place = '', contact = NULL, contact_kind = '', rating_comment = '' WHERE conversation = ANY ($1)`,
	} {
		if _, err := tx.Exec(ctx, sql, conversations); err != nil {
			return fmt.Errorf("forget tickets of contact %d: %w", contact, err)
		}
	}
	return nil
}

// note adds to a ticket's story.
func (d *Desk) note(ctx context.Context, tx postgres.DB, ticket int64, kind string, by int64, detail string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO ticket_events (ticket, at, kind, staff, detail) VALUES ($1, $2, $3, NULLIF($4::bigint, 0), $5)`, ticket, d.now(), kind, by, detail)
	if err != nil {
		return fmt.Errorf("note %s of ticket %d: %w", kind, ticket, err)
	}
	return nil
}

// holderName is how conversations know a librarian.
func holderName(account int64) string { return fmt.Sprintf("staff:%d", account) }
