package webchat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
	"orientir/retrieval"
)

// bundle is a running site on a real PostgreSQL and Redis. Only the answers are scripted, so that tests know them.
type bundle struct {
	*httptest.Server
	pool          *pgxpool.Pool
	conversations *bot.Conversations
	store         *knowledge.Store
	guide         knowledge.Guide
	phrase        atomic.Pointer[phrase] // puts answers in words; nil: no model
	cut           atomic.Bool            // the line to the server is cut: each connection closes without an answer
}

type phrase func(context.Context, retrieval.Question, retrieval.Answer) (string, bool)

func setup(t *testing.T, change ...func(*Options)) *bundle {
	t.Helper()
	pool := postgrestest.New(t)
	client := redistest.New(t)
	store := knowledge.NewStore(pool)
	b := &bundle{pool: pool, store: store, guide: criminalRecord()}
	seed(t, b)
	b.conversations = bot.NewConversations(pool, client, bot.Options{})
	engine := bot.NewEngine(b.conversations, scripted{b.guide}, store, nil, nil, bot.EngineOptions{
		Sweep:   100 * time.Millisecond,
		Editors: hearers{},
		Phrase: func(ctx context.Context, q retrieval.Question, a retrieval.Answer) (string, bool) {
			if put := b.phrase.Load(); put != nil {
				return (*put)(ctx, q, a)
			}
			return "", false
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- engine.Run(ctx) }()
	o := Options{AwaitsAnswer: b.awaits, StreamSweep: 200 * time.Millisecond, EmbedOrigins: []string{"https://library.example"}, DB: pool}
	for _, c := range change {
		c(&o)
	}
	handler := New(engine, b.conversations, scripted{b.guide}, store, client, o)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		b.CloseClientConnections()
		b.Close()
		stop()
		if err := <-stopped; err != nil {
			t.Errorf("run the engine: %v", err)
		}
	})
	return b
}

// hearers keeps who wants to hear back, and no reports.
type hearers struct{}

func (hearers) Report(context.Context, postgres.DB, bot.Report) (bot.Reported, error) {
	return bot.ReportKept, nil
}

func (hearers) HearBack(ctx context.Context, tx postgres.DB, conversation, answer int64) (bool, error) {
	_, err := tx.Exec(ctx, `INSERT INTO problem_hearers (answer, contact) SELECT $2, contact FROM conversations WHERE id = $1`, conversation, answer)
	return err == nil, err
}

// awaits is Options.AwaitsAnswer of them.
func (b *bundle) awaits(ctx context.Context, conversation int64) (time.Time, error) {
	var at *time.Time
	err := b.pool.QueryRow(ctx, `SELECT max(at) FROM problem_hearers JOIN conversations c USING (contact) WHERE c.id = $1`, conversation).Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, err
	}
	return at.AddDate(0, 0, 180), nil
}

// seed puts in one guide, two settlements and two libraries.
func seed(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	if err := b.store.AllowHost(ctx, "mjs.bg", "test"); err != nil {
		t.Fatal(err)
	}
	version, err := b.store.Publish(ctx, b.guide, "test")
	if err != nil {
		t.Fatal(err)
	}
	b.guide.Version = version
	if _, err := b.store.Import(ctx, "places", strings.NewReader(
		"ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\tpopulation\n"+
			"12259\tгр.\tВраца\tVratsa\tВраца\tВраца\t43.20\t23.55\t50000\n"+
			"47714\tгр.\tМездра\tMezdra\tМездра\tВраца\t43.14\t23.71\t9000\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.Import(ctx, "help-points", strings.NewReader(
		"id\tname\tekatte\taddress\tphone\tlat\tlon\thours\n"+
			"vratsa\tРегионална библиотека „Христо Ботев“\t12259\tул. „Петропавловска“ 44\t092 62 12 29\t43.2010\t23.5520\tпон–нед 0:00–24:00\n"+
			"mezdra\tЧиталище „Просвета“\t47714\tул. „Георги Димитров“ 27\t\t\t\t\n")); err != nil {
		t.Fatal(err)
	}
}

func criminalRecord() knowledge.Guide {
	return knowledge.Guide{
		Slug: "criminal-record", Audience: knowledge.Citizen, Status: knowledge.Active, Link: "https://cs.mjs.bg",
		Identification: []knowledge.Means{knowledge.KEP},
		Sources:        []knowledge.Source{{URL: "https://cs.mjs.bg", Title: "Портал за електронни свидетелства", Seen: time.Date(2024, 3, 11, 0, 0, 0, 0, time.UTC)}},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
			Title: "Електронно свидетелство за съдимост", Authority: "Министерство на правосъдието",
			Summary: "Документ, който показва дали имате присъди. Искат го за нова работа.", Who: "Всеки пълнолетен с електронен подпис.",
			Exceptions: []string{"Ако сте роден в чужбина, идете в бюро „Съдимост“ <b>лично</b>."}, Where: "На портала cs.mjs.bg.",
			Steps:  []string{"Отворете cs.mjs.bg.", "Влезте с КЕП – електронен подпис.", "Изтеглете свидетелството."},
			Needed: []string{"Електронен подпис."}, FeeNote: "Проверете таксата на cs.mjs.bg.", Time: "веднага",
			Names: []string{"съдимост", "съдебно"},
		}},
	}
}

