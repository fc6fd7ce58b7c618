package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Training is a course or a lesson at a help point.
type Training struct {
	Number      int64  `json:"number"` // given by the database; buttons carry it
	ID          string `json:"id"`     // stable slug
	HelpPoint   string `json:"help_point"`
	Topic       string `json:"topic"`
	Description string `json:"description"`
	Room        string `json:"room"` // where in the library, or where else; "" where nothing is said

	StartsAt time.Time `json:"starts_at"`
	Minutes  *int      `json:"minutes"` // how long it lasts; nil where unknown
	Places   *int      `json:"places"`  // for how many people; nil: unknown, or without a limit
	Taken    int       `json:"taken"`   // of Places, promised by phone or at the counter

	CancelledAt *time.Time `json:"cancelled_at"` // nil: it takes place
	Word        string     `json:"word"`         // the librarian's word about the last change
	Revision    int        `json:"revision"`     // rises with each change that those signed up must hear of
	Version     int        `json:"version"`      // rises with each change; ChangeTraining refuses an old one
	ChangedBy   string     `json:"changed_by"`
	ChangedAt   time.Time  `json:"changed_at"`
}

// Cancelled says that it will not take place.
func (t Training) Cancelled() bool { return t.CancelledAt != nil }

// EndsAt is when it ends; where that is unknown, an hour after it began.
func (t Training) EndsAt() time.Time {
	if t.Minutes == nil {
		return t.StartsAt.Add(time.Hour)
	}
	return t.StartsAt.Add(time.Duration(*t.Minutes) * time.Minute)
}

// Left is how many places are free where so many people have signed up, and false where their number is without a limit.
func (t Training) Left(signedUp int) (int, bool) {
	if t.Places == nil {
		return 0, false
	}
	return max(0, *t.Places-t.Taken-signedUp), true
}

const trainingFields = `number, id, help_point, topic, description, room, starts_at, minutes, places, taken,
	cancelled_at, word, revision, version, changed_by, changed_at`

// Trainings gives those that start at or after a time, soonest first, cancelled ones too.
func (s *Store) Trainings(ctx context.Context, from time.Time) ([]Training, error) {
	return s.trainings(ctx, `SELECT `+trainingFields+` FROM trainings WHERE starts_at >= $1 ORDER BY starts_at, id`, from)
}

// TrainingsAt gives those of one help point that start at or after a time, soonest first, cancelled ones too.
func (s *Store) TrainingsAt(ctx context.Context, helpPoint string, from time.Time) ([]Training, error) {
	return s.trainings(ctx, `
		SELECT `+trainingFields+` FROM trainings
		WHERE help_point = $1 AND starts_at >= $2
		ORDER BY starts_at, id`, helpPoint, from)
}

func (s *Store) trainings(ctx context.Context, sql string, args ...any) ([]Training, error) {
	rows, err := s.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read trainings: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Training])
	return list, wrap("read trainings", err)
}

// Training gives one, and false where there is none of this number.
func (s *Store) Training(ctx context.Context, number int64) (Training, bool, error) {
	rows, err := s.db.Query(ctx, `SELECT `+trainingFields+` FROM trainings WHERE number = $1`, number)
	return oneTraining(number, rows, err)
}

func oneTraining(number int64, rows pgx.Rows, err error) (Training, bool, error) {
	if err != nil {
		return Training{}, false, fmt.Errorf("read training %d: %w", number, err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Training])
	if errors.Is(err, pgx.ErrNoRows) {
		return Training{}, false, nil
	}
	if err != nil {
		return Training{}, false, fmt.Errorf("read training %d: %w", number, err)
	}
	return t, true, nil
}

// WithTrainings tells which of these help points have a training that starts after a time.
func (s *Store) WithTrainings(ctx context.Context, helpPoints []string, after time.Time) (map[string]bool, error) {
	rows, err := s.db.Query(ctx, `
		SELECT DISTINCT help_point FROM trainings
		WHERE help_point = ANY ($1) AND starts_at > $2 AND cancelled_at IS NULL`, helpPoints, after)
	if err != nil {
		return nil, fmt.Errorf("look for trainings of %d help points: %w", len(helpPoints), err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for trainings of %d help points: %w", len(helpPoints), err)
	}
	with := map[string]bool{}
	for _, id := range ids {
		with[id] = true
	}
	return with, nil
}

// NearTraining is a training as seen from somewhere.
type NearTraining struct {
	Training
	At        HelpPoint
	DistanceM *int // metres as the crow flies; nil where only its settlement is known
}

// What of the trainings around a place is shown.
const (
	trainingReach = 50_000.0 // metres: who wants to learn goes that far; where there is none, the nearest beyond is shown
	trainingsEach = 3        // of one library
)

// TrainingsNear gives the trainings to come around a place, at most n.Limit (0 means 5): nearest library first, in each the
// soonest first, at most three of each. Beyond 50 km they are those of the nearest library that has any. OpenOnly says nothing
// here; At, where it is set, is from when. Without a position or a known settlement there are none.
func (s *Store) TrainingsNear(ctx context.Context, n Near) ([]NearTraining, error) {
	from, ok, err := s.eye(ctx, n)
	if err != nil || !ok {
		return nil, err
	}
	if n.At.IsZero() {
		n.At = time.Now()
	}
	d, err := s.points.get(ctx, s)
	if err != nil {
		return nil, err
	}
	list, err := s.trainings(ctx, `
		SELECT `+trainingFields+` FROM trainings
		WHERE starts_at > $1 AND cancelled_at IS NULL
		ORDER BY starts_at, id`, n.At)
	if err != nil {
		return nil, err
	}
	return d.trainingsNear(from, n, list), nil
}

// trainingsNear picks of a list, which stands soonest first.
func (d *directory) trainingsNear(from Position, n Near, list []Training) []NearTraining {
	type lesson struct {
		NearTraining
		away float64 // metres
	}
	var all []lesson
	for _, t := range list {
		i, ok := d.byID[t.HelpPoint]
		if !ok {
			continue
		}
		l := lesson{NearTraining{Training: t, At: d.points[i]}, metres(from, d.points[i].Place.at())}
		if p := d.points[i].Position; p != nil {
			l.away = metres(from, *p)
			m := int(math.Round(l.away))
			l.DistanceM = &m
		}
		if n.Position == nil && d.points[i].Ekatte == n.Ekatte {
			l.away = 0 // a settlement asked for by name: all its libraries are there
		}
		all = append(all, l)
	}
	// Of two libraries equally near the order of the first lesson of each decides, so that one's lessons stand together.
	first := map[string]int{}
	for i, l := range all {
		if _, ok := first[l.HelpPoint]; !ok {
			first[l.HelpPoint] = i
		}
	}
	slices.SortStableFunc(all, func(a, b lesson) int {
		return cmp.Or(cmp.Compare(a.away, b.away), cmp.Compare(first[a.HelpPoint], first[b.HelpPoint]))
	})
	limit := n.Limit
	if limit <= 0 {
		limit = 5
	}
	var out []NearTraining
	shown := map[string]int{}
	for _, l := range all {
		if len(out) == limit || len(out) > 0 && l.away > trainingReach && l.HelpPoint != out[0].HelpPoint {
			break
		}
		if shown[l.HelpPoint]++; shown[l.HelpPoint] <= trainingsEach {
			out = append(out, l.NearTraining)
		}
	}
	return out
}
