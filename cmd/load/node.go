package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	driver "github.com/redis/go-redis/v9"

	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/local"
)

const (
	learned   = "load_learned"  // a database with the starter knowledge and a model
	learning  = "load_learning" // the same before it is whole
	running   = "load_running"  // a copy, of one run
	learnTime = 20 * time.Minute
	startTime = 3 * time.Minute
	stopTime  = time.Minute

	webhookSecret = "load-secret"
)

// node is the program with its servers and a double of Telegram.
type node struct {
	o       options
	servers *local.Servers
	double  *telegramtest.Server
	pool    *pgxpool.Pool // to count with
	redis   *driver.Client
	url     string
	metrics string
	env     []string

	cmd  *exec.Cmd
	said *tail
	done chan error
}

// startNode starts the program on a fresh copy of a learned database. env are further settings of it.
func startNode(ctx context.Context, o options, env ...string) (_ *node, err error) {
	if o.program, err = filepath.Abs(o.program); err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.program); err != nil {
		return nil, fmt.Errorf("the program is not there (go build -o .build/orientir ./cmd/orientir): %w", err)
	}
	n := &node{o: o, double: telegramtest.Start(telegramtest.Options{NoPace: true})}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if err := os.MkdirAll(o.data, 0o755); err != nil {
		return nil, err
	}
	if n.servers, err = local.Attach(ctx, local.Options{DataDir: o.data, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), NeedPostgres: true, NeedRedis: true}); err != nil {
		return nil, err
	}
	config, err := driver.ParseURL(n.servers.RedisURL)
	if err != nil {
		return nil, err
	}
	n.redis = driver.NewClient(config)
	if err := n.learn(ctx); err != nil {
		return nil, err
	}
	if err := n.redis.FlushAll(ctx).Err(); err != nil {
		return nil, fmt.Errorf("empty the private Redis: %w", err)
	}
	if err := n.admin(ctx, `DROP DATABASE IF EXISTS `+running+` WITH (FORCE)`, `CREATE DATABASE `+running+` TEMPLATE `+learned); err != nil {
		return nil, err
	}
	if n.pool, err = pgxpool.New(ctx, n.database(running)); err != nil {
		return nil, err
	}
	if err := n.start(ctx, running, startTime, env...); err != nil {
		return nil, err
	}
	return n, nil
}

// learn makes the learned database where there is none yet.
func (n *node) learn(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, n.database("orientir"))
	if err != nil {
		return fmt.Errorf("connect to the private PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, learned).Scan(&there); err != nil || there {
		return err
	}
	fmt.Fprintln(os.Stderr, "load: the program learns from the starter knowledge, once …")
	if err := n.admin(ctx, `DROP DATABASE IF EXISTS `+learning+` WITH (FORCE)`, `CREATE DATABASE `+learning); err != nil {
		return err
	}
	if err := n.start(ctx, learning, learnTime); err != nil {
		return err
	}
	if err := n.stop(); err != nil {
		return err
	}
	return n.admin(ctx, `ALTER DATABASE `+learning+` RENAME TO `+learned)
}

// admin runs statements that stand in no transaction.
func (n *node) admin(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, n.database("orientir"))
	if err != nil {
		return fmt.Errorf("connect to the private PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// database is the address of a database of the private server.
func (n *node) database(name string) string {
	u, err := url.Parse(n.servers.DatabaseURL)
	if err != nil { // the house made it itself
		return n.servers.DatabaseURL
	}
	u.Path = "/" + name
	return u.String()
}

// start starts the program on a database and waits until it answers.
func (n *node) start(ctx context.Context, database string, patience time.Duration, env ...string) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	metrics, err := freeAddress()
	if err != nil {
		return err
	}
	n.url, n.metrics = "http://"+address, "http://"+metrics
	limits := "on"
	if !n.o.limits {
		limits = "off"
	}
	n.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DATABASE_URL=" + n.database(database), "REDIS_URL=" + n.servers.RedisURL, "ORIENTIR_DATA_DIR=" + n.o.data,
		"ORIENTIR_ADDR=" + address, "ORIENTIR_METRICS_ADDR=" + metrics, "ORIENTIR_PUBLIC_URL=https://load.invalid", "ORIENTIR_PPROF=on", "ORIENTIR_LINK_CHECKS=off",
		"ORIENTIR_RATE_LIMITS=" + limits, "TELEGRAM_BOT_TOKEN=" + n.double.Token, "TELEGRAM_API_URL=" + n.double.URL, "TELEGRAM_WEBHOOK_SECRET=" + webhookSecret,
	}, env...)
	n.said = &tail{}
	n.cmd = exec.Command(n.o.program, "serve")
	n.cmd.Env, n.cmd.Stdout, n.cmd.Stderr = n.env, n.said, n.said
	if err := n.cmd.Start(); err != nil {
		return fmt.Errorf("start the program: %w", err)
	}
	n.done = make(chan error, 1)
	go func(cmd *exec.Cmd, done chan<- error) { done <- cmd.Wait() }(n.cmd, n.done)
	for deadline := time.Now().Add(patience); ; {
		resp, err := http.Get(n.url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-n.done:
			n.cmd = nil
			return fmt.Errorf("the program ended: %w\n%s", err, n.said)
		case <-time.After(200 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the program is not ready after %v\n%s", patience, n.said)
		}
	}
}

// run runs another command of the program with the same settings.
func (n *node) run(ctx context.Context, stdin string, args ...string) error {
	cmd := exec.CommandContext(ctx, n.o.program, args...)
	cmd.Env, cmd.Stdin = n.env, strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("orientir %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// stop ends the program as an operator does.
func (n *node) stop() error {
	if n.cmd == nil {
		return nil
	}
	cmd := n.cmd
	n.cmd = nil
	_ = cmd.Process.Signal(syscall.SIGINT)
	select {
	case err := <-n.done:
		if err != nil {
			return fmt.Errorf("the program ended badly: %w\n%s", err, n.said)
		}
	case <-time.After(stopTime):
		_ = cmd.Process.Kill()
		<-n.done
		return fmt.Errorf("the program did not stop within %v", stopTime)
	}
	return nil
}

// close stops everything that was started.
func (n *node) close() error {
	errs := []error{n.stop()}
	if n.pool != nil {
		n.pool.Close()
	}
	if n.redis != nil {
		errs = append(errs, n.redis.Close())
	}
	if n.servers != nil {
		errs = append(errs, n.servers.Close())
	}
	n.double.Close()
	return errors.Join(errs...)
}

// profiles takes a CPU profile for so long, and heap and allocations at its end; the files are named after what was going on. It waits for nothing
// where none are wanted.
func (n *node) profiles(ctx context.Context, during time.Duration, what string) error {
	if n.o.profile == "" {
		return nil
	}
	if err := os.MkdirAll(n.o.profile, 0o755); err != nil {
		return err
	}
	for _, p := range []struct{ name, query string }{{"profile", fmt.Sprintf("seconds=%d", int(during.Seconds()))}, {"heap", "gc=1"}, {"allocs", ""}, {"goroutine", ""}} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.metrics+"/debug/pprof/"+p.name+"?"+p.query, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return fmt.Errorf("take the profile %s: %w", p.name, err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode != http.StatusOK {
			err = errors.New(resp.Status)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(n.o.profile, what+"-"+p.name+".pprof"), data, 0o644)
		}
		if err != nil {
			return fmt.Errorf("take the profile %s: %w", p.name, err)
		}
	}
	return nil
}

// tail keeps the end of what a process says.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailLength = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if extra := len(t.b) - tailLength; extra > 0 {
		t.b = bytes.Clone(t.b[extra:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