// scripted answers a question about «съдебно» with the guide and does not know anything else.
type scripted struct{ guide knowledge.Guide }

func (s scripted) Answer(_ context.Context, q retrieval.Question) (retrieval.Answer, error) {
	a := retrieval.Answer{Outcome: retrieval.Abstained, Intent: retrieval.WantsAnswer, Language: knowledge.Bulgarian, Detected: "bg", Model: "test",
		Text: "Не намерих упътване за това."}
	switch {
	case strings.Contains(q.Text, "гръм"):
		return a, errors.New("the answerer broke")
	case strings.Contains(q.Text, "паника"):
		panic("the answerer panicked")
	case strings.Contains(q.Text, "съдебно"):
		a.Outcome, a.Confidence, a.Guide = retrieval.Answered, 0.97, &s.guide
		a.Guides = []retrieval.Ranked{{Slug: s.guide.Slug, Title: s.guide.Text[knowledge.Bulgarian].Title, Version: s.guide.Version, Score: 0.97}}
	}
	return a, nil
}

func (s scripted) Record(ctx context.Context, tx postgres.DB, q retrieval.Question, a retrieval.Answer, conversation int64) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES (NULLIF($1, 0), $2, 'bg', 'bg', $3, $4, $5, '[]', '[]', $6) RETURNING id`,
		conversation, q.Text, a.Outcome, a.Intent, a.Confidence, a.Model).Scan(&id)
	return id, err
}

// call sends one request and gives the answer with its body.
func (b *bundle) call(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: b.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(data)
}

// begin starts a conversation and gives its token.
func (b *bundle) begin(t *testing.T) string {
	t.Helper()
	response, body := b.call(t, "POST", "/api/v1/conversations", "{}")
	var got struct{ Token string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || response.StatusCode != http.StatusCreated || got.Token == "" {
		t.Fatalf("no new conversation: %d %s", response.StatusCode, body)
	}
	return got.Token
}

// say sends an event and gives the message id that it was stored under.
func (b *bundle) say(t *testing.T, token string, event map[string]any) int64 {
	t.Helper()
	data, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	response, body := b.call(t, "POST", "/api/v1/conversations/messages", string(data), "Orientir-Conversation", token)
	var got struct{ Message int64 }
	if err := json.Unmarshal([]byte(body), &got); err != nil || response.StatusCode != http.StatusAccepted || got.Message == 0 {
		t.Fatalf("the event was not taken: %d %s", response.StatusCode, body)
	}
	return got.Message
}

// listener reads one stream.
type listener struct {
	t      *testing.T
	cancel context.CancelFunc
	body   io.ReadCloser
	lines  *bufio.Scanner
	holder string // as the newest state event said
}

type heard struct {
	ID      int64
	Event   string
	Writing bool
	Typing  bool
	Read    int64
	streamed
	state
}

// listen opens the stream of a conversation after a message id.
func (b *bundle) listen(t *testing.T, token string, after int64) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", b.URL+"/api/v1/conversations/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if after > 0 {
		r.Header.Set("Last-Event-ID", strconv.FormatInt(after, 10))
	}
	response, err := b.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("no stream: %d %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	l := &listener{t: t, cancel: cancel, body: response.Body, lines: lines}
	t.Cleanup(l.close)
	return l
}

func (l *listener) close() {
	l.cancel()
	l.body.Close()
}

// next waits for the next event of a kind and passes over the others.
func (l *listener) next(kind string) heard {
	l.t.Helper()
	var h heard
	for l.lines.Scan() {
		field, value, _ := bytes.Cut(l.lines.Bytes(), []byte(": "))
		switch string(field) {
		case "id":
			h.ID, _ = strconv.ParseInt(string(value), 10, 64)
		case "event":
			h.Event = string(value)
		case "data":
			into := any(&h.streamed)
			switch h.Event {
			case "state":
				into = &h.state
			case "writing":
				into = &h.Writing
			case "typing":
				into = &h.Typing
			case "read":
				into = &h.Read
			}
			if err := json.Unmarshal(value, into); err != nil {
				l.t.Fatalf("event %s: %v", value, err)
			}
		case "":
			if h.Event == "state" {
				l.holder = h.Holder
			}
			if h.Event == kind {
				return h
			}
			h = heard{}
		}
	}
	l.t.Fatalf("the stream ended while waiting for %s: %v", kind, l.lines.Err())
	return h
}

// from waits for the next message of a sender.
func (l *listener) from(sender bot.Sender) heard {
	l.t.Helper()
	for {
		if h := l.next("message"); h.From == string(sender) {
			return h
		}
	}
}
