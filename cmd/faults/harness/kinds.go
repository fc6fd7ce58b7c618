package harness

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"orientir/bot/telegram/telegramtest"
	"orientir/retrieval/openai/openaitest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// kind is a way to hurt the house. begin does it, and gives what ends it; nil where it ends by itself.
type kind struct {
	name  string
	crash bool             // what was sent may not be noted: it may come once more
	lasts [2]time.Duration // between these, at random
	begin func(ctx context.Context, h *house) (end func() error, err error)
	bit   func(ctx context.Context, h *house) int // how often it has hurt by now; nil: it hurts as it is done
	lacks func(h *house) string                   // why it can't be done here; nil or "": it can
}

// counted is what the doubles and the proxies counted.
func counted(_ context.Context, h *house) int { return int(h.bites.Load()) }

// refused says whether the database refuses a statement for a reason, one of PostgreSQL's codes.
func refused(code, statement string) func(context.Context, *house) int {
	return func(ctx context.Context, h *house) int {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		var why *pgconn.PgError
		if err := h.database.tryAll(ctx, []string{"BEGIN", statement, "ROLLBACK"}); errors.As(err, &why) && why.Code == code {
			return 1
		}
		return 0
	}
}

var short = [2]time.Duration{500 * time.Millisecond, 2500 * time.Millisecond}

