package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// When people are reminded of tomorrow's training, by the clock in Bulgaria.
const (
	remindFrom = 10 // hour
	remindTo   = 20
)

// signupsKept is how long after a training it is known who had signed up.
const signupsKept = 7 * 24 * time.Hour

// trainingsEvery is how often the job looks for what there is to tell.
const trainingsEvery = 15 * time.Second

// RunTrainings tells those who signed up what has changed and what is tomorrow, and forgets them seven days after, until ctx ends.
// One replica does it at a time; each word is said in the transaction that notes it, so two would say it once as well.
func (c *Conversations) RunTrainings(ctx context.Context, store *knowledge.Store) error {
	return postgres.LeadEvery(ctx, c.pool, "trainings", trainingsEvery, func(ctx context.Context) error { return c.TellTrainings(ctx, store) }, func(err error) { c.log.Error("tell of trainings", "error", err) })
}

// TellTrainings does once what RunTrainings does.
func (c *Conversations) TellTrainings(ctx context.Context, store *knowledge.Store) error {
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		return fmt.Errorf("tell of trainings: %w", err)
	}
	return errors.Join(c.tellChanges(ctx, store, zone), c.remindAll(ctx, store, zone), c.forgetSignups(ctx))
}

// due is a person to be told something about a training.
type due struct{ Training, Contact int64 }

func (c *Conversations) due(ctx context.Context, sql string, args ...any) ([]due, error) {
	rows, err := c.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[due])
}

// tellChanges tells people that a training which they signed up for is cancelled, or is at another time or place.
func (c *Conversations) tellChanges(ctx context.Context, store *knowledge.Store, zone *time.Location) error {
	list, err := c.due(ctx, `
		SELECT s.training, s.contact FROM training_signups s JOIN trainings t ON t.number = s.training
		WHERE s.revision < t.revision
		ORDER BY t.starts_at LIMIT 500`)
	if err != nil {
		return fmt.Errorf("look for changed trainings: %w", err)
	}
	tomorrow := midnightAfter(c.now().In(zone), 2)
	var faults []error // one person who can't be told keeps nobody else from hearing
	for _, d := range list {
		faults = append(faults, c.tell(ctx, store, d, `
			UPDATE training_signups s SET revision = t.revision,
				reminded_for = CASE WHEN t.starts_at < $3 THEN t.starts_at ELSE s.reminded_for END -- of what is tomorrow they hear now
			FROM trainings t
			WHERE t.number = s.training AND s.training = $1 AND s.contact = $2 AND s.revision < t.revision`, []any{tomorrow},
			func(t knowledge.Training, at knowledge.HelpPoint, language string) (Body, bool) {
				if !t.StartsAt.After(c.now()) {
					return Body{}, false
				}
				return changeBody(t, at, zone, language), true
			}))
	}
	return errors.Join(faults...)
}

// remindAll reminds people of tomorrow's training, between ten and twenty o'clock. Who signed up today needs no reminder.
func (c *Conversations) remindAll(ctx context.Context, store *knowledge.Store, zone *time.Location) error {
	now := c.now().In(zone)
	if now.Hour() < remindFrom || now.Hour() >= remindTo {
		return nil
	}
	list, err := c.due(ctx, `
		SELECT s.training, s.contact FROM training_signups s JOIN trainings t ON t.number = s.training
		WHERE t.starts_at >= $1 AND t.starts_at < $2 AND t.cancelled_at IS NULL
		  AND s.reminded_for IS DISTINCT FROM t.starts_at AND s.revision = t.revision AND s.created_at < $3
		ORDER BY t.starts_at LIMIT 500`, midnightAfter(now, 1), midnightAfter(now, 2), midnightAfter(now, 0))
	if err != nil {
		return fmt.Errorf("look for tomorrow's trainings: %w", err)
	}
	var faults []error // one person who can't be told keeps nobody else from hearing
	for _, d := range list {
		faults = append(faults, c.tell(ctx, store, d, `
			UPDATE training_signups s SET reminded_for = t.starts_at
			FROM trainings t
			WHERE t.number = s.training AND s.training = $1 AND s.contact = $2
			  AND t.cancelled_at IS NULL AND s.reminded_for IS DISTINCT FROM t.starts_at AND s.revision = t.revision`, nil,
			func(t knowledge.Training, at knowledge.HelpPoint, language string) (Body, bool) {
				return reminderBody(t, at, zone, language), true
			}))
	}
	return errors.Join(faults...)
}

