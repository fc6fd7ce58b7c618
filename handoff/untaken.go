package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/knowledge"
)

// offerAfter is how long a person waits before they are offered other ways than to wait.
const offerAfter = 90 * time.Second

// sweepUntaken keeps the promise that waiting is never silent. The next ring first: who hears that nobody has taken the question hears
// where it is now.
func (d *Desk) sweepUntaken(ctx context.Context) error {
	if err := d.sweepAbsent(ctx); err != nil {
		return err
	}
	rows, err := d.db.Query(ctx, `
		SELECT t.id AS ticket, t.conversation, coalesce(t.help_point, '') AS help_point, k.channel, k.terminal_at IS NOT NULL AS terminal, t.contact_kind <> '' AS contact,
			t.opened_at, t.offered_at IS NOT NULL AS offered, cardinality(t.tried) > 0 AND t.moved_told_at IS NULL AS moved
		FROM `+waitingTables+`
		WHERE t.state = 'waiting' AND t.left_at IS NULL AND (t.offered_at IS NULL OR t.closed_told_at IS NULL) AND t.opened_at <= $1
		ORDER BY t.id`, d.now().Add(-offerAfter))
	if err != nil {
		return fmt.Errorf("sweep untaken tickets: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[untaken])
	if err != nil || len(found) == 0 {
		return wrap("sweep untaken tickets", err)
	}
	s, _, err := d.situation(ctx, d.db, "")
	if err != nil {
		return err
	}
	for _, u := range found {
		at, ok := s.at(u.HelpPoint)
		if !ok {
			continue
		}
		switch {
		case !u.Offered:
			err = d.offerWays(ctx, u, at)
		case closedMeanwhile(at, u.OpenedAt, d.now()):
			err = d.tellClosed(ctx, u, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// untaken is a ticket that nobody has taken for a while.
type untaken struct {
	Ticket, Conversation int64
	HelpPoint            string
	Channel              string
	Terminal             bool // at a screen in a library
	Contact              bool
	OpenedAt             time.Time
	Offered              bool // other ways were offered
	Moved                bool // another queue has it than the person was told
}

func (d *Desk) waiter(u untaken, language string) bot.Waiter {
	return bot.Waiter{Language: language, Returns: d.conversations.Returns(u.Channel), Contact: u.Contact, Callbacks: d.vault != nil, Terminal: u.Terminal}
}

// offerWays offers to go on waiting, to leave the question, or the nearest desk.
func (d *Desk) offerWays(ctx context.Context, u untaken, at queue) error {
	now := d.now().In(sofia())
	say := func(language string) bot.Body {
		return bot.Untaken(offerOf(at, language, now), u.Moved, d.waiter(u, language), now)
	}
	return d.tellOnce(ctx, u, say, `
		UPDATE tickets SET offered_at = $3, moved_told_at = CASE WHEN cardinality(tried) > 0 THEN coalesce(moved_told_at, $3) END
		WHERE id = $1 AND state = 'waiting' AND left_at IS NULL AND offered_at IS NULL AND coalesce(help_point, '') = $2`)
}

// tellClosed tells who still waits that the library has closed for the day.
func (d *Desk) tellClosed(ctx context.Context, u untaken, at queue) error {
	now := d.now().In(sofia())
	say := func(language string) bot.Body {
		return bot.ClosedToday(offerOf(at, language, now), d.waiter(u, language), now)
	}
	return d.tellOnce(ctx, u, say, `
		UPDATE tickets SET closed_told_at = $3
		WHERE id = $1 AND state = 'waiting' AND left_at IS NULL AND closed_told_at IS NULL AND coalesce(help_point, '') = $2`)
}

// tellOnce says something to who waits, and notes it in the same transaction: of several replicas one does, and after a crash it is either
// said and noted, or neither.
func (d *Desk) tellOnce(ctx context.Context, u untaken, say func(language string) bot.Body, guarded string) error {
	err := pgx.BeginFunc(ctx, d.db, func(tx pgx.Tx) error {
		if err := lockConversation(ctx, tx, u.Ticket); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, guarded, u.Ticket, u.HelpPoint, d.now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		_, err = d.conversations.NoticeBody(ctx, tx, u.Conversation, say)
		return err
	})
	if errors.Is(err, ErrNotFound) { // taken, left or closed meanwhile, or another replica was quicker
		return nil
	}
	if err != nil {
		return fmt.Errorf("tell who waits with ticket %d: %w", u.Ticket, err)
	}
	d.changed(ctx, u.Conversation)
	return nil
}

// closedMeanwhile says whether a library was open at some time since a ticket came and has closed for the day, with nobody left at the desk.
// A lunch break is no closing.
func closedMeanwhile(at queue, since, now time.Time) bool {
	h := at.point.Hours
	if h == nil || at.room != roomNone || h.OpenAt(now) {
		return false
	}
	next, ok := h.NextOpen(now)
	if ok && sameDay(next, now) {
		return false
	}
	return openSince(h, since, now)
}

func openSince(h *knowledge.Hours, since, now time.Time) bool {
	if h.OpenAt(since) {
		return true
	}
	next, ok := h.NextOpen(since)
	return ok && next.Before(now)
}

func sameDay(a, b time.Time) bool {
	return a.In(sofia()).Format(time.DateOnly) == b.In(sofia()).Format(time.DateOnly)
}
