package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"golang.org/x/sync/errgroup"
)

func TestStopLetsARequestFinishAndEndsAStream(t *testing.T) {
	t.Parallel()
	started, stopped := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /request", func(w http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		<-stopped
		if err := r.Context().Err(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		started <- struct{}{}
		<-r.Context().Done()
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var server errgroup.Group
	runServer(ctx, &server, slog.New(slog.DiscardHandler), mux, listener)
	var clients errgroup.Group
	for _, path := range []string{"/request", "/stream"} {
		clients.Go(func() error {
			resp, err := http.Get("http://" + listener.Addr().String() + path)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d", path, resp.StatusCode)
			}
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		})
		<-started
	}
	stop()
	close(stopped)
	if err := clients.Wait(); err != nil {
		t.Error(err)
	}
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
}
