package postgres_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// fence holds every job to one leader at a time.
type fence struct {
	t       *testing.T
	leaders sync.Map // job → *atomic.Int32
	begun   chan string
}

// job is work that only stops when it is told to.
func (f *fence) job(name, replica string) func(context.Context) error {
	return func(ctx context.Context) error {
		n, _ := f.leaders.LoadOrStore(name, new(atomic.Int32))
		if n.(*atomic.Int32).Add(1) > 1 {
			f.t.Errorf("%s: two leaders at once", name)
		}
		defer n.(*atomic.Int32).Add(-1)
		select {
		case f.begun <- replica + " " + name:
		case <-ctx.Done():
		}
		<-ctx.Done()
		return ctx.Err()
	}
}

func (f *fence) next() string {
	f.t.Helper()
	select {
	case got := <-f.begun:
		return got
	case <-time.After(time.Minute):
		f.t.Fatal("nobody leads")
		return ""
	}
}

// follow runs jobs of a replica until the test ends.
func follow(t *testing.T, ctx context.Context, pool *pgxpool.Pool, jobs map[string]func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for name, work := range jobs {
		running.Go(func() {
			if err := postgres.Lead(ctx, pool, name, work); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// cut makes the server end every connection that holds leads.
func cut(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	var n int
	err := pool.QueryRow(t.Context(), `
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE '% leads'`).Scan(&n)
	if err != nil || n == 0 {
		t.Fatalf("%d connections cut: %v", n, err)
	}
}

func TestAllLeadsOfAReplicaShareOneConnection(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	f := &fence{t: t, begun: make(chan string)}
	const jobs = 12
	var pools [2]*pgxpool.Pool
	var stops [2]func()
	for replica := range pools {
		pools[replica] = open(t, at)
		work := map[string]func(context.Context) error{}
		for i := range jobs {
			name := fmt.Sprint("job ", i)
			work[name] = f.job(name, fmt.Sprint(replica))
		}
		stops[replica] = follow(t, postgres.WithQuickLeads(t.Context(), pools[replica]), pools[replica], work)
		if replica == 0 {
			for range jobs {
				f.next()
			}
		}
	}
	waitFor(t, pools[0], `
		SELECT count(*) = 2 AND count(*) FILTER (WHERE n = 12) = 1
		FROM (SELECT a.pid, count(l.pid) AS n FROM pg_stat_activity AS a LEFT JOIN pg_locks AS l ON l.pid = a.pid AND l.locktype = 'advisory' AND l.granted
		      WHERE a.datname = current_database() AND a.application_name LIKE '% leads' GROUP BY a.pid) AS connections`)

	// The server cuts both: every job is lost, and every one starts again, each once.
	for range 2 {
		cut(t, pools[0])
		for range jobs {
			f.next()
		}
	}
	// Every lead passes on when a replica ends, and nothing of it is left.
	stops[0]()
	go func() {
		for range f.begun {
		}
	}()
	waitFor(t, pools[1], `
		SELECT count(*) = 12 FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	stops[1]()
	close(f.begun)
	waitFor(t, pools[1], `SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% leads'`)
}

func TestSlowJobHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	f := &fence{t: t, begun: make(chan string)}
	release := make(chan struct{})
	slow := make(chan struct{}, 2)
	follow(t, postgres.WithQuickLeads(t.Context(), pool), pool, map[string]func(context.Context) error{
		"quick": f.job("quick", "here"),
		"slow": func(ctx context.Context) error {
			slow <- struct{}{}
			<-release // it doesn't look whether it still leads
			<-ctx.Done()
			return nil
		},
	})
	<-slow
	f.next()
	cut(t, pool)
	f.next() // the quick one leads again, while the slow one has not noticed
	select {
	case <-slow:
		t.Fatal("the slow job runs twice")
	default:
	}
	close(release)
	<-slow
}

// A leader whose cable is cut stops before the server lets another one lead.
func TestLeaderCutOffStopsBeforeItsSuccessorBegins(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	wire := newCable(t, at)
	f := &fence{t: t, begun: make(chan string)}
	far, near := open(t, wire.url), open(t, at)
	follow(t, postgres.WithQuickLeads(t.Context(), far), far, map[string]func(context.Context) error{"job": f.job("job", "far")})
	if got := f.next(); got != "far job" {
		t.Fatal(got)
	}
	follow(t, postgres.WithQuickLeads(t.Context(), near), near, map[string]func(context.Context) error{"job": f.job("job", "near")})
	wire.cut.Store(true)
	if got := f.next(); got != "near job" {
		t.Fatal(got)
	}
}

func open(t *testing.T, at string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), at, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// waitFor waits until a query says true.
func waitFor(t *testing.T, pool *pgxpool.Pool, query string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var yes bool
		if err := pool.QueryRow(t.Context(), query).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		if yes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", query)
		}
	}
}

// cable carries connections to a server; once cut it carries nothing more, and tells nobody.
type cable struct {
	url string
	cut atomic.Bool
}

func newCable(t *testing.T, at string) *cable {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	network, address := "tcp", u.Host
	if dir := u.Query().Get("host"); dir != "" {
		port := u.Query().Get("port")
		if port == "" {
			port = "5432"
		}
		network, address = "unix", dir+"/.s.PGSQL."+port
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{}
	query := u.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	u.Host, u.RawQuery = listener.Addr().String(), query.Encode()
	c.url = u.String()
	var wires sync.WaitGroup
	var ends sync.Map
	carry := func(to, from net.Conn) {
		defer wires.Done()
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			if !c.cut.Load() {
				if err == nil {
					_, err = to.Write(b[:n])
				}
				if err != nil {
					to.Close()
				}
			}
			if err != nil && (err == io.EOF || n == 0) {
				return
			}
		}
	}
	wires.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial(network, address)
			if err != nil {
				from.Close()
				continue
			}
			ends.Store(from, to)
			wires.Add(2)
			go carry(to, from)
			go carry(from, to)
		}
	})
	t.Cleanup(func() {
		listener.Close()
		ends.Range(func(from, to any) bool {
			from.(net.Conn).Close()
			to.(net.Conn).Close()
			return true
		})
		wires.Wait()
	})
	return c
}
