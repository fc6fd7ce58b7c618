package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func TestTheSameFaultFloodsNoLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := newLog(&out, "text", false)
		for n := range 1000 {
			log.Error("answer", "conversation", n, "err", errors.New("no database"))
			log.Info("what is no fault", "n", n)
		}
		log.Warn("another")
		if n := strings.Count(out.String(), "msg=answer"); n != floodMost {
			t.Errorf("a fault was told %d times within a moment, want %d", n, floodMost)
		}
		if n := strings.Count(out.String(), "what is no fault"); n != 1000 {
			t.Errorf("%d lines that are no faults, want all", n)
		}
		time.Sleep(floodWindow)
		out.Reset()
		log.Error("answer", "conversation", 1)
		if !strings.Contains(out.String(), "said_again=995") || strings.Count(out.String(), "msg=answer") != 2 {
			t.Errorf("after the window the log says\n%s", &out)
		}
		out.Reset()
		time.Sleep(floodWindow)
		log.Info("anything")
		if strings.Contains(out.String(), "said_again") {
			t.Errorf("nothing was held back, and yet\n%s", &out)
		}
	})
}

func TestALineOfATraceCarriesItsID(t *testing.T) {
	t.Parallel()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("test")
	ctx, span := tracer.Start(t.Context(), "a request")
	defer span.End()
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := newLog(&out, format, false).With("part", "test")
		log.InfoContext(ctx, "within")
		log.Info("outside")
		within, outside, _ := strings.Cut(out.String(), "\n")
		if id := span.SpanContext().TraceID().String(); !strings.Contains(within, "trace_id") || !strings.Contains(within, id) || strings.Contains(outside, "trace_id") {
			t.Errorf("%s: of the trace %s the log says %s", format, id, &out)
		}
	}
}

func TestTheLogSpeaksJSONOnRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	newLog(&out, "json", false).With("part", "test").WithGroup("g").Warn("a line", "n", 1)
	var line struct {
		Level, Msg, Part string
		G                struct{ N int }
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Level != slog.LevelWarn.String() || line.Msg != "a line" || line.Part != "test" || line.G.N != 1 {
		t.Errorf("%v: %s", err, &out)
	}
}
