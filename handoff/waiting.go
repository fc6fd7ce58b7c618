package handoff

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// Offer says where a ticket would go and what the person should know first: whether it is open, for which holiday it is closed, whether
// somebody is there, how many wait, and how long people waited lately.
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
	r, ok := choose(w, from, s)
	if !ok {
		return bot.Offer{}, nil
	}
	l, err := loads(ctx, db)
	if err != nil {
		return bot.Offer{}, fmt.Errorf("offer the desk to conversation %d: %w", w.Conversation, err)
	}
	at := d.now()
	offer := offerOf(r.to, w.Language, at)
	offer.Staffed, offer.Pool, offer.Why = true, s.pool.served, r.why
	offer.Ahead, offer.Usual = l.waiting[r.to.id()], d.usual(r.to.id(), attendanceOf(r.to), at)
	for _, q := range nearest(from, s.libraries) {
		if q.id() != r.to.id() && len(offer.Others) < 3 {
			offer.Others = append(offer.Others, bot.OfferedTo{ID: q.id(), Name: q.point.Name})
		}
	}
	return offer, nil
}

// offerOf says what it is like at a queue.
func offerOf(q queue, language string, at time.Time) bot.Offer {
	offer := bot.Offer{HelpPoint: q.id(), Name: queueName(q, language), Phone: q.point.Phone(), Present: q.room != roomNone, Busy: q.room == roomBusy}
	if h := q.point.Hours; h != nil {
		offer.OpenNow, offer.NextOpen = openness(h, at)
		if !*offer.OpenNow {
			offer.Holiday, offer.Closure = whyShut(h, at)
		}
	}
	return offer
}

// Status tells of the conversation's open ticket.
func (d *Desk) Status(ctx context.Context, db postgres.DB, conversation int64) (bot.Ticket, bool, error) {
	var t bot.Ticket
	var helpPoint, attendance string
	err := db.QueryRow(ctx, `
		SELECT t.id, t.state = 'claimed', t.opened_at, t.contact_kind, t.left_at IS NOT NULL, coalesce(t.help_point, ''), t.opened_as,
			CASE WHEN t.state = 'waiting' THEN 1 + (
				SELECT count(*) FROM tickets e
				WHERE e.state = 'waiting' AND e.help_point IS NOT DISTINCT FROM t.help_point AND e.id < t.id) ELSE 0 END
		FROM tickets t
		WHERE t.conversation = $1 AND t.state <> 'closed'`, conversation).Scan(
		&t.ID, &t.Claimed, &t.OpenedAt, &t.Contact, &t.Left, &helpPoint, &attendance, &t.Position)
	if errors.Is(err, pgx.ErrNoRows) {
		return bot.Ticket{}, false, nil
	}
	if err != nil {
		return bot.Ticket{}, false, fmt.Errorf("read ticket of conversation %d: %w", conversation, err)
	}
	if !t.Claimed && !t.Left {
		// Who has waited longer than most hears of no usual time any more.
		if usual := d.usual(helpPoint, attendance, d.now()); d.now().Sub(t.OpenedAt) < usual {
			t.Usual = usual
		}
	}
	return t, true, nil
}

// LeaveQuestion notes that the person waits for no answer at once, in the caller's transaction; false where they have no ticket that waits.
func (d *Desk) LeaveQuestion(ctx context.Context, tx postgres.DB, conversation int64) (bot.Ticket, bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE tickets SET left_at = coalesce(left_at, $2) WHERE conversation = $1 AND state = 'waiting'`, conversation, d.now())
	if err != nil {
		return bot.Ticket{}, false, fmt.Errorf("leave the question of conversation %d: %w", conversation, err)
	}
	if tag.RowsAffected() == 0 {
		return bot.Ticket{}, false, nil
	}
	return d.Status(ctx, tx, conversation)
}

// queueName names a queue as people read it.
func queueName(q queue, language string) string {
	if q.id() == "" {
		return i18n.T(language, "console.pool")
	}
	return q.point.Name
}

// openness says whether a library is open, and when it opens next where it is closed.
func openness(h *knowledge.Hours, at time.Time) (*bool, time.Time) {
	open := h.OpenAt(at)
	if open {
		return &open, time.Time{}
	}
	next, _ := h.NextOpen(at)
	return &open, next
}

// whyShut says why a library is closed for the whole of a day: the holiday, or the reason that the library gave.
func whyShut(h *knowledge.Hours, at time.Time) (holiday, closure string) {
	if len(h.On(at)) > 0 {
		return "", ""
	}
	at = at.In(sofia())
	date := at.Format(time.DateOnly)
	for i := len(h.Exceptions) - 1; i >= 0; i-- {
		if e := h.Exceptions[i]; e.From.Format(time.DateOnly) <= date && date <= e.To.Format(time.DateOnly) {
			return "", e.Reason
		}
	}
	if name, ok := knowledge.Holiday(at); ok && !h.Holidays && len(h.Week[(int(at.Weekday())+6)%7]) > 0 {
		return name, ""
	}
	return "", ""
}

// sofia is the zone of all opening hours; its data is compiled into package knowledge.
var sofia = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		panic(err)
	}
	return zone
})
