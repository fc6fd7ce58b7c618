package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"golang.org/x/sync/errgroup"

	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// TestAQuestionIsOneTraceFromItsChannelToItsAnswer asks the same on both channels and looks at the spans: one tree for each, from what came in to
// what was delivered, by way of the database; and nothing of the person in any of them.
func TestAQuestionIsOneTraceFromItsChannelToItsAnswer(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	h := &wholeHouse{T: t, log: &lockedBuffer{}, double: telegramtest.New(t, telegramtest.Options{})}
	pool := postgrestest.New(t)
	log := slog.New(slog.DiscardHandler)
	config, err := LoadConfig(func(name string) string {
		return map[string]string{"ORIENTIR_DATA_DIR": t.TempDir(), "ORIENTIR_RATE_LIMITS": "off", "ORIENTIR_LINK_CHECKS": "off", "TELEGRAM_BOT_TOKEN": h.double.Token, "TELEGRAM_API_URL": h.double.URL}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	h.p = &Program{config: config, log: log, pool: pool, redis: redistest.New(t), store: knowledge.NewStore(pool), tracer: provider.Tracer("test")}
	h.p.answerer = retrieval.New(pool, h.p.store, retrieval.Options{Log: log})
	h.learn()
	if h.site, err = h.p.build(prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(h.site.handler)
	ctx, stop := context.WithCancel(t.Context())
	var group errgroup.Group
	group.Go(func() error { return h.site.engine.Run(ctx) })
	group.Go(func() error { return h.site.telegram.Run(ctx, h.site.engine) })
	t.Cleanup(func() {
		stop()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		h.server.CloseClientConnections()
		h.server.Close()
	})

	const planted = "трябва ми съдебно за Каблешково, казвам се Евлогия"
	maria := h.double.Person(770077, "Евлогия", "bg")
	maria.Say(planted)
	token := strings.Repeat("B", 43)
	header := http.Header{"Orientir-Conversation": {token}}
	h.post("/api/v1/conversations/messages", header, map[string]any{"event_id": "event-0001", "kind": "text", "text": planted})
	read, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/api/v1/conversations/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	read.Header.Set("Orientir-Conversation", token)
	go func() {
		if resp, err := http.DefaultClient.Do(read); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}()

	for channel, root := range map[string]string{"telegram": "telegram update", "web": "POST /api/v1/conversations/messages"} {
		eventually(t, "the trace of a question on "+channel, func() string { return tree(spans.GetSpans(), root, channel) })
	}

	// A librarian's step is a trace of its own, which points at the one that opened the ticket.
	web := &program{t: t, double: h.double, url: h.server.URL}
	if _, err := h.site.staff.Add(ctx, staff.Profile{Email: "elena@example.bg", Roles: []staff.Role{staff.Librarian}}, testPassword); err != nil {
		t.Fatal(err)
	}
	askForAPerson(t, web, maria)
	elena := signIn(t, web, "elena@example.bg", testPassword)
	eventually(t, "somebody in the queue", func() string {
		claim := claimPath.FindString(elena.page("/console/queue"))
		if claim == "" {
			return "nobody waits"
		}
		elena.submit(claim, nil)
		return ""
	})
	eventually(t, "a step that points at what opened the ticket", func() string { return pointing(spans.GetSpans(), "ticket.claim", "telegram update") })

	for _, s := range spans.GetSpans() {
		text := fmt.Sprint(s.Name, s.Attributes, s.Events, s.Status.Description)
		for _, secret := range []string{"съдебно", "Каблешково", "Евлогия", "770077", token, "127.0.0.1", "example"} {
			if strings.Contains(text, secret) {
				t.Errorf("span %s holds %q: %s", s.Name, secret, text)
			}
		}
	}
}

// pointing complains until a span of this name, in a trace of its own, points into a trace that has such a root.
func pointing(all tracetest.SpanStubs, name, root string) string {
	for _, s := range all {
		if s.Name != name {
			continue
		}
		for _, link := range s.Links {
			into := link.SpanContext.TraceID()
			if into != s.SpanContext.TraceID() && slices.ContainsFunc(all, func(r tracetest.SpanStub) bool {
				return r.Name == root && !r.Parent.IsValid() && r.SpanContext.TraceID() == into
			}) {
				return ""
			}
		}
	}
	var seen []string
	for _, s := range all {
		seen = append(seen, fmt.Sprint(s.Name, " ", len(s.Links)))
	}
	return fmt.Sprint(seen)
}

// tree complains about the trace that has such a root and answers on a channel.
func tree(all tracetest.SpanStubs, root, channel string) string {
	named := func(s tracetest.SpanStub, want string) bool { return s.Name == want }
	for _, r := range all {
		if !named(r, root) {
			continue
		}
		var seen []string
		parents := map[string]string{}
		names := map[string]string{}
		for _, s := range all {
			if s.SpanContext.TraceID() == r.SpanContext.TraceID() {
				names[s.SpanContext.SpanID().String()] = s.Name
			}
		}
		for _, s := range all {
			if s.SpanContext.TraceID() == r.SpanContext.TraceID() {
				seen = append(seen, s.Name)
				parents[s.Name] = names[s.Parent.SpanID().String()]
			}
		}
		want := map[string]string{"store": root, "answer": "store", "retrieval": "answer", "read": "retrieval", "search": "retrieval", "beside": "retrieval", "lay": "retrieval", "save": "answer", "deliver": "save"}
		for name, parent := range want {
			if !slices.Contains(seen, name) {
				return fmt.Sprintf("no span %q under %s: %v", name, root, seen)
			}
			if parents[name] != parent {
				return fmt.Sprintf("span %q stands under %q, want %q", name, parents[name], parent)
			}
		}
		for _, s := range all {
			if s.Name == "answer" && s.SpanContext.TraceID() == r.SpanContext.TraceID() && !slices.Contains(s.Attributes, attribute.String("channel", channel)) {
				return fmt.Sprintf("the answer's attributes are %v", s.Attributes)
			}
		}
		return ""
	}
	return "nothing came in by " + root
}

// TestSpansReachACollector, with what it asks for in the header, in the form of OTLP; and a collector that is away is an error and nothing more.
func TestSpansReachACollector(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var bodies []string
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(body))
		if r.URL.Path != "/v1/traces" || r.Header.Get("Authorization") != "Bearer x" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
	}))
	defer collector.Close()
	to, err := url.Parse(collector.URL + "/v1/traces")
	if err != nil {
		t.Fatal(err)
	}
	tracer, end, err := tracing(newOTLP(to, http.Header{"Authorization": {"Bearer x"}}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, parent := tracer.Start(t.Context(), "parent")
	_, child := tracer.Start(ctx, "child")
	child.SetAttributes(attribute.Int("n", 7), attribute.String("channel", "web"), attribute.Bool("yes", true))
	child.End()
	parent.End()
	end()
	var sent struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []otlpAttribute }
			ScopeSpans []struct{ Spans []otlpSpan }
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(bodies) != 1 {
		t.Fatalf("%d batches came", len(bodies))
	}
	if err := json.Unmarshal([]byte(bodies[0]), &sent); err != nil {
		t.Fatal(err)
	}
	list := sent.ResourceSpans[0].ScopeSpans[0].Spans
	if len(list) != 2 || list[0].Name != "child" || list[0].ParentID != list[1].SpanID || list[0].TraceID != list[1].TraceID || len(list[0].TraceID) != 32 || len(list[0].SpanID) != 16 || *list[0].Attributes[0].Value.Int != "7" {
		t.Errorf("the collector got %s", bodies[0])
	}
	if !strings.Contains(bodies[0], `{"key":"service.name","value":{"stringValue":"orientir"}}`) {
		t.Errorf("who sends it is not told: %s", bodies[0])
	}
	collector.Close()
	if err := newOTLP(to, nil).ExportSpans(t.Context(), tracetest.SpanStubs{{Name: "lost"}}.Snapshots()); err == nil {
		t.Error("a collector that is away is no error")
	}
}
