package handoff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/handoff/mail"
	"orientir/handoff/staff"
)

// When the staff are written to.
const (
	noticeAfter   = 20 * time.Second // somebody may be opening the desk just now
	noticeOpening = 5 * time.Minute  // after a library opens: who opens the desk then needs no message
	noticePause   = 10 * time.Minute // between two messages to one account; what comes meanwhile goes together
	noticeLease   = 2 * time.Minute  // longer than a letter may take
	noticeTries   = 6
)

// NoticeOptions of the staff's notices. The zero value writes to nobody: who waits is seen in the desk alone.
type NoticeOptions struct {
	Log       *slog.Logger // default: nothing is logged
	PublicURL string       // base of the addresses in the messages, without a slash at the end
	Mail      *mail.Sender // nil: no mail
	// Telegram writes to a private chat; nil where there is no bot. Errors: *bot.RetryAfter, *bot.Refused for good.
	Telegram func(ctx context.Context, chat int64, words string) error
}

// Notices tells members of the staff that somebody waits where none of them has the desk open: by their linked Telegram, else by mail.
// Each ticket is told once to an account, at most one message goes out in ten minutes, and none while the library is closed.
type Notices struct {
	desk *Desk
	o    NoticeOptions
}

// NewNotices makes the notices of a desk. Run sends them.
func NewNotices(d *Desk, o NoticeOptions) *Notices {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Notices{d, o}
}

// Run sends notices until ctx ends. Several replicas may run it: what one has taken to send, the others leave alone.
func (n *Notices) Run(ctx context.Context) error {
	if !n.o.Mail.Works() && n.o.Telegram == nil {
		return nil
	}
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := n.Sweep(ctx); err != nil && ctx.Err() == nil {
				n.o.Log.Error("staff notices failed", "err", err)
			}
		}
	}
}

