package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"

	"orientir/deploy/postgres/postgrestest"
)

// unreleased is the last migration from before anybody used the program: later ones meet people.
const unreleased = 46

// singletons have a fixed number of rows, by their own constraints: to read or to write all of them takes no time.
var singletons = []string{"schema_version", "schema_floor", "knowledge_revision", "figure_state", "problem_cursor", "editing_rules"}

// Each migration from the first release on runs on a database with rows in every table, and is looked at before it commits.
func TestNewMigrationsBlockNobody(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.EmptyURL(t))
	migrator, err := migrate.NewMigrator(t.Context(), conn, "schema_version")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrator.LoadMigrations(os.DirFS("migrations")); err != nil {
		t.Fatal(err)
	}
	if err := migrator.MigrateTo(t.Context(), unreleased); err != nil {
		t.Fatal(err)
	}
	for _, m := range migrator.Migrations[unreleased:] {
		fillEmpty(t, conn)
		faults, err := tryMigration(t.Context(), conn, m.UpSQL)
		if err != nil {
			t.Fatalf("%s fails on a database with rows in every table: %v", m.Name, err)
		}
		for _, f := range faults {
			t.Errorf("%s: %s (migrations/README.md)", m.Name, f)
		}
		// Now for good. Batches and indexes that are built beside writers can't be tried before.
		if err := migrator.MigrateTo(t.Context(), m.Sequence); err != nil {
			t.Fatal(err)
		}
		for _, broken := range texts(t, conn, `SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`) {
			t.Errorf("%s leaves the index %s half built", m.Name, broken)
		}
	}
}

