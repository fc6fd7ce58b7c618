package handoff_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/handoff"
	"orientir/retrieval"
)

// TestWhoWaitsKeepsTheirWords keeps conversations for a month only. What somebody still waits for stays, though it is older: the answers after which
// they want to hear something, the words to which a librarian owes an answer. It stands at the head of its table, before what goes, and hides none of it.
func TestWhoWaitsKeepsTheirWords(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	pool, ctx := postgrestest.New(t), t.Context()
	_, err := pool.Exec(ctx, `
		INSERT INTO staff (id, email, name, roles, password_hash) OVERRIDING SYSTEM VALUE VALUES (9, 'r@example.bg', 'Р', '{librarian}', 'x');
		INSERT INTO contacts (id, channel, key, created_at) OVERRIDING SYSTEM VALUE SELECT n, 'telegram', n::text, now() FROM generate_series(1, 6) n;
		INSERT INTO conversations (id, contact, created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT n, n, now(), now() FROM generate_series(1, 6) n;
		INSERT INTO answers (id, answered_at, conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model) OVERRIDING SYSTEM VALUE
			SELECT n, now() - '60 days'::interval, n, 'дума', 'bg', 'bg', 'answered', 'question', 0.5, '[]', '[]', 'm' FROM generate_series(1, 6) n;
		INSERT INTO problem_hearers (answer, contact, at) VALUES (1, 1, now());
		INSERT INTO aftermaths (contact, answer, service, offered_at, agreed_at, ask_after, asked_at) VALUES
			(2, 2, 'vignette', now(), now(), now(), NULL), (3, 3, 'vignette', now(), now(), now(), now());
		INSERT INTO messages (conversation, sender, kind, text, turn, created_at, handled_at)
			SELECT n, 'person', 'text', 'дума', 1, now() - '60 days'::interval, now() FROM generate_series(1, 6) n;
		INSERT INTO tickets (id, conversation, state, reason, language, why, opened_at, closed_at, outcome) OVERRIDING SYSTEM VALUE VALUES
			(1, 1, 'waiting', 'asked', 'bg', 'x', now() - '60 days'::interval, NULL, NULL), (2, 2, 'closed', 'asked', 'bg', 'x', now(), now(), 'answered');
		INSERT INTO ticket_notes (ticket, staff, text, at) SELECT n, 9, 'дума', now() - '60 days'::interval FROM generate_series(1, 2) n;
		INSERT INTO guide_tasks (ticket, kind, words, at) VALUES (2, 'missing', 'дума', now() - '60 days'::interval)`)
	if err != nil {
		t.Fatal(err)
	}
	rules := slices.Concat(retrieval.Retention(30*day, 30*day, "false", handoff.AnswerAwaited, bot.AnswerAwaited),
		(*bot.Engine)(nil).Retention(30*day, handoff.MessageAwaited, "false"), (*handoff.Desk)(nil).Retention(30*day, "false"))
	rules = slices.DeleteFunc(rules, func(r postgres.Rule) bool {
		return !slices.Contains([]string{"answers", "messages", "notes", "closing_words"}, r.Kind)
	})
	if len(rules) != 4 {
		t.Fatalf("%d rules", len(rules))
	}
	if err := postgres.NewKeeper(pool, rules, postgres.RetentionOptions{Batch: 1, Pause: time.Microsecond}).Round(ctx); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string][]int64{
		`SELECT id FROM answers ORDER BY id`:                {1, 2},
		`SELECT answer FROM problem_hearers`:                {1},
		`SELECT conversation FROM messages`:                 {1},
		`SELECT ticket FROM ticket_notes`:                   {1},
		`SELECT ticket FROM guide_tasks WHERE words <> ''`:  nil,
		`SELECT ticket FROM guide_tasks WHERE state='open'`: {2},
	} {
		rows, err := pool.Query(ctx, sql)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", sql, got, err, want)
		}
	}
}
