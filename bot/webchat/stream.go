package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"orientir/bot"
)

const (
	writeTime = 15 * time.Second // a browser that doesn't read for so long is gone
	batch     = 100              // messages read at once
	lookTime  = 10 * time.Second // of one look at the database: where it hangs, the stream ends, and the browser opens another
)

// stream answers GET /api/v1/conversations/stream: the messages of a conversation after Last-Event-ID, those of the past
// and those to come, as server-sent events.
//
// Each event carries its message's id. A browser that lost the connection comes back with the last id it saw, so nothing
// is lost and nothing comes twice. Wake-ups make it quick; a sweep of the database stands behind them.
func (s *site) stream(w http.ResponseWriter, r *http.Request) error {
	key, err := bearer(r)
	if err != nil {
		return err
	}
	after, err := lastEventID(r)
	if err != nil {
		return err
	}
	looking, looked := context.WithTimeout(r.Context(), answerTime)
	c, ok, err := s.conversations.Of(looking, Channel, key)
	looked()
	if err != nil {
		return err
	}
	if !ok {
		return &fault{Status: http.StatusNotFound, Key: "web.fault_token"}
	}
	most := s.Limits.Streams
	if s.NoLimits {
		most = s.Limits.AllStreams
	}
	leave, whose := s.streams.enter(s.address(r), most, s.Limits.AllStreams)
	switch whose {
	case tooManyHere:
		return &fault{Status: http.StatusTooManyRequests, Key: "web.error_429", Retry: 10 * time.Second}
	case tooManyInAll: // another replica may have room by then
		s.noStream.Inc()
		return &fault{Status: http.StatusServiceUnavailable, Key: "crowd.busy", Retry: 10 * time.Second}
	}
	defer leave()

	ctx, cancel := context.WithTimeout(r.Context(), s.StreamLife)
	defer cancel()
	out := &eventWriter{w: w, control: http.NewResponseController(w), patience: writeTime}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy in front of us passes each event on at once
	w.WriteHeader(http.StatusOK)
	t := &transcript{
		site: s, conversation: c.ID, key: key, terminal: c.Terminal, after: after, out: out,
		voice: voice{site: s, chosen: knownLanguage(r.URL.Query().Get("lang")), Embedded: r.URL.Query().Get("embedded") != ""},
	}
	// From here on the status is written. Whatever ends the stream, the browser opens another one.
	if err := t.follow(ctx); err != nil && ctx.Err() == nil && !out.gone {
		s.log.Error("stream failed", "conversation", c.ID, "error", err)
	}
	return nil
}

// transcript follows one conversation on one stream.
type transcript struct {
	site         *site
	voice        voice
	conversation int64
	key          string // whose it was when the stream began
	terminal     bool   // it is read at a library's terminal
	after        int64  // the last message that was written or passed over
	state        state  // as last written
	writing      bool   // as last written: a model is at words that may be added to the answer
	typing       bool   // as last written: the librarian is typing
	read         int64  // as last written: the newest message of the person that the librarian has read
	out          *eventWriter
	watch        *watch // looks behind the wake-ups
}

// state is what the page shows above the question field.
type state struct {
	Holder  string `json:"holder"` // bot | waiting | librarian
	Words   string `json:"words"`
	Contact bool   `json:"contact,omitempty"` // a phone or an e-mail was left for the answer; told to terminals
	Until   int64  `json:"until,omitempty"`   // Unix seconds until which the device remembers the conversation; 0: no longer than the tab
}

// keepFor is how long a device remembers a conversation in which an answer of a librarian is to come, from the hand-over on (a ticket expires
// after a week, and so does a reopening); and one in which news come, from each day on which somebody looks. For what else it waits has its own
// time: a look does not begin it anew.
const keepFor = 14 * 24 * time.Hour

// keep lets the device remember the conversation at least until then.
func (s *state) keep(until time.Time) {
	if !until.IsZero() {
		s.Until = max(s.Until, until.Unix())
	}
}

// streamed is one message on a stream.
type streamed struct {
	ID   int64     `json:"id"`
	From string    `json:"from"`
	At   time.Time `json:"at"`
	Text string    `json:"text"` // plain words, for whoever lays messages out otherwise
	HTML string    `json:"html"`
}

func (t *transcript) follow(ctx context.Context) error {
	wake := t.site.redis.Subscribe(ctx, bot.Topic(t.conversation)) // before the first look, so that nothing falls between
	watch, leave := t.site.sweep.enter(t.conversation)
	defer leave()
	t.watch = watch
	heartbeat := time.NewTicker(t.site.Heartbeat)
	defer heartbeat.Stop()
	if err := t.out.comment("hello"); err != nil {
		return err
	}
	if err := t.seen(ctx); err != nil {
		return err
	}
	look := true
	for {
		if look {
			there, err := t.write(ctx)
			if err != nil || !there {
				return err
			}
		}
		look = true
		var fade <-chan time.Time // a sign of typing ends by itself
		if t.typing {
			fade = time.After(bot.TypingLook)
		}
		var again <-chan time.Time // what others' doings change without a word in this conversation, such as a place in the queue
		if !t.quiet() {
			again = time.After(t.site.StreamSweep)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-fade:
		case <-watch.changed:
		case <-again:
		case <-heartbeat.C:
			look = !t.quiet() // its own sweep began anew
			if err := t.out.comment("still here"); err != nil {
				return err
			}
			if err := t.seen(ctx); err != nil {
				return err
			}
		}
	}
}

