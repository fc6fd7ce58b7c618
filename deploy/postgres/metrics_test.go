package postgres_test

import (
	command "os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/watch"
)

// TestABackupIsNoStandby: who takes the log away for a backup comes and goes, and nothing could be failed over to it.
func TestABackupIsNoStandby(t *testing.T) {
	t.Parallel()
	server := postgrestest.StartServer(t)
	pool := open(t, postgrestest.Address("postgres", server))
	if _, err := pool.Exec(t.Context(), `CREATE TABLE schema_version AS SELECT 1 AS version`); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(postgres.DatabaseMetrics(pool, watch.SampleOptions{Every: time.Nanosecond}, nil))
	standbys := func() float64 {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "orientir_database_standbys" {
				return f.GetMetric()[0].GetGauge().GetValue()
			}
		}
		t.Fatal("nothing is told of standbys")
		return 0
	}
	var bin string
	if err := pool.QueryRow(t.Context(), `SELECT setting FROM pg_config() WHERE name = 'BINDIR'`).Scan(&bin); err != nil {
		t.Fatal(err)
	}
	backup := command.Command(filepath.Join(bin, "pg_receivewal"), "--dbname="+postgrestest.Address("postgres", server), "--directory="+t.TempDir(), "--synchronous")
	if err := backup.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = backup.Process.Kill()
		_ = backup.Wait() // it was killed
	}()
	waitFor(t, pool, `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'pg_receivewal' AND flush_lsn IS NOT NULL)`)
	if n := standbys(); n != 0 {
		t.Errorf("with a backup alone there are %v standbys", n)
	}
	server.Standby()
	waitFor(t, pool, `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE replay_lsn IS NOT NULL)`)
	if n := standbys(); n != 1 {
		t.Errorf("with a standby and a backup there are %v standbys", n)
	}
}
