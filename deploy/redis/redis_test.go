package redis_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"orientir/deploy/redis"
	"orientir/deploy/redis/redistest"
)

func TestWakeUpsReachEveryReplicaOnce(t *testing.T) {
	t.Parallel()
	replicas := redistest.Replicas(t, 2)
	here := replicas[0].Subscribe(t.Context(), "conversation:1", "news")
	there := replicas[1].Subscribe(t.Context(), "conversation:1")
	elsewhere := replicas[1].Subscribe(t.Context(), "conversation:2")

	replicas[0].Publish(t.Context(), "conversation:1", "first")
	replicas[0].Publish(t.Context(), "conversation:2", "other")
	replicas[0].Publish(t.Context(), "conversation:1", "second")
	replicas[1].Publish(t.Context(), "news", "third")

	expect(t, here, "first", "second", "third")
	expect(t, there, "first", "second")
	expect(t, elsewhere, "other")
}

func TestSubscriptionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	client := redistest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	wakes := client.Subscribe(ctx, "topic")
	cancel()
	for range wakes { // ends only when the channel is closed
	}
	client.Publish(t.Context(), "topic", "to nobody")
}

func TestSlowListenerNeverHoldsUpThePublisher(t *testing.T) {
	t.Parallel()
	client := redistest.New(t)
	slow := client.Subscribe(t.Context(), "topic")
	for range 100_000 {
		client.Publish(t.Context(), "topic", "x")
	}
	expect(t, slow, "x")
}

func TestLimitHoldsAcrossReplicas(t *testing.T) {
	t.Parallel()
	replicas := redistest.Replicas(t, 2)
	for i := range 6 {
		if ok, wait := replicas[i%2].Allow(t.Context(), "person", 6, time.Hour); !ok || wait != 0 {
			t.Fatalf("turn %d: %v, %v", i+1, ok, wait)
		}
	}
	ok, wait := replicas[0].Allow(t.Context(), "person", 6, time.Hour)
	if ok || wait < 9*time.Minute || wait > 10*time.Minute {
		t.Fatalf("seventh turn: %v, wait %v; want a little under ten minutes", ok, wait)
	}
	if ok, _ := replicas[0].Allow(t.Context(), "somebody else", 6, time.Hour); !ok {
		t.Fatal("one key's turns were counted against another")
	}
}

func TestHoldKeepsEveryReplicaFromTurns(t *testing.T) {
	t.Parallel()
	replicas := redistest.Replicas(t, 2)
	replicas[0].Hold(t.Context(), "channel", 2, time.Hour, 4*time.Hour)
	replicas[1].Hold(t.Context(), "channel", 2, time.Hour, time.Minute) // a shorter wish doesn't end a longer one
	for i, replica := range replicas {
		if ok, wait := replica.Allow(t.Context(), "channel", 2, time.Hour); ok || wait < 3*time.Hour+50*time.Minute || wait > 4*time.Hour {
			t.Errorf("replica %d: %v, wait %v; want about four hours", i, ok, wait)
		}
		if ok, wait := replica.Allow(t.Context(), "channel", 1, 30*time.Minute); ok || wait < 4*time.Hour+20*time.Minute {
			t.Errorf("replica %d, behind the others: %v, wait %v", i, ok, wait)
		}
	}
	if ok, _ := replicas[0].Allow(t.Context(), "another channel", 2, time.Hour); !ok {
		t.Error("one key's hold kept another")
	}
}

