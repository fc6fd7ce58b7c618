package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

func TestTheServiceManagerIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	hear := func() string {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 100)
		n, _, err := socket.ReadFrom(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return string(buffer[:n])
	}
	ctx, stop := context.WithCancel(t.Context())
	var asked atomic.Int32
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		notifier{path, 30 * time.Millisecond}.run(ctx, slog.New(slog.DiscardHandler), func(context.Context) error {
			if asked.Add(1) < 3 {
				return errors.New("not yet")
			}
			return nil
		})
	}()
	if said := hear(); said != "READY=1" || asked.Load() < 3 {
		t.Fatalf("%q is told after %d looks", said, asked.Load())
	}
	if said := hear(); said != "WATCHDOG=1" {
		t.Fatalf("then %q", said)
	}
	stop()
	for said := hear(); said != "STOPPING=1"; said = hear() {
		if said != "WATCHDOG=1" {
			t.Fatalf("at the end %q", said)
		}
	}
	<-ended
	notifier{}.run(t.Context(), nil, nil) // nobody asked
}
