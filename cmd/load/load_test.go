package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestOnlyLoopbackIsSpokenTo(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"192.0.2.1:80", "[2001:db8::1]:80", "10.0.0.1:80"} {
		var refused errNotLoopback
		if conn, err := dialer(1).DialContext(t.Context(), "tcp", address); !errors.As(err, &refused) {
			// A machine without such a route fails sooner, which is as good.
			if err == nil {
				conn.Close()
				t.Errorf("%s was spoken to", address)
			}
		}
		if err := onlyLoopback("tcp", address, nil); !errors.As(err, &refused) {
			t.Errorf("%s is not refused: %v", address, err)
		}
	}
	for _, address := range []string{"127.0.0.1:80", "127.0.1.7:80", "[::1]:80"} {
		if err := onlyLoopback("tcp", address, nil); err != nil {
			t.Errorf("%s is refused: %v", address, err)
		}
	}
	if err := servePlain(t.Context(), "0.0.0.0:0", ""); err == nil {
		t.Error("the bare server listens to everybody")
	}
}

func TestWhoWaitsBehindASlowOneIsTimedFromWhenItWasDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := steadily(t.Context(), 10, time.Second, 1, func(_ context.Context, i int) string {
			if i == 0 {
				time.Sleep(time.Second)
			}
			if i == 9 {
				return "503"
			}
			return well
		})
		if out.planned != 10 || out.done() != 9 || out.kinds["503"] != 1 {
			t.Fatalf("%+v", out)
		}
		// Due at 0, 100, … 800 ms, all done at one second.
		for i, took := range out.took {
			if want := time.Duration(i+2) * 100 * time.Millisecond; took != want {
				t.Errorf("act %d took %v, want %v", i, took, want)
			}
		}
		if out.ms(50) != 600 || out.ms(100) != 1000 {
			t.Errorf("percentiles %v and %v", out.ms(50), out.ms(100))
		}
	})
}

func TestALoadThatIsNeverDoneStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := steadily(t.Context(), 10, time.Second, 1, func(ctx context.Context, _ int) string {
			<-ctx.Done()
			return "no answer"
		})
		if out.wall != time.Second+drain || out.kinds["no answer"] != 1 || out.kinds["not begun"] != 9 {
			t.Errorf("%v: %v", out.wall, out.kinds)
		}
	})
}

func TestEventsAreHeardInPieces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("я", 5000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Whose") != "mine" {
			http.Error(w, "whose?", http.StatusForbidden)
			return
		}
		for _, part := range []string{": hello\n\n", "id: 7\neve", "nt: message\ndata: {\"from\":\"bot\",\"html\":\"" + long, "\"}\n\nevent: state\n", "data: {}\n\n"} {
			_, _ = w.Write([]byte(part))
			_ = http.NewResponseController(w).Flush()
		}
	}))
	defer server.Close()
	if _, err := openStream(t.Context(), 3, server.URL, "/", ""); err == nil || !strings.HasPrefix(err.Error(), "403") {
		t.Fatalf("a refusal is %v", err)
	}
	s, err := openStream(t.Context(), 3, server.URL, "/", "X-Whose: mine\r\n")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var heard []string
	_ = s.follow(func(event string, data []byte) {
		heard = append(heard, event+" "+string(data[:min(len(data), 13)]))
	})
	if want := []string{`message {"from":"bot"`, "state {}"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q", heard)
	}
}

// An answer is lost, and the stream begins anew: no answer from before is taken for it.
func TestALostAnswerIsNotHidden(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	asked := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := opened.Add(1)
		if r.Header.Get("Last-Event-ID") == "" {
			_, _ = io.WriteString(w, "id: 5\nevent: message\ndata: {\"from\":\"bot\"}\n\n")
		}
		_ = http.NewResponseController(w).Flush()
		switch n {
		case 1:
			<-asked
		case 3:
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	c := &crowd{web: &web{base: server.URL}, close: cancel}
	one := &chat{token: "x"}
	stream, err := c.open(ctx, one)
	if err != nil {
		t.Fatal(err)
	}
	one.stream, c.chats = stream, []*chat{one}
	one.asked.Store(time.Now().UnixNano())
	c.reader.Go(func() { c.listen(ctx, one) })
	defer c.end()
	until := func(what string, so func() bool) {
		t.Helper()
		for began := time.Now(); !so(); time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > time.Minute {
				t.Fatalf("never: %s", what)
			}
		}
	}
	until("the first answer", func() bool { return c.waiting() == 0 })
	one.asked.Store(time.Now().UnixNano())
	close(asked)
	until("a third stream", func() bool { return opened.Load() == 3 })
	if c.waiting() != 1 {
		t.Error("an old answer was taken for the lost one")
	}
}

