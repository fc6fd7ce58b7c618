package statistics

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
)

// many fills a database with so many questions over a year, asked by a third as many people, and a hand-over for each thirtieth question.
func many(b testing.TB, questions int) *pgxpool.Pool {
	pool := postgrestest.New(b)
	for _, sql := range []string{
		`INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, origin)
			SELECT lpad(n::text, 5, '0'), 'гр.', 'Град ' || n, '', 'Община ' || n, 'Област ' || n, 'starter' FROM generate_series(10001, 10028) n WHERE $1::int > 0`,
		`INSERT INTO contacts (channel, key, audience, place, created_at)
			SELECT (ARRAY['telegram', 'web'])[1 + n % 2], n::text, (ARRAY['', 'citizen', 'business'])[1 + n % 3], nullif(10000 + n % 29, 10000)::text, now() FROM generate_series(1, $1::int / 3) n`,
		`INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM contacts WHERE $1 > 0`,
		`INSERT INTO answers (conversation, answered_at, question, language, detected, outcome, intent, confidence, guides, evidence, model)
			SELECT 1 + (n * 7919::bigint) % ($1::int / 3), now() - n * (interval '365 days' / $1::int), 'въпрос', 'bg', 'bg',
				(ARRAY['answered', 'answered', 'answered', 'clarify', 'abstained'])[1 + n % 5], 'question', 0.9,
				jsonb_build_array(jsonb_build_object('slug', 'service-' || (n::bigint * n) % 101, 'version', 1, 'score', 0.9)), '[]', 'm' FROM generate_series(1, $1) n`,
		`INSERT INTO feedback (answer, contact, rating, created_at, updated_at)
			SELECT a.id, c.contact, (ARRAY['good', 'good', 'bad'])[1 + a.id % 3], now(), now() FROM answers a JOIN conversations c ON c.id = a.conversation WHERE a.id % 4 = 0 AND $1 > 0`,
		`INSERT INTO messages (conversation, sender, kind, data, turn, event_id, created_at)
			SELECT conversation, 'person', 'button', 'more:x', 1, id::text, answered_at + interval '1 minute' FROM answers WHERE id % 6 = 0 AND $1 > 0`,
		`INSERT INTO tickets (conversation, state, reason, language, why, opened_at, closed_at, outcome)
			SELECT 1 + n % ($1::int / 3), 'closed', 'asked', 'bg', 'console.why_own', at, at + interval '10 minutes', 'expired'
			FROM generate_series(1, $1 / 30) n, LATERAL (SELECT now() - n * (interval '365 days' / ($1::int / 30)) AS at) t`,
	} {
		if _, err := pool.Exec(b.Context(), sql, questions); err != nil {
			b.Fatalf("%v in %s", err, sql)
		}
	}
	if _, err := pool.Exec(b.Context(), `ANALYZE`); err != nil {
		b.Fatal(err)
	}
	return pool
}

// BenchmarkFigures counts a year of 100,000 questions.
func BenchmarkFigures(b *testing.B) {
	pool := many(b, 100_000)
	s := New(pool)
	began := time.Now()
	if err := s.Refresh(b.Context(), began); err != nil {
		b.Fatal(err)
	}
	b.Logf("all facts kept in %s", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	if err := s.Refresh(b.Context(), began); err != nil {
		b.Fatal(err)
	}
	b.Logf("a further round took %s", time.Since(began).Round(time.Millisecond))
	if _, err := pool.Exec(b.Context(), `VACUUM ANALYZE figure_questions, figure_tickets`); err != nil {
		b.Fatal(err)
	}
	for _, days := range []int{30, 365} {
		for name, cut := range map[string]Cut{"all": {}, "region": {Region: "Област 10001"}, "no_service": {Service: Unknown}} {
			b.Run(fmt.Sprintf("%d_days/%s", days, name), func(b *testing.B) {
				cut.From, cut.To = time.Now().AddDate(0, 0, -days), time.Now()
				for b.Loop() {
					if _, err := s.Figures(b.Context(), cut); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
