package handoff

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"orientir/deploy/watch"
)

// stepSpan begins the span of a librarian's step, with a link to the question that opened the ticket: the two may lie days apart, and a trace
// of days helps nobody.
func (d *Desk) stepSpan(ctx context.Context, verb string, ticket int64) (context.Context, trace.Span) {
	ctx, span := watch.Span(ctx, verb)
	if !span.IsRecording() {
		return ctx, span
	}
	var carried string
	if err := d.db.QueryRow(ctx, `SELECT COALESCE(trace, '') FROM tickets WHERE id = $1`, ticket).Scan(&carried); err == nil {
		if link, ok := watch.LinkTo(carried); ok {
			span.AddLink(link)
		}
	}
	return ctx, span
}
