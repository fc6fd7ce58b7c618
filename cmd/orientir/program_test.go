package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"orientir/bot/telegram/telegramtest"
	"orientir/retrieval/openai/openaitest"
)

// program is the real program in a process of its own, with private servers in a new data directory and a double of Telegram.
type program struct {
	t       testing.TB
	binary  string
	dataDir string
	url     string
	double  *telegramtest.Server
	env     []string

	cmd  *exec.Cmd
	out  *lockedBuffer
	done chan error
}

// lockedBuffer is written by the process and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// learnTime bounds the first start, which trains on all starter questions, on a slow machine that does other work.
const learnTime = 15 * time.Minute

func newProgram(t testing.TB, env ...string) *program {
	t.Helper()
	dir := t.TempDir()
	// The servers run as a user of their own, who must get to the data directory.
	parent, err := os.MkdirTemp("/var/tmp", "orientir-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	dataDir := filepath.Join(parent, "data")
	p := &program{t: t, binary: filepath.Join(dir, "orientir"), dataDir: dataDir, double: telegramtest.New(t, telegramtest.Options{})}
	// Without the race detector: training under it takes minutes.
	if out, err := exec.Command("go", "build", "-o", p.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	addr, metrics := freeAddr(t), freeAddr(t)
	p.url = "http://" + addr
	p.env = append(os.Environ(), "DATABASE_URL=", "REDIS_URL=", "ORIENTIR_DATA_DIR="+dataDir, "ORIENTIR_ADDR="+addr,
		"ORIENTIR_METRICS_ADDR="+metrics, "ORIENTIR_PUBLIC_URL="+p.url, "ORIENTIR_LINK_CHECKS=off",
		"TELEGRAM_BOT_TOKEN="+p.double.Token, "TELEGRAM_API_URL="+p.double.URL)
	p.env = append(p.env, env...)
	p.start()
	t.Cleanup(p.stop)
	return p
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *program) start() {
	p.t.Helper()
	p.out = &lockedBuffer{}
	p.cmd = exec.Command(p.binary, "serve")
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, p.out, p.out
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.done = make(chan error, 1)
	go func() { p.done <- p.cmd.Wait() }()
	deadline := time.Now().Add(learnTime)
	for {
		resp, err := http.Get(p.url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-p.done:
			p.t.Fatalf("serve ended: %v\n%s", err, p.out)
		case <-time.After(200 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not ready in time\n%s", p.out)
		}
	}
}

// kill ends the program as a power cut would: at once, its servers left behind.
func (p *program) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.done
}

// stop asks the program to end and holds it to a clean exit.
func (p *program) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); errors.Is(err, os.ErrProcessDone) {
		return
	}
	select {
	case err := <-p.done:
		if err != nil {
			p.t.Errorf("serve ended with %v\n%s", err, p.out)
		}
	case <-time.After(time.Minute):
		p.t.Errorf("serve doesn't stop\n%s", p.out)
		_ = p.cmd.Process.Kill()
	}
}

// run runs another command of the program beside the server and gives what it printed.
func (p *program) run(stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env, cmd.Stdin = p.env, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// post posts JSON and reads the JSON that comes back.
func (p *program) post(path string, body any, header http.Header, into any) int {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		req.Header[k] = v
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if into != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(answer, into); err != nil {
			p.t.Fatalf("%s: %v in %s", path, err, answer)
		}
	}
	return resp.StatusCode
}

