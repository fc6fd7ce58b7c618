package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff/staff"
	"orientir/retrieval/openai"
)

// marks are secrets that no text contains by chance.
type marks map[string]string

func newMarks() marks {
	m := marks{}
	for _, name := range []string{"db", "redis", "smtp", "bot", "hook", "openai", "oidc", "password", "search", "collector"} {
		m[name] = "tayna" + strings.ToLower(name+rand.Text()[:12])
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	m["key"] = base64.RawStdEncoding.EncodeToString(key)
	return m
}

// in names the secrets that a text tells.
func (m marks) in(text string) (told []string) {
	for name, mark := range m {
		if strings.Contains(text, mark) || strings.Contains(text, url.QueryEscape(mark)) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(mark))) {
			told = append(told, name)
		}
	}
	return told
}

// TestSecretsAreNeverTold starts the real program with marked secrets, breaks what each is for, and searches all that it says.
func TestSecretsAreNeverTold(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "orientir")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as deploy/test has just built it
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	m := newMarks()
	environment := func(env ...string) []string {
		return append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "ORIENTIR_LINK_CHECKS=off"}, env...)
	}

	database, redis := postgrestest.URL(t), redistest.URL(t)
	withPassword := func(address, password string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		user := "orientir"
		if u.User != nil {
			user = u.User.Username()
		}
		u.User = url.UserPassword(user, password)
		return u.String()
	}
	for name, env := range map[string][]string{
		"no database answers":             {"DATABASE_URL=postgres://orientir:" + m["db"] + "@127.0.0.1:1/x"},
		"a database's address is wrong":   {"DATABASE_URL=postgres://orientir:" + m["db"] + "@127.0.0.1:1/x?sslmode=nonsense"},
		"a database of another kind":      {"DATABASE_URL=mysql://orientir:" + m["db"] + "@127.0.0.1:1/x"},
		"a database's port is no number":  {"DATABASE_URL=postgres://orientir:" + m["db"] + "@127.0.0.1:port/x"},
		"no Redis answers":                {"DATABASE_URL=" + database, "REDIS_URL=redis://o:" + m["redis"] + "@127.0.0.1:1/0"},
		"Redis doesn't know the password": {"DATABASE_URL=" + database, "REDIS_URL=" + withPassword(redis, m["redis"])},
		"a Redis address is wrong":        {"DATABASE_URL=" + database, "REDIS_URL=redis://o:" + m["redis"] + "@127.0.0.1:1/zero"},
		"nothing makes sense": {
			"REDIS_URL=o:" + m["redis"] + "@r", "ORIENTIR_SECRET_KEY=" + m["key"][:20], "SMTP_URL=smtp://o:" + m["smtp"] + "@mail.example.bg:port",
			"TELEGRAM_BOT_TOKEN=" + m["bot"], "TELEGRAM_WEBHOOK_SECRET=not allowed " + m["hook"],
			"ORIENTIR_OIDC_ISSUER=https://o:" + m["oidc"] + "@x", "ORIENTIR_OIDC_CLIENT_SECRET=" + m["oidc"],
			"ORIENTIR_SEARCH_DATABASE_URL=mysql://orientir:" + m["search"] + "@127.0.0.1:1/x", "OTEL_EXPORTER_OTLP_HEADERS=" + m["collector"],
		},
	} {
		patience := time.Minute
		if name == "no Redis answers" {
			patience = 10 * time.Second // it serves without, and tries again
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		cmd := exec.CommandContext(ctx, binary, "serve")
		cmd.Env = environment(append([]string{"ORIENTIR_ADDR=127.0.0.1:0", "ORIENTIR_METRICS_ADDR=127.0.0.1:0"}, env...)...)
		out, err := cmd.CombinedOutput()
		cancel()
		if waits := name == "no Redis answers"; err == nil || (ctx.Err() == context.DeadlineExceeded) != waits {
			t.Errorf("%s: the start is no failure: %v", name, err)
		}
		if told := m.in(string(out)); told != nil || name == "nothing makes sense" && strings.Contains(string(out), m["key"][:20]) {
			t.Errorf("%s: it tells %v:\n%s", name, told, out)
		}
	}

	// A server that refuses every secret and repeats it.
	var telegram, model, collector atomic.Int64
	repeats := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bot") {
			telegram.Add(1)
		} else if strings.HasPrefix(r.URL.Path, "/v1/traces") {
			collector.Add(1)
		} else {
			model.Add(1)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"ok":false,"error_code":401,"description":"Unauthorized","error":{"message":"Incorrect API key provided: %s","type":"invalid_request_error","code":"invalid_api_key"}}`,
			strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+r.Header.Get("Collector-Key"))
	}))
	t.Cleanup(repeats.Close)
	addr, metrics := freeAddr(t), freeAddr(t)
	hook := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(hook, []byte(m["hook"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := &lockedBuffer{}
	cmd := exec.Command(binary, "serve")
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = environment("ORIENTIR_ADDR="+addr, "ORIENTIR_METRICS_ADDR="+metrics, "DATABASE_URL="+withPassword(database, m["db"]), "REDIS_URL="+redis,
		"ORIENTIR_SECRET_KEY="+m["key"], "SMTP_URL=smtp://o%40example.bg:"+m["smtp"]+"@127.0.0.1:1", "TELEGRAM_BOT_TOKEN=1:"+m["bot"], "TELEGRAM_API_URL="+repeats.URL,
		"TELEGRAM_WEBHOOK_SECRET_FILE="+hook, "OPENAI_BASE_URL="+repeats.URL+"/v1", "OPENAI_API_KEY="+m["openai"], "ORIENTIR_EMBEDDING_MODEL=m", "ORIENTIR_CHAT_MODEL=m",
		"ORIENTIR_SEARCH_DATABASE_URL=postgres://orientir:"+m["search"]+"@127.0.0.1:1/x", "OTEL_EXPORTER_OTLP_ENDPOINT="+repeats.URL, "OTEL_EXPORTER_OTLP_HEADERS=collector-key="+m["collector"],
		"OTEL_BSP_SCHEDULE_DELAY=200", "ORIENTIR_OIDC_ISSUER=http://127.0.0.1:1", "ORIENTIR_OIDC_CLIENT_ID=orientir", "ORIENTIR_OIDC_CLIENT_SECRET="+m["oidc"])
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })

	pool, err := postgres.Open(t.Context(), database, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := staff.NewStore(pool, staff.Options{}).Add(t.Context(), staff.Profile{Email: "a@example.bg", Roles: staff.Roles()}, m["password"]); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	var pages strings.Builder
	ask := func(method, path string, form url.Values) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		response, err := client.Do(r)
		if err != nil {
			return 0
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(&pages, "%s %s\n%v\n%s\n", method, path, response.Header, body)
		return response.StatusCode
	}
	eventually(t, "it serves", func() string {
		if ask(http.MethodGet, addr+"/healthz", nil) == http.StatusOK {
			return ""
		}
		return "not yet: " + out.String()
	})
	ask(http.MethodPost, addr+"/console/sign-in", url.Values{"email": {"a@example.bg"}, "password": {"not " + m["password"]}})
	if got := ask(http.MethodPost, addr+"/console/sign-in", url.Values{"email": {"a@example.bg"}, "password": {m["password"]}}); got != http.StatusOK {
		t.Errorf("sign in: %d", got)
	}
	for _, path := range []string{"/console/sign-in/oidc", "/console/account", "/console/account/second-step", "/console/nowhere", "/nowhere", "/readyz", "/api/v1/help-points?lat=x"} {
		ask(http.MethodGet, addr+path, nil)
	}
	// An invitation goes by mail, and the mail's server isn't there.
	ask(http.MethodPost, addr+"/console/people/new", url.Values{"email": {"b@example.bg"}, "role": {"librarian"}, "proof": {m["password"]}})
	ask(http.MethodPost, addr+"/console/account/second-step", nil)
	ask(http.MethodPost, addr+"/telegram/webhook", nil)
	ask(http.MethodPost, addr+"/api/v1/ask", url.Values{"question": {"трябва ми съдебно"}})
	eventually(t, "Telegram refuses", func() string {
		if telegram.Load() > 0 {
			return ""
		}
		return "it was not asked"
	})
	eventually(t, "the collector refuses", func() string {
		if collector.Load() > 0 && strings.Contains(out.String(), "traces not sent") {
			return ""
		}
		return "it was not asked, or nothing was said of it"
	})
	// The program asks a model only when it has learned, which takes a minute: its client is asked here.
	asked := openai.New(openai.Options{Log: slog.New(slog.NewTextHandler(out, nil)), Key: m["openai"], BaseURL: repeats.URL + "/v1", ChatModel: "m", EmbeddingModel: "m"})
	if _, err := asked.Embed(t.Context(), []string{"x"}); err == nil || model.Load() == 0 {
		t.Errorf("the model doesn't refuse: %v", err)
	} else {
		fmt.Fprintln(out, err)
	}
	if got := ask(http.MethodGet, metrics+"/metrics", nil); got != http.StatusOK {
		t.Errorf("metrics: %d", got)
	}
	for _, words := range []string{"Писмото до b@example.bg не тръгна", "Входът със служебен акаунт сега не работи", "Unauthorized"} {
		if !strings.Contains(pages.String()+out.String(), words) {
			t.Errorf("the test provokes too little: nobody says %q", words)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("it doesn't stop")
	}
	for what, text := range map[string]string{"what it writes": out.String(), "what it serves": pages.String()} {
		for _, line := range strings.Split(text, "\n") {
			if told := m.in(line); told != nil {
				t.Errorf("%s tells %v: %.400s", what, told, line)
			}
		}
	}
}
