package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
)

// fleet is several replicas of the real program behind a balancer that gives each request to another one, on a PostgreSQL with a standby.
type fleet struct {
	t                *testing.T
	primary, standby *postgrestest.Server
	pool             *pgxpool.Pool
	double           *telegramtest.Server
	replicas         []*replica
	balancer         *balancer
	updates          atomic.Int64 // of Telegram
	binary           string
	first            string // what it begins with: the binary, or an older one
	env              []string
}

const (
	fleetSize   = 3
	fleetSecret = "fleet-secret"
	fleetDrain  = 2 // seconds
)

// newFleet builds and starts it. With ORIENTIR_TEST_OLD, the path of an older program, its replicas are of that one until they are replaced.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, binary: filepath.Join(t.TempDir(), "orientir")}
	build := exec.Command("go", "build", "-o", f.binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as deploy/test has just built it
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	f.primary = postgrestest.StartServer(t)
	f.primary.Exec(`CREATE DATABASE orientir`)
	f.standby = f.primary.Standby()
	// What is acknowledged is on both servers.
	f.primary.Exec(`ALTER SYSTEM SET synchronous_standby_names = '*'`, `SELECT pg_reload_conf()`)
	f.double = telegramtest.New(t, telegramtest.Options{})
	f.balancer = newBalancer(t)
	both := postgrestest.Address("orientir", f.primary, f.standby)
	f.env = append(os.Environ(), "DATABASE_URL="+both, "ORIENTIR_SEARCH_DATABASE_URL="+postgrestest.Address("orientir", f.standby), "REDIS_URL="+redistest.URL(t),
		"ORIENTIR_PUBLIC_URL="+f.balancer.server.URL, "ORIENTIR_TRUSTED_PROXIES=127.0.0.1", "ORIENTIR_LINK_CHECKS=off", "ORIENTIR_RATE_LIMITS=off",
		fmt.Sprint("ORIENTIR_DRAIN=", fleetDrain), "ORIENTIR_SECRET_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		"TELEGRAM_BOT_TOKEN="+f.double.Token, "TELEGRAM_API_URL="+f.double.URL, "TELEGRAM_WEBHOOK_SECRET="+fleetSecret)
	f.first = f.binary
	if old := os.Getenv("ORIENTIR_TEST_OLD"); old != "" {
		f.first = old // the first of the newer ones migrates the database
	}
	var err error
	if f.pool, err = postgres.Open(t.Context(), both, postgres.Options{MaxConns: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.pool.Close)
	f.know(f.first)
	for range fleetSize {
		r := &replica{f: f, addr: freeAddr(t), dir: t.TempDir()}
		f.replicas = append(f.replicas, r)
		r.launch(f.first)
		t.Cleanup(r.stop)
	}
	for _, r := range f.replicas {
		r.await()
	}
	f.balancer.watch(t, f.replicas)
	return f
}

// know gives the fleet a small part of a program's starter knowledge, which is learned in a moment.
func (f *fleet) know(binary string) {
	f.t.Helper()
	f.command(binary, "term,meaning\nпроба на флота,свидетелство за съдимост\n", "import", "glossary", "-") // loads the starter first
	// Published texts are never deleted; this server is the test's own.
	_, err := f.pool.Exec(f.t.Context(), `
		SET LOCAL session_replication_role = replica;
		DELETE FROM guides WHERE slug NOT IN ('criminal-record', 'vignette', 'id-card-passport');
		DELETE FROM sample_questions WHERE NOT expected && '{criminal-record,vignette,id-card-passport}' OR id % 10 <> 0;
		DELETE FROM signposts WHERE hashtext(title) % 40 <> 0;
		DELETE FROM source_checks`)
	if err != nil {
		f.t.Fatal(err)
	}
}

// command runs a command of a program on the fleet's servers.
func (f *fleet) command(binary, stdin string, args ...string) {
	f.t.Helper()
	if out, err := f.run(binary, stdin, args...); err != nil {
		f.t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

func (f *fleet) run(binary, stdin string, args ...string) ([]byte, error) {
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stdin = append(f.env, "ORIENTIR_DATA_DIR="+f.t.TempDir()), strings.NewReader(stdin)
	return cmd.CombinedOutput()
}

// replica is one process of the program.
type replica struct {
	f    *fleet
	addr string
	dir  string

	cmd  *exec.Cmd
	out  *lockedBuffer
	done chan error
}

// start starts a program as this replica and returns when it is ready.
func (r *replica) start(binary string) {
	r.f.t.Helper()
	r.launch(binary)
	r.await()
}

func (r *replica) launch(binary string) {
	r.f.t.Helper()
	r.out = &lockedBuffer{}
	r.cmd = exec.Command(binary, "serve")
	r.cmd.Env = append(r.f.env, "ORIENTIR_ADDR="+r.addr, "ORIENTIR_METRICS_ADDR=127.0.0.1:0", "ORIENTIR_DATA_DIR="+r.dir)
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		r.f.t.Fatal(err)
	}
	r.done = make(chan error, 1)
	go func(cmd *exec.Cmd, done chan<- error) { done <- cmd.Wait() }(r.cmd, r.done)
}

func (r *replica) await() {
	r.f.t.Helper()
	eventually(r.f.t, "replica is ready", func() string {
		select {
		case err := <-r.done:
			r.f.t.Fatalf("serve ended: %v\n%s", err, r.out)
		default:
		}
		if !r.ready() {
			return "not ready\n" + r.out.String()
		}
		return ""
	})
}

func (r *replica) ready() bool {
	resp, err := http.Get("http://" + r.addr + "/readyz")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// stop asks the replica to end, as whoever rolls out a new version does, and holds it to a clean exit.
func (r *replica) stop() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-r.done:
		if err != nil {
			r.f.t.Errorf("serve ended with %v\n%s", err, r.out)
		}
	case <-time.After(time.Minute):
		r.f.t.Errorf("serve doesn't stop\n%s", r.out)
		_ = r.cmd.Process.Kill()
	}
	r.cmd = nil
}

// balancer gives each request to the next replica that says that it is ready. It tries another one only where nothing was sent.
type balancer struct {
	server    *httptest.Server
	transport http.Transport
	turn      atomic.Int64

	mu    sync.Mutex
	ready []string
}

func newBalancer(t *testing.T) *balancer {
	b := &balancer{}
	proxy := &httputil.ReverseProxy{
		Transport: b,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	b.server = httptest.NewTLSServer(proxy)
	t.Cleanup(func() {
		b.server.CloseClientConnections()
		b.server.Close()
	})
	return b
}

func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	for tries := 0; ; tries++ {
		b.mu.Lock()
		if len(b.ready) == 0 {
			b.mu.Unlock()
			return nil, errors.New("no replica is ready")
		}
		r.URL.Host = b.ready[int(b.turn.Add(1))%len(b.ready)]
		b.mu.Unlock()
		if r.Body != nil {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		resp, err := b.transport.RoundTrip(r)
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" && tries < fleetSize {
			continue
		}
		return resp, err
	}
}

// watch keeps the list of replicas that are ready until the test ends.
func (b *balancer) watch(t *testing.T, replicas []*replica) {
	look := func() {
		var ready []string
		for _, r := range replicas {
			if r.ready() {
				ready = append(ready, r.addr)
			}
		}
		b.mu.Lock()
		b.ready = ready
		b.mu.Unlock()
	}
	look()
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			look()
			time.Sleep(100 * time.Millisecond)
		}
	})
	t.Cleanup(func() {
		stop()
		watching.Wait()
	})
}

