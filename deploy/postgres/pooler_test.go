package postgres_test

import (
	"context"
	"fmt"
	"net"
	"os"
	programs "os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// TestPooler: behind PgBouncer that pools by session all that the program asks of a server works, also what lasts as long as a connection: who leads a
// job, who migrates, what a session was told. One that pools by transaction is refused in one sentence.
func TestPooler(t *testing.T) {
	t.Parallel()
	program, err := programs.LookPath("pgbouncer")
	if err != nil {
		if program, err = programs.LookPath("/usr/sbin/pgbouncer"); err != nil { // where a user's path doesn't lead
			t.Skip("pgbouncer is not here; on Debian and Ubuntu deploy/setup test installs it")
		}
	}
	server := postgrestest.StartServer(t)
	server.Exec(`CREATE DATABASE orientir`)
	bySession, byTransaction := startPooler(t, program, server, "session", 40), startPooler(t, program, server, "transaction", 40)

	if pool, err := postgres.Open(t.Context(), startPooler(t, program, server, "session", 1), postgres.Options{}); err != nil {
		t.Errorf("a pooler that is full for the moment is refused: %v", err)
	} else {
		pool.Close()
	}

	pool := open(t, bySession)
	if err := postgres.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	other := open(t, bySession)
	var width string
	if err := other.QueryRow(t.Context(), `SELECT current_setting('hnsw.ef_search')`).Scan(&width); err != nil || width != "100" {
		t.Errorf("a session was told %q, %v", width, err)
	}
	leads := make(chan string, 2)
	lead := func(ctx context.Context, who string) <-chan error {
		ended := make(chan error, 1)
		of := pool
		if who == "second" {
			of = other
		}
		go func() {
			ended <- postgres.Lead(postgres.WithLeads(ctx, of, nil), of, "test", func(ctx context.Context) error {
				leads <- who
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		return ended
	}
	first, stopFirst := context.WithCancel(t.Context())
	defer stopFirst()
	endedFirst := lead(first, "first")
	if who := <-leads; who != "first" {
		t.Fatal(who)
	}
	second, stopSecond := context.WithCancel(t.Context())
	defer stopSecond()
	endedSecond := lead(second, "second")
	select {
	case <-leads:
		t.Error("two lead")
	case <-time.After(3 * time.Second): // a follower asks every two
	}
	stopFirst()
	if err := <-endedFirst; err != nil {
		t.Error(err)
	}
	if who := <-leads; who != "second" {
		t.Error(who)
	}
	stopSecond()
	if err := <-endedSecond; err != nil {
		t.Error(err)
	}

	if pool, err := postgres.Open(t.Context(), byTransaction, postgres.Options{}); err == nil {
		pool.Close()
		t.Error("a pooler by transaction is taken")
	} else {
		t.Log(err)
	}
}

// startPooler starts PgBouncer before a server, with so many sessions at most, and gives its address.
func startPooler(t *testing.T, program string, server *postgrestest.Server, mode string, most int) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	serverHost, serverPort, _ := net.SplitHostPort(server.At)
	dir, err := os.MkdirTemp("", "orientir-pooler-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	settings := fmt.Sprintf("[databases]\norientir = user=orientir host=%s port=%s\n[pgbouncer]\nlisten_addr = %s\nlisten_port = %s\nunix_socket_dir =\nauth_type = any\nauth_file =\npool_mode = %s\n"+
		"default_pool_size = %d\nquery_wait_timeout = 3\nlogfile = %s\n", serverHost, serverPort, host, port, mode, most, filepath.Join(dir, "log"))
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := programs.Command(program, "-q", file)
	if os.Geteuid() == 0 { // it refuses to be root
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	at := net.JoinHostPort(host, port)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", at)
		if err == nil {
			conn.Close()
			return "postgres://orientir@" + at + "/orientir?sslmode=disable"
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("pgbouncer does not answer: %v\n%s", err, said)
		}
	}
}
