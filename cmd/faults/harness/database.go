package harness

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// mostConnections is what the server takes.
const mostConnections = 100

// database is a PostgreSQL server that answers at one of two addresses.
type database struct {
	*process
	files
	room    string // a file system of its own, which can be filled up; "" where none could be made
	sockets [2]string
	proxies [2]*proxy
	at      atomic.Int32  // which of them
	clock   string        // file that libfaketime reads; "" without it
	base    time.Duration // by which the clock is ahead where nobody steps it
}

// roomSize is that of the database's file system.
const roomSize = 700 << 20

// newDatabase starts a server on a copy of the files. hurt is called for each piece that a proxy holds up or refuses.
func newDatabase(dir string, from files, log *os.File, hurt func()) (*database, error) {
	d := &database{files: from}
	d.data = filepath.Join(dir, "postgres")
	room := filepath.Join(dir, "room")
	if err := os.Mkdir(room, 0o755); err != nil {
		return nil, err
	}
	if err := syscall.Mount("tmpfs", room, "tmpfs", 0, "size="+strconv.Itoa(roomSize)); err == nil {
		d.room, d.data = room, filepath.Join(room, "postgres")
	}
	if out, err := exec.Command("cp", "-a", from.data, d.data).CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the database: %s", out), d.leave())
	}
	_ = os.Remove(filepath.Join(d.data, "postmaster.pid"))
	for i := range d.sockets {
		d.sockets[i] = filepath.Join(dir, "pg"+strconv.Itoa(i))
		if err := d.own(d.sockets[i]); err != nil {
			return nil, errors.Join(err, d.leave())
		}
		p, err := newProxy(filepath.Join(d.sockets[i], ".s.PGSQL.5432"), hurt)
		if err != nil {
			return nil, errors.Join(err, d.leave())
		}
		d.proxies[i] = p
	}
	if library := fakeTime(); library != "" {
		d.clock, d.base = filepath.Join(dir, "database-clock"), untilDay(time.Now())
		if err := d.step(0); err != nil {
			return nil, errors.Join(err, d.leave())
		}
	}
	d.process = keep("postgres", log, d.command)
	return d, nil
}

// own makes a directory that the server may write to.
func (d *database) own(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.Chown(dir, int(d.UID), int(d.GID))
}

func (d *database) command() *exec.Cmd {
	d.sweep()
	args := []string{"-D", d.data}
	for _, setting := range []string{
		"listen_addresses=", "port=5432", "unix_socket_directories=" + d.sockets[d.at.Load()], "max_connections=" + strconv.Itoa(mostConnections), "timezone=UTC", "log_timezone=UTC",
		"lc_messages=C", "log_min_error_statement=panic", "logging_collector=off", "jit=off", "max_wal_size=128MB", "min_wal_size=64MB",
		"fsync=off", // what is killed here loses nothing that it wrote: only a power cut would
	} {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command(d.Program, args...)
	cmd.Dir = d.data
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	if d.clock != "" {
		cmd.Env = append(cmd.Env, "LD_PRELOAD="+fakeTime(), "FAKETIME_TIMESTAMP_FILE="+d.clock, "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: d.UID, Gid: d.GID}
	}
	return cmd
}

// sweep ends what is left of a server that was killed, as a service manager does with all processes of a service: while one of them lives the server
// can't start anew.
func (d *database) sweep() {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // never fails: the pattern is well-formed
	for _, link := range links {
		if at, err := os.Readlink(link); err != nil || at != d.data {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// fakeTime is libfaketime where it is installed.
func fakeTime() string {
	for _, pattern := range []string{"/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// url is the address that the program gets: both, of which it takes the one that may be written to.
func (d *database) url() string {
	return "postgres://orientir@" + d.proxies[0].Addr + "," + d.proxies[1].Addr + "/orientir?sslmode=disable&target_session_attrs=read-write"
}

// own connection of the harness, past the proxies.
func (d *database) connect(ctx context.Context) (*pgx.Conn, error) {
	u := url.URL{Scheme: "postgres", User: url.User("orientir"), Path: "/orientir", RawQuery: url.Values{"host": {d.sockets[d.at.Load()]}, "application_name": {"faults"}}.Encode()}
	return pgx.Connect(ctx, u.String())
}

// do runs statements, and waits for a server that is only coming up.
func (d *database) do(ctx context.Context, statements ...string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := d.tryAll(ctx, statements)
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (d *database) tryAll(ctx context.Context, statements []string) error {
	c, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	for _, s := range statements {
		if _, err := c.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// backends are the processes that serve the program.
func (d *database) backends(ctx context.Context) (pids []int32, err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	rows, err := c.Query(ctx, `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'orientir%'`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int32])
}

// move starts the server at the other address.
func (d *database) move() {
	d.hold(syscall.SIGINT)
	from := d.at.Load()
	d.proxies[from].cut()
	d.at.Store(1 - from)
	d.release()
}

// fill takes the room that is left, but for a few pages.
func (d *database) fill() error {
	f, err := os.Create(filepath.Join(d.room, "ballast"))
	if err != nil {
		return err
	}
	defer f.Close()
	piece := make([]byte, 256<<10)
	for {
		if _, err := f.Write(piece); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (d *database) empty() error { return os.Remove(filepath.Join(d.room, "ballast")) }

// step moves the server's clock.
func (d *database) step(by time.Duration) error {
	return os.WriteFile(d.clock, []byte(fmt.Sprintf("%+d\n", int((d.base+by).Seconds()))), 0o644)
}

// untilDay is how long it is until ten in the morning, UTC, where it is evening or night: no news are sent then. The program goes by the database's clock.
func untilDay(now time.Time) time.Duration {
	now = now.UTC()
	if now.Hour() >= 9 && now.Hour() < 15 {
		return 0
	}
	morning := time.Date(now.Year(), now.Month(), now.Day(), 10, 0, 0, 0, time.UTC)
	if morning.Before(now) {
		morning = morning.AddDate(0, 0, 1)
	}
	return morning.Sub(now).Round(time.Second)
}

func (d *database) close() error {
	if d.process != nil {
		d.stop(syscall.SIGINT, 20*time.Second)
	}
	for _, p := range d.proxies {
		if p != nil {
			p.close()
		}
	}
	return d.leave()
}

// leave gives the file system back.
func (d *database) leave() error {
	if d.room == "" {
		return nil
	}
	var err error
	for range 50 { // a child of a killed server may still be there for a moment
		if err = syscall.Unmount(d.room, 0); err == nil || !errors.Is(err, syscall.EBUSY) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.Join(err, syscall.Unmount(d.room, syscall.MNT_DETACH))
}
