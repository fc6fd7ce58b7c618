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
	"orientir/bot/i18n"
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
	vault         *Vault                         // nil: contacts are not kept
	here          atomic.Pointer[map[int64]bool] // who is at the desk, as of a few seconds ago
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
	d.here.Store(&map[int64]bool{})
	return d
}

// ErrUnstaffed says that no active account serves anywhere, so that a ticket would wait for nobody.
var ErrUnstaffed = errors.New("nobody is on the staff")

// ErrBlocked says that a person can't open tickets for a while.
var ErrBlocked = errors.New("the person is blocked from the desk")

// Offer says where a ticket would go and what the person should know first. In a transaction it leaves opening hours out.
func (d *Desk) Offer(ctx context.Context, db postgres.DB, w bot.Wish) (bot.Offer, error) {
	blocked, err := d.blockedUntil(ctx, db, w.Conversation)
	if err != nil {
		return bot.Offer{}, fmt.Errorf("offer the desk to conversation %d: %w", w.Conversation, err)
	}
	if !blocked.IsZero() {
		return bot.Offer{BlockedUntil: blocked}, nil
	}
	s, from, err := d.situation(ctx, db, w.Place)
	if err != nil {
		return bot.Offer{}, fmt.Errorf("offer the desk to conversation %d: %w", w.Conversation, err)
	}
	to, ok := choose(w, from, s)
	if !ok {
		return bot.Offer{}, nil
	}
	offer := bot.Offer{Staffed: true, HelpPoint: to.helpPoint, Pool: s.pool, WhyHere: to.why}
	if to.helpPoint == "" {
		offer.Name = i18n.T(w.Language, "console.pool")
		offer.Present = s.poolPresent
	}
	for _, l := range nearest(from, s.libraries) {
		switch {
		case l.point.ID == to.helpPoint:
			offer.Name = l.point.Name
			offer.Present = l.present
		case len(offer.Others) < 3:
			offer.Others = append(offer.Others, bot.OfferedTo{ID: l.point.ID, Name: l.point.Name})
		}
	}
	// Inside a transaction the offer was shown before, and the store would need a second connection.
	if _, inside := db.(pgx.Tx); to.helpPoint != "" && !inside {
		point, _, err := d.knowledge.HelpPoint(ctx, to.helpPoint)
		if err != nil {
			return bot.Offer{}, fmt.Errorf("offer the desk to conversation %d: %w", w.Conversation, err)
		}
		offer.OpenNow, offer.NextOpen = openness(point.Hours, d.now())
	}
	return offer, nil
}

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
	if w.Pool {
		wish = "pool"
	}
	if _, err := d.begin(ctx, tx, w, wish, to, event{step: stepOpen}, w.Reason); err != nil {
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

// Status tells of the conversation's open ticket.
func (d *Desk) Status(ctx context.Context, db postgres.DB, conversation int64) (bot.Ticket, bool, error) {
	rows, err := db.Query(ctx, `
		SELECT t.id, t.state = 'claimed' AS claimed, t.opened_at, t.contact_kind AS contact,
			CASE WHEN t.state = 'waiting' THEN 1 + (
				SELECT count(*) FROM tickets e
				WHERE e.state = 'waiting' AND e.help_point IS NOT DISTINCT FROM t.help_point AND e.id < t.id) ELSE 0 END AS position
		FROM tickets t
		WHERE t.conversation = $1 AND t.state <> 'closed'`, conversation)
	if err != nil {
		return bot.Ticket{}, false, fmt.Errorf("read ticket of conversation %d: %w", conversation, err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[bot.Ticket])
	if errors.Is(err, pgx.ErrNoRows) {
		return bot.Ticket{}, false, nil
	}
	if err != nil {
		return bot.Ticket{}, false, fmt.Errorf("read ticket of conversation %d: %w", conversation, err)
	}
	return t, true, nil
}

// Forget erases what this floor keeps of a contact. That there was a ticket, and how it ended, stays for the statistics.
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

// openness says whether a library is open, nil where unknown, and when it opens next where it is closed.
func openness(h *knowledge.Hours, at time.Time) (*bool, time.Time) {
	if h == nil {
		return nil, time.Time{}
	}
	open := h.OpenAt(at)
	if open {
		return &open, time.Time{}
	}
	next, _ := h.NextOpen(at)
	return &open, next
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