// quiet says that nothing changes on the page but by a message or by a librarian who takes the conversation. Then the sweep of all streams is
// enough behind the wake-ups.
func (t *transcript) quiet() bool {
	return t.state.Holder == "bot" && !t.writing && !t.typing && !t.state.Contact
}

// seen notes that the terminal is on, where the page is on one: one that is switched off is forgotten.
func (t *transcript) seen(ctx context.Context) error {
	if !t.terminal {
		return nil
	}
	return t.site.looking(ctx, func(ctx context.Context) error { return t.site.conversations.TerminalSeen(ctx, t.conversation) })
}

// write sends what is new, and marks as delivered what was sent. It gives false where the conversation is gone.
func (t *transcript) write(ctx context.Context) (bool, error) {
	var c bot.Conversation
	known := false // as it was before the last messages were written; what changes it from then on wakes again
	for {
		var messages []bot.Message
		ours := true
		err := t.site.looking(ctx, func(ctx context.Context) (err error) {
			if messages, err = t.site.conversations.Messages(ctx, t.conversation, t.after, batch); err != nil || len(messages) == 0 {
				return err
			}
			c, ours, err = t.owned(ctx)
			known = true
			return err
		})
		if err != nil || !ours {
			return false, err
		}
		var delivered []int64
		for _, m := range messages {
			if err := t.message(ctx, m); err != nil {
				return false, err
			}
			t.after = m.ID
			if m.From != bot.Person && m.Delivered == nil {
				delivered = append(delivered, m.ID)
			}
		}
		if len(delivered) > 0 {
			if err := t.site.looking(ctx, func(ctx context.Context) error { return t.site.conversations.Delivered(ctx, delivered) }); err != nil {
				return false, err
			}
		}
		if len(messages) < batch {
			break
		}
	}
	var now state
	ours := true
	err := t.site.looking(ctx, func(ctx context.Context) (err error) {
		if !known {
			if c, ours, err = t.owned(ctx); err != nil || !ours {
				return err
			}
		}
		t.watch.tell(bot.Mark{Conversation: c.ID, Key: c.Key, Holder: c.Holder, Newest: t.after})
		now, err = t.site.state(ctx, t.voice, c)
		return err
	})
	if err != nil || !ours {
		return false, err
	}
	if now != t.state {
		t.state = now
		if err := t.out.event("state", 0, now); err != nil {
			return true, err
		}
	}
	if writing := t.site.conversations.Writing(ctx, t.conversation); writing != t.writing {
		t.writing = writing
		if err := t.out.event("writing", 0, writing); err != nil {
			return true, err
		}
	}
	looking, looked := context.WithTimeout(ctx, lookTime)
	defer looked()
	return true, t.signs(looking, c)
}

// looksAtOnce is how many streams read the database at a time: when all look at once, as after an outage of Redis, messages that come in still find
// a connection.
const looksAtOnce = 8

// looking reads for a stream. Nothing is sent meanwhile: a slow line must not keep the others waiting.
func (s *site) looking(ctx context.Context, read func(context.Context) error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case s.looks <- struct{}{}:
	}
	defer func() { <-s.looks }()
	ctx, looked := context.WithTimeout(ctx, lookTime) // the wait for a turn doesn't count
	defer looked()
	return read(ctx)
}

// owned reads the conversation; false where it is gone, or has moved to another device.
func (t *transcript) owned(ctx context.Context) (bot.Conversation, bool, error) {
	c, ok, err := t.site.conversations.Conversation(ctx, t.conversation)
	return c, ok && c.Key == t.key, err
}

// signs tells what the librarian does who holds the conversation.
func (t *transcript) signs(ctx context.Context, c bot.Conversation) error {
	typing := c.Holder != "" && t.site.conversations.Typing(ctx, c.ID, bot.Librarian)
	if typing != t.typing {
		t.typing = typing
		if err := t.out.event("typing", 0, typing); err != nil {
			return err
		}
	}
	if c.Holder == "" {
		return nil
	}
	read, err := t.site.conversations.ReadUpTo(ctx, c.ID, bot.Librarian)
	if err != nil {
		return err
	}
	if read > t.read {
		t.read = read
		return t.out.event("read", 0, read)
	}
	return nil
}

