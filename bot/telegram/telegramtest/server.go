// Package telegramtest is a double of Telegram's Bot API that enforces the rules of the real one: the pace of one message
// a second in a chat, 30 a second overall and 20 a minute in a group, sizes, HTML entities, keyboards, callback answers, forum topics
// and the rights that they take, webhook or polling but never both, and one poller at a time. It owns no table; only tests call it.
//
// The rules are those of core.telegram.org/bots/api and core.telegram.org/bots/faq as of 2026.
package telegramtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options set how the double behaves. Zero enforces everything, on a real clock.
type Options struct {
	Token   string           // of the one bot; default "123456:double"
	Unknown []string         // methods that this server doesn't know, as an old local Bot API server
	NoPace  bool             // don't enforce the pace, for tests of something else
	Now     func() time.Time // clock of the pace; default time.Now
	// Faults gives the fault of a method's call, counted from 1, beside those of Fail; nil: none.
	Faults func(method string, call int) (Fault, bool)
	// Batch changes what a poll is given: updates again, or in another order. It must not call the server. nil: as they came.
	Batch func(updates []map[string]any) []map[string]any
	// OnSent hears of each message that a chat gets. It must not call the server, nor wait.
	OnSent func(Sent)
}

// Server is one bot's side of Telegram with any number of people and groups.
type Server struct {
	URL   string
	Token string

	http *httptest.Server
	opts Options

	mu          sync.Mutex
	changed     *sync.Cond
	nextUpdate  int64
	nextMessage int
	updates     []update // not yet confirmed
	recent      []map[string]any
	webhook     webhook
	poller      int // generation; an older getUpdates is ended with 409
	sent        []Sent
	blocked     map[int64]bool
	callbacks   map[string]bool   // id → answered
	said        map[string]string // callback id → words of its answer
	groups      map[int64]*Group
	commands    map[string][]Command
	texts       map[string]string // method + language → description
	calls       map[string]int
	faults      []Fault
	pace        pace
	refused     int // calls that came too fast
	done        chan struct{}
}

type update struct {
	id   int64
	body map[string]any
}

type webhook struct {
	url, secret string
}

// Fault is an answer that the double gives instead of carrying out the next call of a method.
type Fault struct {
	Method     string
	Code       int
	RetryAfter int    // seconds, with 429
	Carry      bool   // carry the call out, but answer with the fault all the same: a response that was lost
	Words      string // Telegram's description; default: what the code says
	Hang       bool   // no answer until the caller has given up
	Half       bool   // half of an answer, then the line breaks
}

// Command is one of the bot's commands as set by setMyCommands.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// New starts a double that stops with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s := Start(o)
	t.Cleanup(s.Close)
	return s
}

// Start starts a double; Close stops it.
func Start(o Options) *Server {
	if o.Token == "" {
		o.Token = "123456:double"
	}
	s := &Server{
		Token: o.Token, opts: o,
		nextUpdate: 1000, nextMessage: 1,
		blocked: map[int64]bool{}, callbacks: map[string]bool{}, said: map[string]string{}, groups: map[int64]*Group{}, commands: map[string][]Command{},
		texts: map[string]string{}, calls: map[string]int{}, done: make(chan struct{}),
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	s.pace.off = o.NoPace
	s.changed = sync.NewCond(&s.mu)
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s
}

// Close stops the double and ends open polls.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	s.changed.Broadcast()
	s.mu.Unlock()
	s.http.CloseClientConnections()
	s.http.Close()
}

// Fail makes the next call of a method answer with a fault; several queue up.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Calls tells how many times a method was called, refused calls included.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Refused tells how many calls came too fast.
func (s *Server) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Commands gives the commands set for a language; "" is the default.
func (s *Server) Commands(language string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commands[language]
}

// Description gives the text set by setMyDescription or setMyShortDescription for a language.
func (s *Server) Description(method, language string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.texts[method+" "+language]
}

// Webhook gives the address and secret that are set; both "" while there is none.
func (s *Server) Webhook() (url, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webhook.url, s.webhook.secret
}

// Unanswered lists callback queries that the bot has not answered.
func (s *Server) Unanswered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, answered := range maps.All(s.callbacks) {
		if !answered {
			ids = append(ids, id)
		}
	}
	return ids
}

// Pending tells how many updates the bot has not confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

type apiError struct {
	Code        int
	Description string
	RetryAfter  int
}

