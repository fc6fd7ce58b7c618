package handoff

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// gatherFor is how long a round compares problems that have grown with all others; the next goes on where it stopped.
const gatherFor = 2 * time.Second

// gather puts problems together that have grown alike: the first questions about one thing are often too few to see that. Only what is the
// program's own goes up in another; what an editor named, split, merged into, put aside or began to work on stays as it is. The one with
// more questions keeps its number, and the other's leads there.
func (w *Worklist) gather(ctx context.Context, known *meanings) error {
	grown := slices.Sorted(maps.Keys(known.grown))
	at, _ := slices.BinarySearch(grown, known.gathered+1)
	began := time.Now()
	for _, id := range slices.Concat(grown[at:], grown[:at]) {
		if time.Since(began) > gatherFor {
			break
		}
		known.gathered = id
		again := false
		for {
			from, into := known.together(id)
			if from == nil {
				break
			}
			ok, busy, err := w.poured(ctx, from.id, into.id)
			if err != nil {
				return fmt.Errorf("put problem %d to problem %d: %w", from.id, into.id, err)
			}
			if !ok {
				again = busy // what an editor has changed will be read, but who holds it now may change nothing
				break
			}
			known.pour(from, into)
			id = into.id
		}
		if !again {
			delete(known.grown, id)
		}
	}
	return nil
}

// together gives the problem that one is so like that they are the same, and which of the two goes up in which; nil where there is none.
func (k *meanings) together(id int64) (from, into *cluster) {
	c := k.byID[id]
	if c == nil || !c.open || c.n == 0 {
		return nil, nil
	}
	for _, f := range k.nearest(c, alike, 1, func(other *cluster) bool { return other.open && other.n > 0 && (other.own || c.own) }) {
		from, into = c, f.cluster
		if !from.own || into.own && (from.n > into.n || from.n == into.n && from.id < into.id) {
			from, into = into, from
		}
	}
	return from, into
}

// poured puts one problem to another if no editor has dealt with it, and no editor deals with either at this moment. busy says that
// somebody does.
func (w *Worklist) poured(ctx context.Context, from, into int64) (ok, busy bool, err error) {
	err = pgx.BeginFunc(ctx, w.desk.db, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			WITH pair AS (SELECT * FROM problems WHERE id IN ($1, $2) AND guide = '' ORDER BY id FOR UPDATE SKIP LOCKED)
			SELECT EXISTS (SELECT FROM pair p WHERE id = $1 AND state = 'open' AND `+ownProblems+`)
				AND EXISTS (SELECT FROM pair WHERE id = $2 AND state IN ('open', 'working')),
				(SELECT count(*) FROM pair) < (SELECT count(*) FROM problems WHERE id IN ($1, $2) AND guide = '')`, from, into).Scan(&ok, &busy)
		if err != nil || !ok {
			return err
		}
		return pour(ctx, tx, from, into)
	})
	return ok, busy, err
}

// ownProblems holds for problems p that no editor has dealt with, nor merged another into.
const ownProblems = `p.changed_by IS NULL AND p.title = '' AND p.remedy = '' AND p.fix = ''
	AND NOT EXISTS (SELECT FROM problems m WHERE m.merged_into = p.id AND m.changed_by IS NOT NULL)`

// pour puts all cases of a problem to another. Both are locked. What was merged into it before leads to the other at once, so that the way
// never grows long.
func pour(ctx context.Context, tx pgx.Tx, from, into int64) error {
	for _, sql := range []string{
		`UPDATE problems p SET counted_at = NULL, first_at = LEAST(p.first_at, q.first_at), last_at = GREATEST(p.last_at, q.last_at)
			FROM problems q WHERE p.id = $2 AND q.id = $1`,
		`UPDATE problem_items SET problem = $2 WHERE problem = $1`,
		`UPDATE problems SET merged_into = $2 WHERE merged_into = $1`,
		`UPDATE problems SET state = 'merged', merged_into = $2, people = 0, items = 0, recent = 0, earlier = 0 WHERE id = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, from, into); err != nil {
			return err
		}
	}
	return nil
}
