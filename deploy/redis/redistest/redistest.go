// Package redistest gives each test its own corner of a real Redis.
//
// The server comes from ORIENTIR_TEST_REDIS_URL; ./deploy/test starts one and sets it.
package redistest

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"

	"orientir/deploy/redis"
)

const (
	variable  = "ORIENTIR_TEST_REDIS_URL"
	lookEvery = 100 * time.Millisecond
)

// New gives a running client that shares keys and wake-ups with no other test.
// Without a test server the test fails; it is never skipped.
func New(t testing.TB) *redis.Client {
	t.Helper()
	return Replicas(t, 1)[0]
}

// Replicas gives n running clients that share keys and wake-ups with each other, as the replicas of one site do.
func Replicas(t testing.TB, n int) []*redis.Client {
	t.Helper()
	return replicas(t, "test:"+rand.Text()+":", n)
}

// Watched gives a client as New does, and everything that it has kept at any moment: each key, and each value that it had, as text. It looks
// ten times a second, and when it is asked; what lives shorter may escape it.
func Watched(t testing.TB) (*redis.Client, func() map[string][]string) {
	t.Helper()
	prefix := "test:" + rand.Text() + ":"
	direct := open(t, server(t))
	var mu sync.Mutex
	kept := map[string][]string{}
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		for key, value := range contents(t, direct, prefix+"*") {
			if key = strings.TrimPrefix(key, prefix); !slices.Contains(kept[key], value) {
				kept[key] = append(kept[key], value)
			}
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	looking.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(lookEvery) {
			look()
		}
	})
	t.Cleanup(func() { stop(); looking.Wait() })
	return replicas(t, prefix, 1)[0], func() map[string][]string {
		look()
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(kept)
	}
}

func replicas(t testing.TB, prefix string, n int) []*redis.Client {
	t.Helper()
	direct := open(t, server(t))
	clients := make([]*redis.Client, n)
	for i := range clients {
		client, err := redis.Open(t.Context(), server(t), redis.Options{Prefix: prefix})
		if err != nil {
			t.Fatalf("open Redis: %v", err)
		}
		ctx, stop := context.WithCancel(context.Background())
		stopped := make(chan error, 1)
		go func() { stopped <- client.Run(ctx) }()
		t.Cleanup(func() {
			stop()
			if err := <-stopped; err != nil {
				t.Errorf("run Redis client: %v", err)
			}
			client.Close()
		})
		clients[i] = client
	}
	awaitSubscribers(t, direct, prefix+"wake:"+strconv.Itoa(direct.Options().DB), n)
	t.Cleanup(func() { forget(t, direct, prefix) })
	return clients
}

// URL gives the address of an empty database of the test server, for a test that hands it to a whole program.
// There are only so many (16 by default), so beyond that number of tests at a time two may share one.
func URL(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	direct := open(t, server(t))
	databases := 16
	if got, err := direct.ConfigGet(ctx, "databases").Result(); err == nil {
		if n, err := strconv.Atoi(got["databases"]); err == nil {
			databases = n
		}
	}
	turn, err := direct.Incr(ctx, "test:databases").Result()
	if err != nil {
		t.Fatalf("pick a Redis database: %v", err)
	}
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	// Database 0 belongs to New. A unix socket's database is a parameter, a host's is the path.
	number := strconv.Itoa(1 + int(turn)%(databases-1))
	if u.Scheme == "unix" {
		query := u.Query()
		query.Set("db", number)
		u.RawQuery = query.Encode()
	} else {
		u.Path = "/" + number
	}
	own := open(t, u.String())
	if err := own.FlushDB(ctx).Err(); err != nil {
		t.Fatalf("empty the Redis database: %v", err)
	}
	return u.String()
}

// Contents gives every key that the clients of New keep, of all tests that run now, with its value as text.
func Contents(t testing.TB) map[string]string {
	t.Helper()
	return contents(t, open(t, server(t)), "test:*")
}

// contents gives the keys of a pattern, with their values as text.
func contents(t testing.TB, direct *driver.Client, pattern string) map[string]string {
	ctx := context.Background()
	all := map[string]string{}
	keys := direct.Scan(ctx, 0, pattern, 1000).Iterator()
	for keys.Next(ctx) {
		value, err := direct.Get(ctx, keys.Val()).Result()
		if err != nil { // gone meanwhile, or no string
			value = fmt.Sprint(direct.Do(ctx, "DUMP", keys.Val()).Val())
		}
		all[keys.Val()] = value
	}
	if err := keys.Err(); err != nil {
		t.Errorf("read Redis: %v", err)
	}
	return all
}

func server(t testing.TB) string {
	t.Helper()
	server := os.Getenv(variable)
	if server == "" {
		t.Fatalf("%s is not set: run the tests with ./deploy/test", variable)
	}
	return server
}

func open(t testing.TB, address string) *driver.Client {
	t.Helper()
	config, err := driver.ParseURL(address)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	direct := driver.NewClient(config)
	t.Cleanup(func() { direct.Close() })
	return direct
}

// awaitSubscribers waits until every client hears the others: before, a wake-up would be lost, as it may.
func awaitSubscribers(t testing.TB, direct *driver.Client, channel string, n int) {
	t.Helper()
	for range 1000 {
		got, err := direct.PubSubNumSub(context.Background(), channel).Result()
		if err != nil {
			t.Fatalf("ask Redis for subscribers: %v", err)
		}
		if got[channel] == int64(n) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the Redis clients did not subscribe within ten seconds")
}

func forget(t testing.TB, direct *driver.Client, prefix string) {
	ctx := context.Background()
	keys := direct.Scan(ctx, 0, prefix+"*", 1000).Iterator()
	for keys.Next(ctx) {
		direct.Del(ctx, keys.Val())
	}
	if err := keys.Err(); err != nil {
		t.Errorf("tidy up Redis: %v", err)
	}
}