func TestCountsAddUpAcrossReplicas(t *testing.T) {
	t.Parallel()
	replicas := redistest.Replicas(t, 2)
	if n := replicas[0].Count(t.Context(), "tokens", 700, time.Hour); n != 700 {
		t.Fatalf("the first count is %d", n)
	}
	if n := replicas[1].Count(t.Context(), "tokens", 300, time.Hour); n != 1000 {
		t.Fatalf("the other replica counts %d, want 1000", n)
	}
	if n := replicas[0].Count(t.Context(), "tokens", -100, time.Hour); n != 900 {
		t.Fatalf("given back it is %d, want 900", n)
	}
	if n := replicas[0].Count(t.Context(), "others", 1, time.Hour); n != 1 {
		t.Fatalf("another key counts %d", n)
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	replicas := redistest.Replicas(t, 2)
	replicas[0].Seen(t.Context(), "staff:1", time.Minute)
	replicas[0].Seen(t.Context(), "staff:2", time.Minute)
	replicas[1].Gone(t.Context(), "staff:2")
	if got := replicas[1].Present(t.Context(), "staff:1", "staff:2", "staff:3"); !slices.Equal(got, []bool{true, false, false}) {
		t.Fatalf("got %v", got)
	}
}

// One replica's Redis goes away and comes back empty: nothing fails, nothing waits, and wake-ups flow again.
func TestOutageIsSurvived(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "redis.sock")
	stop := startServer(t, socket)
	var replicas [2]*redis.Client
	for i := range replicas {
		client, err := redis.Open(t.Context(), "unix://"+socket, redis.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		go client.Run(t.Context())
		replicas[i] = client
	}
	there := replicas[1].Subscribe(t.Context(), "topic")
	here := replicas[0].Subscribe(t.Context(), "topic")

	replicas[0].Count(t.Context(), "tokens", 500, time.Hour)
	stop()
	began := time.Now()
	if n := replicas[0].Count(t.Context(), "tokens", 500, time.Hour); n != 1000 {
		t.Fatalf("a count while Redis is away: %d, want 1000", n)
	}
	for i := range 3 {
		if ok, _ := replicas[0].Allow(t.Context(), "person", 3, time.Hour); !ok {
			t.Fatalf("turn %d refused while Redis is away", i+1)
		}
	}
	if ok, wait := replicas[0].Allow(t.Context(), "person", 3, time.Hour); ok || wait == 0 {
		t.Fatal("no limit while Redis is away")
	}
	replicas[0].Seen(t.Context(), "staff:1", time.Minute)
	if got := replicas[0].Present(t.Context(), "staff:1", "staff:2"); !slices.Equal(got, []bool{true, false}) {
		t.Fatalf("presence while Redis is away: %v", got)
	}
	replicas[0].Publish(t.Context(), "topic", "in this process")
	expect(t, here, "in this process")
	if spent := time.Since(began); spent > 5*time.Second {
		t.Fatalf("requests waited %v for a Redis that is away", spent)
	}

	startServer(t, socket)
	for deadline := time.After(30 * time.Second); ; {
		replicas[0].Publish(t.Context(), "topic", "across")
		select {
		case payload := <-there:
			if payload == "across" {
				if n := replicas[0].Count(t.Context(), "tokens", 1, time.Hour); n != 1001 {
					t.Fatalf("an empty Redis made the count %d, want 1001", n)
				}
				return
			}
		case <-deadline:
			t.Fatal("no wake-up across replicas after Redis came back")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"no server":   "redis://127.0.0.1:1",
		"not a URL":   "localhost:6379",
		"no socket":   "unix:///nowhere/redis.sock",
		"bad setting": "redis://127.0.0.1:1?no_such_setting=1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if client, err := redis.Open(t.Context(), address, redis.Options{}); err == nil {
				client.Close()
				t.Fatal("opened")
			}
		})
	}
}

func TestWholeDatabaseForAProgram(t *testing.T) {
	t.Parallel()
	client, err := redis.Open(t.Context(), redistest.URL(t), redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if ok, _ := client.Allow(t.Context(), "x", 1, time.Hour); !ok {
		t.Fatal("the database is not empty")
	}
}

// expect reads the payloads in this order; an empty one, which only says «look», may come between.
func expect(t *testing.T, wakes <-chan string, want ...string) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for len(want) > 0 {
		select {
		case got := <-wakes:
			if got == "" {
				continue
			}
			if got != want[0] {
				t.Fatalf("got %q, want %q", got, want[0])
			}
			want = want[1:]
		case <-deadline:
			t.Fatalf("still waiting for %q", want)
		}
	}
}

func startServer(t *testing.T, socket string) (stop func()) {
	t.Helper()
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", filepath.Dir(socket))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		server.Process.Kill()
		server.Wait()
	}
	t.Cleanup(stop)
	for range 200 {
		if client, err := redis.Open(t.Context(), "unix://"+socket, redis.Options{}); err == nil {
			client.Close()
			return stop
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("redis-server did not start")
	return nil
}

func TestOpenSurvivesAServerThatIsAwayWhereToldTo(t *testing.T) {
	t.Parallel()
	nowhere := "unix://" + filepath.Join(t.TempDir(), "nobody.sock")
	if c, err := redis.Open(t.Context(), nowhere, redis.Options{}); err == nil {
		c.Close()
		t.Error("a server that isn't there is opened")
	}
	c, err := redis.Open(t.Context(), nowhere, redis.Options{MayBeAway: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if ok, _ := c.Allow(t.Context(), "key", 1, time.Minute); !ok {
		t.Error("without Redis nothing is allowed")
	}
	if ok, _ := c.Allow(t.Context(), "key", 1, time.Minute); ok {
		t.Error("without Redis nothing is counted")
	}
}
