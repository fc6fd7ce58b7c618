package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"orientir/retrieval"
	"orientir/retrieval/openai/openaitest"
)

const good = `{"subject":"лична карта"}`

func task() retrieval.Task {
	return retrieval.Task{
		Use: retrieval.Writing, Instructions: "Write sentences.", Prompt: `{"question":"къде"}`,
		Schema: json.RawMessage(`{"type":"object"}`), MostTokens: 100,
	}
}

func client(s *openaitest.Server) *Client {
	return New(Options{Key: "key", BaseURL: s.URL, ChatModel: "m"})
}

func TestCompleteAsksForStructuredOutputAsAStream(t *testing.T) {
	t.Parallel()
	s := openaitest.New(t, always(openaitest.Says(good)))
	text, err := client(s).Complete(t.Context(), task())
	if err != nil || text != good {
		t.Fatalf("Complete = %q, %v", text, err)
	}
	r := s.Requests()[0]
	if !r.Stream() || r.Use != "write" || !strings.Contains(r.Body, `"json_schema"`) || string(r.Fields["max_completion_tokens"]) != "100" || r.Has("max_tokens") {
		t.Errorf("asked %s", r.Body)
	}
	if strings.Contains(r.System, "schema") {
		t.Errorf("the instructions repeat the schema: %s", r.System)
	}
}

// Servers refuse what they don't know in many words; what is left out once is left out the next time too.
func TestCompleteLeavesOutWhatAServerRefuses(t *testing.T) {
	t.Parallel()
	refuses := func(field, message string) func(openaitest.Request) openaitest.Reply {
		return func(r openaitest.Request) openaitest.Reply {
			if strings.Contains(r.Body, `"`+field+`"`) {
				return openaitest.Fails(400, message)
			}
			return openaitest.Says(good)
		}
	}
	for name, c := range map[string]struct {
		script func(openaitest.Request) openaitest.Reply
		tries  int // until it works
		last   func(openaitest.Request) bool
	}{
		"max_completion_tokens": {refuses("max_completion_tokens", "Unrecognized request argument supplied: max_completion_tokens"), 2,
			func(r openaitest.Request) bool { return string(r.Fields["max_tokens"]) == "100" && r.Use == "write" }},
		"json_schema": {refuses("json_schema", "response_format.type must be json_object or text"), 2,
			func(r openaitest.Request) bool {
				return strings.Contains(r.Body, `"json_object"`) && strings.Contains(r.System, "JSON schema")
			}},
		"any response_format": {refuses("response_format", "Extra inputs are not permitted: response_format"), 3,
			func(r openaitest.Request) bool {
				return !r.Has("response_format") && strings.Contains(r.System, "JSON schema")
			}},
		"stream_options": {refuses("stream_options", "stream_options is not supported"), 2,
			func(r openaitest.Request) bool { return r.Stream() && !r.Has("stream_options") }},
		"something that it doesn't name": {refuses("max_completion_tokens", "invalid request"), 2,
			func(r openaitest.Request) bool {
				return !r.Stream() && r.Has("max_tokens") && !r.Has("response_format")
			}},
		"a schema, by failing": {func(r openaitest.Request) openaitest.Reply {
			if strings.Contains(r.Body, `"json_schema"`) {
				return openaitest.Fails(500, "failed to parse grammar")
			}
			return openaitest.Says(good)
		}, 2, func(r openaitest.Request) bool { return strings.Contains(r.Body, `"json_object"`) }},
		"streams, without saying so": {always(openaitest.SaysWhole(good)), 2,
			func(r openaitest.Request) bool { return !r.Stream() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openaitest.New(t, c.script)
			m := client(s)
			for range 2 {
				if text, err := m.Complete(t.Context(), task()); err != nil || text != good {
					t.Fatalf("Complete = %q, %v after %d requests", text, err, len(s.Requests()))
				}
			}
			all := s.Requests()
			if len(all) != c.tries+1 {
				t.Errorf("%d requests for two answers, want %d and one more", len(all), c.tries)
			}
			if !c.last(all[len(all)-1]) {
				t.Errorf("the last asked %s", all[len(all)-1].Body)
			}
		})
	}
}

func TestCompleteTriesAgain(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]openaitest.Reply{
		"a busy server":             openaitest.Fails(429, "slow down"),
		"one that names the moment": openaitest.Fails(429, "slow down", "Retry-After", "0.3"),
		"a broken one":              openaitest.Fails(500, "broken"),
		"a broken proxy":            openaitest.Raw(502, "<html>"),
		"a stream that breaks off":  openaitest.Half(good),
		"a stream that just ends":   openaitest.Raw(200, "data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\n", "Content-Type", "text/event-stream"),
		"a stream that fails":       openaitest.Raw(200, "data: {\"error\":{\"message\":\"overloaded\"}}\n\n", "Content-Type", "text/event-stream"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openaitest.New(t, inTurn(first, openaitest.Says(good)))
			text, err := client(s).Complete(t.Context(), task())
			if err != nil || text != good || len(s.Requests()) != 2 {
				t.Fatalf("Complete = %q, %v after %d requests", text, err, len(s.Requests()))
			}
		})
	}
}

func TestCompleteGivesUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply openaitest.Reply
		tries int
	}{
		"on a server that keeps failing":        {openaitest.Fails(500, "broken"), 3},
		"on a refusal":                          {openaitest.Fails(401, "no such key"), 1},
		"on a quota that is used up":            {openaitest.Raw(429, `{"error":{"message":"quota","code":"insufficient_quota"}}`), 1},
		"where it would have to wait too long":  {openaitest.Fails(429, "slow down", "Retry-After", "60"), 1},
		"where the moment lies too far ahead":   {openaitest.Fails(503, "down", "Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), 1},
		"on garbage":                            {openaitest.Raw(200, "<html>hello</html>", "Content-Type", "text/html"), 2},
		"on silence":                            {openaitest.Says("  "), 1},
		"on an answer without choices":          {openaitest.Raw(200, "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", "Content-Type", "text/event-stream"), 1},
		"on a flood":                            {openaitest.Floods("все още нищо "), 1},
		"on an answer that was too long for it": {openaitest.Raw(200, "data: {\"choices\":[{\"delta\":{\"content\":\"{\"},\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n", "Content-Type", "text/event-stream"), 1},
		"on a context that is too small for it": {openaitest.Fails(400, "maximum context length is 10 tokens"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openaitest.New(t, always(c.reply))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			began := time.Now()
			text, err := client(s).Complete(ctx, task())
			if err == nil || len(s.Requests()) != c.tries || time.Since(began) > 15*time.Second {
				t.Fatalf("Complete = %q, %v after %d requests in %v, want an error after %d", text, err, len(s.Requests()), time.Since(began), c.tries)
			}
		})
	}
}

func TestCompleteEndsWithItsDeadline(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]openaitest.Reply{
		"a server that answers nothing": openaitest.Hangs(),
		"a slow drip":                   openaitest.Drips(strings.Repeat("а", 1000), 20*time.Millisecond),
		"one that is always busy":       openaitest.Fails(429, "slow down"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openaitest.New(t, always(reply))
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			if text, err := client(s).Complete(ctx, task()); err == nil || time.Since(began) > 5*time.Second {
				t.Fatalf("Complete = %q, %v after %v", text, err, time.Since(began))
			}
		})
	}
}

func TestAnAnswerIsGivenUpWhenItsWatcherHasSeenEnough(t *testing.T) {
	t.Parallel()
	s := openaitest.New(t, always(openaitest.Floods(`{"a":1} `)))
	seen := 0
	job := task()
	job.MostTokens = 1 << 20
	job.Watch = func(begun string) error {
		if seen++; seen == 3 {
			return fmt.Errorf("%w: wrong", retrieval.ErrStopped)
		}
		return nil
	}
	if _, err := client(s).Complete(t.Context(), job); !errors.Is(err, retrieval.ErrStopped) || seen != 3 || len(s.Requests()) != 1 {
		t.Fatalf("%v after %d looks and %d requests", err, seen, len(s.Requests()))
	}
}

func TestErrorsDoNotRepeatWhatAServerSays(t *testing.T) {
	t.Parallel()
	for _, reply := range []openaitest.Reply{
		openaitest.Fails(400, "bad input: трябва ми съдебно"), openaitest.Raw(500, "трябва ми съдебно"),
		openaitest.Raw(200, "data: {\"error\":{\"message\":\"трябва ми съдебно\"}}\n\n", "Content-Type", "text/event-stream"),
	} {
		s := openaitest.New(t, always(reply))
		c := New(Options{BaseURL: s.URL, ChatModel: "m", EmbeddingModel: "e", Tries: 1})
		if _, err := c.Complete(t.Context(), task()); err == nil || strings.Contains(err.Error(), "съдебно") {
			t.Errorf("complete: %v", err)
		}
		if _, err := c.Embed(t.Context(), []string{"а"}); err == nil || strings.Contains(err.Error(), "съдебно") {
			t.Errorf("embed: %v", err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "0.5": 500 * time.Millisecond, "-3": 0, "soon": 0, "NaN": 0, "1e300": 0,
		"Wed, 25 Nov 2026 10:00:30 GMT": 30 * time.Second, "Wed, 25 Nov 2026 09:00:00 GMT": 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q is %v, want %v", header, got, want)
		}
	}
}