// Sweep finds whom to tell, drops what needs no telling any more, and sends what is due.
func (n *Notices) Sweep(ctx context.Context) error {
	var s staffing
	var accounts []int64
	err := postgres.Within(ctx, sweepTime, func(ctx context.Context) (err error) {
		if s, _, err = n.desk.situation(ctx, n.desk.db, ""); err != nil {
			return err
		}
		if err = errors.Join(n.find(ctx, s), n.drop(ctx)); err != nil {
			return err
		}
		accounts, err = n.due(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range accounts {
		if err := postgres.Within(ctx, noticeLease, func(ctx context.Context) error { return n.write(ctx, s, id) }); err != nil {
			return fmt.Errorf("notice of account %d: %w", id, err)
		}
	}
	return nil
}

// find lists who is to be told: whoever serves a queue with a ticket that waits while nobody there has the desk open.
func (n *Notices) find(ctx context.Context, s staffing) error {
	now := n.desk.now()
	for _, q := range append([]queue{s.pool}, s.libraries...) {
		if q.room != roomNone || !q.served {
			continue
		}
		_, err := n.desk.db.Exec(ctx, `
			INSERT INTO staff_notices (ticket, staff, created_at, not_before)
			SELECT t.id, s.id, $2, $3
			FROM tickets t, staff s
			WHERE t.state = 'waiting' AND t.conversation IS NOT NULL AND coalesce(t.help_point, '') = $1 AND greatest(t.opened_at, t.routed_at) <= $4
			  AND s.active AND s.notices AND s.password_hash IS NOT NULL AND 'librarian' = ANY (s.roles)
			  AND CASE WHEN $1 = '' THEN NOT EXISTS (SELECT FROM staff_libraries l WHERE l.staff = s.id)
			      ELSE EXISTS (SELECT FROM staff_libraries l WHERE l.staff = s.id AND l.help_point = $1) END
			ON CONFLICT DO NOTHING`, q.id(), now, writable(q, now), now.Add(-noticeAfter))
		if err != nil {
			return fmt.Errorf("find whom to tell of %q: %w", q.id(), err)
		}
	}
	return nil
}

// writable is when the staff of a queue may be written to: now while it is open, else a little after it opens. Where the hours are unknown
// office hours stand in.
func writable(q queue, now time.Time) time.Time {
	if q.open != isShut {
		return now
	}
	next, ok := q.until, !q.until.IsZero()
	if q.point.Hours == nil {
		next, ok = officeHours.NextOpen(now)
	}
	if !ok {
		return now.AddDate(0, 0, 1) // closed for long: look again tomorrow
	}
	return next.Add(noticeOpening)
}

// drop ends the notices that nobody needs: the ticket was taken, closed or routed elsewhere, or the account wants none.
func (n *Notices) drop(ctx context.Context) error {
	_, err := n.desk.db.Exec(ctx, `
		UPDATE staff_notices n SET ended_at = $1, way = 'none'
		FROM tickets t, staff s
		WHERE n.ended_at IS NULL AND t.id = n.ticket AND s.id = n.staff AND (
			t.state <> 'waiting' OR t.conversation IS NULL OR NOT s.active OR NOT s.notices OR NOT 'librarian' = ANY (s.roles) OR n.tries >= $2
			OR CASE WHEN t.help_point IS NULL THEN EXISTS (SELECT FROM staff_libraries l WHERE l.staff = s.id)
			   ELSE NOT EXISTS (SELECT FROM staff_libraries l WHERE l.staff = s.id AND l.help_point = t.help_point) END)`, n.desk.now(), noticeTries)
	if err != nil {
		return fmt.Errorf("drop staff notices: %w", err)
	}
	return nil
}

// due lists the accounts that have something due and got no message in the last minutes.
func (n *Notices) due(ctx context.Context) ([]int64, error) {
	now := n.desk.now()
	rows, err := n.desk.db.Query(ctx, `
		SELECT DISTINCT n.staff FROM staff_notices n
		WHERE n.ended_at IS NULL AND n.not_before <= $1 AND NOT EXISTS (
			SELECT FROM staff_notices e WHERE e.staff = n.staff AND e.way IN ('telegram', 'mail') AND e.ended_at > $2)
		ORDER BY n.staff`, now, now.Add(-noticePause))
	if err != nil {
		return nil, fmt.Errorf("find due staff notices: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("find due staff notices: %w", err)
	}
	return ids, nil
}

// write takes an account's due notices, sends them as one message and notes it. Who has the desk open sees them there.
func (n *Notices) write(ctx context.Context, s staffing, id int64) error {
	to, ok, err := n.desk.staff.Account(ctx, id)
	if err != nil || !ok {
		return err
	}
	taken, err := n.take(ctx, s, id)
	if err != nil || len(taken) == 0 {
		return err
	}
	if n.desk.here.Load().desk[id] { // being at work in a group is no such sign: it shows its own library's alone
		return n.end(ctx, id, taken, "none")
	}
	d := digest{To: to, Rows: taken, PublicURL: n.o.PublicURL, Now: n.desk.now().In(sofia())}
	way, err := n.tell(ctx, to, d.Subject(), d.Text())
	var later *bot.RetryAfter
	switch {
	case err == nil:
		return n.end(ctx, id, taken, way)
	case errors.As(err, &later):
		return n.postpone(ctx, id, taken, later.D)
	}
	n.o.Log.Warn("staff notice not sent", "account", id, "tickets", len(taken), "err", err)
	return n.postpone(ctx, id, taken, time.Minute<<min(taken[0].Tries, 5))
}

// tell is reach, for what is not written again where it is refused.
func (n *Notices) tell(ctx context.Context, to staff.Account, subject, text string) (way string, err error) {
	way, err = n.reach(ctx, to, subject, text)
	if errors.Is(err, errRefused) {
		return way, nil
	}
	return way, err
}

var errRefused = errors.New("every way to write to the account refuses it")

// reach writes to an account by Telegram where it is linked and takes it, else by mail, else not at all. Errors: errRefused where there is
// a way but none takes it; *bot.RetryAfter; any other may pass.
func (n *Notices) reach(ctx context.Context, to staff.Account, subject, text string) (way string, err error) {
	var none error
	if n.o.Telegram != nil {
		chat, linked, err := n.desk.staff.TelegramOf(ctx, n.desk.db, to.ID)
		if err != nil {
			return "", err
		}
		if linked {
			err := n.o.Telegram(ctx, chat, subject+"\n\n"+text)
			var refused *bot.Refused
			if err == nil || !errors.As(err, &refused) {
				return "telegram", err
			}
			none = fmt.Errorf("%w: %w", errRefused, err)
		}
	}
	if n.o.Mail.Works() {
		err := n.o.Mail.Send(ctx, mail.Letter{To: to.Email, Subject: subject, Text: text})
		var refused *mail.Refused
		if err == nil || !errors.As(err, &refused) {
			return "mail", err
		}
		n.o.Log.Warn("a letter to the staff was refused", "account", to.ID, "err", err)
		none = fmt.Errorf("%w: %w", errRefused, err)
	}
	return "none", none
}

// take leases the account's due notices for a while. What is due where the library has closed meanwhile waits until it opens.
// Of several replicas one gets them, and only if none is sending to the account already.
func (n *Notices) take(ctx context.Context, s staffing, id int64) (taken []noticeRow, err error) {
	now := n.desk.now()
	err = pgx.BeginFunc(ctx, n.desk.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM staff WHERE id = $1 FOR NO KEY UPDATE`, id); err != nil {
			return err
		}
		for _, q := range append([]queue{s.pool}, s.libraries...) {
			if q.open != isShut {
				continue
			}
			if _, err := tx.Exec(ctx, `
				UPDATE staff_notices n SET not_before = $4
				FROM tickets t
				WHERE t.id = n.ticket AND n.staff = $1 AND n.ended_at IS NULL AND n.not_before <= $2 AND coalesce(t.help_point, '') = $3`,
				id, now, q.id(), writable(q, now)); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, `
			WITH mine AS (
				UPDATE staff_notices n SET not_before = $3, tries = n.tries + 1
				WHERE n.staff = $1 AND n.ended_at IS NULL AND n.not_before <= $2 AND NOT EXISTS (
					SELECT FROM staff_notices e WHERE e.staff = $1 AND (
						e.way IN ('telegram', 'mail') AND e.ended_at > $4 OR e.ended_at IS NULL AND e.tries > 0 AND e.not_before > $2))
				RETURNING n.ticket, n.tries)
			SELECT m.ticket, m.tries, t.opened_at, t.left_at IS NOT NULL AS left, coalesce(h.name, '') AS library,
				CASE WHEN t.reason <> 'abstained' THEN coalesce((
					SELECT g.body -> 'guide' -> 'text' ->> 'Title' FROM messages g
					WHERE g.conversation = t.conversation AND g.sender = 'bot' AND g.body ? 'guide' AND g.created_at BETWEEN t.opened_at - interval '1 hour' AND t.opened_at
					ORDER BY g.id DESC LIMIT 1), '') ELSE '' END AS guide, t.reason
			FROM mine m JOIN tickets t ON t.id = m.ticket LEFT JOIN help_points h ON h.id = t.help_point
			ORDER BY t.id`, id, now, now.Add(noticeLease), now.Add(-noticePause))
		if err != nil {
			return err
		}
		taken, err = pgx.CollectRows(rows, pgx.RowToStructByName[noticeRow])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take due notices: %w", err)
	}
	return taken, nil
}

func (n *Notices) end(ctx context.Context, id int64, rows []noticeRow, way string) error {
	_, err := n.desk.db.Exec(ctx, `
		UPDATE staff_notices SET ended_at = $3, way = $4 WHERE staff = $1 AND ticket = ANY ($2) AND ended_at IS NULL`, id, tickets(rows), n.desk.now(), way)
	if err != nil {
		return fmt.Errorf("note what was sent: %w", err)
	}
	return nil
}

func (n *Notices) postpone(ctx context.Context, id int64, rows []noticeRow, d time.Duration) error {
	_, err := n.desk.db.Exec(ctx, `
		UPDATE staff_notices SET not_before = $3 WHERE staff = $1 AND ticket = ANY ($2) AND ended_at IS NULL`, id, tickets(rows), n.desk.now().Add(d))
	if err != nil {
		return fmt.Errorf("put off what was not sent: %w", err)
	}
	return nil
}

func tickets(rows []noticeRow) []int64 {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.Ticket
	}
	return ids
}
