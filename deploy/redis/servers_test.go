package redis_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"

	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis"
)

// A cluster of three masters: everything works whichever node its key is on.
func TestCluster(t *testing.T) {
	t.Parallel()
	ports := make([]int, 3)
	nodes := make([]*driver.Client, len(ports))
	for i := range ports {
		ports[i], nodes[i], _ = startNode(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
	}
	ctx := t.Context()
	for i, node := range nodes {
		from, to := i*16384/len(nodes), (i+1)*16384/len(nodes)-1
		if err := node.ClusterAddSlotsRange(ctx, from, to).Err(); err != nil {
			t.Fatal(err)
		}
		if err := node.Do(ctx, "cluster", "set-config-epoch", i+1).Err(); err != nil {
			t.Fatal(err)
		}
		if err := nodes[0].ClusterMeet(ctx, "127.0.0.1", strconv.Itoa(ports[i])).Err(); i > 0 && err != nil {
			t.Fatal(err)
		}
	}
	for _, node := range nodes {
		within(t, "the cluster is whole", func() bool {
			info, err := node.ClusterInfo(ctx).Result()
			slots, err2 := node.ClusterSlots(ctx).Result()
			return err == nil && err2 == nil && len(slots) == len(nodes) && slices.Contains(lines(info), "cluster_state:ok")
		})
	}
	// Each process knows another node.
	replicas := [2]*redis.Client{open(t, fmt.Sprintf("redis+cluster://127.0.0.1:%d", ports[0])), open(t, fmt.Sprintf("redis+cluster://127.0.0.1:%d,127.0.0.1:%d", ports[1], ports[2]))}
	whole(t, replicas, "")
}

// Three sentinels look after a master and its replica; the master is killed. The servers ask for a password, and the sentinels for another.
func TestSentinels(t *testing.T) {
	t.Parallel()
	master, _, kill := startNode(t, "--requirepass", "of the servers", "--masterauth", "of the servers")
	slavePort, slave, _ := startNode(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(master), "--requirepass", "of the servers", "--masterauth", "of the servers")
	within(t, "the replica follows", func() bool {
		info, err := slave.Info(t.Context(), "replication").Result()
		return err == nil && slices.Contains(lines(info), "master_link_status:up")
	})
	address := "redis+sentinel://:of%20the%20servers@"
	var sentinels []*driver.Client
	for i := range 3 {
		config := filepath.Join(t.TempDir(), "sentinel.conf") // a sentinel writes what it learns into it
		text := fmt.Sprintf("sentinel monitor main 127.0.0.1 %d 2\nsentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n"+
			"sentinel auth-pass main \"of the servers\"\nsentinel sentinel-pass \"of the sentinels\"\n", master)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		port, client, _ := startNode(t, config, "--sentinel", "--requirepass", "of the sentinels")
		sentinels = append(sentinels, client)
		if i > 0 {
			address += ","
		}
		address += fmt.Sprintf("127.0.0.1:%d", port)
	}
	for _, sentinel := range sentinels {
		within(t, "the sentinels know each other and the replica", func() bool {
			known, err := sentinel.Do(t.Context(), "sentinel", "ckquorum", "main").Text()
			slaves, err2 := sentinel.Do(t.Context(), "sentinel", "replicas", "main").Slice()
			return err == nil && err2 == nil && len(slaves) == 1 && len(known) > 2 && known[:4] == "OK 3"
		})
	}
	const asked = "?sentinel_password=of%20the%20sentinels"
	for what, wrong := range map[string]string{"no password for the sentinels": address + "/main", "the servers' password for them": address + "/main?sentinel_password=of%20the%20servers"} {
		if _, err := redis.Open(t.Context(), wrong, redis.Options{}); err == nil {
			t.Errorf("%s is enough", what)
		}
	}
	replicas := [2]*redis.Client{open(t, address+"/main"+asked), open(t, address+"/main/0"+asked)}
	whole(t, replicas, "before")
	kill()
	within(t, "a replica becomes the master", func() bool {
		got, err := sentinels[0].Do(t.Context(), "sentinel", "get-master-addr-by-name", "main").StringSlice()
		return err == nil && len(got) == 2 && got[1] == strconv.Itoa(slavePort)
	})
	whole(t, replicas, "after")
}

// TestTLS: a server with a certificate by an authority of one's own. Where its roots lie, SSL_CERT_DIR says, which a process reads once: so another
// one does the speaking.
func TestTLS(t *testing.T) {
	t.Parallel()
	if at := os.Getenv("ORIENTIR_TEST_TLS"); at != "" {
		whole(t, [2]*redis.Client{open(t, at), open(t, at)}, "")
		return
	}
	roots, certificate, key := postgrestest.Authority(t)
	dir := t.TempDir()
	for name, text := range map[string][]byte{"server.crt": certificate, "server.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secure := freePort(t)
	startNode(t, "--tls-port", strconv.Itoa(secure), "--tls-cert-file", filepath.Join(dir, "server.crt"), "--tls-key-file", filepath.Join(dir, "server.key"),
		"--tls-auth-clients", "no", "--tls-ca-cert-file", roots)
	at := fmt.Sprintf("rediss://127.0.0.1:%d/3", secure)
	if _, err := redis.Open(t.Context(), at, redis.Options{MayBeAway: true}); err == nil || !strings.Contains(err.Error(), "x509") {
		t.Errorf("a certificate by nobody is taken: %v", err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTLS$", "-test.v")
	child.Env = append(os.Environ(), "ORIENTIR_TEST_TLS="+at, "SSL_CERT_DIR="+filepath.Dir(roots))
	if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestTLS") {
		t.Errorf("with our own roots: %v\n%s", err, out)
	}
}

// whole holds two processes on the same servers to everything that they share; round keeps keys of one round from the next.
func whole(t *testing.T, replicas [2]*redis.Client, round string) {
	t.Helper()
	ctx := t.Context()
	here, there := replicas[0].Subscribe(ctx, "topic"+round), replicas[1].Subscribe(ctx, "topic"+round)
	within(t, "wake-ups pass both ways", func() bool {
		replicas[0].Publish(ctx, "topic"+round, "from 0")
		replicas[1].Publish(ctx, "topic"+round, "from 1")
		return hears(here, "from 1") && hears(there, "from 0")
	})
	n := 0
	within(t, "counts are shared", func() bool {
		n++
		key := fmt.Sprint("count", round, n)
		return replicas[0].Count(ctx, key, 5, time.Hour) == 5 && replicas[1].Count(ctx, key, 2, time.Hour) == 7
	})
	for i := range 20 { // on every node
		key := fmt.Sprint("key", round, i)
		if ok, _ := replicas[0].Allow(ctx, key, 2, time.Hour); !ok {
			t.Errorf("%s: the first turn", key)
		}
		if ok, _ := replicas[1].Allow(ctx, key, 2, time.Hour); !ok {
			t.Errorf("%s: the second turn", key)
		}
		if ok, _ := replicas[i%2].Allow(ctx, key, 2, time.Hour); ok {
			t.Errorf("%s: a third turn of two", key)
		}
		held := "held" + key
		replicas[0].Hold(ctx, held, 2, time.Minute, time.Hour)
		if ok, wait := replicas[1].Allow(ctx, held, 2, time.Minute); ok || wait < 50*time.Minute {
			t.Errorf("%s: %v, wait %v; want an hour", held, ok, wait)
		}
		replicas[0].Seen(ctx, key, time.Hour)
		replicas[0].Seen(ctx, "gone"+key, time.Hour)
		replicas[1].Gone(ctx, "gone"+key)
		if here := replicas[1].Present(ctx, "gone"+key, key, "nobody"); !slices.Equal(here, []bool{false, true, false}) {
			t.Errorf("%s: present %v", key, here)
		}
	}
}

// hears reads what there is to hear.
func hears(wakes <-chan string, want string) bool {
	for {
		select {
		case got := <-wakes:
			if got == want {
				return true
			}
		case <-time.After(300 * time.Millisecond):
			return false
		}
	}
}

func open(t *testing.T, address string) *redis.Client {
	t.Helper()
	client, err := redis.Open(t.Context(), address, redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		client.Close()
	})
	return client
}

// startNode starts a server on a port of 127.0.0.1 whose bus, ten thousand ports above, is free too.
func startNode(t *testing.T, args ...string) (port int, client *driver.Client, kill func()) {
	t.Helper()
	port = freePort(t)
	given := []string{}
	if len(args) > 0 && args[0][0] == '/' { // a file of settings comes first
		given, args = args[:1], args[1:]
	}
	given = append(given, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", t.TempDir())
	if !slices.Contains(args, "--sentinel") {
		given = append(given, "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0")
	}
	password := ""
	if i := slices.Index(args, "--requirepass"); i >= 0 {
		password = args[i+1]
	}
	server := exec.Command("redis-server", append(given, args...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		server.Process.Kill()
		server.Wait()
	}
	t.Cleanup(kill)
	client = driver.NewClient(&driver.Options{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Password: password, MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	within(t, "redis-server answers", func() bool { return client.Ping(t.Context()).Err() == nil })
	return port, client, kill
}

func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		port := listener.Addr().(*net.TCPAddr).Port
		if port > 55_000 {
			continue
		}
		bus, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+10_000)))
		if err == nil {
			bus.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// lines splits what a server tells about itself.
func lines(text string) []string { return strings.Fields(text) }
