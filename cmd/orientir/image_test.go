package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
)

// imageUser is who the program is in its image.
const imageUser = "65532"

// TestImage makes what the container image holds, and runs the program in it as an orchestrator would: as nobody in particular, with a root
// that can't be written and no capability, against servers elsewhere. With ORIENTIR_TEST_IMAGE=on it is compiled as for a release, which takes
// minutes, twice and in two places: both have the same bytes.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("links the program")
	}
	release := os.Getenv("ORIENTIR_TEST_IMAGE") == "on"
	program := ""
	if !release {
		program = filepath.Join(t.TempDir(), "orientir")
		build := exec.Command("go", "build", "-o", program, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	root := imageRoot(t, "../..", program)
	t.Run("what is in it", func(t *testing.T) {
		var found []string
		for path := range filesOf(t, root) {
			found = append(found, path)
		}
		slices.Sort(found)
		want := []string{"etc/group", "etc/passwd", "etc/ssl/certs/ca-certificates.crt", "orientir"}
		if !slices.Equal(found, want) {
			t.Errorf("the image holds %q, want %q", found, want)
		}
		said, err := exec.Command(filepath.Join(root, "orientir"), "--version").Output()
		if err != nil || release && string(said) != "orientir 1.2.3-test\n" {
			t.Errorf("--version says %q, %v", said, err)
		}
	})
	t.Run("the same bytes from another place", func(t *testing.T) {
		if !release {
			t.Skip("takes minutes: ORIENTIR_TEST_IMAGE=on")
		}
		elsewhere := t.TempDir()
		files, err := exec.Command("git", "-C", "../..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
		if err != nil {
			t.Skipf("no git here: %v", err)
		}
		for name := range strings.SplitSeq(strings.Trim(string(files), "\x00"), "\x00") {
			copyFile(t, filepath.Join("../..", name), filepath.Join(elsewhere, name))
		}
		first, second := filesOf(t, root), filesOf(t, imageRoot(t, elsewhere, ""))
		for path, sum := range first {
			if second[path] != sum {
				t.Errorf("%s differs: %s, %s", path, sum, second[path])
			}
		}
	})
	t.Run("it runs", func(t *testing.T) {
		if runtime.GOOS != "linux" || os.Geteuid() != 0 {
			t.Skip("only root on Linux makes a root of its own for a process")
		}
		addr := freeAddr(t)
		env := []string{
			"DATABASE_URL=" + overTCP(t, postgrestest.URL(t)), "REDIS_URL=" + overTCP(t, redistest.URL(t)), "ORIENTIR_DATA_DIR=/var/lib/orientir",
			"ORIENTIR_ADDR=" + addr, "ORIENTIR_METRICS_ADDR=" + freeAddr(t), "ORIENTIR_LINK_CHECKS=off", "ORIENTIR_PUBLIC_URL=http://" + addr,
			"ORIENTIR_SECRET_KEY=" + strings.Repeat("A", 43) + "=",
		}
		out := &lockedBuffer{}
		serve := inImage(root, env, "serve")
		serve.Stdout, serve.Stderr = out, out
		if err := serve.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- serve.Wait() }()
		t.Cleanup(func() {
			_ = serve.Process.Signal(syscall.SIGTERM)
			if err := <-done; err != nil {
				t.Errorf("the program ends with %v\n%s", err, out)
			}
		})
		eventually(t, "healthy", func() string {
			said, err := inImage(root, env, "health").CombinedOutput()
			if err != nil || string(said) != "ok\n" {
				return fmt.Sprintf("%s, %v\n%s", said, err, out)
			}
			return ""
		})
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", serve.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`Uid:\s65532\s65532\s65532\s65532`, `Gid:\s65532\s65532`, `Groups:\s*\n`, `CapEff:\s0+\n`, `CapPrm:\s0+\n`, `NoNewPrivs:\s1`} {
			if !regexp.MustCompile(want).Match(status) {
				t.Errorf("the process has not %s:\n%s", want, status)
			}
		}
		mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", serve.Process.Pid))
		if err != nil || !regexp.MustCompile(`(?m) / ro[,\s]`).Match(mounts) {
			t.Errorf("the root can be written, %v:\n%s", err, mounts)
		}
		if files := filesOf(t, root); len(files) != 4 {
			t.Errorf("the program wrote into its image: %v", files)
		}
	})
}

// inImage is a command in the image: a root that can't be written, another user, no capability, none to be had.
func inImage(root string, env []string, command string) *exec.Cmd {
	c := exec.Command("unshare", "--mount", "sh", "-euc", `
		mount --bind "$1" "$1"
		mount -o remount,bind,ro "$1"
		exec setpriv --no-new-privs chroot --userspec=`+imageUser+`:`+imageUser+` --groups= "$1" /orientir "$2"`, "sh", root, command)
	c.Env = append(slices.Clone(env), "PATH="+os.Getenv("PATH"))
	return c
}

// imageRoot builds the image's files from a source tree, or around a program, and gives where they are.
func imageRoot(t *testing.T, tree, program string) string {
	t.Helper()
	into := filepath.Join(t.TempDir(), "image")
	build := exec.Command("deploy/image/build")
	build.Dir = tree
	build.Env = append(os.Environ(), "ORIENTIR_IMAGE_DIR="+into, "ORIENTIR_PROGRAM="+program, "ORIENTIR_IMAGE_TOOL=none", "ORIENTIR_VERSION=1.2.3-test", "SOURCE_DATE_EPOCH=1700000000")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the image in %s: %v\n%s", tree, err, out)
	}
	return filepath.Join(into, "root")
}

// filesOf gives what each file under a root is: mode, time and a hash of its bytes.
func filesOf(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		found[name] = fmt.Sprintf("%v %d %x", info.Mode(), info.ModTime().Unix(), sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if os.IsNotExist(err) { // deleted, and not committed yet
		return
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	var content []byte
	if err == nil {
		content, err = os.ReadFile(from)
	}
	if err == nil {
		err = os.WriteFile(to, content, info.Mode().Perm())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// overTCP gives the address under which a server that listens on a unix socket can be reached by a process with another root.
func overTCP(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	network, to := "tcp", u.Host
	query := u.Query()
	switch {
	case u.Scheme == "unix":
		network, to = "unix", u.Path
		u.Scheme, u.Path = "redis", "/"+query.Get("db")
		query.Del("db")
	case query.Get("host") != "":
		network, to = "unix", filepath.Join(query.Get("host"), ".s.PGSQL.5432")
		query.Del("host")
		query.Set("sslmode", "disable")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial(network, to)
			if err != nil {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(in, out); in.Close() }()
		}
	}()
	u.Host, u.RawQuery = listener.Addr().String(), query.Encode()
	return u.String()
}
