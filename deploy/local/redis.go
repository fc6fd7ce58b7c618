package local

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var redisStops = []signalWait{
	{syscall.SIGTERM, 5 * time.Second}, // the same as SHUTDOWN; with nothing to save it is quick
	{syscall.SIGKILL, 5 * time.Second}, // nothing in it is worth waiting for
}

// newRedis describes the private Redis. It keeps nothing on disk: all that is in it may be lost.
func newRedis(_ context.Context, o Options, p place, log *slog.Logger) (*server, error) {
	program, err := findRedis()
	if err != nil {
		return nil, err
	}
	pidFile := filepath.Join(p.redisData(), "redis.pid")
	return &server{
		name:    "Redis",
		program: program,
		args: []string{
			"--port", "0", "--unixsocket", p.redisSocket(), "--unixsocketperm", "700",
			"--save", "", "--appendonly", "no", "--dir", p.redisData(), "--pidfile", pidFile,
			"--maxmemory", "128mb", "--maxmemory-policy", "allkeys-lru", "--databases", "64",
			"--daemonize", "no", "--loglevel", "warning",
		},
		env:     environment(),
		dir:     p.redisData(),
		logPath: p.logFile("redis"),
		sockets: []string{p.sockets, p.redisSocket()},
		user:    p.user,
		log:     log,
		stops:   redisStops,
		ping:    func(ctx context.Context) error { return pingRedis(ctx, p) },
		clear: func(ctx context.Context) error {
			pid, err := readPID(pidFile)
			if err != nil || !alive(pid) {
				return err
			}
			// It shows its socket in place of its arguments. Another process has only inherited the number.
			if args, ok := arguments(pid); !ok || !strings.Contains(strings.Join(args, " "), p.redisSocket()) {
				return nil
			}
			log.Info("stopping the private Redis that a killed program left", "pid", pid)
			return endStranger(ctx, pid, redisStops)
		},
	}, nil
}

func findRedis() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, dir := range []string{"/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", &MissingError{"redis-server is not installed"}
}

func pingRedis(ctx context.Context, p place) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", p.redisSocket())
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	reply := make([]byte, 64)
	n, err := conn.Read(reply)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(reply[:n], []byte("+PONG")) {
		return fmt.Errorf("Redis says %q", reply[:n])
	}
	return nil
}

// environment is all that a server needs to know.
func environment() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
}
