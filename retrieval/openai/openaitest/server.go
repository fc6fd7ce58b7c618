// Package openaitest is an OpenAI-compatible server on the loopback for tests. It says what a script tells it to, and goes wrong
// in the ways that such servers do. It keeps what it received, so that a test can see what left the program.
package openaitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Request is what came in.
type Request struct {
	N      int    // from 1
	Path   string // /chat/completions, /embeddings
	Body   string
	Use    string // the name of the schema, or by the instructions where there is none
	System string
	Prompt string // of the user
	Fields map[string]json.RawMessage
	done   <-chan struct{}
}

// Stream tells whether the answer was asked for as a stream.
func (r Request) Stream() bool { return string(r.Fields["stream"]) == "true" }

// Has tells whether the request has a field.
func (r Request) Has(field string) bool { _, ok := r.Fields[field]; return ok }

// Reply answers one request.
type Reply func(w http.ResponseWriter, r Request)

// Server is a scripted server.
type Server struct {
	URL string // with /v1

	mu       sync.Mutex
	requests []Request
	open     int
	stop     func()
}

// New starts a server that answers each request as the script says. It ends with the test.
func New(t testing.TB, script func(Request) Reply) *Server {
	t.Helper()
	s := Start(script, func(err error) { t.Errorf("the request is no JSON: %v", err) })
	t.Cleanup(s.Close)
	return s
}

// Start starts a server that answers each request as the script says, and tells wrong of a body that is no JSON. Close stops it.
func Start(script func(Request) Reply, wrong func(error)) *Server {
	s := &Server{}
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		in := Request{Path: strings.TrimPrefix(r.URL.Path, "/v1"), Body: string(body), done: either(r.Context().Done(), ended)}
		if err := json.Unmarshal(body, &in.Fields); err != nil {
			wrong(err)
		}
		in.read()
		s.mu.Lock()
		in.N = len(s.requests) + 1
		s.requests = append(s.requests, in)
		s.open++
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.open--
		}()
		script(in)(w, in)
	}))
	s.URL = server.URL + "/v1"
	s.stop = func() { close(ended); server.CloseClientConnections(); server.Close() }
	return s
}

// Close ends what is under way, and the server.
func (s *Server) Close() { s.stop() }

func either(a, b <-chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		select {
		case <-a:
		case <-b:
		}
		close(done)
	}()
	return done
}

func (r *Request) read() {
	var fields struct {
		Messages       []struct{ Role, Content string }
		ResponseFormat struct {
			JSONSchema struct{ Name string } `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.Unmarshal([]byte(r.Body), &fields); err != nil {
		return
	}
	for _, m := range fields.Messages {
		if m.Role == "system" {
			r.System = m.Content
		} else {
			r.Prompt = m.Content
		}
	}
	if r.Use = fields.ResponseFormat.JSONSchema.Name; r.Use == "" {
		r.Use = "understand"
		if strings.Contains(r.System, "sentences") {
			r.Use = "write"
		}
	}
}

// Requests are those that came in so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Open is how many requests are not answered yet.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Of are the requests of one use.
func (s *Server) Of(use string) (list []Request) {
	for _, r := range s.Requests() {
		if r.Use == use {
			list = append(list, r)
		}
	}
	return list
}

const usage = `{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}`

// Says answers with a text, whole or as a stream.
func Says(text string) Reply {
	return func(w http.ResponseWriter, r Request) {
		if !r.Stream() {
			SaysWhole(text)(w, r)
			return
		}
		for _, part := range parts(text) {
			chunk(w, part, "")
		}
		chunk(w, "", "stop")
		if r.Has("stream_options") {
			fmt.Fprintf(w, "data: {\"choices\":[],\"usage\":%s}\n\n", usage)
		}
		io.WriteString(w, "data: [DONE]\n\n")
	}
}

// SaysWhole answers with a text at once, as servers do that know no streams.
func SaysWhole(text string) Reply {
	return func(w http.ResponseWriter, r Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"choices":[{"message":{"role":"assistant","content":%s},"finish_reason":"stop"}],"usage":%s}`, quoted(text), usage)
	}
}

// Faithful is a right answer to a request to write: what must be told and the first step, in the guide's own words.
func Faithful(r Request) string {
	var prompt struct {
		Language string
		Guide    []struct {
			Token, Text string
			Must        bool
		}
	}
	if err := json.Unmarshal([]byte(r.Prompt), &prompt); err != nil {
		return err.Error()
	}
	var sentences []Sentence
	for _, f := range prompt.Guide {
		if f.Must || f.Token == "step.1" {
			sentences = append(sentences, Sentence{f.Text, []string{f.Token}})
		}
	}
	return Written(prompt.Language, sentences...)
}

// Sentence is one of a written answer, with the tokens of the fields that it cites.
type Sentence struct {
	Text string   `json:"text"`
	From []string `json:"from"`
}

// Written is a written answer as the schema wants it.
func Written(language string, sentences ...Sentence) string {
	b, _ := json.Marshal(map[string]any{"language": language, "answers": true, "sentences": sentences})
	return string(b)
}

// Half streams half of a text and breaks the connection off.
func Half(text string) Reply {
	return func(w http.ResponseWriter, r Request) {
		list := parts(text)
		for _, part := range list[:len(list)/2] {
			chunk(w, part, "")
		}
		panic(http.ErrAbortHandler)
	}
}

// Drips streams a text so slowly that it never ends in time.
func Drips(text string, pause time.Duration) Reply {
	return func(w http.ResponseWriter, r Request) {
		for _, letter := range text {
			chunk(w, string(letter), "")
			if !wait(r, pause) {
				return
			}
		}
	}
}

// Floods streams without an end.
func Floods(part string) Reply {
	return func(w http.ResponseWriter, r Request) {
		for wait(r, 0) {
			if chunk(w, part, "") != nil {
				return
			}
		}
	}
}

// Hangs answers nothing at all.
func Hangs() Reply {
	return func(w http.ResponseWriter, r Request) { <-r.done }
}

// Raw answers with a status and a body as they are. headers are names and values in turn.
func Raw(status int, body string, headers ...string) Reply {
	return func(w http.ResponseWriter, r Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// Fails answers with an error as such servers write it.
func Fails(status int, message string, headers ...string) Reply {
	return Raw(status, fmt.Sprintf(`{"error":{"message":%s,"type":"error"}}`, quoted(message)), append([]string{"Content-Type", "application/json"}, headers...)...)
}

func wait(r Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.done:
		return false
	case <-timer.C:
		return true
	}
}

func chunk(w http.ResponseWriter, part, reason string) error {
	w.Header().Set("Content-Type", "text/event-stream")
	end := "null"
	if reason != "" {
		end = quoted(reason)
	}
	if _, err := fmt.Fprintf(w, "data: {\"choices\":[{\"delta\":{\"content\":%s},\"finish_reason\":%s}]}\n\n", quoted(part), end); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

// parts cuts a text as tokens come.
func parts(text string) (list []string) {
	r := []rune(text)
	for len(r) > 0 {
		n := min(7, len(r))
		list, r = append(list, string(r[:n])), r[n:]
	}
	return list
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
