package postgres_test

import (
	"os"
	command "os/exec"
	"strings"
	"testing"

	"orientir/deploy/postgres/postgrestest"
)

// A dump is restored with no search path and table by table: what a check calls must be found all the same, and the rows come back.
func TestADumpIsRestored(t *testing.T) {
	t.Parallel()
	from, to := postgrestest.URL(t), postgrestest.EmptyURL(t)
	conn := connect(t, from)
	fillEmpty(t, conn)
	const counted = `SELECT string_agg(relname || ' ' || (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', relname), false, true, '')))[1]::text, ', ' ORDER BY relname)
		FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`
	backup := func(address string, args ...string) string {
		t.Helper()
		c := command.Command("../backup/backup", args...)
		c.Env = append(os.Environ(), "DATABASE_URL="+address)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("backup %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	backup(to, "restore", backup(from, "dump", t.TempDir()))
	if before, after := texts(t, conn, counted), texts(t, connect(t, to), counted); before[0] != after[0] {
		t.Errorf("dumped:   %s\nrestored: %s", before[0], after[0])
	}
}
