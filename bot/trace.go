package bot

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"orientir/deploy/watch"
)

// A message's row keeps where it was in its trace when it was stored: what becomes of it, on whichever replica, goes on from there. A message
// that was stored untraced, or by a version that didn't know of traces, stays so.

// stepSpan begins the span of a step at its lease. It goes on from the last message that it deals with, and points at the others of the story.
func (e *Engine) stepSpan(ctx context.Context, l lease, w waiting, taken []row) (context.Context, trace.Span) {
	last := taken[len(taken)-1]
	if last.Trace == "" {
		return ctx, noop.Span{}
	}
	options := []trace.SpanStartOption{trace.WithTimestamp(l.at), trace.WithAttributes(
		attribute.String("channel", w.Channel), attribute.Int("messages", len(taken)), attribute.Int("tries", l.tries),
		attribute.Int64("waited_ms", e.now().Sub(last.At).Milliseconds()))}
	for _, r := range taken[:len(taken)-1] {
		if link, ok := watch.LinkTo(r.Trace); ok {
			options = append(options, trace.WithLinks(link))
		}
	}
	return e.o.Tracer.Start(watch.Resume(ctx, last.Trace), "answer", options...)
}

// deliverSpan begins the span of an attempt to deliver a message.
func (e *Engine) deliverSpan(ctx context.Context, m pending) (context.Context, trace.Span) {
	if m.Trace == "" {
		return ctx, noop.Span{}
	}
	return e.o.Tracer.Start(watch.Resume(ctx, m.Trace), "deliver", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.Int("tries", m.Tries)))
}

// arrivedSpan notes that a page has fetched a message: a span from when it was saved to now.
func (c *Conversations) arrivedSpan(ctx context.Context, channel, carried string, saved time.Time) {
	if carried == "" {
		return
	}
	_, span := c.tracer.Start(watch.Resume(ctx, carried), "deliver", trace.WithTimestamp(saved), trace.WithAttributes(attribute.String("channel", channel)))
	span.End()
}
