package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/local"
	"orientir/deploy/redis"
)

// The test binary is also the program that a test kills: with this variable set it serves from the directory it names.
const asProgram = "ORIENTIR_LOCAL_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asProgram); dir != "" {
		servers, err := local.Start(context.Background(), both(dir))
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("serving", servers.DatabaseURL)
		select {}
	}
	os.Exit(m.Run())
}

func TestStartStopAndStartAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	servers := start(t, dir)
	write(t, servers, "kept")
	client, err := redis.Open(t.Context(), servers.RedisURL, redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	if err := servers.Close(); err != nil {
		t.Fatal(err)
	}
	if left := processesOf(t, dir); len(left) > 0 {
		t.Fatalf("left running after a clean stop: %v", left)
	}

	servers = start(t, dir)
	defer servers.Close()
	expectRead(t, servers, "kept")
}

func TestNothingNeededTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "unused")
	for _, open := range []func(context.Context, local.Options) (*local.Servers, error){local.Start, local.Attach} {
		servers, err := open(t.Context(), local.Options{DataDir: dir})
		if err != nil || servers.DatabaseURL != "" || servers.RedisURL != "" {
			t.Fatalf("got %+v, %v", servers, err)
		}
		if err := servers.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("the data directory was made")
	}
}

func TestSecondStartSaysBusy(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	servers := start(t, dir)
	defer servers.Close()
	_, err := local.Start(t.Context(), both(dir))
	if !errors.Is(err, local.ErrBusy) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Fatalf("got %v, want ErrBusy with the process", err)
	}
}

func TestAttachJoinsRunningServers(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	servers := start(t, dir)
	defer servers.Close()
	attached, err := local.Attach(t.Context(), both(dir))
	if err != nil {
		t.Fatal(err)
	}
	write(t, attached, "from a command")
	if err := attached.Close(); err != nil {
		t.Fatal(err)
	}
	expectRead(t, servers, "from a command")
}

func TestCommandsShareServersThatOneStarted(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first, err := local.Attach(t.Context(), both(dir))
	if err != nil {
		t.Fatal(err)
	}
	second, err := local.Attach(t.Context(), both(dir))
	if err != nil {
		t.Fatal(err)
	}
	firstClosed := make(chan error, 1)
	go func() { firstClosed <- first.Close() }()
	serving := make(chan *local.Servers, 1)
	go func() {
		servers, err := local.Start(t.Context(), both(dir))
		if err != nil {
			t.Errorf("a start during a command: %v", err)
		}
		serving <- servers
	}()
	write(t, second, "while the first one waits")
	select {
	case <-firstClosed:
		t.Fatal("the first command stopped the servers under the second")
	case <-serving:
		t.Fatal("a program started beside two commands")
	case <-time.After(500 * time.Millisecond):
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-firstClosed; err != nil {
		t.Fatal(err)
	}
	servers := <-serving
	if servers == nil {
		return
	}
	defer servers.Close()
	expectRead(t, servers, "while the first one waits")
}

func TestKilledProgramIsRecovered(t *testing.T) {
	t.Parallel()
	for name, recover := range map[string]func(context.Context, local.Options) (*local.Servers, error){
		"by the next serve": local.Start, "by the next command": local.Attach,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			program, url := startProgram(t, dir)
			write(t, &local.Servers{DatabaseURL: url}, "before the kill")
			program.Process.Kill()
			program.Wait()
			if left := processesOf(t, dir); len(left) == 0 {
				t.Fatal("the servers ended with the program, so this test shows nothing")
			}
			servers, err := recover(t.Context(), both(dir))
			if err != nil {
				t.Fatal(err)
			}
			expectRead(t, servers, "before the kill")
			if err := servers.Close(); err != nil {
				t.Fatal(err)
			}
			if left := processesOf(t, dir); len(left) > 0 {
				t.Fatalf("left running: %v", left)
			}
		})
	}
}

// Everything dies at once, and the numbers in the lock files belong to something else afterwards.
func TestPowerCutIsRecovered(t *testing.T) {
	t.Parallel()
	for name, zombie := range map[string]bool{"number given anew": false, "number kept by a zombie": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			program, url := startProgram(t, dir)
			write(t, &local.Servers{DatabaseURL: url}, "before the cut")
			program.Process.Kill()
			program.Wait()
			for pid := range processesOf(t, dir) {
				syscall.Kill(pid, syscall.SIGKILL)
			}
			stranger := startStranger(t, filepath.Join(dir, "postgres"))
			if zombie {
				stranger.Process.Kill() // and nobody waits for it until the test ends
			}
			for _, lock := range []string{"postgres/postmaster.pid", "run/.s.PGSQL.5432.lock"} {
				lock = filepath.Join(dir, lock)
				text, err := os.ReadFile(lock)
				if err != nil {
					t.Fatal(err)
				}
				_, rest, _ := strings.Cut(string(text), "\n")
				if err := os.WriteFile(lock, []byte(strconv.Itoa(stranger.Process.Pid)+"\n"+rest), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			servers := start(t, dir)
			defer servers.Close()
			expectRead(t, servers, "before the cut")
		})
	}
}

