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
	started, ended := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /request", func(w http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		<-ended // the stop does this to streams alone
		if err := r.Context().Err(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		started <- struct{}{}
		<-r.Context().Done()
		close(ended)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, ask := context.WithCancel(t.Context())
	ctx, stop := context.WithCancel(t.Context())
	d := newDrain(0)
	var server errgroup.Group
	server.Go(func() error {
		defer stop()
		d.run(ctx, asked)
		return nil
	})
	runServer(ctx, &server, slog.New(slog.DiscardHandler), d.handler(mux), listener)
	var clients errgroup.Group
	for _, path := range []string{"/request", "/stream"} {
		clients.Go(func() error {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+path, nil)
			if err != nil {
				return err
			}
			if path == "/stream" {
				req.Header.Set("Accept", "text/event-stream")
			}
			resp, err := http.DefaultClient.Do(req)
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
	ask()
	if err := clients.Wait(); err != nil {
		t.Error(err)
	}
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
}