// What the check is for: each of these would hold people up, or break the program before.
func TestWhatBlocksIsRefused(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.URL(t))
	exec(t, conn, `
		CREATE TABLE posts (id bigint PRIMARY KEY, words text, n integer NOT NULL DEFAULT 0, kind text NOT NULL DEFAULT 'a');
		CREATE TABLE marks (post bigint NOT NULL, note text);
		INSERT INTO posts SELECT n, 'слово' FROM generate_series(1, 50) n;
		INSERT INTO marks SELECT n, 'бележка' FROM generate_series(1, 50) n`)
	for name, c := range map[string]struct{ sql, want string }{
		"index":                             {`CREATE INDEX posts_words ON posts (words)`, "builds the index posts_words on posts"},
		"unique constraint":                 {`ALTER TABLE posts ADD UNIQUE (words, id)`, "builds the index"},
		"exclusion constraint":              {`ALTER TABLE posts ADD EXCLUDE USING hash (id WITH =)`, "builds the index"},
		"reindex":                           {`REINDEX INDEX posts_pkey`, "builds the index posts_pkey on posts"},
		"another type":                      {`ALTER TABLE posts ALTER n TYPE bigint`, "rewrites posts"},
		"volatile default":                  {`ALTER TABLE posts ADD COLUMN at timestamptz NOT NULL DEFAULT clock_timestamp()`, "rewrites posts"},
		"identity":                          {`ALTER TABLE marks ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY`, "rewrites marks"},
		"truncate":                          {`TRUNCATE marks`, "rewrites marks"},
		"check":                             {`ALTER TABLE posts ADD CHECK (n >= 0)`, "reads posts"},
		"check with a column":               {`ALTER TABLE posts ADD COLUMN state text NOT NULL DEFAULT 'a' CHECK (state IN ('a', 'b'))`, "reads posts"},
		"foreign key":                       {`ALTER TABLE marks ADD FOREIGN KEY (post) REFERENCES posts`, "reads"},
		"not null":                          {`ALTER TABLE posts ALTER words SET NOT NULL`, "reads posts"},
		"work behind a change":              {`ALTER TABLE posts ADD COLUMN sum bigint; SELECT count(*) FROM marks`, "reads marks while posts is locked"},
		"a new table that points at an old": {`CREATE TABLE copies (post bigint REFERENCES posts, note text); INSERT INTO copies SELECT post, note FROM marks`, "reads marks while posts is locked"},
		"back-fill":                         {`UPDATE posts SET n = n + 1`, "changes 50 rows of posts"},
		"clearing":                          {`DELETE FROM marks`, "changes 50 rows of marks"},
		"dropped column":                    {`ALTER TABLE posts DROP COLUMN kind`, "takes away posts.kind"},
		"renamed column":                    {`ALTER TABLE posts RENAME kind TO sort`, "takes away posts.kind"},
		"dropped table":                     {`DROP TABLE marks`, "takes away the table marks"},
		"renamed table":                     {`ALTER TABLE marks RENAME TO notes`, "takes away the table marks"},
		"lock by hand":                      {`LOCK TABLE posts IN SHARE MODE`, "locks posts by hand"},
		"no transaction for anything":       {"---- tern: disable-tx ----\nALTER TABLE posts ADD COLUMN x text", "needs a transaction"},
		"half-built index stays":            {"---- tern: disable-tx ----\nCREATE INDEX CONCURRENTLY IF NOT EXISTS posts_words ON posts (words)", "DROP INDEX CONCURRENTLY IF EXISTS posts_words"},
		"all in one, without a transaction": {"---- tern: disable-tx ----\nDO $$ BEGIN UPDATE posts SET n = 1; END $$", "in pieces"},
	} {
		faults, err := tryMigration(t.Context(), conn, c.sql)
		if err != nil || !strings.Contains(strings.Join(faults, "; "), c.want) {
			t.Errorf("%s: %v, %q; want %q", name, err, faults, c.want)
		}
	}
	for name, sql := range map[string]string{
		"column":                           `ALTER TABLE posts ADD COLUMN state text NOT NULL DEFAULT 'a', ADD COLUMN due timestamptz`,
		"column that points":               `ALTER TABLE marks ADD COLUMN of bigint REFERENCES posts ON DELETE SET NULL`,
		"check for what comes":             `ALTER TABLE posts ADD CONSTRAINT posts_n CHECK (n >= 0) NOT VALID`,
		"key for what comes":               `ALTER TABLE marks ADD CONSTRAINT marks_post FOREIGN KEY (post) REFERENCES posts NOT VALID`,
		"table":                            `CREATE TABLE copies (post bigint PRIMARY KEY REFERENCES posts, note text UNIQUE CHECK (note <> '')); CREATE INDEX copies_note ON copies (note)`,
		"table that is filled":             `CREATE TABLE copies (post bigint PRIMARY KEY, note text); INSERT INTO copies SELECT post, note FROM marks`,
		"wider check":                      `ALTER TABLE posts ALTER n SET DEFAULT 1; CREATE VIEW post_words AS SELECT words FROM posts`,
		"text without a bound":             `ALTER TABLE posts ALTER words TYPE varchar`,
		"trigger":                          `CREATE TRIGGER t BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
		"dropped index":                    `ALTER TABLE posts DROP CONSTRAINT posts_pkey`,
		"singleton":                        `ALTER TABLE knowledge_revision DROP CONSTRAINT knowledge_revision_topic_check, ADD CONSTRAINT knowledge_revision_topic_check CHECK (topic <> ''); INSERT INTO knowledge_revision (topic) VALUES ('more')`,
		"small for good":                   "-- may lock posts: fifty rows, one for each week\nALTER TABLE posts ADD CHECK (n >= 0); UPDATE posts SET n = 7",
		"dropped when nobody uses it":      `ALTER TABLE posts DROP COLUMN kind; UPDATE schema_floor SET oldest = oldest + 1`,
		"index beside writers":             "---- tern: disable-tx ----\n-- Why.\nDROP INDEX CONCURRENTLY IF EXISTS posts_words;\nCREATE UNIQUE INDEX CONCURRENTLY posts_words ON posts (words);",
		"back-fill in pieces":              "---- tern: disable-tx ----\nDO $$ BEGIN LOOP UPDATE posts SET n = 1 WHERE id IN (SELECT id FROM posts WHERE n = 0 LIMIT 10); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
		"constraint checked beside others": "---- tern: disable-tx ----\nALTER TABLE posts VALIDATE CONSTRAINT posts_n",
	} {
		if faults, err := tryMigration(t.Context(), conn, sql); err != nil || len(faults) > 0 {
			t.Errorf("%s: %v, %q; want nothing", name, err, faults)
		}
	}
	exec(t, conn, `ALTER TABLE posts ADD CONSTRAINT posts_n CHECK (n >= 0) NOT VALID, ADD CONSTRAINT posts_words CHECK (words IS NOT NULL) NOT VALID`)
	faults, err := tryMigration(t.Context(), conn, `ALTER TABLE posts VALIDATE CONSTRAINT posts_n; ALTER TABLE posts VALIDATE CONSTRAINT posts_words`)
	if err != nil || len(faults) > 0 {
		t.Errorf("constraints are checked beside writers: %v, %q", err, faults)
	}
	exec(t, conn, `ALTER TABLE posts VALIDATE CONSTRAINT posts_words`)
	if faults, err = tryMigration(t.Context(), conn, `ALTER TABLE posts ALTER words SET NOT NULL`); err != nil || len(faults) > 0 {
		t.Errorf("what a checked constraint says already: %v, %q", err, faults)
	}
}

// relation is a table or an index before a migration.
type relation struct {
	Name    string
	Of      string // the table, of an index
	Node    uint32 // its file: another one after a rewrite
	Columns []string
}

// schema is what stands in the current schema, by oid.
func schema(ctx context.Context, tx pgx.Tx) (map[uint32]relation, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.oid, c.relname::text, coalesce(t.relname, '')::text, coalesce(pg_relation_filenode(c.oid), 0)::oid,
		       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'p') ORDER BY attnum)
		FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'm', 'i', 'I')`)
	if err != nil {
		return nil, err
	}
	found := map[uint32]relation{}
	var oid, node uint32
	var name, of string
	var columns []string
	_, err = pgx.ForEachRow(rows, []any{&oid, &name, &of, &node, &columns}, func() error {
		found[oid] = relation{name, of, node, slices.Clone(columns)}
		return nil
	})
	return found, err
}

