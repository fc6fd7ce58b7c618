package console

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff"
	"orientir/handoff/group"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

const password = "шест зелени круши"

// bundle is the running site on a real PostgreSQL and Redis. Only the search's answers are scripted.
type bundle struct {
	*testing.T
	*httptest.Server
	ctx           context.Context
	pool          *pgxpool.Pool
	staff         *staff.Store
	clock         *clock
	desk          *handoff.Desk
	conversations *bot.Conversations
	store         *knowledge.Store
	site          *site
	answerer      *retrieval.Answerer // that answers drafts; it has learned nothing until it is told to
	replays       *retrieval.Replays
	told          named // on Telegram
}

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{T: t, ctx: t.Context(), pool: postgrestest.New(t)}
	client := redistest.New(t)
	b.store = knowledge.NewStore(b.pool)
	for kind, table := range map[string]string{
		"places": "ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\tpopulation\n" +
			"12259\tгр.\tВраца\tVratsa\tВраца\tВраца\t43.20\t23.55\t50000\n",
	} {
		b.load(kind, table)
	}
	b.load("help-points", "id\tname\tekatte\taddress\tphone\tlat\tlon\thours\n"+
		"vratsa\tРегионална библиотека „Христо Ботев“\t12259\tул. „Петропавловска“ 44\t092 62 12 29\t43.2010\t23.5520\t\n")
	if err := b.store.AllowHost(b.ctx, "mjs.bg", "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.Publish(b.ctx, guide(), "test"); err != nil {
		t.Fatal(err)
	}
	b.conversations = bot.NewConversations(b.pool, client, bot.Options{})
	vault, err := handoff.NewVault(bytes.Repeat([]byte{7}, handoff.LeastSecret))
	if err != nil {
		t.Fatal(err)
	}
	b.clock = &clock{}
	b.clock.later(time.Duration(time.Now().UnixNano()))
	b.staff = staff.NewLightStore(b.pool, staff.Options{Vault: vault, Now: b.clock.now})
	b.desk = handoff.NewDesk(b.pool, b.store, b.conversations, b.staff, client, handoff.Options{Vault: vault})
	deps := Deps{DB: b.pool, Staff: b.staff, Desk: b.desk, Conversations: b.conversations, Knowledge: b.store, Answerer: scripted{}, Redis: client, Telegram: &b.told}
	answerer := retrieval.New(b.pool, b.store, retrieval.Options{})
	b.replays = retrieval.NewReplays(b.pool, answerer, retrieval.ReplayOptions{Every: 10 * time.Millisecond})
	b.answerer, deps.Trials, deps.Replays = answerer, answerer, b.replays
	deps.Groups = group.New(group.NewInbox(b.pool, b.conversations, client, group.Options{}), b.desk, b.staff, nil, group.Options{})
	handler, err := New(deps, Options{Heartbeat: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	b.site = &site{Deps: deps}
	b.Server = httptest.NewUnstartedServer(handler)
	b.Config.ReadTimeout = time.Second // as a careful server has one: streams must outlive it
	b.Start()
	t.Cleanup(func() { b.CloseClientConnections(); b.Close() })
	return b
}

func (b *bundle) load(kind, table string) {
	b.Helper()
	if _, err := b.store.Import(b.ctx, kind, strings.NewReader(table)); err != nil {
		b.Fatal(err)
	}
}

// clock is the time that second steps go by: it stands still until a test lets it go on.
type clock struct{ at atomic.Int64 } // Unix nanoseconds

func (c *clock) now() time.Time         { return time.Unix(0, c.at.Load()) }
func (c *clock) later(by time.Duration) { c.at.Add(int64(by)) }

// guide is the one guide there is.
func guide() knowledge.Guide {
	return knowledge.Guide{
		Slug: "criminal-record", Audience: knowledge.Citizen, Status: knowledge.Active, Link: "https://cs.mjs.bg",
		Identification: []knowledge.Means{knowledge.KEP},
		Sources:        []knowledge.Source{{URL: "https://cs.mjs.bg", Title: "Портал", Seen: time.Date(2024, 3, 11, 0, 0, 0, 0, time.UTC)}},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
			Title: "Електронно свидетелство за съдимост", Authority: "Министерство на правосъдието",
			Summary: "Документ, който показва дали имате присъди. Искат го за нова работа.", Who: "Всеки пълнолетен с електронен подпис.",
			Exceptions: []string{"Ако сте роден в чужбина, идете в бюро „Съдимост“."}, Where: "На портала cs.mjs.bg.",
			Steps:  []string{"Отворете cs.mjs.bg.", "Влезте с КЕП – електронен подпис.", "Изтеглете свидетелството."},
			Needed: []string{"Електронен подпис."}, FeeNote: "Проверете таксата на cs.mjs.bg.", Time: "веднага",
			Names: []string{"съдимост", "съдебно"},
		}},
	}
}

