package statistics

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
)

//go:embed questions.sql
var questionsSQL string

//go:embed tickets.sql
var ticketsSQL string

// Late is how long what became of a question may still change a fact: a rating, a librarian's closing, the later message.
const Late = 62 * 24 * time.Hour

// Keep brings the facts of what was asked since a moment up to date. The same twice changes nothing.
func (s *Store) Keep(ctx context.Context, from, now time.Time) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error { return keep(ctx, tx, from, 0, now) })
}

func keep(ctx context.Context, tx postgres.DB, from time.Time, conversation int64, now time.Time) error {
	if _, err := tx.Exec(ctx, questionsSQL, pgx.NamedArgs{"from": from, "conversation": conversation}); err != nil {
		return fmt.Errorf("keep the facts of questions: %w", err)
	}
	if _, err := tx.Exec(ctx, ticketsSQL, pgx.NamedArgs{"from": from, "conversation": conversation, "now": now}); err != nil {
		return fmt.Errorf("keep the facts of tickets: %w", err)
	}
	return nil
}

// Refresh brings the facts up to date: each time those of the last two days, once a day those that may still change, and where none were
// kept so far all of them.
func (s *Store) Refresh(ctx context.Context, now time.Time) error {
	var kept, whole *time.Time
	if err := s.db.QueryRow(ctx, `SELECT kept_at, whole_at FROM figure_state`).Scan(&kept, &whole); err != nil {
		return fmt.Errorf("read how old the figures are: %w", err)
	}
	from, all := now.Add(-48*time.Hour), false
	switch {
	case kept == nil:
		from, all = time.Time{}, true
	case whole == nil || now.Sub(*whole) > 24*time.Hour:
		from, all = now.Add(-Late), true
	}
	if kept != nil && kept.Add(-48*time.Hour).Before(from) { // the program stood still meanwhile
		from = kept.Add(-48 * time.Hour)
	}
	if err := s.Keep(ctx, from, now); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, `UPDATE figure_state SET kept_at = $1, whole_at = CASE WHEN $2 THEN $1 ELSE whole_at END`, now, all)
	if err != nil {
		return fmt.Errorf("note how old the figures are: %w", err)
	}
	return nil
}

// Rebuild asks that all facts be kept anew with the next refresh. What a forgotten person left in them stays: it is kept nowhere else.
func (s *Store) Rebuild(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, `UPDATE figure_state SET kept_at = NULL`); err != nil {
		return fmt.Errorf("rebuild the figures: %w", err)
	}
	return nil
}

// KeptAt says when the facts were last brought up to date; the zero time says never.
func (s *Store) KeptAt(ctx context.Context) (time.Time, error) {
	var at *time.Time
	if err := s.db.QueryRow(ctx, `SELECT kept_at FROM figure_state`).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read how old the figures are: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return *at, nil
}

// Forget leaves of a contact only that somebody asked: what they did on one day can't be joined with another day, nor with anybody. It must
// run before other floors erase what it counts.
func (s *Store) Forget(ctx context.Context, tx postgres.DB, contact int64) error {
	var conversation int64
	err := tx.QueryRow(ctx, `SELECT id FROM conversations WHERE contact = $1`, contact).Scan(&conversation)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = keep(ctx, tx, time.Time{}, conversation, time.Now())
	}
	if err == nil {
		_, err = tx.Exec(ctx, `
			WITH days AS MATERIALIZED (
				SELECT day, -1 - floor(random() * 9e15)::bigint AS somebody
				FROM (SELECT day FROM figure_questions WHERE person = $1 UNION SELECT day FROM figure_tickets WHERE person = $1) AS d
			), questions AS (
				UPDATE figure_questions q SET person = d.somebody FROM days d WHERE q.person = $1 AND d.day = q.day
			)
			UPDATE figure_tickets t SET person = d.somebody FROM days d WHERE t.person = $1 AND d.day = t.day`, conversation)
	}
	if err != nil {
		return fmt.Errorf("leave only a number of contact %d: %w", contact, err)
	}
	return nil
}

// Export gives the rows by which a contact is counted.
func (s *Store) Export(ctx context.Context, db postgres.DB, contact int64) ([]bot.Holding, error) {
	h, err := bot.Hold(ctx, db, bot.HeldFigures, `
		SELECT f.day, 'question' AS counted_as, f.channel, nullif(f.region, '') AS region, nullif(f.service, '') AS service, f.outcome, nullif(f.rating, '') AS rating
		FROM figure_questions f JOIN conversations c ON c.id = f.person WHERE c.contact = $1
		UNION ALL
		SELECT f.day, 'librarian', f.channel, nullif(f.region, ''), nullif(f.service, ''), f.resolved, nullif(f.rating, '')
		FROM figure_tickets f JOIN conversations c ON c.id = f.person WHERE c.contact = $1
		ORDER BY day`, contact)
	if err != nil {
		return nil, fmt.Errorf("export the figures of contact %d: %w", contact, err)
	}
	return []bot.Holding{h}, nil
}