func TestASoakFails(t *testing.T) {
	t.Parallel()
	trends := table{Rows: []row{{Name: "heap MB: flat"}, {Name: "open files: grows"}}}
	if got := soakFailures(trends, outcome{kinds: map[string]int{well: 9, passedOver: 3, notSent + "503": 2, unanswered: 1}}); len(got) != 2 {
		t.Errorf("it fails by %q", got)
	}
	trends.Rows = trends.Rows[:1]
	if got := soakFailures(trends, outcome{kinds: map[string]int{well: 9, passedOver: 3}}); len(got) != 0 {
		t.Errorf("it fails by %q", got)
	}
}

func TestTheBareServerHoldsStreams(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(holdStream))
	defer server.Close()
	var streams []*eventStream
	for i := range 5 {
		s, err := openStream(t.Context(), i, server.URL, "/", "")
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, s)
	}
	var ended sync.WaitGroup
	for _, s := range streams {
		ended.Go(func() { _ = s.follow(func(string, []byte) {}) })
		s.close()
	}
	ended.Wait()
}

func TestTrends(t *testing.T) {
	t.Parallel()
	series := func(of func(i int) float64) (all []float64) {
		for i := range 360 {
			all = append(all, of(i))
		}
		return all
	}
	saw := func(i int) float64 { return float64(i*37%101) - 50 } // as a collector's, around zero
	for name, c := range map[string]struct {
		samples []float64
		verdict string
		slope   float64
	}{
		"a saw-tooth":                     {series(func(i int) float64 { return 200 + saw(i) }), "flat", 0},
		"a leak of sixty an hour beneath": {series(func(i int) float64 { return 200 + saw(i) + float64(i)/6 }), "grows", 60},
		"a constant":                      {series(func(int) float64 { return 16 }), "flat", 0},
		"next to nothing, surely":         {series(func(i int) float64 { return 1000 + float64(i)/360 }), "flat", 1},
		"it goes back":                    {series(func(i int) float64 { return 200 - float64(i)/6 }), "shrinks", -60},
		"two samples":                     {[]float64{1, 2}, "too short", 0},
	} {
		got := trendOf(c.samples, 10)
		if got.verdict() != c.verdict || math.Abs(got.slope-c.slope) > 5 {
			t.Errorf("%s: %s, %.2f ± %.2f an hour", name, got.verdict(), got.slope, got.margin)
		}
	}
}

func TestFiguresHaveThreeDigits(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", 0.012345: "0.0123", 1: "1", 1.5: "1.5", 12.345: "12.3", 123.4: "123", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := figure(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	if figure(absent) != "–" {
		t.Error("an absent figure isn't a dash")
	}
}

func TestTheSizingDocumentIsWhatWasComputed(t *testing.T) {
	t.Parallel()
	f, err := readSizing("../../deploy/sizing.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../deploy/sizing.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := splice(string(document), f.markdown())
	if err != nil {
		t.Fatal(err)
	}
	if want != string(document) {
		t.Error("deploy/sizing.md is not what deploy/sizing.json gives: go run ./cmd/load sizing --write deploy/sizing.md")
	}
}

func TestTheModelAddsUp(t *testing.T) {
	t.Parallel()
	ten := 10.0
	f := sizingFile{}
	for _, name := range []string{"telegram_message_cpu_ms", "telegram_message_postgres_cpu_ms", "web_message_cpu_ms", "web_message_postgres_cpu_ms", "stream_cpu_ms_a_minute",
		"stream_postgres_cpu_ms_a_minute", "ticket_cpu_ms", "ticket_postgres_cpu_ms", "chat_rss_kb", "base_rss_mb", "replica_connections", "bytes_a_message"} {
		f.Parameters = append(f.Parameters, parameter{Name: name, Value: &ten})
	}
	s := scenario{Peak: 300, Telegram: 0.1, Chats: 6000, Tickets: 3600, MessagesAYear: 365 << 30, KeptDays: 2, LeastReplicas: 2, ReplicaCores: 2, Utilisation: 0.5}
	got := s.of(f)
	// 300 messages of 10 ms, 6,000 chats of 10 ms a minute, one ticket a second: 3 + 1 + 0.01 processors.
	want := needs{program: 4.01, postgres: 4.01, replicas: 5, cores: 10, postgresCores: 9, replicaMB: 10 + 1500*10/1024.0, connections: 50, disk: 20, wait: 5}
	if a, b := fmt.Sprintf("%.6f", got), fmt.Sprintf("%.6f", want); a != b {
		t.Errorf("got %s\nwant %s", a, b)
	}
	f.Parameters = f.Parameters[1:]
	if n := s.of(f); !math.IsNaN(n.program) || math.IsNaN(n.postgres) {
		t.Errorf("a figure that was not measured must leave what hangs on it open, and nothing else: %+v", n)
	}
}
