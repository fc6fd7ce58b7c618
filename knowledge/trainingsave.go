package knowledge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// ErrTrainingChanged means that somebody else has changed or cancelled the training since it was read.
var ErrTrainingChanged = errors.New("the training was changed meanwhile")

// The most letters of what a training says, as the database checks them.
const (
	MaxTopic       = 120
	MaxDescription = 1000
	MaxRoom        = 120
	MaxWord        = 300
)

// maxPlaces is more people than any library teaches at once.
const maxPlaces = 1000

// Check gives the faults of a training to be saved, each with its field; now is what a new start must lie after.
func (t Training) Check(now time.Time) Faults {
	var faults Faults
	fault := func(field, key string) { faults = append(faults, &Fault{Field: field, Key: key}) }
	if strings.TrimSpace(t.Topic) == "" {
		fault("topic", "fault.empty")
	}
	for _, text := range []struct {
		field, value string
		most         int
	}{{"topic", t.Topic, MaxTopic}, {"description", t.Description, MaxDescription}, {"room", t.Room, MaxRoom}, {"word", t.Word, MaxWord}} {
		if utf8.RuneCountInString(text.value) > text.most {
			fault(text.field, "fault.long")
		}
		if strings.ContainsFunc(text.value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
			fault(text.field, "fault.text")
		}
	}
	switch {
	case t.StartsAt.IsZero():
		fault("starts", "fault.date")
	case !t.StartsAt.After(now):
		fault("starts", "fault.past")
	case t.StartsAt.After(now.AddDate(2, 0, 0)): // a year typed wrong
		fault("starts", "fault.far")
	}
	if t.Minutes != nil && (*t.Minutes < 1 || *t.Minutes > minutesPerDay) {
		fault("minutes", "fault.number")
	}
	if t.Places != nil && (*t.Places < 1 || *t.Places > maxPlaces) {
		fault("places", "fault.number")
	}
	if t.Taken < 0 || t.Taken > maxPlaces || t.Places != nil && t.Taken > *t.Places {
		fault("taken", "fault.number")
	}
	return faults
}

// masked is the training without personal numbers in what is written freely in it.
func (t Training) masked() Training {
	t.Topic, t.Description, t.Room, t.Word = strict(t.Topic), strict(t.Description), strict(t.Room), strict(t.Word)
	return t
}

// heard says whether a change from old to t is one that those signed up must hear of: another time or another place.
func (t Training) heard(old Training) bool {
	return !t.StartsAt.Equal(old.StartsAt) || t.Room != old.Room || t.HelpPoint != old.HelpPoint
}

// AddTraining adds one, with an id of its library and its hour, and gives it as it is stored. by is who adds it.
func (s *Store) AddTraining(ctx context.Context, t Training, by string) (Training, error) {
	t = t.masked()
	base := t.HelpPoint + "-" + t.StartsAt.In(sofia()).Format("20060102-1504")
	for n := 1; n <= 20; n++ { // two groups may begin at the same hour
		t.ID = base
		if n > 1 {
			t.ID = fmt.Sprintf("%s-%d", base, n)
		}
		rows, err := s.db.Query(ctx, `
			INSERT INTO trainings (id, help_point, topic, description, room, starts_at, minutes, places, taken, changed_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (id) DO NOTHING
			RETURNING `+trainingFields, t.ID, t.HelpPoint, t.Topic, t.Description, t.Room, t.StartsAt, t.Minutes, t.Places, t.Taken, by)
		if err != nil {
			return Training{}, fmt.Errorf("add training %q: %w", t.ID, err)
		}
		added, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Training])
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		return added, wrap("add training "+t.ID, err)
	}
	return Training{}, fmt.Errorf("add training %q: twenty begin at this hour already", base)
}

// ChangeTraining saves what a librarian changed in one that takes place, and gives it before and after. ErrTrainingChanged
// where t.Version is no longer the newest, or it was cancelled. s must stand on a transaction.
func (s *Store) ChangeTraining(ctx context.Context, t Training, by string) (before, after Training, err error) {
	t = t.masked()
	before, err = s.currentTraining(ctx, t.Number, t.Version)
	if err != nil {
		return before, Training{}, err
	}
	rise := 0
	t.HelpPoint = before.HelpPoint
	if t.heard(before) {
		rise = 1
	}
	rows, err := s.db.Query(ctx, `
		UPDATE trainings SET topic = $3, description = $4, room = $5, starts_at = $6, minutes = $7, places = $8, taken = $9,
			word = CASE WHEN $11 = 1 THEN $10 ELSE word END, revision = revision + $11, version = version + 1, changed_by = $12, changed_at = now()
		WHERE number = $1 AND version = $2 AND cancelled_at IS NULL
		RETURNING `+trainingFields,
		t.Number, t.Version, t.Topic, t.Description, t.Room, t.StartsAt, t.Minutes, t.Places, t.Taken, t.Word, rise, by)
	return oneChanged(before, rows, err)
}

// CancelTraining says that one will not take place. word is the librarian's, for those who signed up.
// ErrTrainingChanged as in ChangeTraining. s must stand on a transaction.
func (s *Store) CancelTraining(ctx context.Context, number int64, version int, word, by string) (before, after Training, err error) {
	before, err = s.currentTraining(ctx, number, version)
	if err != nil {
		return before, Training{}, err
	}
	rows, err := s.db.Query(ctx, `
		UPDATE trainings SET cancelled_at = now(), word = $3, revision = revision + 1, version = version + 1, changed_by = $4, changed_at = now()
		WHERE number = $1 AND version = $2 AND cancelled_at IS NULL
		RETURNING `+trainingFields, number, version, strict(word), by)
	return oneChanged(before, rows, err)
}

// LockTraining reads a training and holds it until the transaction that s stands on ends: its places are given one at a time.
// It is false where there is none of this number.
func (s *Store) LockTraining(ctx context.Context, number int64) (Training, bool, error) {
	rows, err := s.db.Query(ctx, `SELECT `+trainingFields+` FROM trainings WHERE number = $1 FOR NO KEY UPDATE`, number)
	return oneTraining(number, rows, err)
}

// currentTraining reads a training that is about to change, where it is still the one that was shown.
func (s *Store) currentTraining(ctx context.Context, number int64, version int) (Training, error) {
	t, ok, err := s.LockTraining(ctx, number)
	if err == nil && (!ok || t.Version != version || t.Cancelled()) {
		err = fmt.Errorf("change training %d: %w", number, ErrTrainingChanged)
	}
	return t, err
}

func oneChanged(before Training, rows pgx.Rows, err error) (Training, Training, error) {
	if err != nil {
		return before, Training{}, fmt.Errorf("change training %d: %w", before.Number, err)
	}
	after, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Training])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrTrainingChanged
	}
	return before, after, wrap(fmt.Sprintf("change training %d", before.Number), err)
}
