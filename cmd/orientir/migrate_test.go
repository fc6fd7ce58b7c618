package main

import (
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
)

// TestCommandsWaitForTheDatabase: after a power cut the program and its database start together, and the program must not be the last by minutes. A
// cluster's network, too, needs a moment to know a new pod, and turns its first connections away.
func TestCommandsWaitForTheDatabase(t *testing.T) {
	t.Parallel()
	behind, err := url.Parse(overTCP(t, postgrestest.URL(t)))
	if err != nil {
		t.Fatal(err)
	}
	run := func(away int, args ...string) (string, error) {
		t.Helper()
		before := *behind
		before.Host = lateServer(t, behind.Host, away)
		env := map[string]string{"DATABASE_URL": before.String(), "REDIS_URL": redistest.URL(t), "ORIENTIR_DATA_DIR": t.TempDir(), "ORIENTIR_SECRET_KEY": strings.Repeat("A", 43) + "="}
		var out strings.Builder
		c := command(func(name string) string { return env[name] })
		c.SetArgs(args)
		c.SetOut(&out)
		c.SetErr(io.Discard)
		c.SilenceErrors, c.SilenceUsage = true, true
		err := c.ExecuteContext(t.Context())
		return out.String(), err
	}
	if out, err := run(3, "migrate", "--wait=1m"); err != nil || !strings.Contains(out, "осъвременена") {
		t.Errorf("a database that comes late: %q, %v", out, err)
	}
	list := filepath.Join(t.TempDir(), "forgotten.tsv")
	for _, args := range [][]string{{"forgotten", "keep", list, "--wait=1m"}, {"forgotten", "replay", list, "--wait=1m"}, {"forgotten", "export", "--wait=1m"}} {
		if out, err := run(3, args...); err != nil {
			t.Errorf("%q with a database that comes late: %q, %v", args, out, err)
		}
	}
	for _, args := range [][]string{{"migrate"}, {"forgotten", "keep", list}} {
		if _, err := run(1000, args...); err == nil {
			t.Errorf("%q goes well without a database", args)
		}
	}
	// What no wait mends is told at once.
	behind.Path = "/nowhere"
	began := time.Now()
	if _, err := run(0, "migrate", "--wait=10m"); err == nil || time.Since(began) > time.Minute {
		t.Errorf("a database that there is not: %v after %v", err, time.Since(began))
	}
}

// lateServer is the address of a server that ends its first connections at once, and passes the later ones on.
func lateServer(t *testing.T, behind string, away int) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for n := 0; ; n++ {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", behind)
			if err != nil || n < away {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(in, out); in.Close() }()
		}
	}()
	return listener.Addr().String()
}
