package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"orientir/deploy/outgoing"
)

// otlp sends spans to a collector: OTLP 1 over HTTP, as JSON (opentelemetry.io/docs/specs/otlp). The library's own sender would bring gRPC into
// the program, some ninety packages, for one POST.
type otlp struct {
	url    string
	header http.Header
	client *http.Client
}

// patienceOTLP is how long one batch may take, as OTEL_EXPORTER_OTLP_TIMEOUT is by default.
const patienceOTLP = 10 * time.Second

func newOTLP(to *url.URL, header http.Header) *otlp {
	return &otlp{url: to.String(), header: header, client: outgoing.Guard{}.Client(patienceOTLP, to)}
}

type otlpValue struct {
	String *string  `json:"stringValue,omitempty"`
	Int    *string  `json:"intValue,omitempty"` // 64 bits are text in JSON
	Double *float64 `json:"doubleValue,omitempty"`
	Bool   *bool    `json:"boolValue,omitempty"`
}

type otlpAttribute struct {
	Key   string    `json:"key"`
	Value otlpValue `json:"value"`
}

type otlpLink struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
}

type otlpSpan struct {
	TraceID    string          `json:"traceId"`
	SpanID     string          `json:"spanId"`
	ParentID   string          `json:"parentSpanId,omitempty"`
	Name       string          `json:"name"`
	Kind       int             `json:"kind"`
	Start      string          `json:"startTimeUnixNano"`
	End        string          `json:"endTimeUnixNano"`
	Attributes []otlpAttribute `json:"attributes,omitempty"`
	Links      []otlpLink      `json:"links,omitempty"`
	Status     struct {
		Code int `json:"code,omitempty"`
	} `json:"status"`
}

type otlpScope struct {
	Scope struct {
		Name string `json:"name"`
	} `json:"scope"`
	Spans []otlpSpan `json:"spans"`
}

type otlpResource struct {
	Resource struct {
		Attributes []otlpAttribute `json:"attributes"`
	} `json:"resource"`
	Scopes []otlpScope `json:"scopeSpans"`
}

func otlpAttributes(list []attribute.KeyValue) (out []otlpAttribute) {
	for _, a := range list {
		v := otlpValue{}
		switch a.Value.Type() {
		case attribute.INT64:
			text := strconv.FormatInt(a.Value.AsInt64(), 10)
			v.Int = &text
		case attribute.FLOAT64:
			number := a.Value.AsFloat64()
			v.Double = &number
		case attribute.BOOL:
			yes := a.Value.AsBool()
			v.Bool = &yes
		default:
			text := a.Value.Emit()
			v.String = &text
		}
		out = append(out, otlpAttribute{string(a.Key), v})
	}
	return out
}

// ExportSpans sends a batch. What the collector doesn't take is lost: a trace is worth no second try.
func (o *otlp) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	var scope otlpScope
	scope.Scope.Name = spans[0].InstrumentationScope().Name
	for _, s := range spans {
		span := otlpSpan{
			TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Name: s.Name(), Kind: int(s.SpanKind()),
			Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10), Attributes: otlpAttributes(s.Attributes()),
		}
		if s.Parent().HasSpanID() {
			span.ParentID = s.Parent().SpanID().String()
		}
		for _, l := range s.Links() {
			span.Links = append(span.Links, otlpLink{l.SpanContext.TraceID().String(), l.SpanContext.SpanID().String()})
		}
		if s.Status().Code == codes.Error {
			span.Status.Code = 2
		}
		scope.Spans = append(scope.Spans, span)
	}
	var resource otlpResource
	resource.Resource.Attributes, resource.Scopes = otlpAttributes(spans[0].Resource().Attributes()), []otlpScope{scope}
	body, err := json.Marshal(map[string]any{"resourceSpans": []otlpResource{resource}})
	if err != nil {
		return fmt.Errorf("write %d spans: %w", len(spans), err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send %d spans: %w", len(spans), err)
	}
	for name, values := range o.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := o.client.Do(req)
	if err != nil {
		return fmt.Errorf("send %d spans: %w", len(spans), err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // the connection is used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("send %d spans: the collector answers %d", len(spans), resp.StatusCode)
	}
	return nil
}

// Shutdown has nothing to do: each batch is sent as it comes.
func (o *otlp) Shutdown(context.Context) error { return nil }
