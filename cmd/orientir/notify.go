package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// notifier tells the service manager how the program is, where it asked to be told (sd_notify(3)): a datagram to a unix socket.
type notifier struct {
	socket   string        // "" where nobody asked
	watchdog time.Duration // within which it wants a sign of life; 0: none
}

func (n notifier) tell(state string) error {
	if n.socket == "" {
		return nil
	}
	conn, err := net.Dial("unixgram", n.socket) // a name that begins with @ is an abstract one, for Go too
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}

// run says that the program is up once alive finds it so, gives a sign of life for as long as it does, and says at the end that it stops.
// Where it finds nothing, it is silent: the service manager draws its own conclusion.
func (n notifier) run(ctx context.Context, log *slog.Logger, alive func(context.Context) error) {
	if n.socket == "" {
		return
	}
	every := 5 * time.Second
	if n.watchdog > 0 {
		every = n.watchdog / 3
	}
	tell := func(state string) {
		if err := n.tell(state); err != nil {
			log.Warn("the service manager can't be told", "state", state, "err", err)
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for state := "READY=1"; ; {
		asking, cancel := context.WithTimeout(ctx, every)
		err := alive(asking)
		cancel()
		if err == nil {
			tell(state)
			state = "WATCHDOG=1"
		}
		select {
		case <-ctx.Done():
			tell("STOPPING=1")
			return
		case <-tick.C:
		}
	}
}