// eventually waits until a condition gives no complaint.
func eventually(t *testing.T, what string, complaint func() string) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for {
		c := complaint()
		if c == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %s", what, c)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestTheMainJob is one day of the program: a question on each channel, a hand-over, a crash, the end.
func TestTheMainJob(t *testing.T) {
	if testing.Short() {
		t.Skip("trains on all starter questions")
	}
	said := &script{}
	model := openaitest.New(t, said.reply)
	p := newProgram(t, "OPENAI_BASE_URL="+model.URL, "OPENAI_API_KEY=key", "ORIENTIR_CHAT_MODEL=m")

	t.Run("the start names the addresses", func(t *testing.T) {
		eventually(t, "banner", func() string {
			for _, want := range []string{p.url, p.url + "/console/", "/api/v1/ask", "staff add --role admin"} {
				if !strings.Contains(p.out.String(), want) {
					return want + " is missing in\n" + p.out.String()
				}
			}
			return ""
		})
	})

	t.Run("the API answers", func(t *testing.T) {
		var a struct {
			Outcome string
			Guides  []struct{ Slug string }
			Text    string
			Points  []struct{ ID string } `json:"help_points"`
		}
		if status := p.post("/api/v1/ask", map[string]string{"question": "трябва ми съдебно за нова работа", "place": "Враца"}, nil, &a); status != 200 {
			t.Fatalf("status %d", status)
		}
		if a.Outcome != "answered" || len(a.Guides) == 0 || a.Guides[0].Slug != "criminal-record" {
			t.Errorf("answer %+v", a)
		}
		if len(a.Points) == 0 || !strings.Contains(a.Text, "https://cs.mjs.bg") {
			t.Errorf("no library or no official link in %+v", a)
		}
	})

	t.Run("what is no question for a guide", func(t *testing.T) {
		for question, want := range map[string][2]string{
			"искам човек":                   {"out_of_scope", "human"},
			"iskam da govorq s chovek":      {"out_of_scope", "human"},
			"най-близката библиотека":       {"out_of_scope", "help_point"},
			"nai blizkata biblioteka":       {"out_of_scope", "help_point"},
			"къде е библиотеката във Враца": {"out_of_scope", "help_point"},
			"здравейте":                     {"out_of_scope", "smalltalk"},
			"мъжът ми ме бие":               {"emergency", "question"},
			"рецепта за баница":             {"out_of_scope", "question"},
			"разрешително за ловна пушка":   {"abstained", "question"},
		} {
			var a struct{ Outcome, Intent string }
			p.post("/api/v1/ask", map[string]string{"question": question}, nil, &a)
			if a.Outcome != want[0] || a.Intent != want[1] {
				t.Errorf("%q is %s, %s; want %v", question, a.Outcome, a.Intent, want)
			}
		}
	})

	t.Run("the terminal answers beside the server", func(t *testing.T) {
		out, err := p.run("", "ask", "--place", "Враца", "iztekla mi e lichnata karta")
		if err != nil || !strings.Contains(out, "e-uslugi.mvr.bg") || !strings.Contains(out, "Враца") {
			t.Errorf("%v\n%s", err, out)
		}
	})

	t.Run("a second server says that it is one too many", func(t *testing.T) {
		out, err := p.run("", "serve")
		if err == nil || !strings.Contains(out, p.dataDir) {
			t.Errorf("%v\n%s", err, out)
		}
	})

	maria := p.double.Person(7, "Мария", "bg")
	t.Run("Telegram answers", func(t *testing.T) {
		maria.Say("imam li globi ot kat")
		eventually(t, "answer", func() string { return heard(p, maria.ID, "e-uslugi.mvr.bg/services/kat-obligations") })
	})

	t.Run("a crash loses nothing and answers once", func(t *testing.T) {
		ivan := p.double.Person(8, "Иван", "bg")
		ivan.Say("как да платя данък сгради")
		eventually(t, "stored", func() string {
			if p.double.Pending() > 0 {
				return "the update is not acknowledged"
			}
			return ""
		})
		p.kill()
		ivan.Say("благодаря")
		p.start()
		eventually(t, "answer", func() string { return heard(p, ivan.ID, "egov.bg") })
		cards := 0
		for _, m := range p.double.Sent(ivan.ID) {
			if strings.Contains(m.Text, "https://egov.bg") && len(m.Buttons) > 0 {
				cards++
			}
		}
		if cards != 1 {
			t.Errorf("%d answers to one question", cards)
		}
	})

	t.Run("a model is never trusted", func(t *testing.T) { aModelThatGoesWrong(t, p, said, model) })
	t.Run("no measure falls with a model", func(t *testing.T) { measuredWithAModel(t, p, said, model) })

	t.Run("a backup answers the same", func(t *testing.T) { aBackupAnswersTheSame(t, p) })

	t.Run("a librarian takes over", func(t *testing.T) {
		out, err := p.run("дълга парола за проба 7\n", "staff", "add", "--role", "librarian", "--password-stdin", "--name", "Елена", "elena@example.bg")
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		handOver(t, p, maria)
	})
}

// heard complains until a chat has got a message with the words.
func heard(p *program, chat int64, words string) string {
	var all []string
	for _, m := range p.double.Sent(chat) {
		if strings.Contains(m.Text, words) {
			return ""
		}
		all = append(all, m.Text)
	}
	return fmt.Sprintf("%q is not among %d messages: %q", words, len(all), all)
}
