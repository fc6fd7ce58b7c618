package postgrestest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL of the test's own, on a port of 127.0.0.1, with the programs of the test server: for tests that hurt it.
type Server struct {
	At string // host:port

	t    testing.TB
	bin  string
	dir  string
	port string
	as   *syscall.SysProcAttr
	cmd  *exec.Cmd
	done chan struct{}
	said *bytes.Buffer // read once done is closed
}

// serverName is the superuser of a Server and the owner of its databases.
const serverName = "orientir"

// StartServer makes a new PostgreSQL and starts it. It is gone when the test ends.
func StartServer(t testing.TB) *Server {
	t.Helper()
	s := newServer(t, programs(t))
	s.run("initdb", "-D", s.dir, "-U", serverName, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	s.Start()
	return s
}

// Standby copies the server and starts a standby that follows it.
func (s *Server) Standby() *Server {
	s.t.Helper()
	follower := newServer(s.t, s.bin)
	follower.run("pg_basebackup", "-h", "127.0.0.1", "-p", s.port, "-U", serverName, "-D", follower.dir, "-R", "-X", "stream", "-c", "fast", "--no-sync")
	follower.Start()
	return follower
}

// Address is that of a database on one of the servers, in the order in which they are to be tried.
func Address(database string, servers ...*Server) string {
	var hosts []string
	for _, s := range servers {
		hosts = append(hosts, s.At)
	}
	u := url.URL{Scheme: "postgres", User: url.User(serverName), Host: strings.Join(hosts, ","), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Exec runs statements, each in a transaction of its own.
func (s *Server) Exec(statements ...string) {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), Address("postgres", s))
	if err != nil {
		s.t.Fatalf("connect to a server: %v", err)
	}
	defer conn.Close(context.Background())
	for _, statement := range statements {
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Promote makes a standby the primary.
func (s *Server) Promote() {
	s.t.Helper()
	s.Exec(`SELECT pg_promote()`)
}

// Kill ends the server as a power cut would.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Kill()
	<-s.done
	s.cmd = nil
}

func newServer(t testing.TB, bin string) *Server {
	t.Helper()
	home, err := os.MkdirTemp("", "orientir-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, bin: bin, dir: filepath.Join(home, "data"), as: &syscall.SysProcAttr{}}
	t.Cleanup(func() {
		s.Kill()
		for range 100 { // the server's children notice a moment later
			if os.RemoveAll(home) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	if os.Geteuid() == 0 { // PostgreSQL refuses to be root
		s.as.Credential = nobody(t)
		if err := os.Chown(home, int(s.as.Credential.Uid), int(s.as.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.At = listener.Addr().String()
	_, s.port, _ = net.SplitHostPort(s.At)
	listener.Close()
	return s
}

func nobody(t testing.TB) *syscall.Credential {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32)
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Fatal("no user to run PostgreSQL as")
	return nil
}

// programs is where the test server's programs are.
func programs(t testing.TB) string {
	t.Helper()
	at := os.Getenv(variable)
	if at == "" {
		t.Fatalf("%s is not set: run the tests with ./deploy/test", variable)
	}
	conn, err := pgx.Connect(context.Background(), at)
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	defer conn.Close(context.Background())
	var bin string
	if err := conn.QueryRow(context.Background(), `SELECT setting FROM pg_config() WHERE name = 'BINDIR'`).Scan(&bin); err != nil {
		t.Fatalf("ask the test server where its programs are: %v", err)
	}
	return bin
}

func (s *Server) run(program string, args ...string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir, cmd.SysProcAttr, cmd.Env = filepath.Dir(s.dir), s.as, []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	if said, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", program, err, said)
	}
}

// Start starts a server that was killed again, and returns when it answers.
func (s *Server) Start() {
	s.t.Helper()
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + s.port, "unix_socket_directories=", "max_connections=100", "shared_buffers=32MB", "fsync=off",
		"full_page_writes=off", "wal_receiver_timeout=2s", "wal_retrieve_retry_interval=200ms", "timezone=UTC", "logging_collector=off", "log_min_messages=fatal",
	}
	args := []string{"-D", s.dir}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	s.said = &bytes.Buffer{}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...)
	cmd.Dir, cmd.SysProcAttr, cmd.Env = filepath.Dir(s.dir), s.as, []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	cmd.Stdout, cmd.Stderr = s.said, s.said
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("start PostgreSQL: %v", err)
	}
	done := make(chan struct{})
	go func() {
		cmd.Wait()
		close(done)
	}()
	s.cmd, s.done = cmd, done
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(context.Background(), Address("postgres", s))
		if err == nil {
			conn.Close(context.Background())
			return
		}
		select {
		case <-done:
			s.t.Fatalf("PostgreSQL did not start\n%s", s.said)
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatal(fmt.Errorf("PostgreSQL does not answer: %w", err))
		}
	}
}
