package retrieval_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/retrieval"
)

// TestABacklogOfQuestionsEnds gives a keeper that ends few at a time many old questions of nobody: it gets to the end of them by itself, round by round. It
// finds them, and that there are none, in an index of those whose time is still to come, among many answers that are none of its business.
func TestABacklogOfQuestionsEnds(t *testing.T) {
	t.Parallel()
	pool, ctx := postgrestest.New(t), t.Context()
	_, err := pool.Exec(ctx, `
		INSERT INTO answers (answered_at, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		SELECT now() - '200 days'::interval, CASE WHEN n <= 10 THEN 'дума' ELSE '' END, 'bg', 'bg', 'answered', 'question', 0.5, '[]', '[]', 'm' FROM generate_series(1, 3000) n`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(ctx, `ANALYZE answers`); err != nil {
		t.Fatal(err)
	}
	rule := retrieval.Retention(90*24*time.Hour, 365*24*time.Hour, "false")[0]
	for sql, args := range map[string][]any{rule.Oldest: nil, rule.End: {pgx.NamedArgs{"before": time.Now(), "most": 4}}} {
		rows, err := pool.Query(ctx, `EXPLAIN `+sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || !strings.Contains(strings.Join(plan, "\n"), "answers_of_nobody") {
			t.Errorf("%v\n%s\n%s", err, sql, strings.Join(plan, "\n"))
		}
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		done <- postgres.NewKeeper(pool, []postgres.Rule{rule}, postgres.RetentionOptions{Every: 5 * time.Millisecond, Batch: 2, Most: 4, Pause: time.Microsecond}).Run(running)
	}()
	left := -1
	for deadline := time.Now().Add(20 * time.Second); left != 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err := pool.QueryRow(ctx, `SELECT count(*) FROM answers WHERE question <> ''`).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-done
	if left != 0 {
		t.Errorf("%d questions keep their words", left)
	}
}