// use is what the transaction did to a table.
type use struct {
	Oid     uint32
	Scans   int64 // how often it was read
	Changes int64 // rows
	Locks   []string
}

func uses(ctx context.Context, tx pgx.Tx) (map[uint32]use, error) {
	rows, err := tx.Query(ctx, `
		SELECT s.relid AS oid, s.seq_scan + coalesce(s.idx_scan, 0) AS scans, s.n_tup_upd + s.n_tup_del AS changes,
		       ARRAY(SELECT DISTINCT l.mode FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.relation = s.relid ORDER BY 1) AS locks
		FROM pg_stat_xact_user_tables s`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[use])
	found := map[uint32]use{}
	for _, u := range all {
		found[u.Oid] = u
	}
	return found, err
}

// exclusive are the locks that keep writers out. Weaker ones, as VALIDATE CONSTRAINT takes, let them pass.
var exclusive = []string{"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"}

var allowance = regexp.MustCompile(`(?m)^-- may lock ([a-z_]+): .{10,}$`)

// tryMigration runs a migration, looks at what it did, and takes it back. One that runs outside a transaction is only read.
func tryMigration(ctx context.Context, conn *pgx.Conn, sql string) ([]string, error) {
	if strings.Contains(sql, "---- tern: disable-tx ----") {
		return readUntransacted(sql), nil
	}
	free := slices.Clone(singletons)
	for _, m := range allowance.FindAllStringSubmatch(sql, -1) {
		free = append(free, m[1])
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx)
	before, err := schema(ctx, tx)
	if err != nil {
		return nil, err
	}
	usedBefore, err := uses(ctx, tx) // of transactions that just ended, too
	if err != nil {
		return nil, err
	}
	floorBefore, err := floorOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, sql); err != nil {
		return nil, err
	}
	after, err := schema(ctx, tx)
	if err != nil {
		return nil, err
	}
	used, err := uses(ctx, tx)
	if err != nil {
		return nil, err
	}
	floor, err := floorOf(ctx, tx)
	if err != nil {
		return nil, err
	}

	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	tables := map[string]bool{}
	for _, r := range before {
		tables[r.Name] = r.Of == ""
	}
	touched := map[string]bool{} // tables whose files changed: everything else about them follows from that
	for oid, now := range after {
		if old, known := before[oid]; now.Of == "" && known && now.Node != old.Node && !slices.Contains(free, now.Name) {
			touched[now.Name] = true
			fault("rewrites %s while nobody may use it: add a column with a constant default, or a new one beside the old, and fill it in pieces", now.Name)
		}
	}
	for oid, now := range after {
		old, known := before[oid]
		if now.Of != "" && tables[now.Of] && (!known || now.Node != old.Node) && !touched[now.Of] && !slices.Contains(free, now.Of) {
			touched[now.Of] = true
			fault("builds the index %s on %s while writers wait: CREATE INDEX CONCURRENTLY in a file of its own; a constraint then takes it by USING INDEX", now.Name, now.Of)
		}
	}
	locked := map[string]string{}
	read := map[string]bool{}
	for oid, u := range used {
		r, known := before[oid]
		if !known || slices.Contains(free, r.Name) {
			continue
		}
		u.Scans -= usedBefore[oid].Scans
		u.Changes -= usedBefore[oid].Changes
		read[r.Name] = u.Scans > 0
		for _, l := range u.Locks {
			if slices.Contains(exclusive, l) {
				locked[r.Name] = l
			}
		}
		if u.Changes > 0 {
			fault("changes %d rows of %s in one transaction, and their writers wait until all are done: in pieces, in a file of its own", u.Changes, r.Name)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(locked)) {
		if touched[table] {
			continue
		}
		for _, other := range slices.Sorted(maps.Keys(read)) {
			switch {
			case !read[other] || touched[other]:
			case other == table:
				fault("reads %s whole under %s: ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in the next migration", table, locked[table])
			default:
				fault("reads %s while %s is locked by %s: do that in a migration of its own", other, table, locked[table])
			}
		}
		if strings.Contains(strings.ToUpper(sql), "LOCK TABLE") {
			fault("locks %s by hand", table)
		}
	}
	if floor <= floorBefore {
		for oid, old := range before {
			now, there := after[oid]
			switch {
			case old.Of != "":
			case !there || now.Name != old.Name:
				fault("takes away the table %s, which the version before may use: a version later, and raise schema_floor", old.Name)
			default:
				for _, c := range old.Columns {
					if !slices.Contains(now.Columns, c) {
						fault("takes away %s.%s, which the version before may use: a version later, and raise schema_floor", old.Name, c)
					}
				}
			}
		}
	}
	slices.Sort(faults)
	return faults, nil
}

