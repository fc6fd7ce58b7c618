package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

const (
	testPassword  = "дълга парола за проба 7"
	webhookSecret = "webhook-secret-of-the-test"
)

// guarded is the whole program but for its answers, which take a minute to learn, as people reach it over https behind a proxy. Tests
// attack it.
type guarded struct {
	*testing.T
	ctx     context.Context
	program *Program
	site    *site
	url     string
	double  *telegramtest.Server
	log     *lockedBuffer
	metrics *prometheus.Registry
	kept    func() map[string][]string // all that was in Redis at any time
}

// guard starts it. Redis lets everything pass where env says so with ORIENTIR_RATE_LIMITS.
func guard(t *testing.T, env ...string) *guarded {
	t.Helper()
	g := &guarded{T: t, ctx: t.Context(), double: telegramtest.New(t, telegramtest.Options{NoPace: true}), log: &lockedBuffer{}, metrics: prometheus.NewRegistry()}
	set := map[string]string{
		"TELEGRAM_BOT_TOKEN": g.double.Token, "TELEGRAM_API_URL": g.double.URL, "TELEGRAM_WEBHOOK_SECRET": webhookSecret, "ORIENTIR_DATA_DIR": t.TempDir(),
		"ORIENTIR_PUBLIC_URL": "https://orientir.example", "ORIENTIR_EMBED_ORIGINS": "https://library.example", "ORIENTIR_RATE_LIMITS": "off",
	}
	for i := 0; i < len(env); i += 2 {
		set[env[i]] = env[i+1]
	}
	config, err := LoadConfig(func(name string) string { return set[name] })
	if err != nil {
		t.Fatal(err)
	}
	pool := postgrestest.New(t)
	g.program = &Program{config: config, log: newLog(g.log, "text", false), pool: pool, store: knowledge.NewStore(pool)}
	g.program.redis, g.kept = redistest.Watched(t)
	g.program.answerer = retrieval.New(pool, g.program.store, retrieval.Options{})
	if g.site, err = g.program.build(g.metrics); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g.site.handler)
	g.url = server.URL
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return g
}

// house is the same program for what learns and searches in it.
func (g *guarded) house() *wholeHouse {
	return &wholeHouse{T: g.T, p: g.program, log: g.log, metrics: g.metrics, kept: g.kept}
}

// works lets the program learn what little there is, and work on what it has stored, as serve does, until the test ends.
func (g *guarded) works() {
	g.Helper()
	g.house().learn()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{
		g.site.engine.Run, g.site.desk.Run, g.site.group.Run, g.site.worklist.Run, func(ctx context.Context) error { return g.site.telegram.Run(ctx, g.site.engine) },
	} {
		running.Go(func() { _ = run(ctx) })
	}
	g.Cleanup(func() { cancel(); running.Wait() })
}

// must stops the test at an error.
func (g *guarded) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

// exec runs a statement on the program's database.
func (g *guarded) exec(sql string, args ...any) {
	g.Helper()
	_, err := g.program.pool.Exec(g.ctx, sql, args...)
	g.must(err)
}

func (g *guarded) count(sql string, args ...any) (n int) {
	g.Helper()
	g.must(g.program.pool.QueryRow(g.ctx, sql, args...).Scan(&n))
	return n
}

func (g *guarded) eventually(what string, holds func() bool) {
	g.Helper()
	for deadline := time.Now().Add(60 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			g.Fatalf("never came: %s", what)
		}
	}
}

// caller is somebody at a browser, which keeps cookies and follows no redirects.
type caller struct {
	*guarded
	cookies map[string]string
	header  http.Header // sent with every request
}

func (g *guarded) nobody() *caller { return &caller{g, map[string]string{}, http.Header{}} }

// staff adds an account and signs it in.
func (g *guarded) staff(p staff.Profile) (*caller, staff.Account) {
	g.Helper()
	a, err := g.site.staff.Add(g.ctx, p, testPassword)
	g.must(err)
	w := g.nobody()
	if got := w.post("/console/sign-in", url.Values{"email": {p.Email}, "password": {testPassword}}); got.code != http.StatusSeeOther {
		g.Fatalf("sign in %s: %d", p.Email, got.code)
	}
	return w, a
}

// reply is what the program answered.
type reply struct {
	code   int
	header http.Header
	body   string
	// cookies as they were set, with their attributes.
	cookies []*http.Cookie
}

func (w *caller) get(path string) reply {
	w.Helper()
	return w.send(http.MethodGet, path, "", nil)
}

func (w *caller) post(path string, form url.Values) reply {
	w.Helper()
	return w.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (w *caller) json(path, body string, header ...string) reply {
	w.Helper()
	return w.send(http.MethodPost, path, "application/json", strings.NewReader(body), header...)
}

// upload sends a file in a form, beside its fields.
func (w *caller) upload(path, name string, data []byte, fields ...string) reply {
	w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		w.must(form.WriteField(fields[i], fields[i+1]))
	}
	part, err := form.CreateFormFile("file", name)
	w.must(err)
	_, err = part.Write(data)
	w.must(err)
	w.must(form.Close())
	return w.send(http.MethodPost, path, form.FormDataContentType(), &body)
}

// send asks, and reads the answer; of a stream its beginning.
func (w *caller) send(method, path, contentType string, body io.Reader, header ...string) reply {
	w.Helper()
	r, err := http.NewRequestWithContext(w.ctx, method, w.url, body)
	w.must(err)
	// As it stands: a client would clean what an attacker sends.
	path, _, _ = strings.Cut(path, "#")
	p, query, _ := strings.Cut(path, "?")
	r.URL.Opaque, r.URL.RawQuery = "//"+r.URL.Host+p, query
	maps.Copy(r.Header, w.header)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range w.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	w.must(err)
	defer response.Body.Close()
	var text []byte
	if response.Header.Get("Content-Type") == "text/event-stream" {
		part := make([]byte, 1<<16)
		whole := []byte("event: state") // which comes after what was said
		if strings.HasPrefix(p, "/console/") {
			whole = []byte("\n\n")
		}
		for n := 0; err == nil && !bytes.Contains(text, whole); {
			n, err = response.Body.Read(part)
			text = append(text, part[:n]...)
		}
	} else {
		text, err = io.ReadAll(response.Body)
		w.must(err)
	}
	got := reply{response.StatusCode, response.Header, string(text), response.Cookies()}
	for _, c := range got.cookies {
		if c.MaxAge < 0 {
			delete(w.cookies, c.Name)
		} else {
			w.cookies[c.Name] = c.Value
		}
	}
	return got
}
