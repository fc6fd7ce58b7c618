package postgres_test

import (
	"os"
	command "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// TestComposeMakesAnOrdinaryRole runs what makes the database in deploy/compose: the program's role migrates it, and may do nothing to the server.
func TestComposeMakesAnOrdinaryRole(t *testing.T) {
	t.Parallel()
	server := postgrestest.StartServer(t)
	server.Exec(`CREATE ROLE postgres SUPERUSER LOGIN`)
	address := postgrestest.Address("postgres", server)
	as := func(role, database string) string {
		return strings.NewReplacer("//orientir@", "//"+role+"@", "/postgres?", "/"+database+"?").Replace(address)
	}
	super := open(t, as("postgres", "postgres"))
	if _, err := super.Exec(t.Context(), `ALTER ROLE orientir RENAME TO maker`); err != nil { // it made the server; the image names its maker «postgres»
		t.Fatal(err)
	}
	var bin string
	if err := super.QueryRow(t.Context(), `SELECT setting FROM pg_config() WHERE name = 'BINDIR'`).Scan(&bin); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("8c1f0d7e"), 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(server.At, ":")
	run := command.Command("sh", "../compose/create-database.sh")
	run.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "PGHOST=" + host, "PGPORT=" + port, "DATABASE_PASSWORD_FILE=" + secret}
	if out, err := run.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	pool := open(t, as("orientir", "orientir"))
	if err := postgres.Migrate(t.Context(), pool); err != nil {
		t.Error(err)
	}
	var owns, knows, more bool
	if err := pool.QueryRow(t.Context(), `
		SELECT pg_get_userbyid(d.datdba) = r.rolname, pg_has_role('pg_monitor', 'USAGE'), r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
		FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`).Scan(&owns, &knows, &more); err != nil || !owns || !knows || more {
		t.Errorf("it owns its database: %t; knows how the server is: %t; may do more: %t; %v", owns, knows, more, err)
	}
	var kept bool
	if err := super.QueryRow(t.Context(), `SELECT rolpassword LIKE 'SCRAM%' FROM pg_authid WHERE rolname = 'orientir'`).Scan(&kept); err != nil || !kept {
		t.Errorf("it has a password: %t, %v", kept, err)
	}
}
