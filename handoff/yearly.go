package handoff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/deploy/postgres"
)

// When the librarians of a library are asked whether what we say of it is still right.
const (
	// ConfirmEvery is how long a confirmation holds.
	ConfirmEvery = 365 * 24 * time.Hour

	askFrom, askTo = 9, 17               // o'clock in Bulgaria, on working days
	askNewAfter    = 7 * 24 * time.Hour  // who has just got an account has other worries
	askLease       = time.Hour           // longer than a message may take
	askFailed      = 24 * time.Hour      // until another try
	askNoWay       = 30 * 24 * time.Hour // where neither Telegram nor mail works; the desk asks all the same
)

// RunYearly asks librarians once a year whether their libraries are described rightly, until ctx ends, by the ways of the other notices.
// One replica does it at a time.
func (n *Notices) RunYearly(ctx context.Context) error {
	if !n.o.Mail.Works() && n.o.Telegram == nil {
		return nil
	}
	return postgres.LeadEvery(ctx, n.desk.db, "yearly", 10*time.Minute, n.Yearly, func(err error) { n.o.Log.Error("asking libraries failed", "err", err) })
}

// Yearly asks whoever is to be asked now.
func (n *Notices) Yearly(ctx context.Context) error {
	now := n.desk.now().In(sofia())
	if !atWork(now) {
		return nil
	}
	rows, err := n.desk.db.Query(ctx, `
		SELECT DISTINCT l.staff
		FROM staff_libraries l JOIN staff s ON s.id = l.staff JOIN help_points h ON h.id = l.help_point
			LEFT JOIN library_reminders r ON r.staff = l.staff AND r.help_point = l.help_point
		WHERE s.active AND s.notices AND s.password_hash IS NOT NULL AND 'librarian' = ANY (s.roles) AND s.created_at < $2
		  AND (h.confirmed_at IS NULL OR h.confirmed_at < $3) AND (r.next_at IS NULL OR r.next_at <= $1)
		ORDER BY l.staff`, now, now.Add(-askNewAfter), now.Add(-ConfirmEvery))
	if err != nil {
		return fmt.Errorf("find whom to ask about libraries: %w", err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find whom to ask about libraries: %w", err)
	}
	for _, id := range accounts {
		if err := n.ask(ctx, id, now); err != nil {
			return fmt.Errorf("ask account %d about its libraries: %w", id, err)
		}
	}
	return nil
}

// askedLibrary is a library that somebody is asked about.
type askedLibrary struct{ ID, Name string }

// ask takes what an account is to be asked about, sends it as one message and notes it.
func (n *Notices) ask(ctx context.Context, id int64, now time.Time) error {
	to, ok, err := n.desk.staff.Account(ctx, id)
	if err != nil || !ok {
		return err
	}
	rows, err := n.desk.db.Query(ctx, `
		WITH mine AS (
			INSERT INTO library_reminders AS r (help_point, staff, next_at)
			SELECT h.id, $1, $3::timestamptz
			FROM staff_libraries l JOIN help_points h ON h.id = l.help_point
			WHERE l.staff = $1 AND (h.confirmed_at IS NULL OR h.confirmed_at < $4)
			ON CONFLICT (help_point, staff) DO UPDATE SET next_at = excluded.next_at WHERE r.next_at <= $2
			RETURNING help_point)
		SELECT h.id, h.name FROM mine m JOIN help_points h ON h.id = m.help_point ORDER BY h.name, h.id`,
		id, now, now.Add(askLease), now.Add(-ConfirmEvery))
	if err != nil {
		return err
	}
	libraries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[askedLibrary])
	if err != nil || len(libraries) == 0 {
		return err
	}
	way, err := n.tell(ctx, to, i18n.T(staffLanguage, "library.yearly_subject"), n.yearlyText(to.Name, libraries))
	next := ConfirmEvery
	var later *bot.RetryAfter
	switch {
	case errors.As(err, &later):
		way, next = "none", later.D
	case err != nil:
		n.o.Log.Warn("a library's librarian was not asked", "account", id, "err", err)
		way, next = "none", askFailed
	case way == "none":
		next = askNoWay
	}
	ids := make([]string, len(libraries))
	for i, l := range libraries {
		ids[i] = l.ID
	}
	_, err = n.desk.db.Exec(ctx, `UPDATE library_reminders SET next_at = $3, way = $4 WHERE staff = $1 AND help_point = ANY ($2)`, id, ids, now.Add(next), way)
	return err
}

// yearlyText is plain text with a link to the page of each library.
func (n *Notices) yearlyText(name string, libraries []askedLibrary) string {
	lines := []string{i18n.T(staffLanguage, "notice.greeting", name), "", i18n.T(staffLanguage, "library.yearly_ask"), ""}
	for _, l := range libraries {
		lines = append(lines, l.Name+"\n"+n.o.PublicURL+"/console/libraries/"+l.ID)
	}
	return strings.Join(append(lines, "", i18n.T(staffLanguage, "notice.off", n.o.PublicURL+"/console/account")), "\n") + "\n"
}