func TestKilledServerComesBack(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	servers := start(t, dir)
	defer servers.Close()
	write(t, servers, "before the kill")
	for pid := range processesOf(t, dir) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	deadline, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		if conn, err := pgx.Connect(deadline, servers.DatabaseURL); err == nil {
			conn.Close(deadline)
			break
		}
		if deadline.Err() != nil {
			t.Fatal("PostgreSQL did not come back")
		}
		time.Sleep(50 * time.Millisecond)
	}
	expectRead(t, servers, "before the kill")
	for {
		if client, err := redis.Open(deadline, servers.RedisURL, redis.Options{}); err == nil {
			client.Close()
			break
		}
		if deadline.Err() != nil {
			t.Fatal("Redis did not come back")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestHalfMadeDatabaseIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "postgres.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	servers := start(t, dir)
	defer servers.Close()
	write(t, servers, "fine")
}

func TestLongAndOddDataDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("дълъг път, ", 12), `with "quotes" & spaces`)
	servers := start(t, dir)
	defer servers.Close()
	write(t, servers, "reached")
}

func TestClosedDirectoryIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root starts the servers as another user")
	}
	closed := filepath.Join(dataDir(t), "home")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := local.Start(t.Context(), both(filepath.Join(closed, "a", "b")))
	if err == nil || !strings.Contains(err.Error(), "may not enter "+closed+";") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v", err)
	}
}

func both(dir string) local.Options {
	return local.Options{DataDir: dir, NeedPostgres: true, NeedRedis: true, Scratch: true}
}

// dataDir gives a directory that an unprivileged user may enter, unlike t.TempDir's. Whatever still runs in it is killed in the end.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "orientir-local-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for pid := range processesOf(t, dir) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		os.RemoveAll(dir)
	})
	return dir
}

func start(t *testing.T, dir string) *local.Servers {
	t.Helper()
	servers, err := local.Start(t.Context(), both(dir))
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

// startProgram starts a whole process that serves from dir, and returns once it does.
func startProgram(t *testing.T, dir string) (program *exec.Cmd, databaseURL string) {
	t.Helper()
	program = exec.Command(os.Args[0])
	program.Env = append(os.Environ(), asProgram+"="+dir)
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Process.Kill() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "serving ")
	if !ok {
		t.Fatalf("the program says %q", line)
	}
	return program, url
}

// startStranger starts a process that has nothing to do with us but runs as the owner of path: PostgreSQL takes no other for a rival.
func startStranger(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stranger := exec.Command("sleep", "120")
	if owner := info.Sys().(*syscall.Stat_t); int(owner.Uid) != os.Geteuid() {
		stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	stranger.Dir = "/"
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stranger.Process.Kill()
		stranger.Wait()
	})
	return stranger
}

// processesOf lists the servers whose command line names dir.
func processesOf(t *testing.T, dir string) map[int]string {
	t.Helper()
	found := map[int]string{}
	note := func(number, command string) {
		pid, err := strconv.Atoi(number)
		if err == nil && pid != os.Getpid() && strings.Contains(command, dir) && (strings.Contains(command, "postgres") || strings.Contains(command, "redis")) {
			found[pid] = command
		}
	}
	if processes, _ := filepath.Glob("/proc/[0-9]*/cmdline"); len(processes) > 0 {
		for _, process := range processes {
			command, _ := os.ReadFile(process) // it may have ended
			note(filepath.Base(filepath.Dir(process)), strings.ReplaceAll(string(command), "\x00", " "))
		}
		return found
	}
	said, err := exec.Command("ps", "-ww", "-e", "-o", "pid=,command=").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(said)) {
		number, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		note(number, command)
	}
	return found
}

func write(t *testing.T, servers *local.Servers, word string) {
	t.Helper()
	conn := connect(t, servers)
	if _, err := conn.Exec(t.Context(), `CREATE TABLE word (word text)`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO word VALUES ($1)`, word); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE EXTENSION vector`); err != nil {
		t.Fatal(err)
	}
}

func expectRead(t *testing.T, servers *local.Servers, want string) {
	t.Helper()
	var got string
	if err := connect(t, servers).QueryRow(t.Context(), `SELECT word FROM word`).Scan(&got); err != nil || got != want {
		t.Fatalf("got %q, %v; want %q", got, err, want)
	}
}

func connect(t *testing.T, servers *local.Servers) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), servers.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