// TestFleet rolls three replicas one after the other under load, and then loses the primary: nothing is lost, nothing answered twice.
func TestFleet(t *testing.T) {
	f := newFleet(t)
	for name, mail := range map[string]string{"Елена": "elena@example.bg", "Иван": "ivan@example.bg"} {
		f.command(f.first, "дълга парола за проба 7\n", "staff", "add", "--role", "librarian", "--password-stdin", "--name", name, mail)
	}
	elena, ivan := f.desk("elena@example.bg"), f.desk("ivan@example.bg")
	l := f.load(4, 3)
	f.claimIsSeenElsewhere(elena, ivan)
	f.publishedIsFoundAtOnce()

	l.rounds("before the roll", 1)
	if os.Getenv("ORIENTIR_TEST_OLD") == "" {
		// A newer version has migrated the database: the replicas go on, and start anew.
		if _, err := f.pool.Exec(t.Context(), `UPDATE schema_version SET version = version + 1`); err != nil {
			t.Fatal(err)
		}
	}
	var out []string // when the librarian wasn't let in: people ask on
	replace := func(how, binary string) {
		for i, r := range f.replicas {
			r.stop()
			for _, other := range f.replicas {
				if other != r && !other.ready() {
					t.Error("a replica is not ready while another is replaced")
				}
			}
			r.start(binary)
			if resp, err := elena.client.Get(f.balancer.server.URL + "/console/queue"); err != nil {
				out = append(out, fmt.Sprintf("%s: the librarian's page after replica %d was replaced: %v", how, i, err))
			} else if strings.Contains(elena.read(resp, nil), `name="password"`) {
				out = append(out, fmt.Sprintf("%s: the librarian has to sign in again after replica %d was replaced", how, i))
			}
			l.rounds(fmt.Sprint(how, ": replica ", i, " is replaced"), 1)
		}
	}
	replace("forth", f.binary)
	if old := os.Getenv("ORIENTIR_TEST_OLD"); old != "" {
		// The operator goes back, and forth again. A version that can't bear the newer database says so before it serves anybody.
		if said, err := f.run(old, "", "migrate"); err != nil {
			t.Logf("the older program doesn't go back: %v\n%s", err, said)
		} else {
			replace("back", old)
			replace("forth again", f.binary)
		}
	}

	killed := time.Now()
	f.primary.Kill()
	f.standby.Promote()
	l.rounds("the standby has taken over", 1)
	t.Logf("after the primary's end every chat had an answer within %v", time.Since(killed))
	l.stop()
	l.check()
	for _, words := range out {
		t.Error(words)
	}
}

