package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDrainSpreadsBrowsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		wait    time.Duration
		streams int64
	}{
		{"no wait, few", 0, 3},
		{"no wait, many", 0, 10_000},
		{"a wait that suffices", 30 * time.Second, 10_000},
		{"a wait that doesn't", 10 * time.Second, 50_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDrain(c.wait)
			d.streams.Store(c.streams)
			back := map[time.Duration]int{} // second → browsers that come back
			for range c.streams {
				end, pause := d.leave()
				if end > c.wait {
					t.Fatalf("a stream ends after %v, when the replica is gone", end)
				}
				if pause < 100*time.Millisecond {
					t.Fatalf("a browser comes back after %v", pause)
				}
				back[(end+pause)/time.Second]++
			}
			for second, n := range back {
				if n > comebacks*5/2 {
					t.Errorf("%d browsers come back in second %v", n, second)
				}
			}
		})
	}
}

func TestDrainEndsStreamsWithAHint(t *testing.T) {
	t.Parallel()
	d := newDrain(time.Second)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, ": hello\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page") })
	server := httptest.NewServer(d.handler(mux))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	stream, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewReader(stream.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != ": hello\n" {
		t.Fatal(line, err)
	}
	page := func() *http.Response {
		resp, err := http.Get(server.URL + "/page")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	if page().Close {
		t.Error("a connection is closed before the drain")
	}
	d.begin()
	if !page().Close {
		t.Error("a proxy may go on with a connection to a replica that drains")
	}
	rest, err := io.ReadAll(lines)
	if err != nil || !strings.Contains(string(rest), "retry: ") {
		t.Errorf("the stream ended with %q, %v", rest, err)
	}
}

func TestDrainServesOnForItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, cut := range []bool{false, true} { // by a fault elsewhere in the program
			d := newDrain(20 * time.Second)
			serving, fail := context.WithCancel(t.Context())
			asked, ask := context.WithCancel(t.Context())
			over := make(chan time.Duration)
			began := time.Now()
			go func() {
				d.run(serving, asked)
				over <- time.Since(began)
			}()
			time.Sleep(time.Second)
			if d.draining() {
				t.Fatal("the drain begins by itself")
			}
			ask()
			synctest.Wait()
			if !d.draining() {
				t.Fatal("the drain doesn't begin when asked")
			}
			want := 21 * time.Second
			if cut {
				time.Sleep(time.Second)
				fail()
				want = 2 * time.Second
			}
			if got := <-over; got != want {
				t.Errorf("over after %v, want %v", got, want)
			}
			fail()
		}
	})
}
