package watch

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Scope names this program's spans.
const Scope = "orientir"

// Silent is the tracer that traces nothing.
func Silent() trace.Tracer { return noop.NewTracerProvider().Tracer(Scope) }

// Span begins a part of what ctx is about. Where nothing is traced it is the silent span, and costs next to nothing.
//
// An attribute is a word of a closed set or a number that tells nothing of a person: never words, names, addresses, or ids that a channel
// gave. A fault is told by End, which says that there was one and not which: its text may hold what somebody wrote.
func Span(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, noop.Span{}
	}
	return parent.TracerProvider().Tracer(Scope).Start(ctx, name, trace.WithAttributes(attributes...))
}

// End ends a span, and says whether what it was about failed.
func End(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Carry writes down where ctx is in its trace, as W3C's traceparent, to go on from elsewhere; "" where nothing is traced.
func Carry(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// Resume goes on with what Carry wrote down, perhaps on another replica. What is no traceparent changes nothing.
func Resume(ctx context.Context, carried string) context.Context {
	if carried == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": carried})
}

// LinkTo points from a span to where another trace was, as Carry wrote it down; false where it was nowhere.
func LinkTo(carried string) (trace.Link, bool) {
	to := trace.SpanContextFromContext(Resume(context.Background(), carried))
	return trace.Link{SpanContext: to}, to.IsValid()
}
