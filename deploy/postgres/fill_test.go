package postgres_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// column is one that a row needs a value for.
type column struct {
	Table   string
	Name    string
	Type    string
	NotNull bool
	Default bool
	Checks  string  // the definitions of all checks that name it
	Refers  *string // SQL of a value that its foreign key allows; NULL: no key
	Self    bool    // it points at another row of its own table
}

// fillEmpty puts a row into each table that has none. Its values are found by trying: what a check refuses is drawn anew, from the words
// that stand in the checks themselves and from a few of each kind. Keys point at rows that are there.
func fillEmpty(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ctx := t.Context()
	// Neither triggers nor the order of foreign keys stand in the way; checks and types do.
	exec(t, conn, `SET session_replication_role = replica`)
	defer exec(t, conn, `SET session_replication_role = DEFAULT`)
	rows, err := conn.Query(ctx, `
		SELECT c.relname::text AS "table", a.attname::text AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS not_null, a.atthasdef AS "default",
		       coalesce((SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)), '') AS checks,
		       (SELECT format('SELECT %I FROM %s LIMIT 1', r.attname, k.confrelid::regclass)
		        FROM pg_constraint k, unnest(k.conkey, k.confkey) AS p (here, there) JOIN LATERAL (SELECT attname FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = p.there) r ON true
		        WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> k.conrelid AND p.here = a.attnum LIMIT 1) AS refers,
		       EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid = c.oid AND a.attnum = ANY (k.conkey)) AS self
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
		ORDER BY c.oid, a.attnum`)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByName[column])
	if err != nil {
		t.Fatal(err)
	}
	for len(columns) > 0 { // tables in the order in which they were made: what they point at came before
		table := columns[0].Table
		n := slices.IndexFunc(columns, func(c column) bool { return c.Table != table })
		if n < 0 {
			n = len(columns)
		}
		if len(texts(t, conn, `SELECT 'x' FROM `+table+` LIMIT 1`)) == 0 {
			fillOne(t, conn, table, columns[:n])
		}
		columns = columns[n:]
	}
}

// fillOne finds a row that the table takes: with all of its columns, or else with those that it insists on and some others.
func fillOne(t *testing.T, conn *pgx.Conn, table string, columns []column) {
	t.Helper()
	var last error
	for _, insists := range []bool{false, true} {
		names, choices := make([]string, len(columns)), make([][]string, len(columns))
		for i, c := range columns {
			names[i], choices[i] = c.Name, c.choices()
			if c.Self {
				choices[i] = []string{"NULL"}
			} else if c.Refers != nil {
				if there := texts(t, conn, `SELECT (`+*c.Refers+`)::text`); len(there) == 1 && there[0] != "" {
					choices[i] = []string{"(" + *c.Refers + ")"}
				}
			}
			if insists && (c.Default || !c.NotNull) {
				choices[i] = append([]string{"DEFAULT"}, choices[i]...)
			}
		}
		if last = draw(t, conn, table, names, choices); last == nil {
			return
		}
	}
	t.Fatalf("no row for %s was found: %v", table, last)
}

// draw tries values from the choices, and draws anew those that a check blames.
func draw(t *testing.T, conn *pgx.Conn, table string, names []string, choices [][]string) error {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(len(table)))) // the same row each time
	values := make([]string, len(names))
	for i := range values {
		values[i] = choices[i][0]
	}
	for try := 0; ; try++ {
		_, err := conn.Exec(context.Background(), `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(values, ", ")+`)`)
		var e *pgconn.PgError
		if err == nil || try == 300 {
			return err
		} else if !errors.As(err, &e) {
			t.Fatal(err)
		}
		blamed := func(string) bool { return true }
		if e.Code == "23514" { // the columns that the check names
			text := strings.Join(texts(t, conn, `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '`+table+`'::regclass AND conname = '`+e.ConstraintName+`'`), "")
			blamed = func(name string) bool { return regexp.MustCompile(`\b` + name + `\b`).MatchString(text) }
		}
		for i, name := range names {
			if blamed(name) {
				values[i] = choices[i][random.IntN(len(choices[i]))]
			}
		}
	}
}

var literal = regexp.MustCompile(`'(?:[^']|'')*'`)

// choices are values for a column, as SQL.
func (c column) choices() (all []string) {
	defer func() {
		if !c.NotNull {
			all = append(all, "NULL")
		}
	}()
	words := literal.FindAllString(c.Checks, -1)
	switch kind := strings.TrimSuffix(c.Type, "[]"); {
	case kind != c.Type:
		for _, w := range words {
			all = append(all, "ARRAY["+w+"]::"+c.Type)
		}
		return append(all, "'{}'", "ARRAY['1']::"+c.Type)
	case strings.HasPrefix(kind, "text") || strings.HasPrefix(kind, "character"):
		return append(words, "'дума'", "'a'", "'1'", "'bg'", "'a.bg'", "'https://a.bg/'", "'VRC10'", "'00014'", "'text.bg.steps'", "''", "'a@example.bg'", "repeat('a', 64)", "'staff:1'")
	case kind == "boolean":
		return []string{"true", "false"}
	case kind == "bytea":
		return []string{`decode(repeat('01', 32), 'hex')`, `decode(repeat('01', 16), 'hex')`, `'\x01'`}
	case kind == "jsonb" || kind == "json":
		return []string{"'{}'", "'[]'", `'{"a": "б"}'`}
	case kind == "date":
		return []string{"'2026-01-01'", "'2026-11-20'"}
	case strings.HasPrefix(kind, "time"):
		return []string{"'2026-01-01 08:00'", "'2026-01-01 09:00'", "'2026-01-02 08:00'"}
	case kind == "interval":
		return []string{"'1 day'"}
	case kind == "vector":
		return []string{"'[1,2,3]'"}
	case kind == "tsvector":
		return []string{"'дума'"}
	case kind == "inet" || kind == "cidr":
		return []string{"'127.0.0.1'"}
	case kind == "uuid":
		return []string{"gen_random_uuid()"}
	default:
		return []string{"1", "0", "2", "42", "23", "1000", "0.5"}
	}
}

func texts(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var s *string
		err := row.Scan(&s)
		if s == nil {
			return "", err
		}
		return *s, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