// named is a bot on Telegram, which remembers what it told.
type named struct {
	mu    sync.Mutex
	said  map[int64][]string
	asked atomic.Int64 // for its name
	hangs atomic.Bool
}

func (n *named) Username(ctx context.Context) (string, error) {
	n.asked.Add(1)
	if n.hangs.Load() {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return "orientir_bot", nil
}

func (n *named) TellLater(_ context.Context, chat int64, words string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.said == nil {
		n.said = map[int64][]string{}
	}
	n.said[chat] = append(n.said[chat], words)
}

// words are those that a chat was told.
func (n *named) words(chat int64) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.said[chat]
}

// scripted answers a question about «съдебно» with the guide, breaks at «гръм» and does not know anything else.
type scripted struct{}

func (scripted) Answer(_ context.Context, q retrieval.Question) (retrieval.Answer, error) {
	if strings.Contains(q.Text, "гръм") {
		return retrieval.Answer{}, retrieval.ErrNotReady
	}
	if !strings.Contains(q.Text, "съдебно") {
		return retrieval.Answer{Outcome: retrieval.Abstained}, nil
	}
	return retrieval.Answer{Outcome: retrieval.Answered, Confidence: 0.97, Guides: []retrieval.Ranked{{Slug: "criminal-record", Title: guide().Text["bg"].Title, Version: 1, Score: 0.97}}}, nil
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(b.ctx, sql, args...); err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) account(p staff.Profile) staff.Account {
	b.Helper()
	a, err := b.staff.Add(b.ctx, p, password)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// person makes a conversation with a question, and opens its ticket.
func (b *bundle) person(key, question string) (conversation, ticket int64) {
	b.Helper()
	err := b.pool.QueryRow(b.ctx, `
		WITH k AS (INSERT INTO contacts (channel, key, place, created_at) VALUES ('web', $1, '12259', now()) RETURNING id)
		INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM k RETURNING id`, key).Scan(&conversation)
	if err != nil {
		b.Fatal(err)
	}
	b.says(conversation, question)
	t, err := b.desk.Open(b.ctx, b.pool, bot.Wish{Conversation: conversation, Place: "12259", Reason: "asked", Language: "bg", Summary: question})
	if err != nil {
		b.Fatal(err)
	}
	return conversation, t.ID
}

func (b *bundle) says(conversation int64, text string) {
	b.Helper()
	b.exec(`INSERT INTO messages (conversation, sender, kind, text, turn, created_at) VALUES ($1, 'person', 'text', $2, 1, now())`, conversation, text)
}

// browser is somebody's browser: it keeps cookies and does not follow redirects. Its connections end with the server: another test's may get the same port.
type browser struct {
	*bundle
	client *http.Client
}

func (b *bundle) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{b, &http.Client{Transport: b.Client().Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as gives a browser in which an account has signed in.
func (b *bundle) as(a staff.Account) *browser {
	b.Helper()
	w := b.browser()
	if got := w.post("/console/sign-in", "email", a.Email, "password", password); got.code != http.StatusSeeOther {
		b.Fatalf("sign in %s: %d", a.Email, got.code)
	}
	return w
}

// answer is what the site said.
type answer struct {
	code     int
	body     string
	location string
	header   http.Header
}

func (w *browser) get(path string) answer {
	w.Helper()
	return w.send(http.MethodGet, path, nil)
}

// post sends a form, given as names and values in turn.
func (w *browser) post(path string, pairs ...string) answer {
	w.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return w.send(http.MethodPost, path, form)
}

func (w *browser) send(method, path string, form url.Values, headers ...string) answer {
	w.Helper()
	request, err := http.NewRequestWithContext(w.ctx, method, w.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	var body []byte
	if response.Header.Get("Content-Type") != "text/event-stream" { // a stream doesn't end
		if body, err = io.ReadAll(response.Body); err != nil {
			w.Fatal(err)
		}
	}
	return answer{response.StatusCode, string(body), response.Header.Get("Location"), response.Header}
}

func (a answer) has(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("%q is not on the page (%d):\n%s", w, a.code, a.body)
		}
	}
}

func (a answer) lacks(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			t.Errorf("%q is on the page", w)
		}
	}
}

// heard gives what the person reads: everything but their own words.
func (b *bundle) heard(conversation int64) []string {
	b.Helper()
	messages, err := b.conversations.Messages(b.ctx, conversation, 0, 200)
	if err != nil {
		b.Fatal(err)
	}
	var texts []string
	for _, m := range messages {
		if m.From != bot.Person {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// eventually waits for what a browser does by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s", what)
		}
	}
}
