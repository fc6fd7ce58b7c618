package console

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"orientir/bot/webchat"
	"orientir/handoff/staff"
)

// axeFile is where ./deploy/setup test puts axe-core.
const axeFile = "../../.build/node_modules/axe-core/axe.min.js"

// tab is one tab of a headless Chromium.
type tab struct {
	*testing.T
	context context.Context
	axe     string
}

// open starts a Chromium with one tab. Without Chromium the test fails; it is never skipped.
func open(t *testing.T) *tab {
	t.Helper()
	code, err := os.ReadFile(axeFile)
	if err != nil {
		t.Fatalf("no axe-core: run the tests with ./deploy/test (%v)", err)
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium: run the tests with ./deploy/test")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	ctx, timeout := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(func() { timeout(); cancel(); stop() })
	return &tab{t, ctx, string(code)}
}

func (w *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	if _, err := chromedp.Run(w.context, chromedp.Steps(steps...)); err != nil {
		w.Fatalf("in the browser: %v", err)
	}
}

func (w *tab) text(script string, options ...chromedp.EvaluateOption) string {
	w.Helper()
	text, err := chromedp.Run(w.context, chromedp.Evaluate[string](script, options...))
	if err != nil {
		w.Fatalf("in the browser: %v", err)
	}
	return text
}

// is waits until a script's condition holds on a page that is there as a whole: before, the browser's nodes still change.
func (w *tab) is(condition string) {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		yes, err := chromedp.Run(w.context, chromedp.Evaluate[bool]("document.readyState === 'complete' && !!("+condition+")"))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("never true: %s (%v); the page reads:\n%s", condition, err, w.text(`document.body.innerText.slice(0, 3000)`))
		}
	}
}

// reads waits until the page shows words.
func (w *tab) reads(words string) {
	w.Helper()
	w.is(fmt.Sprintf("document.body.innerText.includes(%q)", words))
}

// accessible holds the page to axe-core and to the screen's width, on a small phone and on a desk, in the light and in the dark.
func (w *tab) accessible(what string) {
	w.Helper()
	for _, width := range []int64{320, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
				if _, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride,
					emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1}); err != nil {
					return err
				}
				_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
				return err
			}))
			w.do(chromedp.Evaluate[chromedp.Void](w.axe + ";0"))
			found := w.text(`new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)))
				.then(() => axe.run(document, {resultTypes: ['violations']}))
				.then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | ')).join('\n'))`,
				chromedp.EvalAwaitPromise)
			if found != "" {
				w.Errorf("%s at %d, %s: %s", what, width, scheme, found)
			}
			if wider := w.text(`String(Math.max(0, document.documentElement.scrollWidth - innerWidth))`); wider != "0" {
				w.Errorf("%s at %d: wider than the screen by %s pixels", what, width, wider)
			}
			w.shoot(fmt.Sprintf("%s-%d-%s", what, width, scheme))
		}
	}
}

// shoot keeps a picture of the tab where ORIENTIR_TEST_PICTURES names a folder: looks are judged by eye.
func (w *tab) shoot(what string) {
	w.Helper()
	folder := os.Getenv("ORIENTIR_TEST_PICTURES")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(w.context, chromedp.CaptureScreenshot())
	if err != nil {
		w.Fatalf("take a picture: %v", err)
	}
	name := strings.NewReplacer("/", "_", " ", "-", "?", "_").Replace(what) + ".png"
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o644); err != nil {
		w.Fatal(err)
	}
}

// signIn signs in by the form.
func (w *tab) signIn(b *bundle, a staff.Account) {
	w.Helper()
	w.do(chromedp.Navigate(b.URL+"/console/sign-in"), chromedp.SendKeys("#email", a.Email), chromedp.SendKeys("#password", password),
		chromedp.Click("main button", chromedp.NodeVisible))
	w.is(`document.querySelector('.me')`)
}

// serveTokens adds the design tokens, which the chat's package serves, to the test's server.
func (b *bundle) serveTokens() {
	console := b.Config.Handler
	chat := webchat.New(nil, nil, nil, nil, nil, webchat.Options{})
	b.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/static/tokens.css" {
			chat.ServeHTTP(w, r)
			return
		}
		console.ServeHTTP(w, r)
	})
}

func TestHandOverInTwoWindows(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	ivan := b.account(staff.Profile{Email: "i@example.bg", Name: "Иван", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	m, i := open(t), open(t)
	m.signIn(b, maria)
	i.signIn(b, ivan)
	m.accessible("empty queue")

	conversation, ticket := b.person("p", "трябва ми съдебно")
	b.site.Redis.Publish(b.ctx, "queue", "")
	m.reads("трябва ми съдебно")
	i.reads("трябва ми съдебно")
	m.accessible("queue")
	m.is(`document.title.startsWith('(1) ')`)
	// By keyboard alone: the button is focused, Enter takes the conversation.
	m.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.ticket-act button').focus()`), chromedp.KeyEvent("\r"))
	m.reads("Вие водите разговора")
	i.reads("При Мария")

	m.do(chromedp.SendKeys("#text", "Добър ден!"), chromedp.Click("#reply button", chromedp.NodeVisible))
	m.is(`document.querySelector('.from-librarian .words')?.innerText === 'Добър ден!' && document.getElementById('text').value === ''`)
	b.says(conversation, "благодаря")
	b.conversations.Wake(b.ctx, conversation)
	m.is(`[...document.querySelectorAll('.from-person')].at(-1).innerText.includes('благодаря')`)
	m.do(chromedp.SendKeys("#find-words", "съдебно\r"))
	m.is(`document.querySelector('a.insert[data-words*="cs.mjs.bg"]')`)
	m.accessible("chat")
	m.do(chromedp.Click("#found a.insert", chromedp.NodeVisible))
	m.is(`document.getElementById('text').value.includes('https://cs.mjs.bg')`)
	// A draft outlives the page.
	m.do(chromedp.Navigate(fmt.Sprintf("%s/console/chats/%d", b.URL, ticket)))
	m.is(`document.getElementById('text').value.includes('https://cs.mjs.bg')`)
	m.do(chromedp.Click("#o-answered", chromedp.NodeVisible), chromedp.Click(`form[action$="/close"] button`, chromedp.NodeVisible))
	m.reads("Разговорът приключи")
	i.is(`!document.body.innerText.includes('При Мария')`)
}

func TestPagesAreAccessible(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	token, _, err := b.staff.FirstAdminLink(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w := open(t)
	for _, path := range []string{"/console/sign-in", "/console/welcome?token=" + token, "/console/link?token=x"} {
		w.do(chromedp.Navigate(b.URL + path))
		w.accessible(path)
	}
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()})
	conversation, _ := b.person("p", "трябва ми съдебно")
	b.exec(`INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES ($1, 'въпрос', 'bg', 'bg', 'abstained', 'question', 0.2, '[{"slug": "criminal-record", "version": 1, "score": 0.2}]',
			'[{"source": "sample", "key": "12", "part": "text", "similarity": 0.81, "lexical": 0.4}]', 'm')`, conversation)
	w.signIn(b, a)
	for _, path := range []string{"/console/canned", "/console/feedback", "/console/people", "/console/people/new", "/console/people/1", "/console/hosts",
		"/console/audit", "/console/account", "/console/nowhere"} {
		w.do(chromedp.Navigate(b.URL+path), chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`))
		w.accessible(path)
	}
}
