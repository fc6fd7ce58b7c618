package bot

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"orientir/knowledge"
)

// lookTrainings finds trainings to come, and what the person has signed up for.
func (e *Engine) lookTrainings(ctx context.Context, w waiting, a *lookTrainings) (err error) {
	near := knowledge.Near{Position: a.Position, Ekatte: a.Ekatte, At: e.now()}
	var list []knowledge.NearTraining
	switch {
	case a.HelpPoint != "":
		list, err = e.trainingsAt(ctx, a.HelpPoint)
	case a.Position != nil:
		if a.place, a.known, err = e.store.PlaceAt(ctx, a.Position.Lat, a.Position.Lon); err == nil {
			list, err = e.store.TrainingsNear(ctx, near)
		}
	default:
		if a.place, a.known, err = e.store.Place(ctx, a.Ekatte); err == nil {
			list, err = e.store.TrainingsNear(ctx, near)
		}
	}
	if err != nil {
		return err
	}
	mine, err := e.conversations.signupsOf(ctx, w.Contact)
	if err != nil {
		return err
	}
	if a.list, err = e.lessons(ctx, list, mine); err != nil {
		return err
	}
	for _, n := range mine {
		t, ok, err := e.store.Training(ctx, n)
		if err != nil {
			return err
		}
		if ok {
			l, err := e.lesson(ctx, t)
			if err != nil {
				return err
			}
			l.Mine = true
			a.mine = append(a.mine, l)
		}
	}
	return nil
}

// trainingsAt gives the trainings to come of one library.
func (e *Engine) trainingsAt(ctx context.Context, helpPoint string) ([]knowledge.NearTraining, error) {
	at, ok, err := e.store.HelpPoint(ctx, helpPoint)
	if err != nil || !ok {
		return nil, err
	}
	all, err := e.store.TrainingsAt(ctx, helpPoint, e.now())
	var list []knowledge.NearTraining
	for _, t := range all {
		if !t.Cancelled() && len(list) < 8 {
			list = append(list, knowledge.NearTraining{Training: t, At: at})
		}
	}
	return list, err
}

// lessons adds how many have signed up for each, and whether the person has.
func (e *Engine) lessons(ctx context.Context, list []knowledge.NearTraining, mine []int64) ([]lesson, error) {
	numbers := make([]int64, len(list))
	for i, t := range list {
		numbers[i] = t.Number
	}
	counts, err := e.conversations.SignedUp(ctx, numbers)
	if err != nil {
		return nil, err
	}
	var out []lesson
	for _, t := range list {
		out = append(out, lesson{NearTraining: t, SignedUp: counts[t.Number], Mine: slices.Contains(mine, t.Number)})
	}
	return out, nil
}

// lesson is a training with its library, of which it is known no more.
func (e *Engine) lesson(ctx context.Context, t knowledge.Training) (lesson, error) {
	at, _, err := e.store.HelpPoint(ctx, t.HelpPoint)
	return lesson{NearTraining: knowledge.NearTraining{Training: t, At: at}}, err
}

// showTraining reads one training.
func (e *Engine) showTraining(ctx context.Context, w waiting, a *showTraining) error {
	t, ok, err := e.store.Training(ctx, a.Number)
	if err != nil || !ok {
		return err
	}
	mine, err := e.conversations.signupsOf(ctx, w.Contact)
	if err != nil {
		return err
	}
	at, _, err := e.store.HelpPoint(ctx, t.HelpPoint)
	if err != nil {
		return err
	}
	list, err := e.lessons(ctx, []knowledge.NearTraining{{Training: t, At: at}}, mine)
	if err == nil {
		a.lesson, a.found = list[0], true
	}
	return err
}

// joinTraining gives the person a place, in the transaction that saves the step.
func (e *Engine) joinTraining(ctx context.Context, tx pgx.Tx, w waiting, a *joinTraining) (err error) {
	var t knowledge.Training
	if a.outcome, t, err = e.conversations.join(ctx, tx, w.Contact, a.Number); err == nil && a.outcome != joinGone {
		a.lesson, err = e.lesson(ctx, t)
	}
	return err
}

// leaveTraining gives the person's place back.
func (e *Engine) leaveTraining(ctx context.Context, tx pgx.Tx, w waiting, a *leaveTraining) (err error) {
	if a.left, err = e.conversations.leave(ctx, tx, w.Contact, a.Number); err != nil || !a.left {
		return err
	}
	a.lesson.Training, _, err = knowledge.NewStore(tx).Training(ctx, a.Number)
	return err
}

// withTrainings tells which of these libraries have trainings to come.
func (e *Engine) withTrainings(ctx context.Context, near []knowledge.Nearby) (map[string]bool, error) {
	ids := make([]string, len(near))
	for i, n := range near {
		ids[i] = n.ID
	}
	return e.store.WithTrainings(ctx, ids, e.now())
}
