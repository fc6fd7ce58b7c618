package openai

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server answers as an OpenAI-compatible one does, with the bodies given, one after the other; the last stays.
func server(t *testing.T, status []int, bodies ...string) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(calls.Add(1)) - 1
		if r.Header.Get("Authorization") != "Bearer key" {
			t.Errorf("authorization is %q", r.Header.Get("Authorization"))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status[min(n, len(status)-1)])
		io.WriteString(w, bodies[min(n, len(bodies)-1)])
	}))
	t.Cleanup(s.Close)
	return s, &calls
}

func TestEmbedKeepsTheOrderOfTexts(t *testing.T) {
	t.Parallel()
	s, _ := server(t, []int{200}, `{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0]}]}`)
	c := New(Options{Key: "key", BaseURL: s.URL, EmbeddingModel: "m"})
	v, err := c.Embed(t.Context(), []string{"a", "b"})
	if err != nil || len(v) != 2 || v[0][0] != 1 || v[1][1] != 1 {
		t.Fatalf("Embed = %v, %v", v, err)
	}
}

func TestEmbedRefusesStrangeAnswers(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a vector missing":       `{"data":[{"index":0,"embedding":[1]}]}`,
		"lengths differ":         `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`,
		"an index out of range":  `{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}`,
		"the same index twice":   `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`,
		"an empty vector":        `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[]}]}`,
		"something else than it": `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := server(t, []int{200}, body)
			if v, err := New(Options{Key: "key", BaseURL: s.URL, EmbeddingModel: "m"}).Embed(t.Context(), []string{"a", "b"}); err == nil {
				t.Fatalf("Embed = %v, want an error", v)
			}
		})
	}
}

func TestCompleteTriesAgainWhileTheServerIsBusy(t *testing.T) {
	t.Parallel()
	good := `{"choices":[{"message":{"role":"assistant","content":" Готово. "},"finish_reason":"stop"}]}`
	s, calls := server(t, []int{429, 200}, `{"error":{"message":"slow down"}}`, good)
	text, err := New(Options{Key: "key", BaseURL: s.URL, ChatModel: "m"}).Complete(t.Context(), "i", "p")
	if err != nil || text != "Готово." || calls.Load() != 2 {
		t.Fatalf("Complete = %q, %v after %d calls", text, err, calls.Load())
	}
}

func TestCompleteFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		calls  int32
	}{
		"twice on a failing server":    {500, `{"error":{"message":"broken"}}`, 2},
		"once on a refusal":            {400, `{"error":{"message":"no such model"}}`, 1},
		"on an answer without choices": {200, `{"choices":[]}`, 1},
		"on silence":                   {200, `{"choices":[{"message":{"content":"  "}}]}`, 1},
		"on half an answer":            {200, `{"choices":[{"message":{"content":"Първо"},"finish_reason":"length"}]}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, calls := server(t, []int{c.status}, c.body)
			text, err := New(Options{Key: "key", BaseURL: s.URL, ChatModel: "m"}).Complete(t.Context(), "i", "p")
			if err == nil || calls.Load() != c.calls {
				t.Fatalf("Complete = %q, %v after %d calls, want an error after %d", text, err, calls.Load(), c.calls)
			}
		})
	}
}

func TestCompleteEndsWithItsContext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-release }))
	defer s.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if text, err := New(Options{Key: "key", BaseURL: s.URL, ChatModel: "m"}).Complete(ctx, "i", "p"); err == nil {
		t.Fatalf("Complete = %q, want an error", text)
	}
}

func TestRequestsNameTheModel(t *testing.T) {
	t.Parallel()
	var asked struct {
		Model string
		Input []string
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/v1/embeddings") {
			t.Errorf("path %s", r.URL.Path)
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		io.WriteString(w, `{"data":[{"index":0,"embedding":[1]}]}`)
	}))
	defer s.Close()
	if _, err := New(Options{BaseURL: s.URL + "/v1/", EmbeddingModel: "bg-embed"}).Embed(t.Context(), []string{"съдимост"}); err != nil {
		t.Fatal(err)
	}
	if asked.Model != "bg-embed" || len(asked.Input) != 1 || asked.Input[0] != "съдимост" {
		t.Fatalf("asked %+v", asked)
	}
}
