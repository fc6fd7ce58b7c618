package retrieval

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ReplayedQuestion is a question whose answer a draft changes.
type ReplayedQuestion struct {
	Question   string
	Context    []string // what was said before it
	People     int      // conversations that asked it in thirty days; 0: a sample question
	Own        bool     // a sample question of the guide itself
	Expected   []string // of a sample question: slugs that answer it; empty where nothing should
	Screen     string   // slug of the guide that was on the screen, "" where none
	Kind       ReplayKind
	Before     ReplayAnswer
	After      ReplayAnswer
	Exceptions []string // that the answer loses
	Links      []string // that it loses
}

// Questions lists questions of a kind, the guide's own sample questions first, then those that most people ask.
func (r *Replays) Questions(ctx context.Context, replay int64, kind ReplayKind, offset, limit int) ([]ReplayedQuestion, error) {
	rows, err := r.pool.Query(ctx, `
		SELECT coalesce(s.question, a.question) AS question, coalesce(a.context, '{}') AS context, q.asked AS people, q.own,
			coalesce(s.expected, '{}') AS expected, q.screen, q.kind, q.before, q.after, q.exceptions, q.links
		FROM replay_questions q
		LEFT JOIN sample_questions s ON s.id = q.sample
		LEFT JOIN answers a ON a.id = q.answer AND a.question <> '' AND a.answered_at > now() - interval '30 days'
		WHERE q.replay = $1 AND q.kind = $2 AND coalesce(s.question, a.question) IS NOT NULL
		ORDER BY q.n OFFSET $3 LIMIT $4`, replay, kind, offset, limit)
	if err != nil {
		return nil, fmt.Errorf("read questions of replay %d: %w", replay, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[ReplayedQuestion])
	if err != nil {
		return nil, fmt.Errorf("read questions of replay %d: %w", replay, err)
	}
	return list, nil
}