// Kinds lists the names of all kinds.
func Kinds() (names []string) {
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func kinds() []kind {
	return []kind{
		{name: "program-killed", crash: true, begin: func(_ context.Context, h *house) (func() error, error) {
			h.any().signal(syscall.SIGKILL)
			return nil, nil
		}},
		{name: "programs-killed", crash: true, begin: func(_ context.Context, h *house) (func() error, error) {
			for _, r := range h.replicas {
				r.signal(syscall.SIGKILL)
			}
			return nil, nil
		}},
		{name: "database-killed", crash: true, begin: func(_ context.Context, h *house) (func() error, error) {
			h.database.signal(syscall.SIGKILL)
			return nil, nil
		}},
		{name: "database-down", crash: true, lasts: [2]time.Duration{2 * time.Second, 6 * time.Second}, begin: func(_ context.Context, h *house) (func() error, error) {
			h.database.hold(syscall.SIGINT)
			return func() error { h.database.release(); return nil }, nil
		}},
		{name: "backend-killed", crash: true, begin: func(ctx context.Context, h *house) (func() error, error) {
			pids, err := h.database.backends(ctx)
			if err != nil || len(pids) == 0 {
				return nil, err
			}
			return nil, ignoreGone(syscall.Kill(int(pids[rand.IntN(len(pids))]), syscall.SIGKILL))
		}},
		{name: "redis-killed", begin: func(_ context.Context, h *house) (func() error, error) {
			h.redis.signal(syscall.SIGKILL)
			return nil, nil
		}},
		{name: "redis-wiped", begin: func(_ context.Context, h *house) (func() error, error) {
			return nil, h.redisSay("FLUSHALL")
		}},
		{name: "redis-away", lasts: [2]time.Duration{2 * time.Second, 6 * time.Second}, begin: func(_ context.Context, h *house) (func() error, error) {
			h.redis.hold(syscall.SIGKILL)
			return func() error { h.redis.release(); return nil }, nil
		}},
		{name: "redis-hangs", lasts: short, begin: func(_ context.Context, h *house) (func() error, error) {
			h.redis.signal(syscall.SIGSTOP)
			return func() error { h.redis.signal(syscall.SIGCONT); return nil }, nil
		}},
		telegramKind("telegram-429", mood{fault: telegramtest.Fault{Code: 429, RetryAfter: 1}, oneIn: 2}),
		telegramKind("telegram-500", mood{fault: telegramtest.Fault{Code: 502, Words: "Bad Gateway"}, oneIn: 1}),
		telegramKind("telegram-hangs", mood{fault: telegramtest.Fault{Hang: true}, oneIn: 4}),
		telegramKind("telegram-half", mood{fault: telegramtest.Fault{Half: true}, oneIn: 2}),
		telegramKind("telegram-unheard", mood{fault: telegramtest.Fault{Half: true, Carry: true}, oneIn: 3}),
		telegramKind("telegram-mixed", mood{mix: true}),
		{name: "telegram-twice", begin: twice, bit: counted},
		{name: "database-slow", bit: counted, lasts: short, begin: func(_ context.Context, h *house) (func() error, error) {
			return h.proxies(passes, 80*time.Millisecond, false), nil
		}},
		{name: "database-hangs", crash: true, bit: counted, lasts: [2]time.Duration{2 * time.Second, 5 * time.Second}, begin: func(_ context.Context, h *house) (func() error, error) {
			return h.proxies(hangs, 0, false), nil
		}},
		{name: "database-cut-off", crash: true, bit: counted, lasts: short, begin: func(_ context.Context, h *house) (func() error, error) {
			return h.proxies(refuses, 0, true), nil
		}},
		{name: "database-gone-silent", crash: true, bit: counted, lasts: [2]time.Duration{2 * time.Second, 5 * time.Second}, begin: silent},
		{name: "database-read-only", crash: true, bit: refused("25006", `CREATE TABLE hurt ()`), lasts: short, begin: func(ctx context.Context, h *house) (func() error, error) {
			const reload = `SELECT pg_reload_conf()`
			end := func() error {
				return h.database.do(ctx, `SET default_transaction_read_only = off`, `ALTER SYSTEM RESET default_transaction_read_only`, reload)
			}
			return end, h.database.do(ctx, `ALTER SYSTEM SET default_transaction_read_only = on`, reload)
		}},
		{name: "database-full", crash: true, bit: refused("53100", `CREATE TABLE hurt AS SELECT repeat(md5(n::text), 10) FROM generate_series(1, 20000) AS n`), lasts: short, lacks: func(h *house) string {
			if h.database.room == "" {
				return "no file system could be mounted"
			}
			return ""
		}, begin: func(_ context.Context, h *house) (func() error, error) {
			return h.database.empty, h.database.fill()
		}},
		{name: "database-crowded", crash: true, bit: refused("53300", `SELECT 1`), lasts: short, begin: crowded},
		{name: "database-moved", crash: true, begin: func(_ context.Context, h *house) (func() error, error) {
			h.database.move()
			return nil, nil
		}},
		modelKind("model-dead", openaitest.Fails(503, "overloaded")),
		modelKind("model-slow", openaitest.Drips("лъжа на 777 лева, която никога не свършва", 200*time.Millisecond)),
		modelKind("model-hangs", openaitest.Hangs()),
		{name: "model-lies", lasts: short, begin: lying, bit: counted},
		{name: "clock-forward", lasts: short, begin: clock(90 * time.Second)},
		{name: "clock-back", lasts: short, begin: clock(-90 * time.Second)},
		{name: "clock-of-database", lasts: short, lacks: func(h *house) string {
			if h.database.clock == "" {
				return "libfaketime is not installed"
			}
			return ""
		}, begin: func(_ context.Context, h *house) (func() error, error) {
			by := time.Duration(60+rand.IntN(240)) * time.Second
			if rand.IntN(2) == 0 {
				by = -by
			}
			return func() error { return h.database.step(0) }, h.database.step(by)
		}},
	}
}

func ignoreGone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

func telegramKind(name string, m mood) kind {
	return kind{name: name, lasts: [2]time.Duration{time.Second, 4 * time.Second}, bit: counted, begin: func(_ context.Context, h *house) (func() error, error) {
		h.mood.Store(&m)
		return func() error { h.mood.Store(nil); return nil }, nil
	}}
}

func modelKind(name string, says openaitest.Reply) kind {
	return kind{name: name, lasts: [2]time.Duration{time.Second, 4 * time.Second}, bit: counted, begin: func(_ context.Context, h *house) (func() error, error) {
		m := modelMood(func(openaitest.Request) openaitest.Reply { return says })
		h.says.Store(&m)
		return func() error { h.says.Store(nil); return nil }, nil
	}}
}

// lying has the model add a lie to what is right.
func lying(_ context.Context, h *house) (func() error, error) {
	m := modelMood(func(r openaitest.Request) openaitest.Reply {
		return openaitest.Says(openaitest.Written("bg", openaitest.Sentence{Text: "Таксата е " + lie + " на https://lazha.example.", From: []string{"step.1"}}))
	})
	h.says.Store(&m)
	return func() error { h.says.Store(nil); return nil }, nil
}

// twice brings updates to the webhook that the poll brings too, to every replica, in any order, at once.
func twice(_ context.Context, h *house) (func() error, error) {
	updates := h.telegram.Recent(20)
	rand.Shuffle(len(updates), func(i, j int) { updates[i], updates[j] = updates[j], updates[i] })
	var all sync.WaitGroup
	for _, r := range h.replicas {
		for _, u := range updates {
			all.Go(func() {
				if status, err := telegramtest.Post(r.URL+"/telegram/webhook", secret, u); err == nil && status == http.StatusOK {
					h.bites.Add(1)
				}
			})
		}
	}
	all.Wait()
	return nil, nil
}

func (h *house) proxies(w way, delay time.Duration, cut bool) func() error {
	for _, p := range h.database.proxies {
		p.set(w, delay)
		if cut {
			h.bites.Add(int64(p.cut()))
		}
	}
	return func() error {
		for _, p := range h.database.proxies {
			p.set(passes, 0)
		}
		return nil
	}
}

// silent moves the server away from an address that answers nothing any more, and hangs up on nobody: those who talk to it must give it up.
func silent(_ context.Context, h *house) (func() error, error) {
	from := h.database.proxies[h.database.at.Load()]
	from.set(hangs, 0)
	h.database.hold(syscall.SIGKILL)
	h.database.at.Store(1 - h.database.at.Load())
	h.database.release()
	return func() error {
		from.cut()
		from.set(passes, 0)
		return nil
	}, nil
}

// crowded takes every connection that the server has.
func crowded(ctx context.Context, h *house) (func() error, error) {
	var taken []*pgx.Conn
	end := func() error {
		for _, c := range taken {
			c.Close(context.WithoutCancel(ctx))
		}
		return nil
	}
	if err := h.database.do(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'orientir%'`); err != nil {
		return end, err
	}
	for range 3 * mostConnections {
		c, err := h.database.connect(ctx)
		if err != nil {
			break
		}
		taken = append(taken, c)
	}
	return end, nil
}

// clock steps the clock of one replica, or of all.
func clock(by time.Duration) func(context.Context, *house) (func() error, error) {
	return func(_ context.Context, h *house) (func() error, error) {
		those := h.replicas
		if rand.IntN(2) == 0 {
			those = []*replica{h.any()}
		}
		for _, r := range those {
			if err := os.WriteFile(r.clock, []byte(by.String()), 0o644); err != nil {
				return nil, err
			}
		}
		return func() error {
			var err error
			for _, r := range those {
				err = errors.Join(err, os.WriteFile(r.clock, []byte("0s"), 0o644))
			}
			return err
		}, nil
	}
}

func (h *house) redisSay(command string) error {
	c, err := net.DialTimeout("unix", strings.TrimPrefix(h.redisURL, "unix://"), time.Second)
	if err != nil {
		return nil // it is away already
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := fmt.Fprintf(c, "*1\r\n$%s\r\n%s\r\n", strconv.Itoa(len(command)), command); err != nil {
		return nil
	}
	_, _ = c.Read(make([]byte, 64))
	return nil
}