// fleetDesk is a member of staff, whose browser meets another replica at each click.
type fleetDesk struct {
	f      *fleet
	client *http.Client
}

func (f *fleet) desk(email string) *fleetDesk {
	f.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	client := *f.balancer.server.Client()
	client.Jar = jar
	d := &fleetDesk{f, &client}
	resp, err := client.PostForm(f.balancer.server.URL+"/console/sign-in", map[string][]string{"email": {email}, "password": {"дълга парола за проба 7"}})
	if page := d.read(resp, err); strings.Contains(page, `name="password"`) {
		f.t.Fatalf("%s can't sign in", email)
	}
	return d
}

func (d *fleetDesk) page(path string) string {
	d.f.t.Helper()
	resp, err := d.client.Get(d.f.balancer.server.URL + path)
	return d.read(resp, err)
}

func (d *fleetDesk) read(resp *http.Response, err error) string {
	d.f.t.Helper()
	if err != nil {
		d.f.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		d.f.t.Fatal(err)
	}
	return string(page)
}

// at makes a request of the desk to one replica and no other.
func (d *fleetDesk) at(ctx context.Context, r *replica, method, path string) *http.Response {
	d.f.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, d.f.balancer.server.URL+path, nil)
	if err != nil {
		d.f.t.Fatal(err)
	}
	for _, c := range d.client.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	req.Host, req.URL.Scheme, req.URL.Host = req.URL.Host, "http", r.addr
	if strings.HasSuffix(path, "/stream") {
		req.Header.Set("Accept", "text/event-stream")
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		d.f.t.Fatal(err)
	}
	return resp
}

// publishedIsFoundAtOnce: while the standby that is searched stands still for a moment, what an editor adds is known with the next question.
func (f *fleet) publishedIsFoundAtOnce() {
	f.t.Helper()
	f.standby.Exec(`SELECT pg_wal_replay_pause()`)
	defer f.standby.Exec(`SELECT pg_wal_replay_resume()`)
	const added = `INSERT INTO glossary (term, meaning, origin) VALUES ('зелената хартийка', 'свидетелство за съдимост', 'editor')`
	if _, err := f.pool.Exec(f.t.Context(), added); err != nil {
		f.t.Fatal(err)
	}
	for i, r := range f.replicas {
		resp, err := http.Post("http://"+r.addr+"/api/v1/ask", "application/json", strings.NewReader(`{"question": "как да взема зелената хартийка"}`))
		if err != nil {
			f.t.Fatal(err)
		}
		said, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(said), `"criminal-record"`) {
			f.t.Errorf("replica %d doesn't know what was just added: %s %v", i, said, err)
		}
	}
}

// claimIsSeenElsewhere lets somebody ask for a librarian; one claims at a replica, and the other sees it at another.
func (f *fleet) claimIsSeenElsewhere(elena, ivan *fleetDesk) {
	f.t.Helper()
	ctx, stop := context.WithCancel(f.t.Context())
	defer stop()
	stream := ivan.at(ctx, f.replicas[1], http.MethodGet, "/console/queue/stream")
	defer stream.Body.Close()
	here := elena.at(ctx, f.replicas[0], http.MethodGet, "/console/queue/stream")
	defer here.Body.Close()
	taken := make(chan string, 1)
	go func() {
		_ = readEvents(stream.Body, func(event, _, data string) {
			if event == "taken" {
				select {
				case taken <- data:
				default:
				}
			}
		})
	}()
	c := f.chat(99)
	c.post(map[string]any{"kind": "command", "command": "librarian"})
	var claim string
	eventually(f.t, "queue", func() string {
		c.try(map[string]any{"kind": "button", "data": "human:yes"})
		if claim = claimPath.FindString(elena.page("/console/queue")); claim == "" {
			return "nobody waits"
		}
		return ""
	})
	resp := elena.at(ctx, f.replicas[2], http.MethodPost, claim)
	resp.Body.Close()
	if resp.StatusCode >= 400 {
		f.t.Errorf("claim: status %d", resp.StatusCode)
	}
	select {
	case <-taken:
	case <-time.After(30 * time.Second):
		f.t.Error("a claim at one replica is not seen at another")
	}
}
