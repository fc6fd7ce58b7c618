package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
)

// plainCommand runs a bare server in a process of its own: what the program is measured beside. The loads start it.
func plainCommand() *cobra.Command {
	return &cobra.Command{Use: "plain-server ADDRESS [DATABASE_URL]", Short: "A bare server: holds streams, and inserts rows where a database is given", Hidden: true, Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			database := ""
			if len(args) == 2 {
				database = args[1]
			}
			return servePlain(c.Context(), args[0], database)
		}}
}

// plainHeartbeat is as far apart as the program's.
const plainHeartbeat = 20 * time.Second

func servePlain(ctx context.Context, address, database string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return errors.Join(errNotLoopback(address), l.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /stream", holdStream)
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	if database != "" {
		config, err := pgxpool.ParseConfig(database)
		if err != nil {
			return err
		}
		config.MaxConns = 16 // as the program's
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return err
		}
		defer pool.Close()
		if _, err := pool.Exec(ctx, `CREATE TABLE IF NOT EXISTS load_plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`); err != nil {
			return err
		}
		mux.HandleFunc("POST /row", func(w http.ResponseWriter, r *http.Request) { insertRow(w, r, pool) })
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// holdStream does what a stream must and nothing else.
func holdStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	beat := time.NewTicker(plainHeartbeat)
	defer beat.Stop()
	for {
		if _, err := w.Write([]byte(": still here\n\n")); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
		}
	}
}

func insertRow(w http.ResponseWriter, r *http.Request, pool *pgxpool.Pool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		_, err = pool.Exec(r.Context(), `INSERT INTO load_plain (body) VALUES ($1)`, string(body))
	}
	if err != nil {
		http.Error(w, "not stored", http.StatusInternalServerError)
	}
}

// startPlain starts the bare server and gives its address; stop ends it.
func startPlain(ctx context.Context, database string) (base string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	args := []string{"plain-server", address}
	if database != "" {
		args = append(args, database)
	}
	cmd := exec.Command(self, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start the bare server: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	base = "http://" + address
	for deadline := time.Now().Add(20 * time.Second); ; {
		resp, err := http.Get(base + "/readyz")
		if err == nil {
			resp.Body.Close()
			return base, stop, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			stop()
			return "", nil, fmt.Errorf("the bare server doesn't answer: %w", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
