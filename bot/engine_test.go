package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
	"orientir/retrieval"
)

// house is an engine on real servers, with a clock that only the test moves.
type house struct {
	*Engine
	t        *testing.T
	ctx      context.Context
	pool     *pgxpool.Pool
	guides   *guides
	desk     *desk
	replica  *Engine // a second one on the same servers
	telegram *telegram
	clock    *clock
	events   int
}

func setup(t *testing.T, change ...func(*EngineOptions)) *house {
	t.Helper()
	pool := postgrestest.New(t)
	clients := redistest.Replicas(t, 2)
	h := &house{
		t: t, ctx: t.Context(), pool: pool, guides: &guides{}, desk: &desk{staffed: true}, telegram: &telegram{},
		clock: &clock{at: time.Date(2026, 11, 25, 10, 10, 0, 0, time.UTC)},
	}
	h.exec(`INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, population, origin) VALUES
		('12259', 'гр.', 'Враца', 'Vratsa', 'Враца', 'Враца', 43.20, 23.55, 50000, 'starter'),
		('68134', 'гр.', 'София', 'Sofia', 'Столична', 'София-град', 42.70, 23.32, 1200000, 'starter')`)
	h.exec(`INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, offers, source, origin, changed_by) VALUES
		('rb-vratsa', 'regional', 'Регионална библиотека „Христо Ботев“', 'христо ботев', '12259', 'бул. „Христо Ботев“ 2', '092 621 163', '', '', '{}', 'test', 'starter', 'test')`)
	o := EngineOptions{Debounce: map[string]time.Duration{}, Limits: Limits{Off: true}, PublicURL: "https://orientir.example"}
	for _, c := range change {
		c(&o)
	}
	engine := func(redis *redis.Client) *Engine {
		conversations := NewConversations(pool, redis, Options{Now: h.clock.now})
		return NewEngine(conversations, h.guides, knowledge.NewStore(pool), h.desk, []Channel{h.telegram}, o)
	}
	h.Engine, h.replica = engine(clients[0]), engine(clients[1])
	return h
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.pool.Exec(h.ctx, sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

// gets brings in an event of the person «7»; the channel and the ids are filled in.
func (h *house) gets(in Incoming) Receipt {
	h.t.Helper()
	h.events++
	if in.Channel == "" {
		in.Channel = "telegram"
	}
	if in.ContactKey == "" {
		in.ContactKey = "7"
	}
	if in.EventID == "" {
		in.EventID = "e" + strconv.Itoa(h.events)
	}
	r, err := h.Receive(h.ctx, in)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) says(text string) Receipt {
	h.t.Helper()
	return h.gets(Incoming{Kind: Text, Text: text})
}

func (h *house) presses(data string) Receipt {
	h.t.Helper()
	return h.gets(Incoming{Kind: Button, Data: data})
}

// works lets workers do all that is due.
func (h *house) works() {
	h.t.Helper()
	for range 50 {
		l, ok, err := h.lease(h.ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		if !ok {
			return
		}
		if _, err := h.answerOne(h.ctx, l); err != nil && !errors.Is(err, errBroken) && !errors.Is(err, retrieval.ErrNotReady) {
			h.t.Fatal(err)
		}
	}
	h.t.Fatal("the workers don't come to rest")
}

// sends lets one round of delivery happen and reports whether there was anything.
func (h *house) sends() bool {
	h.t.Helper()
	taken, err := h.takePending(h.ctx, 10)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range taken {
		if _, err := h.deliver(h.ctx, m); err != nil {
			h.t.Fatal(err)
		}
	}
	return len(taken) > 0
}

// replies are the texts said to the person so far, a guide as its slug.
func (h *house) replies() (texts []string) {
	h.t.Helper()
	c, ok, err := h.conversations.Of(h.ctx, "telegram", "7")
	if err != nil {
		h.t.Fatal(err)
	}
	if !ok {
		return nil
	}
	messages, err := h.conversations.outgoing(h.ctx, c.ID, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range messages {
		switch {
		case m.Body.Guide != nil:
			texts = append(texts, m.Body.Guide.Slug)
		default:
			texts = append(texts, m.Body.Text)
		}
	}
	return texts
}

func (h *house) wants(what string, want ...string) {
	h.t.Helper()
	got := h.replies()
	if len(got) != len(want) {
		h.t.Fatalf("%s: said %q, want %q", what, got, want)
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			h.t.Errorf("%s: reply %d is %q, want %q", what, i, got[i], want[i])
		}
	}
}

func (h *house) conversation() Conversation {
	h.t.Helper()
	c, ok, err := h.conversations.Of(h.ctx, "telegram", "7")
	if err != nil || !ok {
		h.t.Fatal(ok, err)
	}
	return c
}

func bg(key string, args ...any) string { return i18n.T("bg", key, args...) }

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// errBroken is what a broken retrieval says.
var errBroken = errors.New("retrieval is broken")

// guides answers from a table and records for real, because feedback refers to the answers.
type guides struct {
	mu     sync.Mutex
	asked  []string
	last   retrieval.Question
	during func() // while it thinks, once
	broken bool
	fault  error // what it says while broken; nil: errBroken
	early  bool  // the index is not ready
}

var _ answerer = (*retrieval.Answerer)(nil)

func (g *guides) Answer(_ context.Context, q retrieval.Question) (retrieval.Answer, error) {
	g.mu.Lock()
	g.asked, g.last = append(g.asked, q.Text), q
	during, broken, fault, early := g.during, g.broken, g.fault, g.early
	g.during = nil
	g.mu.Unlock()
	if during != nil {
		during()
	}
	if broken {
		return retrieval.Answer{}, cmp.Or(fault, errBroken)
	}
	if early {
		return retrieval.Answer{}, retrieval.ErrNotReady
	}
	a := retrieval.Answer{Outcome: retrieval.Abstained, Intent: retrieval.WantsAnswer, Language: "bg", Detected: "bg", Model: "test"}
	switch {
	case strings.Contains(q.Text, "пожар"):
		a.Outcome, a.Topic = retrieval.Emergency, "fire"
	case strings.Contains(q.Text, "съдебно"):
		g := scriptGuide("criminal-record")
		a.Outcome, a.Guide, a.Guides = retrieval.Answered, &g, []retrieval.Ranked{{Slug: g.Slug, Title: "Свидетелство", Version: 1, Score: 0.9}}
	case strings.Contains(q.Text, "човек"):
		a.Outcome, a.Intent = retrieval.OutOfScope, retrieval.WantsHuman
	}
	return a, nil
}

func (g *guides) Record(ctx context.Context, tx postgres.DB, q retrieval.Question, a retrieval.Answer, conversation int64) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES ($1, $2, 'bg', $3, $4, $5, 0.5, '[]', '[]', $6) RETURNING id`,
		conversation, q.Text, a.Detected, a.Outcome, a.Intent, a.Model).Scan(&id)
	return id, err
}

// desk keeps tickets in memory.
type desk struct {
	staffed bool
	broken  bool
	open    map[int64]Wish
	asked   Wish   // the last that was asked for
	contact string // that was left on a ticket: phone | email
	left    bool   // somebody stopped waiting
}

func (d *desk) Offer(_ context.Context, _ postgres.DB, w Wish) (Offer, error) {
	d.asked = w
	return Offer{Staffed: d.staffed, HelpPoint: "rb-vratsa", Name: "Регионална библиотека"}, nil
}

func (d *desk) Open(_ context.Context, _ postgres.DB, w Wish) (Ticket, error) {
	if d.broken {
		return Ticket{}, errBroken
	}
	if d.open == nil {
		d.open = map[int64]Wish{}
	}
	d.open[w.Conversation] = w
	return Ticket{ID: 1, Position: 1}, nil
}

func (d *desk) Cancel(ctx context.Context, tx postgres.DB, conversation int64) error {
	delete(d.open, conversation)
	return nil
}

func (d *desk) LeaveQuestion(_ context.Context, _ postgres.DB, conversation int64) (Ticket, bool, error) {
	_, ok := d.open[conversation]
	d.left = d.left || ok
	return Ticket{ID: 1, Position: 1, Left: true, Contact: d.contact}, ok, nil
}

func (d *desk) Status(_ context.Context, _ postgres.DB, conversation int64) (Ticket, bool, error) {
	_, ok := d.open[conversation]
	return Ticket{ID: 1, Position: 1, Contact: d.contact}, ok, nil
}

// telegram is a channel whose answers a test lays ready; without one everything passes.
type telegram struct {
	mu      sync.Mutex
	sent    []string // «key: text» of what passed
	answers []error
	marks   []string                    // what was known of each message's first parts
	during  func(context.Context) error // while it sends
	typed   int                         // signs that words are on their way
}

func (c *telegram) Typing(context.Context, Conversation) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.typed++
	return nil
}

func (c *telegram) signs() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.typed
}

func (c *telegram) Name() string { return "telegram" }

func (c *telegram) Send(ctx context.Context, to Conversation, m Message) (string, error) {
	if c.during != nil {
		if err := c.during(ctx); err != nil {
			return "", err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.marks = append(c.marks, m.ExternalID)
	if len(c.answers) > 0 {
		err := c.answers[0]
		c.answers = c.answers[1:]
		if err != nil {
			return "", err
		}
	}
	c.sent = append(c.sent, to.Key+": "+m.Body.Text)
	return fmt.Sprintf("x%d", m.ID), nil
}

// runs starts an engine as the program does; stop waits until it has ended.
func (h *house) runs(e *Engine) (stop func()) {
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	}
}

// eventually waits for what other goroutines bring about; ten seconds are far more than they need.
func (h *house) eventually(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if ok() {
			return
		}
		select {
		case <-h.ctx.Done():
			h.t.Fatal(what, h.ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
	h.t.Fatalf("never %s", what)
}
