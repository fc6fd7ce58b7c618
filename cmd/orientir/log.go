package main

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// How much of the same a log tells: while a part is away, a fault repeats with each request.
const (
	floodWindow = 30 * time.Second
	floodMost   = 5 // of one message in a window; what is beyond is counted
)

// newLog writes structured lines: never message text, tokens or personal data. A line that is written within a trace carries its id.
func newLog(w io.Writer, format string, quiet bool) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if quiet {
		o.Level = slog.LevelWarn
	}
	var h slog.Handler = slog.NewTextHandler(w, o)
	if format == "json" {
		h = slog.NewJSONHandler(w, o)
	}
	return slog.New(&calm{next: careful{h}, flood: &flood{said: map[string]*saying{}, now: time.Now}})
}

// calm is a handler that doesn't repeat itself without end.
type calm struct {
	next  slog.Handler
	flood *flood
}

func (c *calm) Enabled(ctx context.Context, level slog.Level) bool { return c.next.Enabled(ctx, level) }

func (c *calm) Handle(ctx context.Context, r slog.Record) error {
	pass, over := c.flood.hear(r)
	for _, s := range over {
		again := slog.NewRecord(r.Time, s.level, s.message, 0)
		again.AddAttrs(slog.Int("said_again", s.held), slog.Duration("within", floodWindow))
		if err := c.next.Handle(ctx, again); err != nil {
			return err
		}
	}
	if !pass {
		return nil
	}
	if span := trace.SpanContextFromContext(ctx); span.IsSampled() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return c.next.Handle(ctx, r)
}

func (c *calm) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &calm{c.next.WithAttrs(attrs), c.flood}
}

func (c *calm) WithGroup(name string) slog.Handler { return &calm{c.next.WithGroup(name), c.flood} }

// flood remembers what was said lately. Messages are constants of the program, so there are not many.
type flood struct {
	mu   sync.Mutex
	said map[string]*saying
	now  func() time.Time
}

// saying is one message in its window.
type saying struct {
	level   slog.Level
	message string
	since   time.Time
	n       int // that passed
	held    int // that did not
}

// hear says whether a record passes, and what was held back in windows that are over. Everything that is not a warning or a fault passes.
func (f *flood) hear(r slog.Record) (pass bool, over []saying) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for key, s := range f.said {
		if now.Sub(s.since) < floodWindow {
			continue
		}
		if s.held > 0 {
			over = append(over, *s)
		}
		delete(f.said, key)
	}
	if r.Level < slog.LevelWarn {
		return true, over
	}
	key := r.Level.String() + " " + r.Message
	if strings.HasPrefix(r.Message, "http: ") { // the server of the standard library puts addresses into its messages
		key = key[:min(len(key), 24)]
	}
	s := f.said[key]
	if s == nil {
		s = &saying{level: r.Level, message: r.Message, since: now}
		f.said[key] = s
	}
	if s.n >= floodMost {
		s.held++
		return false, over
	}
	s.n++
	return true, over
}
