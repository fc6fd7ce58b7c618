package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superuser    = "orientir"
	oldestServer = 15
)

var postgresStops = []signalWait{
	{syscall.SIGINT, time.Minute},       // «fast»: open transactions are rolled back, and a checkpoint is written
	{syscall.SIGQUIT, 10 * time.Second}, // «immediate»: the next start replays the log
	{syscall.SIGKILL, 10 * time.Second},
}

// newPostgres describes the private PostgreSQL, after making its database files where there are none.
func newPostgres(ctx context.Context, o Options, p place, log *slog.Logger) (*server, error) {
	data := p.postgresData()
	made, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the database's version: %w", err)
	}
	bin, err := findPostgres(strings.TrimSpace(string(made)), data)
	if err != nil {
		return nil, err
	}
	if made == nil {
		log.Info("making the private database", "directory", data)
		if err := initialize(ctx, bin, p, o.Scratch); err != nil {
			return nil, err
		}
	}
	settings := []string{
		"listen_addresses=", "port=5432", "unix_socket_directories=" + `"` + strings.ReplaceAll(p.sockets, `"`, `""`) + `"`,
		"max_connections=100", "timezone=UTC", "log_timezone=UTC", "lc_messages=C", "cluster_name=orientir",
		"logging_collector=off", "log_destination=stderr", "log_min_messages=warning", "log_checkpoints=off",
		// What people wrote stands in statements and in the details of errors; it must not reach a log.
		"log_min_error_statement=panic", "log_error_verbosity=terse", "log_statement=none",
		"jit=off", // the queries here are short; compiling them costs more than it saves
	}
	if o.Scratch {
		settings = append(settings, "max_connections=300", "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	args := []string{"-D", data}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return &server{
		name:    "PostgreSQL",
		program: filepath.Join(bin, "postgres"),
		args:    args,
		env:     environment(),
		dir:     data,
		logPath: p.logFile("postgres"),
		sockets: []string{p.sockets, p.postgresSocket()},
		user:    p.user,
		log:     log,
		stops:   postgresStops,
		ping:    func(ctx context.Context) error { return pingPostgres(ctx, p, "postgres") },
		clear:   func(ctx context.Context) error { return clearPostgres(ctx, p, log) },
		// The children of a postmaster that was killed hold on to its shared memory until they notice.
		passing: func(logged string) bool { return strings.Contains(logged, "shared memory block") },
	}, nil
}

// clearPostgres stops a postmaster that a killed program left, and removes lock files that only seem to be held: after
// a power cut, or in a container, some other process may bear the number in them, and PostgreSQL would not start.
func clearPostgres(ctx context.Context, p place, log *slog.Logger) error {
	for _, path := range []string{filepath.Join(p.postgresData(), "postmaster.pid"), p.postgresSocket() + ".lock"} {
		pid, err := readPID(path)
		if err != nil {
			return err
		}
		if zombie(pid) { // PostgreSQL would take it for alive; its children end within moments
			if err := pauseFor(ctx, 2*time.Second); err != nil {
				return err
			}
			if err := removeStale(path); err != nil {
				return err
			}
		}
		if !alive(pid) {
			continue // PostgreSQL sees that by itself
		}
		args, ok := arguments(pid)
		switch {
		case !ok: // we can't tell whose it is, so PostgreSQL decides
		case slices.Contains(args, p.postgresData()):
			log.Info("stopping the private PostgreSQL that a killed program left", "pid", pid)
			if err := endStranger(ctx, pid, postgresStops); err != nil {
				return err
			}
		case maybePostmaster(args):
		default:
			if err := removeStale(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func removeStale(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a stale lock: %w", err)
	}
	return nil
}

// maybePostmaster reports whether a command line may be that of a postmaster on an unknown directory. Ours always name theirs
// with -D, in full.
func maybePostmaster(args []string) bool {
	if len(args) == 0 {
		return true
	}
	name := filepath.Base(args[0])
	if name != "postgres" && name != "postmaster" {
		return false // among them a «postgres: …» title: the child of a postmaster
	}
	for i, arg := range args[1:] {
		if arg == "-D" && i+2 < len(args) && filepath.IsAbs(args[i+2]) {
			return false
		}
	}
	return true
}

// initialize makes the database files beside their place and moves them there whole, so that a start cut off half-way leaves nothing that looks like a database.
func initialize(ctx context.Context, bin string, p place, scratch bool) error {
	making := p.postgresData() + ".new"
	if err := os.RemoveAll(making); err != nil {
		return fmt.Errorf("remove a half-made database: %w", err)
	}
	if err := p.user.own(making); err != nil {
		return err
	}
	// Sorted by code point, which no upgrade of the system's C library changes under an index; letters are known in all scripts.
	args := []string{"-D", making, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"}
	if scratch {
		args = append(args, "--no-sync")
	}
	var said []byte
	for _, letters := range []string{"C.UTF-8", "en_US.UTF-8"} { // the second for macOS before 15
		cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), append(args, "--lc-ctype="+letters)...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = p.sockets, environment(), p.user.attributes()
		var err error
		if said, err = cmd.CombinedOutput(); err == nil {
			if err := os.Rename(making, p.postgresData()); err != nil {
				return fmt.Errorf("put the new database in its place: %w", err)
			}
			return syncDir(p.dir)
		}
		if !strings.Contains(string(said), "locale") {
			break
		}
	}
	return fmt.Errorf("make the private database: %s", strings.TrimSpace(string(said)))
}

// syncDir makes a rename within dir outlast a power cut.
func syncDir(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the data directory: %w", err)
	}
	defer file.Close()
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync the data directory: %w", err)
	}
	return nil
}

// createDatabase makes the product's database where it is missing.
func createDatabase(ctx context.Context, p place) error {
	conn, err := pgx.Connect(ctx, p.databaseURL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the private PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'orientir')`).Scan(&exists); err != nil {
		return fmt.Errorf("look for the private database: %w", err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE orientir`); err != nil {
		return fmt.Errorf("create the private database: %w", err)
	}
	return nil
}