func floorOf(ctx context.Context, tx pgx.Tx) (oldest int, err error) {
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass('schema_floor') IS NOT NULL`).Scan(&exists); err != nil || !exists {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT max(oldest) FROM schema_floor`).Scan(&oldest)
	return oldest, err
}

var (
	sqlComment  = regexp.MustCompile(`(?m)--.*$`)
	buildsIndex = regexp.MustCompile(`(?is)^CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?([a-z_0-9]+) ON `)
	besides     = regexp.MustCompile(`(?is)^(?:DROP INDEX CONCURRENTLY IF EXISTS |REINDEX (?:INDEX|TABLE) CONCURRENTLY |ALTER TABLE \S+ VALIDATE CONSTRAINT )`)
	inPieces    = regexp.MustCompile(`(?is)^DO .*\bLIMIT\b.*\bCOMMIT;`)
)

// readUntransacted reads a migration whose statements stand each for itself. Such a file may stop half-way, and is run again from its
// beginning; nothing in it may queue for a lock that keeps people out.
func readUntransacted(sql string) (faults []string) {
	text := sqlComment.ReplaceAllString(sql, "")
	var statements []string
	if body := strings.TrimSpace(text); strings.HasPrefix(strings.ToUpper(body), "DO ") {
		statements = []string{body} // the only statement with semicolons inside
	} else {
		statements = strings.Split(text, ";")
	}
	cleared := map[string]bool{}
	for _, s := range statements {
		s = strings.Join(strings.Fields(s), " ")
		built := buildsIndex.FindStringSubmatch(s)
		switch {
		case s == "" || inPieces.MatchString(s):
		case built != nil && !cleared[built[1]]:
			faults = append(faults, fmt.Sprintf("a build that was cut off leaves an index that is no good: DROP INDEX CONCURRENTLY IF EXISTS %s before it", built[1]))
		case built != nil:
		case besides.MatchString(s):
			fields := strings.Fields(s)
			cleared[fields[len(fields)-1]] = strings.HasPrefix(strings.ToUpper(s), "DROP ")
		case strings.HasPrefix(strings.ToUpper(s), "DO "):
			faults = append(faults, "changes all rows at once: in pieces, each with LIMIT and COMMIT")
		default:
			faults = append(faults, fmt.Sprintf("%q needs a transaction, to be all or nothing", s))
		}
	}
	return faults
}
