package handoff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// countsAtOnce is how many problems are counted in one round; countAgain is when figures of the last days have to be counted anew.
const (
	countsAtOnce = 500
	countAgain   = time.Hour
)

// backAfter is how many people must find no answer after a fix, so that the problem is open again.
const backAfter = 2

// reopenDropped opens again what waits for a draft that was thrown away. A draft is gone also where it was published since the step before;
// that is the next round's.
const reopenDropped = `
	UPDATE problems p SET state = 'open', remedy = '', fix = '', revision = nextval('problem_revisions')
	WHERE p.state = 'working' AND NOT EXISTS (SELECT FROM guide_drafts d WHERE d.slug = p.fix)
	  AND NOT EXISTS (SELECT FROM guides g WHERE g.slug = p.fix AND g.version > p.fix_version)`

// follow lets a problem go with what was published: what its remedy waited for answers now, or was thrown away.
func (w *Worklist) follow(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, w.desk.db, func(tx pgx.Tx) error {
		for _, step := range []struct {
			sql  string
			args []any
		}{
			{`UPDATE problems p SET state = 'fixed', fixed_at = v.published_at, counted_at = NULL, revision = nextval('problem_revisions')
			  FROM guides g JOIN guide_versions v ON v.slug = g.slug AND v.version = g.version
			  WHERE p.state = 'working' AND g.slug = p.fix AND g.version > p.fix_version`, nil},
			{reopenDropped, nil},
			// It came back.
			{`UPDATE problems p SET state = 'open', remedy = '', fixed_at = NULL, counted_at = NULL, revision = nextval('problem_revisions')
			  WHERE p.state = 'fixed' AND p.guide = '' AND p.fixed_at > $2 AND (
				SELECT count(DISTINCT i.contact) FROM problem_items i JOIN answers a ON a.id = i.answer
				WHERE i.problem = p.id AND i.source IN ('unanswered', 'rating') AND i.at > p.fixed_at AND a.answered_at > p.fixed_at) >= $1`, []any{backAfter, w.o.Now().Add(-watchFor)}},
			// Only what nobody has touched goes where all that it held was erased.
			{`DELETE FROM problems p WHERE p.state = 'open' AND p.changed_by IS NULL AND p.counted_at IS NULL
				AND NOT EXISTS (SELECT FROM problem_items i WHERE i.problem = p.id) AND NOT EXISTS (SELECT FROM problems m WHERE m.merged_into = p.id)`, nil},
		} {
			if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
				return err
			}
		}
		return endTasks(ctx, tx, 0, "done", "", w.o.Now())
	})
	if err != nil {
		return fmt.Errorf("follow what was published: %w", err)
	}
	return nil
}

