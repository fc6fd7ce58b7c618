package knowledge

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
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

// SignedUp counts who has signed up for trainings, by their numbers, as the database that it is given sees it: the floor above keeps the people.
type SignedUp func(ctx context.Context, db postgres.DB, trainings []int64) (map[int64]int, error)

// oversold is the fault of a change from old that gives out more places than there are: those promised, and to those signed up.
// What was so before and becomes no worse is left: the room of such a training may still be changed.
func (t Training) oversold(old Training, signedUp int) Faults {
	if signedUp == 0 || t.Places == nil || t.Cancelled() || t.Taken+signedUp <= *t.Places || old.Places != nil && *old.Places-old.Taken <= *t.Places-t.Taken {
		return nil
	}
	field := "places"
	if equal(t.Places, old.Places) {
		field = "taken"
	}
	return Faults{{Field: field, Key: "fault.oversold", Value: strconv.Itoa(signedUp)}}
}

// masked is the training without personal numbers in what is written freely in it.
func (t Training) masked() Training {
	t.Topic, t.Description, t.Room, t.Word = strict(t.Topic), strict(t.Description), strict(t.Room), inside(t.Word)
	return t
}

// heard says whether a change from old to t is one that those signed up must hear of: another time or another place.
func (t Training) heard(old Training) bool {
	return !t.StartsAt.Equal(old.StartsAt) || t.Room != old.Room || t.HelpPoint != old.HelpPoint
}

// AddTraining adds one that Check finds no fault in, with an id of its library and its hour, and gives it as it is stored. by is who adds it.
func (s *Store) AddTraining(ctx context.Context, t Training, by string) (Training, error) {
	base := t.HelpPoint + "-" + t.StartsAt.In(sofia()).Format("20060102-1504")
	for n := 1; n <= 20; n++ { // two groups may begin at the same hour
		t.ID = base
		if n > 1 {
			t.ID = fmt.Sprintf("%s-%d", base, n)
		}
		added, ok, err := s.insertTraining(ctx, t, by)
		if ok || err != nil {
			return added, err
		}
	}
	return Training{}, fmt.Errorf("add training %q: twenty begin at this hour already", base)
}

// ChangeTraining saves what a librarian changed in one that takes place and in which Check finds no fault, and gives it before and after.
// ErrTrainingChanged where t.Version is no longer the newest, or it was cancelled; Faults where its places would be fewer than those given out.
// s must stand on a transaction. signedUp counts the people in it; nil: nobody can have signed up.
func (s *Store) ChangeTraining(ctx context.Context, t Training, by string, signedUp SignedUp) (before, after Training, err error) {
	if before, err = s.currentTraining(ctx, t.Number, t.Version); err != nil {
		return before, Training{}, err
	}
	counts, err := s.signedUp(ctx, signedUp, t.Number)
	if err != nil {
		return before, Training{}, err
	}
	t.HelpPoint = before.HelpPoint
	if faults := t.oversold(before, counts[t.Number]); faults != nil {
		return before, Training{}, fmt.Errorf("change training %d: %w", t.Number, faults)
	}
	after, err = s.updateTraining(ctx, before, t, by)
	return before, after, err
}

// CancelTraining says that one will not take place. word is the librarian's, for those who signed up.
// ErrTrainingChanged as in ChangeTraining. s must stand on a transaction.
func (s *Store) CancelTraining(ctx context.Context, number int64, version int, word, by string) (before, after Training, err error) {
	if before, err = s.currentTraining(ctx, number, version); err != nil {
		return before, Training{}, err
	}
	t, now := before, time.Now()
	t.CancelledAt, t.Word = &now, word
	after, err = s.updateTraining(ctx, before, t, by)
	return before, after, err
}

func (s *Store) signedUp(ctx context.Context, count SignedUp, trainings ...int64) (map[int64]int, error) {
	if count == nil || len(trainings) == 0 {
		return nil, nil
	}
	return count(ctx, s.db, trainings)
}

// insertTraining adds one as it is; false where another has its id.
func (s *Store) insertTraining(ctx context.Context, t Training, by string) (Training, bool, error) {
	t = t.masked()
	rows, err := s.db.Query(ctx, `
		INSERT INTO trainings (id, help_point, topic, description, room, starts_at, minutes, places, taken, cancelled_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO NOTHING
		RETURNING `+trainingFields, t.ID, t.HelpPoint, t.Topic, t.Description, t.Room, t.StartsAt, t.Minutes, t.Places, t.Taken, t.CancelledAt, by)
	if err != nil {
		return Training{}, false, fmt.Errorf("add training %q: %w", t.ID, err)
	}
	added, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Training])
	if errors.Is(err, pgx.ErrNoRows) {
		return Training{}, false, nil
	}
	return added, err == nil, wrap("add training "+t.ID, err)
}

// updateTraining writes t over before, which the caller has locked and which takes place. Where those signed up must hear of it, another time or place
// or that it is cancelled, the revision rises and t.Word is what they are told.
func (s *Store) updateTraining(ctx context.Context, before, t Training, by string) (Training, error) {
	t = t.masked()
	revision, word := before.Revision, before.Word
	if t.heard(before) || t.Cancelled() {
		revision, word = revision+1, t.Word
	}
	rows, err := s.db.Query(ctx, `
		UPDATE trainings SET help_point = $3, topic = $4, description = $5, room = $6, starts_at = $7, minutes = $8, places = $9, taken = $10,
			cancelled_at = $11, word = $12, revision = $13, version = version + 1, changed_by = $14, changed_at = now()
		WHERE number = $1 AND version = $2 AND cancelled_at IS NULL
		RETURNING `+trainingFields, before.Number, before.Version, t.HelpPoint, t.Topic, t.Description, t.Room, t.StartsAt, t.Minutes, t.Places, t.Taken,
		t.CancelledAt, word, revision, by)
	if err != nil {
		return Training{}, fmt.Errorf("change training %d: %w", before.Number, err)
	}
	after, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Training])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrTrainingChanged
	}
	return after, wrap(fmt.Sprintf("change training %d", before.Number), err)
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

// lockTrainings reads those of these ids, by id, and holds them as LockTraining does. All who hold several take them in this order.
func (s *Store) lockTrainings(ctx context.Context, ids []string) (map[string]Training, error) {
	list, err := s.trainings(ctx, `SELECT `+trainingFields+` FROM trainings WHERE id = ANY ($1) ORDER BY number FOR NO KEY UPDATE`, ids)
	byID := map[string]Training{}
	for _, t := range list {
		byID[t.ID] = t
	}
	return byID, err
}
