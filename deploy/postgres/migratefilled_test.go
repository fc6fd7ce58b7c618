package postgres_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// filledAt is the migration at which filled was written: what runs later meets rows.
const filledAt = 33

// filled is a little of everything that later migrations change.
const filled = `
INSERT INTO staff (email, name, roles, password_hash) VALUES ('ivan@example.bg', 'Иван', '{editor}', 'x');
INSERT INTO guides (slug, version) VALUES ('a', 2), ('b', 1);
INSERT INTO guide_versions (slug, version, audience, status, title_english, link, identification, related, review_by, origin, published_by, why, local, municipality, written_by) VALUES
	('a', 1, 'citizen', 'active', 'A', 'https://a.bg/', '{kep}', '{b}', '2026-01-01', 'starter', 'starter', '', '[]', '', ''),
	('a', 2, 'citizen', 'active', 'A', 'https://a.bg/', '{kep}', '{b}', '2027-01-01', 'editor', 'staff:2', 'нов срок', '[{"municipality": "Бяла , Варна", "link": "https://byala.bg/"}]', '', 'staff:1'),
	('b', 1, 'both', 'active', '', 'https://b.bg/', '{none}', '{}', NULL, 'editor', 'staff:1', '', '[]', 'VRC10', 'staff:1');
INSERT INTO guide_texts (slug, version, language, title, authority, contact, summary, who, exceptions, place, steps, identification_note, needed, fees, fee_note, duration, deadlines, good_to_know, names)
SELECT slug, version, l, 'Заглавие', 'Община', '', 'Вижте https://a.bg/list, после чакайте.', 'Всеки.', '{Няма.}', 'Тук', ARRAY['Отворете https://a.bg/form.', 'Чакайте'], '', '{Нищо.}', '[]', '', '', '{}', '{}', '{}'
FROM guide_versions, (VALUES ('bg'), ('en')) AS x (l);
INSERT INTO guide_sources (slug, version, n, url, title, checked) VALUES ('a', 2, 1, 'https://law.bg/', 'Закон', '2025-01-01'), ('b', 1, 1, 'https://law.bg/', 'Закон', NULL);
INSERT INTO source_checks (slug, url, checked_on, checked_by) VALUES ('a', 'https://law.bg/', '2026-02-01', 'staff:1');
INSERT INTO guide_reviews (slug, version, review_by, reviewed_by) VALUES ('a', 2, '2027-06-01', 'staff:1');
INSERT INTO link_checks (url, host, fault, broken_since) VALUES ('https://law.bg/', 'law.bg', 'status', now());
INSERT INTO guide_drafts (slug, base, revision, stage, guide, notes, begun_by, changed_by, sent_by) VALUES
	('a', 2, 7, 'review', '{"Text": {"bg": {"Title": "Чернова"}}}', '', 'staff:2', 'staff:1', 'staff:1'), ('new', 0, 3, 'draft', '{}', 'бележка', 'staff:1', 'staff:1', '');
INSERT INTO review_notices (slug, begun_at, revision, staff, kind, created_at, not_before) SELECT 'a', begun_at, 7, 1, 'review', now(), now() FROM guide_drafts WHERE slug = 'a';
INSERT INTO contacts (channel, key, created_at) VALUES ('web', 'k', now());
INSERT INTO conversations (contact, turn, created_at, updated_at) VALUES (1, 1, now(), now());
INSERT INTO messages (conversation, sender, kind, text, turn, created_at) VALUES (1, 'person', 'text', 'как', 1, now());
INSERT INTO messages (conversation, sender, kind, body, turn, created_at) VALUES (1, 'bot', 'reply', '{"text": "така"}', 1, now());
INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model) VALUES (1, 'как', 'bg', 'bg', 'answered', 'question', 0.5, '[]', '[]', 'm');
INSERT INTO feedback (answer, contact, rating, created_at, updated_at) VALUES (1, 1, 'bad', now(), now());
INSERT INTO problems (state, remedy, fix, fixed_at, first_at, last_at, counted_at) VALUES ('fixed', 'draft', 'a', now(), now(), now(), now()), ('open', '', '', NULL, now(), now(), now());
INSERT INTO problem_items (problem, source, answer, contact, at) VALUES (1, 'unanswered', 1, 1, now());`

// The migrations after filledAt keep what was there, and bring it to what they add.
func TestAFilledDatabaseIsMigrated(t *testing.T) {
	t.Parallel()
	address := postgrestest.EmptyURL(t)
	conn := connect(t, address)
	migrator, err := migrate.NewMigrator(t.Context(), conn, "schema_version")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrator.LoadMigrations(os.DirFS("migrations")); err != nil {
		t.Fatal(err)
	}
	if err := migrator.MigrateTo(t.Context(), filledAt); err != nil {
		t.Fatal(err)
	}
	exec(t, conn, filled)
	pool, err := postgres.Open(t.Context(), address, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := postgres.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, sql, want string }{
		{"writers of drafts", `SELECT slug || ': ' || hands::text || ' ' || revision || ' ' || stage FROM guide_drafts`, "[a: {staff:2,staff:1} 7 review new: {staff:1} 3 draft]"},
		{"writers of versions", `SELECT slug || version || ': ' || written_by || writers::text FROM guide_versions`, "[a1: {} a2: staff:1{} b1: staff:1{}]"},
		{"addresses in sentences", `SELECT slug || version || ' ' || part || ' ' || url FROM guide_prose_links WHERE slug = 'a'`,
			"[a2 text.bg.steps https://a.bg/form a2 text.bg.summary https://a.bg/list a2 text.en.steps https://a.bg/form a2 text.en.summary https://a.bg/list]"},
		{"where addresses stand", `SELECT slug || ' ' || part || ' ' || municipality || ' ' || door FROM guide_links WHERE part NOT LIKE 'text.%' AND slug <> ''`,
			"[a link   a local  Бяла, Варна a source   b link VRC10  b source VRC10 ]"},
		{"ages", `SELECT slug || ' ' || coalesce(review_by::text, '-') || ' ' || coalesce(checked::text, '-') || ' ' || municipality FROM guide_ages`,
			"[a 2027-06-01 2026-02-01  b - - VRC10]"},
		{"checks", `SELECT url || ' ' || fault FROM link_checks`, "[https://law.bg/ status]"},
		{"problems", `SELECT id || ' ' || asked || answered || good || bad || told || ' ' || (counted_at IS NULL) FROM problems`, "[1 00000 true 2 00000 false]"},
		{"notices", `SELECT slug || ' ' || (SELECT count(*) FROM guide_drafts d WHERE d.begun_at = r.begun_at AND d.revision = r.revision) FROM review_notices r`, "[a 1]"},
		{"what was said", `SELECT sender || ' ' || kind FROM messages`, "[bot reply person text]"},
		{"answers", `SELECT question || ' ' || unasked FROM answers`, "[как false]"},
	} {
		rows, err := pool.Query(t.Context(), c.sql+` ORDER BY 1`)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v; want %s", c.what, got, err, c.want)
		}
	}
}
