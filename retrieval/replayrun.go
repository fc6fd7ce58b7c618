package retrieval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

const (
	replayBatch = 64              // questions between two notes of how far a replay is, and in one request to a remote embedder
	replaySweep = time.Hour       // between looks for what is older than thirty days
	replayRest  = 2 * time.Second // after a fault
	replayTries = 3               // before a replay is given up
)

// errReplayOver says that a replay was cancelled, or another was started in its place.
var errReplayOver = errors.New("the replay is over")

// Run does the replays that are asked for, one at a time on one replica, until ctx ends. One that was under way when its replica died
// goes on where it was, on another within seconds.
func (r *Replays) Run(ctx context.Context) error {
	return postgres.Lead(ctx, r.pool, "replays", r.lead)
}

func (r *Replays) lead(ctx context.Context) error {
	var swept time.Time
	for {
		rest := r.options.Every
		var did bool
		err := postgres.Round(ctx, "replays", func(ctx context.Context) (err error) {
			did, err = r.next(ctx)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			r.options.Log.Error("can't replay", "error", err)
			rest = replayRest
		case did:
			rest = 0
		case time.Since(swept) > replaySweep:
			swept = time.Now()
			if err := r.sweep(ctx); err != nil && ctx.Err() == nil {
				r.options.Log.Error("can't sweep old replays", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rest):
		}
	}
}

// next does the replay that has waited longest; false where none waits. One that can't be done is marked so, and doesn't hold up the others.
func (r *Replays) next(ctx context.Context) (bool, error) {
	if ready, err := r.answerer.Ready(ctx); err != nil || !ready {
		return false, err // nothing answers yet: what waits can wait
	}
	var id int64
	var data []byte
	err := r.pool.QueryRow(ctx, `
		UPDATE replays SET state = 'running', started_at = coalesce(started_at, now())
		WHERE id = (SELECT id FROM replays WHERE state IN ('waiting', 'running') ORDER BY id LIMIT 1) AND state IN ('waiting', 'running')
		RETURNING id, guide`).Scan(&id, &data)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take a replay: %w", err)
	}
	var g knowledge.Guide
	if err = json.Unmarshal(data, &g); err == nil {
		err = r.insist(ctx, id, g)
	}
	if err == nil || ctx.Err() != nil {
		return true, err
	}
	if _, failed := r.pool.Exec(ctx, `UPDATE replays SET state = 'failed', ended_at = now() WHERE id = $1 AND state = 'running'`, id); failed != nil {
		return true, errors.Join(err, failed)
	}
	return true, fmt.Errorf("replay %d: %w", id, err)
}

// insist runs a replay, and again where it was after a fault that may pass.
func (r *Replays) insist(ctx context.Context, id int64, g knowledge.Guide) error {
	for try := 1; ; try++ {
		err := r.run(ctx, id, g)
		switch {
		case errors.Is(err, errReplayOver):
			return nil
		case err == nil || ctx.Err() != nil || try == replayTries:
			return err
		}
		r.options.Log.Warn("a replay is tried again", "replay", id, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(replayRest):
		}
	}
}

// run does a replay from where it stands to its end.
func (r *Replays) run(ctx context.Context, id int64, g knowledge.Guide) (err error) {
	if err := r.gather(ctx, id, g.Slug); err != nil {
		return err
	}
	var trial *Trial
	defer func() {
		if trial != nil {
			err = errors.Join(err, trial.Close())
		}
	}()
	for {
		questions, err := r.open(ctx, id)
		if err != nil {
			return err
		}
		if len(questions) == 0 {
			return r.finish(ctx, id)
		}
		if trial != nil { // what was published meanwhile counts from here on
			fresh, err := trial.Fresh(ctx)
			if err != nil {
				return err
			}
			if !fresh {
				err := trial.Close()
				if trial = nil; err != nil {
					return err
				}
			}
		}
		if trial == nil {
			if trial, err = r.answerer.Trial(ctx, g); err != nil {
				return err
			}
		}
		found, err := r.ask(ctx, trial, questions)
		if err != nil {
			return err
		}
		if err := r.note(ctx, id, trial.Model(), questions, found); err != nil {
			return err
		}
	}
}

// replayQuestion is a question still to be asked.
type replayQuestion struct {
	N        int
	Question string
	Context  []string
	Language string // of the answer; "" lets the text decide
	Audience string
	Place    string
	Screen   string
	Sample   bool
	Expected []string
	Kind     string // of a sample
	Signpost string
}

func (q replayQuestion) question() Question {
	return Question{
		Text: q.Question, Context: q.Context, Language: knowledge.Language(q.Language), Audience: knowledge.Audience(q.Audience),
		Place: q.Place, Guide: q.Screen, Alone: true,
	}
}

// sample is the sample question that it is, nil for people's.
func (q replayQuestion) sample() *knowledge.Sample {
	if !q.Sample {
		return nil
	}
	return &knowledge.Sample{Text: q.Question, Expected: q.Expected, Kind: q.Kind, Signpost: q.Signpost}
}

// gather writes down which questions are asked, once. People's are those of thirty days that differ in words or circumstances, the newest of each.
func (r *Replays) gather(ctx context.Context, id int64, slug string) error {
	return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		// Without a lock on it, so that it can be cancelled meanwhile: one replica runs replays, and the last statement looks again.
		var gathered bool
		err := tx.QueryRow(ctx, `SELECT total > 0 FROM replays WHERE id = $1 AND state = 'running'`, id).Scan(&gathered)
		if errors.Is(err, pgx.ErrNoRows) {
			return errReplayOver
		}
		if err != nil || gathered {
			return err
		}
		var all int
		err = tx.QueryRow(ctx, `
			WITH recent AS (
				SELECT id, conversation, question, context, language, audience, place, coalesce((
					SELECT CASE p.outcome WHEN 'answered' THEN p.guides -> 0 ->> 'slug' END FROM answers p
					WHERE p.conversation = a.conversation AND p.id < a.id AND NOT p.unasked AND p.outcome IN ('answered', 'clarify', 'abstained')
					ORDER BY p.id DESC LIMIT 1), '') AS screen
				FROM answers a WHERE answered_at > now() - interval '30 days' AND question <> '' AND NOT unasked
			), people AS (
				SELECT max(id) AS answer, count(DISTINCT coalesce(conversation::text, 'answer ' || id)) AS asked, screen
				FROM recent GROUP BY question, context, language, audience, place, screen
			), known AS (
				SELECT CASE WHEN expected @> ARRAY[$2] THEN 0 ELSE 2 END AS turn, id AS sample, NULL::bigint AS answer, 0 AS asked, expected @> ARRAY[$2] AS own, '' AS screen
				FROM sample_questions
				UNION ALL
				SELECT 1, NULL, answer, asked, false, screen FROM people
			), numbered AS (
				SELECT row_number() OVER (ORDER BY turn, asked DESC, sample, answer DESC) AS n, * FROM known
			), taken AS (
				INSERT INTO replay_questions (replay, n, sample, answer, asked, own, screen)
				SELECT $1, n, sample, answer, asked, own, screen FROM numbered WHERE n <= $3
			)
			SELECT count(*) FROM known`, id, slug, r.options.Most).Scan(&all)
		if err != nil {
			return fmt.Errorf("gather questions: %w", err)
		}
		total := min(all, r.options.Most)
		tag, err := tx.Exec(ctx, `UPDATE replays SET total = $2, left_out = $3 WHERE id = $1 AND state = 'running'`, id, total, all-total)
		if err != nil {
			return fmt.Errorf("gather questions: %w", err)
		}
		if tag.RowsAffected() != 1 {
			return errReplayOver // what was gathered goes with the transaction
		}
		return nil
	})
}