func pingPostgres(ctx context.Context, p place, database string) error {
	conn, err := pgx.Connect(ctx, p.databaseURL(database))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// findPostgres gives the directory with the programs of the newest installed PostgreSQL that has pgvector, or of exactly
// the version that made the existing database.
func findPostgres(version, data string) (string, error) {
	var best, bare string
	bestMajor, bareMajor := 0, 0
	for _, bin := range postgresDirs() {
		major := majorOf(bin)
		if major < oldestServer || version != "" && strconv.Itoa(major) != version {
			continue
		}
		if hasVector(bin) {
			if major > bestMajor {
				best, bestMajor = bin, major
			}
		} else if major > bareMajor {
			bare, bareMajor = bin, major
		}
	}
	switch {
	case best != "":
		return best, nil
	case bare != "":
		return "", &MissingError{fmt.Sprintf("PostgreSQL %d in %s has no extension pgvector", bareMajor, bare)}
	case version != "":
		return "", &MissingError{fmt.Sprintf("the database in %s was made by PostgreSQL %s, which is not installed with pgvector", data, version)}
	}
	return "", &MissingError{fmt.Sprintf("PostgreSQL %d or newer with the extension pgvector is not installed", oldestServer)}
}

// postgresDirs are the places where packages put the server's programs, PATH first.
func postgresDirs() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                   // the PostgreSQL project's RPMs
		"/usr/libexec/postgresql*",           // Alpine
		"/opt/homebrew/opt/postgresql@*/bin", // macOS
		"/usr/local/opt/postgresql@*/bin",    // macOS on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		dirs = append(dirs, found...)
	}
	return dirs
}

// majorOf asks the server's program; 0 where it can't run.
func majorOf(bin string) int {
	said, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	_, number, _ := strings.Cut(string(said), "(PostgreSQL) ")
	digits := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		return 0
	}
	major, _ := strconv.Atoi(number[:digits])
	return major
}

func hasVector(bin string) bool {
	var shares []string
	if said, err := exec.Command(filepath.Join(bin, "pg_config"), "--sharedir").Output(); err == nil {
		shares = append(shares, strings.TrimSpace(string(said)))
	}
	shares = append(shares, filepath.Join(bin, "../share"), filepath.Join(bin, "../share/postgresql"))
	for _, share := range shares {
		if _, err := os.Stat(filepath.Join(share, "extension", "vector.control")); err == nil {
			return true
		}
	}
	return false
}