func (t *transcript) message(ctx context.Context, m bot.Message) error {
	hosts, err := t.site.hosts(ctx, m)
	if err != nil {
		return err
	}
	v, ok := t.voice.message(m, hosts)
	if !ok {
		return nil
	}
	html, err := t.site.html(v)
	if err != nil {
		return err
	}
	return t.out.event("message", m.ID, streamed{ID: m.ID, From: string(m.From), At: m.At, Text: m.Text, HTML: html})
}

// state says who holds a conversation, where its ticket stands, and whether the device is to remember it.
func (s *site) state(ctx context.Context, v voice, c bot.Conversation) (state, error) {
	now, err := s.holding(ctx, v, c)
	if err != nil || c.Terminal {
		return now, err
	}
	until, err := s.conversations.AwaitsAftermath(ctx, c.ID)
	if err != nil {
		return state{}, err
	}
	now.keep(until)
	if s.AwaitsAnswer != nil {
		if until, err = s.AwaitsAnswer(ctx, c.ID); err != nil {
			return state{}, err
		}
		now.keep(until)
	}
	return now, nil
}

func (s *site) holding(ctx context.Context, v voice, c bot.Conversation) (state, error) {
	subscribed, err := s.subscribed(ctx, c)
	if err != nil {
		return state{}, err
	}
	now := state{Holder: "bot"}
	if subscribed {
		now.keep(s.Now().Truncate(24 * time.Hour).Add(keepFor)) // the same all day: a state is sent where it has changed
	}
	if c.Holder != "" {
		now.Holder, now.Words = "librarian", v.T("web.held_librarian")
		if !c.Terminal {
			return now, nil
		}
	}
	if s.Ticket == nil {
		return now, nil
	}
	ticket, open, err := s.Ticket(ctx, c.ID)
	if err != nil {
		return state{}, fmt.Errorf("read the ticket of conversation %d: %w", c.ID, err)
	}
	if !open {
		return now, nil
	}
	if c.Holder == "" {
		now.Holder, now.Words = "waiting", v.T("web.held_waiting")
		switch {
		case ticket.Left && !c.Terminal:
			now.Words = v.T("web.held_left")
			now.keep(ticket.OpenedAt.Add(keepFor))
		case ticket.Position > 1:
			now.Words = v.T("web.held_waiting_position", ticket.Position-1)
		}
	}
	now.Contact = c.Terminal && ticket.Contact != ""
	return now, nil
}

// subscribed says whether the person asked for news, which they read here when they are back.
func (s *site) subscribed(ctx context.Context, c bot.Conversation) (bool, error) {
	if c.Terminal {
		return false, nil
	}
	_, yes, err := s.conversations.SubscriptionOf(ctx, c.Contact)
	return yes, err
}

// lastEventID is where a stream begins: after a message id, from the header or from ?after=; 0 is the beginning.
func lastEventID(r *http.Request) (int64, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("after")
	}
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, invalid("Last-Event-ID", "web.fault_last_event_id")
	}
	return id, nil
}

// eventWriter writes server-sent events (WHATWG HTML, 9.2) and flushes each.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController

	patience time.Duration // for a browser that doesn't read what the connection holds already
	gone     bool          // it went away, or read too slowly
}

func (e *eventWriter) event(name string, id int64, v any) error {
	data, err := json.Marshal(v) // one line: JSON escapes line ends
	if err != nil {
		return err
	}
	text := "event: " + name + "\ndata: " + string(data) + "\n\n"
	if id > 0 {
		text = "id: " + strconv.FormatInt(id, 10) + "\n" + text
	}
	return e.write(text)
}

func (e *eventWriter) comment(words string) error { return e.write(": " + words + "\n\n") }

func (e *eventWriter) write(text string) error {
	// Not every server supports a deadline (a test recorder doesn't).
	_ = e.control.SetWriteDeadline(time.Now().Add(e.patience))
	if _, err := e.w.Write([]byte(text)); err != nil {
		e.gone = true
		return err
	}
	if err := e.control.Flush(); err != nil {
		e.gone = true
		return err
	}
	return nil
}

// streams counts what is open, by address.
type streams struct {
	mu   sync.Mutex
	open map[string]int
	all  int
}

// room says whether there is a place for one more stream.
type room string

const (
	roomLeft     room = ""
	tooManyHere  room = "here" // from that address
	tooManyInAll room = "in all"
)

// enter takes a place; leave gives it back. Without a free place leave does nothing.
func (s *streams) enter(address string, most, inAll int) (leave func(), left room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.open[address] >= most:
		return func() {}, tooManyHere
	case s.all >= inAll:
		return func() {}, tooManyInAll
	}
	if s.open == nil {
		s.open = map[string]int{}
	}
	s.open[address]++
	s.all++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.open[address]--; s.open[address] == 0 {
			delete(s.open, address)
		}
	}, roomLeft
}
