package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// longestSocket is the longest socket path that every system takes: macOS allows 103 bytes, Linux 107.
const longestSocket = 103

// place is where the servers of one data directory live, and as whom.
type place struct {
	dir     string // the data directory, absolute, without links
	sockets string // directory of the sockets, short enough for them
	user    identity
}

// identity is the user of the servers.
type identity struct {
	name   string
	uid    uint32
	gid    uint32
	change bool // the program is root and must become this user
}

func (p place) postgresData() string { return filepath.Join(p.dir, "postgres") }
func (p place) redisData() string    { return filepath.Join(p.dir, "redis") }
func (p place) logFile(server string) string {
	return filepath.Join(p.dir, "log", server+".log")
}
func (p place) postgresSocket() string { return filepath.Join(p.sockets, ".s.PGSQL.5432") }
func (p place) redisSocket() string    { return filepath.Join(p.sockets, "redis.sock") }

func (p place) databaseURL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: url.Values{"host": {p.sockets}}.Encode()}
	return u.String()
}

func (p place) redisURL() string {
	u := url.URL{Scheme: "unix", Path: p.redisSocket()}
	return u.String()
}

// prepare makes the directories that are missing, and checks that the servers' user can reach them.
func prepare(dataDir string) (place, error) {
	dir, err := absolute(dataDir)
	if err != nil {
		return place{}, err
	}
	if err := makeDataDir(dir); err != nil {
		return place{}, fmt.Errorf("make the data directory: %w", err)
	}
	// One spelling, so that a server left behind is recognised by its arguments.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return place{}, fmt.Errorf("find the data directory: %w", err)
	}
	p := place{dir: dir}
	if p.user, err = serverUser(p.postgresData()); err != nil {
		return place{}, err
	}
	if err := os.Mkdir(filepath.Join(dir, "log"), 0o755); err == nil {
		if owner, ok := otherOwner(dir); ok {
			err = os.Lchown(filepath.Join(dir, "log"), int(owner.uid), int(owner.gid))
		}
		if err != nil {
			return place{}, fmt.Errorf("give the log directory away: %w", err)
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return place{}, fmt.Errorf("make the log directory: %w", err)
	}
	if err := p.user.canEnter(dir); err != nil {
		return place{}, err
	}
	if p.sockets, err = socketDir(dir); err != nil {
		return place{}, err
	}
	for _, own := range []string{p.sockets, p.redisData()} {
		if err := p.user.own(own); err != nil {
			return place{}, err
		}
	}
	return p, nil
}

// makeDataDir makes the directory so that the servers' user may pass through it but not list it.
func makeDataDir(dir string) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	return os.Chmod(dir, 0o711) // a strict umask would lock the servers' user out
}

// socketDir is within the data directory where the path is short enough, else a directory that is named after it.
func socketDir(dir string) (string, error) {
	near := filepath.Join(dir, "run")
	if len(filepath.Join(near, ".s.PGSQL.5432")) <= longestSocket {
		return near, nil
	}
	sum := sha256.Sum256([]byte(dir))
	name := "orientir-" + hex.EncodeToString(sum[:6])
	base := "/tmp" // not $TMPDIR, which may be long itself, and may differ between two commands
	if info, err := os.Stat("/run"); err == nil && info.IsDir() && os.Geteuid() == 0 {
		base = "/run"
	}
	return filepath.Join(base, name), nil
}

// own makes dir a directory of this user's that nobody else enters. In a directory open to all (/tmp) somebody may have
// been there first, so what is found must be ours already.
func (u identity) own(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil && u.change {
		err = os.Chown(dir, int(u.uid), int(u.gid))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the servers' directory: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at the servers' directory: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok {
		return fmt.Errorf("%s is in the way: the servers need a directory there", dir)
	}
	if stat.Uid != u.uid {
		if u.change && filepath.Dir(dir) != "/tmp" {
			return os.Chown(dir, int(u.uid), int(u.gid)) // made by an earlier run that was cut off, or the user changed
		}
		return fmt.Errorf("%s belongs to another user: the servers' user %s needs it for itself", dir, u.name)
	}
	return os.Chmod(dir, 0o700)
}

// serverUser is the program's own user or, for root, the owner of the existing database, else that of the data directory, else the user that the
// packages of PostgreSQL make, else nobody.
func serverUser(data string) (identity, error) {
	if os.Geteuid() != 0 {
		return identity{name: "uid " + strconv.Itoa(os.Geteuid()), uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	// A service that runs as a user of its own has the directory; who restores its database is often root.
	for _, path := range []string{data, filepath.Dir(data)} {
		if owner, ok := otherOwner(path); ok {
			return owner, nil
		}
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		known, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(known.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(known.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return identity{name: name, uid: uint32(uid), gid: uint32(gid), change: true}, nil
		}
	}
	return identity{}, errors.New("PostgreSQL does not run as root and this machine has no user postgres or nobody: start orientir as an ordinary user")
}

// otherOwner is whose path is, for root, where it isn't root's own.
func otherOwner(path string) (identity, bool) {
	if os.Geteuid() != 0 {
		return identity{}, false
	}
	info, err := os.Stat(path)
	if err != nil {
		return identity{}, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return identity{}, false
	}
	owner := identity{name: "uid " + strconv.Itoa(int(stat.Uid)), uid: stat.Uid, gid: stat.Gid, change: true}
	if known, err := user.LookupId(strconv.Itoa(int(stat.Uid))); err == nil {
		owner.name = known.Username
	}
	return owner, true
}

// HandOver gives a file that root has just made to the owner of the directory, whose program has to open it too. A file that was there stays whose it is:
// it could be a link to somebody else's.
func HandOver(made *os.File) error {
	if owner, ok := otherOwner(filepath.Dir(made.Name())); ok {
		return made.Chown(int(owner.uid), int(owner.gid))
	}
	return nil
}

// openOwn opens a file of the data directory, and makes it where it is missing.
func openOwn(path string, flag int, mode os.FileMode) (*os.File, error) {
	file, err := os.OpenFile(path, flag|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return os.OpenFile(path, flag|os.O_CREATE, mode)
	}
	if err != nil {
		return nil, err
	}
	if err := HandOver(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// attributes start a child as this user, in a process group of its own.
func (u identity) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if u.change {
		attributes.Credential = &syscall.Credential{Uid: u.uid, Gid: u.gid}
	}
	return attributes
}

// canEnter tries it, as that user, and names the first directory on the way that it can't enter.
func (u identity) canEnter(dir string) error {
	if !u.change {
		return nil
	}
	enter := func(dir string) error {
		try := exec.Command("/bin/sh", "-c", `cd "$1"`, "sh", dir)
		try.Dir = "/"
		try.SysProcAttr = u.attributes()
		return try.Run()
	}
	if enter(dir) == nil {
		return nil
	}
	closed := dir
	for above := filepath.Dir(dir); above != "/" && enter(above) != nil; above = filepath.Dir(above) {
		closed = above
	}
	return fmt.Errorf("the data directory %s cannot be used: PostgreSQL runs as the user %s, who may not enter %s; "+
		"set ORIENTIR_DATA_DIR to another place, for example /var/lib/orientir", dir, u.name, closed)
}
