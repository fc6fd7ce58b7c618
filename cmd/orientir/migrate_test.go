package main

import (
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
)

// TestMigrateWaitsForTheDatabase: after a power cut the program and its database start together, and the program must not be the last by minutes.
func TestMigrateWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	behind, err := url.Parse(overTCP(t, postgrestest.URL(t)))
	if err != nil {
		t.Fatal(err)
	}
	migrate := func(away int, args ...string) (string, error) {
		t.Helper()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for n := 0; ; n++ {
				in, err := listener.Accept()
				if err != nil {
					return
				}
				out, err := net.Dial("tcp", behind.Host)
				if err != nil || n < away {
					in.Close()
					continue
				}
				go func() { io.Copy(out, in); out.Close() }()
				go func() { io.Copy(in, out); in.Close() }()
			}
		}()
		before := *behind
		before.Host = listener.Addr().String()
		env := map[string]string{"DATABASE_URL": before.String(), "REDIS_URL": redistest.URL(t), "ORIENTIR_DATA_DIR": t.TempDir(), "ORIENTIR_SECRET_KEY": strings.Repeat("A", 43) + "="}
		var out strings.Builder
		c := migrateCommand(func(name string) string { return env[name] })
		c.SetArgs(args)
		c.SetOut(&out)
		c.SetErr(io.Discard)
		c.SilenceErrors, c.SilenceUsage = true, true
		err = c.ExecuteContext(t.Context())
		return out.String(), err
	}
	if out, err := migrate(3, "--wait=1m"); err != nil || !strings.Contains(out, "осъвременена") {
		t.Errorf("a database that comes late: %q, %v", out, err)
	}
	if _, err := migrate(1000); err == nil {
		t.Error("a database that is away is told as migrated")
	}
	// What no wait mends is told at once.
	behind.Path = "/nowhere"
	began := time.Now()
	if _, err := migrate(0, "--wait=10m"); err == nil || time.Since(began) > time.Minute {
		t.Errorf("a database that there is not: %v after %v", err, time.Since(began))
	}
}
