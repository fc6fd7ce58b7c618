package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestSlowClientsAreLetGo opens many connections that say nothing, say it letter by letter, send half of a body, or never read what they
// asked for. None holds the server: everyone's handler ends, and somebody else is answered meanwhile.
func TestSlowClientsAreLetGo(t *testing.T) {
	t.Parallel()
	var busy, ended atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("POST /body", func(w http.ResponseWriter, r *http.Request) {
		busy.Add(1)
		defer ended.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
	})
	mux.HandleFunc("GET /much", func(w http.ResponseWriter, _ *http.Request) {
		busy.Add(1)
		defer ended.Add(1)
		part := make([]byte, 1<<20)
		for range 64 {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") })
	server := newServer(slog.New(slog.DiscardHandler), mux)
	for name, bound := range map[string]time.Duration{"header": server.ReadHeaderTimeout, "body": server.ReadTimeout, "answer": server.WriteTimeout, "idle": server.IdleTimeout} {
		if bound <= 0 || bound > 10*time.Minute {
			t.Errorf("the time for a %s is %v", name, bound)
		}
	}
	if server.MaxHeaderBytes <= 0 || server.MaxHeaderBytes > 64<<10 {
		t.Errorf("headers may have %d bytes", server.MaxHeaderBytes)
	}
	// The same server in a hurry.
	server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout, server.IdleTimeout = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	const each = 20
	closed := make(chan struct{}, 5*each)
	for _, begins := range []string{
		"", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc", "GET /much HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 200<<10),
	} {
		for range each {
			client, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { client.Close() })
			_ = client.(*net.TCPConn).SetReadBuffer(4096)
			go func() {
				_, _ = io.WriteString(client, begins)
				for range 1000 { // a letter now and then, until nobody listens
					time.Sleep(50 * time.Millisecond)
					if _, err := io.WriteString(client, "a"); err != nil {
						break
					}
				}
				closed <- struct{}{}
			}()
		}
	}
	for range 5 * each {
		select {
		case <-closed:
		case <-time.After(time.Minute):
			t.Fatal("a slow client still holds its connection")
		}
	}
	if n := busy.Load(); n < each || ended.Load() != n { // where processors are scarce a header may come too late for its handler
		t.Errorf("%d handlers began, %d ended", busy.Load(), ended.Load())
	}
	response, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "here" {
		t.Errorf("everybody else: %q, %v", body, err)
	}
}