// open gives the next questions to ask. Those that are gone since they were gathered have no words.
func (r *Replays) open(ctx context.Context, id int64) ([]replayQuestion, error) {
	rows, err := r.pool.Query(ctx, `
		SELECT q.n, coalesce(s.question, a.question, '') AS question, coalesce(a.context, '{}') AS context, coalesce(a.language, '') AS language,
			coalesce(a.audience, '') AS audience, coalesce(a.place, '') AS place, q.screen, q.sample IS NOT NULL AS sample,
			coalesce(s.expected, '{}') AS expected, coalesce(s.kind, '') AS kind, coalesce(s.signpost, '') AS signpost
		FROM replay_questions q LEFT JOIN sample_questions s ON s.id = q.sample LEFT JOIN answers a ON a.id = q.answer
		WHERE q.replay = $1 AND q.kind IS NULL ORDER BY q.n LIMIT $2`, id, r.options.batch)
	if err != nil {
		return nil, fmt.Errorf("read open questions: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[replayQuestion])
	if err != nil {
		return nil, fmt.Errorf("read open questions: %w", err)
	}
	return list, nil
}

// ask asks questions without and with the draft.
func (r *Replays) ask(ctx context.Context, trial *Trial, questions []replayQuestion) ([]replayed, error) {
	asked := make([]Question, len(questions))
	for i, q := range questions {
		asked[i] = q.question()
	}
	found := make([]replayed, len(questions))
	err := trial.compareAll(ctx, asked, r.options.Workers, func(i int, before, after Answer) {
		if found[i] = (replayed{kind: Same}); questions[i].Question != "" {
			found[i] = replay(questions[i].sample(), before, after)
		}
	})
	return found, err
}

// note keeps what was found for a batch of questions, and how far the replay is.
func (r *Replays) note(ctx context.Context, id int64, model string, questions []replayQuestion, found []replayed) error {
	return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		counts := map[ReplayKind]int{}
		batch := &pgx.Batch{}
		var same []int
		for i, f := range found {
			counts[f.kind]++
			if f.kind == Same {
				same = append(same, questions[i].N)
				continue
			}
			batch.Queue(`
				UPDATE replay_questions SET kind = $3, before = $4, after = $5, exceptions = $6, links = $7
				WHERE replay = $1 AND n = $2`, id, questions[i].N, f.kind, f.before, f.after, filledList(f.exceptions), filledList(f.links))
		}
		tag, err := tx.Exec(ctx, `
			UPDATE replays SET done = done + $2, model = $3, counts = counts || (
				SELECT coalesce(jsonb_object_agg(key, value::int + coalesce((counts ->> key)::int, 0)), '{}') FROM jsonb_each_text($4))
			WHERE id = $1 AND state = 'running'`, id, len(questions), model, counts)
		if err != nil {
			return fmt.Errorf("note answers: %w", err)
		}
		if tag.RowsAffected() != 1 {
			return errReplayOver
		}
		batch.Queue(`DELETE FROM replay_questions WHERE replay = $1 AND n = ANY($2)`, id, same)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("note answers: %w", err)
		}
		return nil
	})
}

func filledList(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (r *Replays) finish(ctx context.Context, id int64) error {
	tag, err := r.pool.Exec(ctx, `UPDATE replays SET state = 'done', ended_at = now() WHERE id = $1 AND state = 'running'`, id)
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	if tag.RowsAffected() != 1 {
		return errReplayOver
	}
	return nil
}

// sweep deletes what is older than thirty days: replays, and in newer ones what people asked before; and what a cancelled one didn't ask.
func (r *Replays) sweep(ctx context.Context) error {
	for _, sql := range []string{
		`DELETE FROM replays WHERE asked_at < now() - interval '30 days'`,
		`DELETE FROM replay_questions q USING answers a WHERE a.id = q.answer AND (a.answered_at < now() - interval '30 days' OR a.question = '')`,
		`DELETE FROM replay_questions q USING replays r WHERE r.id = q.replay AND q.kind IS NULL AND r.ended_at IS NOT NULL`,
	} {
		if _, err := r.pool.Exec(ctx, sql); err != nil {
			return fmt.Errorf("sweep replays: %w", err)
		}
	}
	return nil
}
