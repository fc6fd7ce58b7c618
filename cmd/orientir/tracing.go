package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"orientir/deploy/watch"
)

// lastSpans is how long a stop waits for the collector.
const lastSpans = 3 * time.Second

// tracing hands spans to exporter in batches, beside everything else: a collector that is slow or away costs nobody a wait. What finds no room
// in the queue (2,048 spans) is dropped. The library reads OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_BSP_*, OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES by itself: the one exception from the rule that only config.go reads the environment. end sends what is left.
func tracing(exporter sdktrace.SpanExporter, log *slog.Logger) (tracer trace.Tracer, end func(), err error) {
	// What the environment says wins over the name here.
	about, err := resource.Merge(resource.NewSchemaless(attribute.String("service.name", "orientir")), resource.Environment())
	if err != nil {
		return nil, nil, fmt.Errorf("prepare traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return provider.Tracer(watch.Scope), func() {
		ending, cancel := context.WithTimeout(context.Background(), lastSpans)
		defer cancel()
		if err := provider.Shutdown(ending); err != nil {
			log.Warn("the last traces were not sent", "err", err)
		}
	}, nil
}

// logTraceFaults makes the library write its complaints to log. It has one handler for the whole process, so only serve calls this, once.
func logTraceFaults(log *slog.Logger) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces not sent", "err", err) }))
}

// traced begins a trace with each request that asks or changes something. What a stranger's own headers say of traces is not believed.
func traced(tracer trace.Tracer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		ctx, span := tracer.Start(r.Context(), "POST", trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot())
		asked := r.WithContext(ctx)
		defer func() {
			span.SetName("POST " + routeOf(asked))
			span.End()
		}()
		next.ServeHTTP(w, asked)
	})
}