// endTasks ends what librarians found for problems that are dealt with: of one problem, or of all that are fixed where id is 0.
func endTasks(ctx context.Context, tx pgx.Tx, problem int64, state, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE guide_tasks g SET state = $2, by = p.changed_by, ended_at = $3, reason = $4
		FROM problem_items i JOIN problems p ON p.id = i.problem
		WHERE i.task = g.id AND g.state = 'open' AND p.changed_by IS NOT NULL AND CASE WHEN $1 = 0 THEN p.state = 'fixed' ELSE p.id = $1 END`,
		problem, state, now, reason)
	if err != nil {
		return fmt.Errorf("end what closings found: %w", err)
	}
	return nil
}

// count counts the people and the cases of problems that changed, and of those whose days have moved on.
func (w *Worklist) count(ctx context.Context, known *meanings) error {
	now := w.o.Now()
	if _, err := w.desk.db.Exec(ctx, `
		UPDATE problems p SET counted_at = NULL FROM feedback f JOIN problem_items i ON i.answer = f.answer AND i.source IN ('again', 'told')
		WHERE f.updated_at > $1 AND p.id = i.problem AND p.counted_at <= f.updated_at`, now.Add(-countAgain)); err != nil {
		return fmt.Errorf("look for ratings of fixes: %w", err)
	}
	for {
		counted := 0
		err := pgx.BeginFunc(ctx, w.desk.db, func(tx pgx.Tx) error {
			// What an editor merges or splits at this moment is the next round's: counted halfway it would stand so for an hour.
			rows, err := tx.Query(ctx, `
				SELECT id FROM problems WHERE counted_at IS NULL OR counted_at < $1 AND (last_at > $2 OR people > 0)
				ORDER BY counted_at NULLS FIRST LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`, now.Add(-countAgain), now.Add(-keepWords), countsAtOnce)
			if err != nil {
				return err
			}
			ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if err != nil || len(ids) == 0 {
				return err
			}
			counted = len(ids)
			return w.countThese(ctx, tx, known, ids, now)
		})
		if err != nil {
			return fmt.Errorf("count problems: %w", err)
		}
		if counted < countsAtOnce {
			return nil
		}
	}
}

// countThese counts problems that are locked.
func (w *Worklist) countThese(ctx context.Context, tx pgx.Tx, known *meanings, ids []int64, now time.Time) error {
	examples := make([]int64, len(ids))
	batch := &pgx.Batch{}
	for i, id := range ids {
		c := known.byID[id]
		if c == nil {
			continue
		}
		examples[i] = c.example
		if c.open {
			batch.Queue(`UPDATE problems SET near = $2 WHERE id = $1 AND near <> $2`, id, append([]int64{}, known.neighbours(c)...))
		}
	}
	batch.Queue(`
		UPDATE problems p SET asked = n.asked, answered = n.answered, good = n.good, bad = n.bad, told = n.told
		FROM (
			SELECT t.id, count(*) FILTER (WHERE i.source IN ('again', 'unanswered')) AS asked, count(*) FILTER (WHERE i.source = 'again') AS answered,
				count(*) FILTER (WHERE i.source = 'told') AS told, coalesce(sum(f.good), 0) AS good, coalesce(sum(f.bad), 0) AS bad
			FROM unnest($1::bigint[]) AS t (id)
			LEFT JOIN problems q ON q.id = t.id AND q.state = 'fixed'
			LEFT JOIN problem_items i ON i.problem = q.id AND i.at >= q.fixed_at
			LEFT JOIN LATERAL (
				SELECT max(1) FILTER (WHERE rating = 'good') AS good, max(1) FILTER (WHERE rating = 'bad') AS bad FROM feedback WHERE answer = i.answer AND i.source IN ('again', 'told')
			) f ON true
			GROUP BY t.id
		) n WHERE p.id = n.id AND (p.asked, p.answered, p.good, p.bad, p.told) IS DISTINCT FROM (n.asked, n.answered, n.good, n.bad, n.told)`, ids)
	batch.Queue(`
		UPDATE problems p SET people = n.people, items = n.items, recent = n.recent, earlier = n.earlier, counted_at = $3,
			example = coalesce((SELECT a.id FROM answers a WHERE a.id = n.example AND a.question <> '' AND a.answered_at > $3::timestamptz - interval '30 days'), n.newest)
		FROM (
			SELECT t.id, t.example, count(DISTINCT i.who) AS people, count(i.id) AS items,
				count(DISTINCT i.who) FILTER (WHERE i.at > $3::timestamptz - interval '7 days') AS recent,
				count(DISTINCT i.who) FILTER (WHERE i.at <= $3::timestamptz - interval '7 days' AND i.at > $3::timestamptz - interval '14 days') AS earlier,
				max(i.answer) AS newest
			FROM unnest($1::bigint[], $2::bigint[]) AS t (id, example)
			LEFT JOIN LATERAL (
				SELECT *, CASE WHEN source = 'report' THEN coalesce(contact, -id) ELSE contact END AS who FROM problem_items WHERE problem = t.id AND source NOT IN ('again', 'told') -- a report on a guide's page is somebody's
			) i ON i.at > $3::timestamptz - interval '30 days'
			GROUP BY t.id, t.example
		) n WHERE p.id = n.id`, ids, examples, now)
	return tx.SendBatch(ctx, batch).Close()
}

// forgetOld empties what people wrote to the editors thirty days after, and ends the wish to hear back after half a year.
func (w *Worklist) forgetOld(ctx context.Context) error {
	now := w.o.Now()
	for _, sql := range []string{
		`UPDATE problem_reports SET text = '' WHERE text <> '' AND at < $1`,
		`UPDATE guide_tasks SET question = '' WHERE question <> '' AND at < $1`,
	} {
		if _, err := w.desk.db.Exec(ctx, sql, now.Add(-keepWords)); err != nil {
			return fmt.Errorf("empty what is too old: %w", err)
		}
	}
	if _, err := w.desk.db.Exec(ctx, `DELETE FROM problem_hearers WHERE at < $1`, now.Add(-watchFor)); err != nil {
		return fmt.Errorf("end the wish to hear back: %w", err)
	}
	return nil
}
