package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// Signup is a person who has signed up for a training, as its librarians see them.
type Signup struct {
	Name      string    // a first name or nickname; "" where they gave none
	Pseudonym int       // «Посетител 4821»
	At        time.Time `db:"created_at"`
}

// joining says what became of a wish to sign up.
type joining string

const (
	joined      joining = "joined"
	joinedTwice joining = "twice" // signed up already
	joinFull    joining = "full"
	joinGone    joining = "gone"   // cancelled, begun or unknown
	joinMany    joining = "many"   // has signed up for as many as one may
	joinShared  joining = "shared" // sits at a terminal, which forgets them when they go
)

// mostSignups is for how many trainings to come one person may hold a place.
const mostSignups = 5

// join gives a person a place. The training's row is held until the caller's transaction ends, so that its places go one at a time
// and there are never more people than places.
func (c *Conversations) join(ctx context.Context, tx postgres.DB, contact, number int64) (joining, knowledge.Training, error) {
	t, ok, err := knowledge.NewStore(tx).LockTraining(ctx, number)
	if err != nil || !ok || t.Cancelled() || !t.StartsAt.After(c.now()) {
		return joinGone, t, err
	}
	var mine, shared bool
	var many, all int
	err = tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM training_signups WHERE training = $1),
		       EXISTS (SELECT FROM training_signups WHERE training = $1 AND contact = $2),
		       (SELECT count(*) FROM training_signups s JOIN trainings t ON t.number = s.training
		        WHERE s.contact = $2 AND t.starts_at > $3 AND t.cancelled_at IS NULL),
		       EXISTS (SELECT FROM contacts WHERE id = $2 AND terminal_at IS NOT NULL)`, number, contact, c.now()).Scan(&all, &mine, &many, &shared)
	if err != nil {
		return "", t, fmt.Errorf("sign up for training %d: %w", number, err)
	}
	left, limited := t.Left(all)
	switch {
	case shared:
		return joinShared, t, nil
	case mine:
		return joinedTwice, t, nil
	case limited && left == 0:
		return joinFull, t, nil
	case many >= mostSignups:
		return joinMany, t, nil
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO training_signups (training, contact, revision, created_at) VALUES ($1, $2, $3, $4)`, number, contact, t.Revision, c.now())
	if err != nil {
		return "", t, fmt.Errorf("sign up for training %d: %w", number, err)
	}
	return joined, t, nil
}

// leave gives a place back; false where the person had none.
func (c *Conversations) leave(ctx context.Context, tx postgres.DB, contact, number int64) (bool, error) {
	tag, err := tx.Exec(ctx, `DELETE FROM training_signups WHERE training = $1 AND contact = $2`, number, contact)
	if err != nil {
		return false, fmt.Errorf("withdraw from training %d: %w", number, err)
	}
	return tag.RowsAffected() == 1, nil
}

// nameSignup keeps how a person wants to be called at a training; false where they have no place there.
func (c *Conversations) nameSignup(ctx context.Context, tx postgres.DB, contact, number int64, name string) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE training_signups SET name = $3 WHERE training = $1 AND contact = $2`, number, contact, name)
	if err != nil {
		return false, fmt.Errorf("name a sign-up for training %d: %w", number, err)
	}
	return tag.RowsAffected() == 1, nil
}

// SignedUp counts who has signed up for trainings, by their numbers.
func (c *Conversations) SignedUp(ctx context.Context, trainings []int64) (map[int64]int, error) {
	return SignedUp(ctx, c.pool, trainings)
}

// SignedUp counts them as a transaction sees them: it is a knowledge.SignedUp, for what changes the places of a training.
func SignedUp(ctx context.Context, db postgres.DB, trainings []int64) (map[int64]int, error) {
	counts := map[int64]int{}
	rows, err := db.Query(ctx, `SELECT training, count(*)::int FROM training_signups WHERE training = ANY ($1) GROUP BY training`, trainings)
	if err != nil {
		return nil, fmt.Errorf("count who signed up: %w", err)
	}
	var number int64
	var n int
	_, err = pgx.ForEachRow(rows, []any{&number, &n}, func() error { counts[number] = n; return nil })
	if err != nil {
		return nil, fmt.Errorf("count who signed up: %w", err)
	}
	return counts, nil
}

// Signups lists who has signed up for a training, in the order of their coming.
func (c *Conversations) Signups(ctx context.Context, training int64) ([]Signup, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT s.name, k.pseudonym, s.created_at
		FROM training_signups s JOIN contacts k ON k.id = s.contact
		WHERE s.training = $1
		ORDER BY s.created_at, s.contact`, training)
	if err != nil {
		return nil, fmt.Errorf("read who signed up for training %d: %w", training, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Signup])
	if err != nil {
		return nil, fmt.Errorf("read who signed up for training %d: %w", training, err)
	}
	return list, nil
}

// signupsOf gives the numbers of the trainings to come that a person has a place at, soonest first.
func (c *Conversations) signupsOf(ctx context.Context, contact int64) ([]int64, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT t.number FROM training_signups s JOIN trainings t ON t.number = s.training
		WHERE s.contact = $1 AND t.starts_at > $2 AND t.cancelled_at IS NULL
		ORDER BY t.starts_at, t.number`, contact, c.now())
	if err != nil {
		return nil, fmt.Errorf("read what contact %d signed up for: %w", contact, err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read what contact %d signed up for: %w", contact, err)
	}
	return numbers, nil
}