func bad(format string, args ...any) *apiError {
	return &apiError{Code: 400, Description: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, found := strings.Cut(path, "/")
	if !ok || !found {
		reply(w, nil, &apiError{Code: 404, Description: "Not Found"})
		return
	}
	if token != s.Token {
		reply(w, nil, &apiError{Code: 401, Description: "Unauthorized"})
		return
	}
	p, err := parameters(r)
	if err != nil {
		reply(w, nil, bad("can't parse parameters: %v", err))
		return
	}
	s.mu.Lock()
	s.calls[method]++
	fault, failing := s.takeFault(method)
	if !failing && s.opts.Faults != nil {
		fault, failing = s.opts.Faults(method, s.calls[method])
	}
	s.mu.Unlock()
	if failing && !fault.Carry {
		s.failWith(w, r, fault)
		return
	}
	result, apiErr := s.call(r.Context(), method, p)
	if apiErr != nil && apiErr.Code == 429 {
		s.mu.Lock()
		s.refused++
		s.mu.Unlock()
	}
	if failing {
		s.failWith(w, r, fault)
		return
	}
	reply(w, result, apiErr)
}

// failWith answers with a fault, or not at all.
func (s *Server) failWith(w http.ResponseWriter, r *http.Request, f Fault) {
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
	case f.Half:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"ok":true,"result":{"message_id":`))
		panic(http.ErrAbortHandler)
	default:
		reply(w, nil, f.error())
	}
}

func (s *Server) takeFault(method string) (Fault, bool) {
	for i, f := range s.faults {
		if f.Method == method {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			return f, true
		}
	}
	return Fault{}, false
}

func (f Fault) error() *apiError {
	e := &apiError{Code: f.Code, RetryAfter: f.RetryAfter, Description: http.StatusText(f.Code)}
	if f.Words != "" {
		e.Description = f.Words
	}
	if f.Code == 429 {
		e.Description = fmt.Sprintf("Too Many Requests: retry after %d", f.RetryAfter)
	}
	return e
}

func reply(w http.ResponseWriter, result any, e *apiError) {
	w.Header().Set("Content-Type", "application/json")
	if e != nil {
		body := map[string]any{"ok": false, "error_code": e.Code, "description": e.Description}
		if e.RetryAfter > 0 {
			body["parameters"] = map[string]any{"retry_after": e.RetryAfter}
		}
		w.WriteHeader(e.Code)
		_ = json.NewEncoder(w).Encode(body)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
}

// parameters reads a call's parameters the three ways that Telegram takes them.
func parameters(r *http.Request) (params, error) {
	p := params{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var m map[string]any
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			return nil, err
		}
		for k, v := range m {
			if text, ok := v.(string); ok {
				p[k] = text
				continue
			}
			raw, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			p[k] = string(raw)
		}
		return p, nil
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil && err != http.ErrNotMultipart {
		// A multipart body without any part, as of a call without parameters, is no fault.
		if r.ContentLength > 0 {
			return nil, err
		}
	}
	for k, v := range r.Form {
		p[k] = v[0]
	}
	if r.MultipartForm != nil {
		for k, files := range r.MultipartForm.File { // of a document its name, then what is in it
			f, err := files[0].Open()
			if err != nil {
				return nil, err
			}
			data, err := io.ReadAll(f)
			f.Close()
			if err != nil {
				return nil, err
			}
			p["file:"+k] = files[0].Filename + "\n" + string(data)
		}
	}
	return p, nil
}

type params map[string]string

func (p params) int(name string) (int64, bool) {
	n, err := strconv.ParseInt(p[name], 10, 64)
	return n, err == nil
}

func (s *Server) call(ctx context.Context, method string, p params) (any, *apiError) {
	for _, m := range s.opts.Unknown {
		if m == method {
			return nil, &apiError{Code: 404, Description: "Not Found: method not found"}
		}
	}
	switch method {
	case "getMe":
		return map[string]any{"id": 123456, "is_bot": true, "first_name": "Ориентир", "username": "orientir_bot"}, nil
	case "getUpdates":
		return s.getUpdates(ctx, p)
	case "setWebhook":
		return s.setWebhook(p)
	case "deleteWebhook":
		s.mu.Lock()
		s.webhook = webhook{}
		s.mu.Unlock()
		return true, nil
	case "sendMessage", "sendVenue", "sendDocument":
		return s.send(method, p)
	case "editMessageReplyMarkup", "editMessageText":
		return s.edit(method, p)
	case "createForumTopic", "editForumTopic", "closeForumTopic", "reopenForumTopic", "deleteForumTopic":
		return s.topic(method, p)
	case "getChat", "getChatMember":
		return s.aboutGroup(method, p)
	case "setMessageReaction":
		return s.react(p)
	case "sendChatAction":
		if _, ok := p.int("chat_id"); !ok {
			return nil, bad("chat_id is empty")
		}
		return true, nil
	case "answerCallbackQuery":
		return s.answerCallback(p)
	case "setMyCommands":
		return s.setCommands(p)
	case "setMyDescription":
		return s.setText(method, "description", 512, p)
	case "setMyShortDescription":
		return s.setText(method, "short_description", 120, p)
	}
	return nil, &apiError{Code: 404, Description: "Not Found: method not found"}
}

func (s *Server) setCommands(p params) (any, *apiError) {
	var commands []Command
	if err := json.Unmarshal([]byte(p["commands"]), &commands); err != nil {
		return nil, bad("can't parse commands")
	}
	for _, c := range commands {
		if len(c.Command) < 1 || len(c.Command) > 32 || strings.ToLower(c.Command) != c.Command {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if n := units(c.Description); n < 1 || n > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands[p["language_code"]] = commands
	return true, nil
}

func (s *Server) setText(method, field string, limit int, p params) (any, *apiError) {
	if units(p[field]) > limit {
		return nil, bad("%s is too long", field)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[method+" "+p["language_code"]] = p[field]
	return true, nil
}

func (s *Server) answerCallback(p params) (any, *apiError) {
	if units(p["text"]) > 200 {
		return nil, bad("MESSAGE_TOO_LONG")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answered, known := s.callbacks[p["callback_query_id"]]
	if !known || answered {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	s.callbacks[p["callback_query_id"]] = true
	s.said[p["callback_query_id"]] = p["text"]
	return true, nil
}

// WaitAnswer waits until the bot has answered a callback query and gives its words.
func (s *Server) WaitAnswer(t testing.TB, callback string) string {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		s.mu.Lock()
		answered, words := s.callbacks[callback], s.said[callback]
		s.mu.Unlock()
		if answered {
			return words
		}
		if time.Now().After(deadline) {
			t.Fatalf("the bot did not answer button %s", callback)
		}
	}
}

// since gives the whole seconds until t, at least one.
func since(now, t time.Time) int {
	d := int((t.Sub(now) + time.Second - 1) / time.Second)
	return max(d, 1)
}