// tell notes that a person is told something and says it, in one transaction. note is a guarded update of their sign-up, with the
// training and the contact as its first arguments; where it changes nothing, somebody else was quicker and nothing is said.
func (c *Conversations) tell(ctx context.Context, store *knowledge.Store, d due, note string, args []any,
	words func(t knowledge.Training, at knowledge.HelpPoint, language string) (Body, bool)) error {
	// The help point is looked up before: it may have to be read anew, and the transaction holds the contact.
	t, ok, err := store.Training(ctx, d.Training)
	if err != nil || !ok {
		return err
	}
	at, _, err := store.HelpPoint(ctx, t.HelpPoint)
	if err != nil {
		return err
	}
	var conversation int64
	err = pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		var language string
		err := tx.QueryRow(ctx, `
			SELECT k.language, c.id FROM contacts k JOIN conversations c ON c.contact = k.id
			WHERE k.id = $1 AND k.forgotten_at IS NULL
			FOR NO KEY UPDATE`, d.Contact).Scan(&language, &conversation)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, note, append([]any{d.Training, d.Contact}, args...)...)
		if err != nil || tag.RowsAffected() == 0 {
			conversation = 0
			return err
		}
		// As it is now, in the transaction that notes it: a change after this raises the revision again.
		if t, ok, err = knowledge.NewStore(tx).Training(ctx, d.Training); err != nil || !ok {
			return err
		}
		body, worth := words(t, at, language)
		if !worth {
			return nil
		}
		body.Language = language
		_, err = c.write(ctx, tx, conversation, System, "", body)
		return err
	})
	if err != nil {
		return fmt.Errorf("tell contact %d of training %d: %w", d.Contact, d.Training, err)
	}
	if conversation != 0 {
		c.Wake(ctx, conversation)
	}
	return nil
}

// forgetSignups erases who had signed up for what was over seven days ago.
func (c *Conversations) forgetSignups(ctx context.Context) error {
	_, err := c.pool.Exec(ctx, `
		DELETE FROM training_signups s USING trainings t
		WHERE t.number = s.training AND t.starts_at + COALESCE(t.minutes, 60) * interval '1 minute' < $1`, c.now().Add(-signupsKept))
	if err != nil {
		return fmt.Errorf("forget who signed up: %w", err)
	}
	return nil
}

func changeBody(t knowledge.Training, at knowledge.HelpPoint, zone *time.Location, language string) Body {
	key := "library.told_changed"
	if t.Cancelled() {
		key = "library.told_cancelled"
	}
	b := Body{Text: i18n.T(language, key, t.Topic, TrainingTime(t, zone, language), TrainingPlace(t, at, language))}
	if t.Word != "" {
		b.Text += "\n" + i18n.T(language, "library.told_word", t.Word)
	}
	if t.Cancelled() {
		b.Buttons = []Action{{Label: i18n.T(language, "library.button_others"), Data: "courses"}}
	} else {
		b.Buttons = []Action{leaveButton(t, language)}
	}
	return b
}

func reminderBody(t knowledge.Training, at knowledge.HelpPoint, zone *time.Location, language string) Body {
	b := Body{
		Text:    i18n.T(language, "library.reminder", t.Topic, TrainingTime(t, zone, language), TrainingPlace(t, at, language)),
		Buttons: []Action{leaveButton(t, language)},
	}
	if at.Phone() != "" {
		b.Text += "\n" + i18n.T(language, "library.phone", at.Phone())
	}
	return b
}

func leaveButton(t knowledge.Training, language string) Action {
	return Action{Label: i18n.T(language, "library.button_leave"), Data: "course:leave:" + digits(t.Number)}
}

// midnightAfter is the beginning of the day so many days after t's, by t's clock.
func midnightAfter(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}
