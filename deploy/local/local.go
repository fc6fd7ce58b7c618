// Package local is the embedded default: a private PostgreSQL with pgvector and a private Redis, kept in the data directory
// and started and stopped by the program, for whoever sets no DATABASE_URL or REDIS_URL.
//
// The servers listen on unix sockets in a directory that only their user enters; there are no passwords. When the program
// is root they run as an unprivileged user, because PostgreSQL refuses root. They stand in a process group of their own,
// so a Ctrl-C in the terminal reaches the program alone, which stops them last.
//
// Whatever was killed or cut off, the next Start recovers: it holds a lock on the directory, so a server that still runs in it
// was left by a killed program and is stopped first; PostgreSQL replays its log. While the program runs, a server that dies
// is started again. A parent-death signal (Pdeathsig) is not used: Linux ties it to the thread that started the child, which the
// Go runtime may end at any time, it doesn't exist elsewhere, and it could not make the next start any safer than it must be.
//
// It owns no tables. cmd calls it: Start for serve, Attach for every other command.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"
)

// ErrBusy: another Start holds the data directory.
var ErrBusy = errors.New("another orientir already serves from this data directory")

// Options says what to start and where.
type Options struct {
	DataDir      string       // holds everything; made where it is missing
	Log          *slog.Logger // default: nobody
	NeedPostgres bool
	NeedRedis    bool
	Scratch      bool // for tests: nothing survives a power cut, and 300 connections instead of 100
}

// Servers are the private servers that this process may use until Close.
type Servers struct {
	DatabaseURL string // "" where PostgreSQL was not needed
	RedisURL    string // "" where Redis was not needed

	running []*server // in the order of their start; empty where another process runs them
	locks   locks
	command bool // a command waits at its end for others that use its servers
}

// Start starts the servers and keeps them running until Close. A second Start on the directory gives ErrBusy;
// one during a short command waits for it. Where nothing is needed it touches nothing.
// ctx bounds the starting alone. What is not installed comes back as a *MissingError.
func Start(ctx context.Context, o Options) (*Servers, error) {
	if !o.NeedPostgres && !o.NeedRedis {
		return &Servers{}, nil
	}
	p, err := prepare(o.DataDir)
	if err != nil {
		return nil, err
	}
	log := logger(o)
	held, err := lockForServe(ctx, p.dir, log)
	if err != nil {
		return nil, err
	}
	return run(ctx, o, p, &Servers{locks: held}, log)
}

// Attach gives the servers that a running program keeps in the directory. Where none runs it starts them, and Close stops
// them once no other command uses them.
func Attach(ctx context.Context, o Options) (*Servers, error) {
	if !o.NeedPostgres && !o.NeedRedis {
		return &Servers{}, nil
	}
	p, err := prepare(o.DataDir)
	if err != nil {
		return nil, err
	}
	held, owner, err := lockForCommand(ctx, p.dir, func() bool { return answer(ctx, o, p) })
	if err != nil {
		return nil, err
	}
	servers := &Servers{locks: held, command: true}
	if owner {
		return run(ctx, o, p, servers, logger(o))
	}
	servers.address(o, p)
	return servers, nil
}

// run starts what is needed under the lock that servers hold, and gives everything back when it can't.
func run(ctx context.Context, o Options, p place, servers *Servers, log *slog.Logger) (*Servers, error) {
	start := func(describe func(context.Context, Options, place, *slog.Logger) (*server, error)) error {
		server, err := describe(ctx, o, p, log)
		if err != nil {
			return err
		}
		if err := server.start(ctx); err != nil {
			return err
		}
		servers.running = append(servers.running, server)
		return nil
	}
	var err error
	if o.NeedRedis {
		err = start(newRedis)
	}
	if err == nil && o.NeedPostgres {
		err = start(newPostgres)
	}
	if err == nil && o.NeedPostgres {
		err = createDatabase(ctx, p)
	}
	if err != nil {
		servers.command = false
		return nil, errors.Join(err, servers.Close())
	}
	servers.address(o, p)
	return servers, nil
}

func (s *Servers) address(o Options, p place) {
	if o.NeedPostgres {
		s.DatabaseURL = p.databaseURL("orientir")
	}
	if o.NeedRedis {
		s.RedisURL = p.redisURL()
	}
}

// Close stops the servers that this process started, cleanly, and frees the directory. It takes as long as PostgreSQL's
// last checkpoint does, usually far less than a second.
func (s *Servers) Close() error {
	if s.command && len(s.running) > 0 {
		s.locks.awaitOthers()
	}
	var errs []error
	for _, server := range s.running {
		errs = append(errs, server.stop())
	}
	s.running = nil
	s.locks.free()
	return errors.Join(errs...)
}

// answer reports whether everything that is needed answers in place.
func answer(ctx context.Context, o Options, p place) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return (!o.NeedPostgres || pingPostgres(ctx, p, "orientir") == nil) && (!o.NeedRedis || pingRedis(ctx, p) == nil)
}

func logger(o Options) *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// MissingError names a program that has to be installed.
type MissingError struct {
	What string // a sentence without its full stop
}

func (e *MissingError) Error() string {
	return e.What + ": run ./deploy/setup run, or set DATABASE_URL and REDIS_URL to servers of your own"
}

func absolute(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no data directory was given")
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data directory %s: %w", dir, err)
	}
	return path, nil
}
