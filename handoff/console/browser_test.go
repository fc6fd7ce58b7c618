package console

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"orientir/bot/webchat"
	"orientir/deploy/chromiumtest"
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

// chromium is of all tests of the package.
var chromium chromiumtest.Browser

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// open opens a tab with a profile of its own.
func open(t *testing.T) *tab {
	t.Helper()
	code, err := os.ReadFile(axeFile)
	if err != nil {
		t.Fatalf("no axe-core: run the tests with ./deploy/test (%v)", err)
	}
	return &tab{t, chromium.Tab(t), string(code)}
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
	w.pictures(what)
	if badly := w.text(`(document.body.innerText.match(/.*%!.*/) || [''])[0]`); badly != "" {
		w.Errorf("%s: a phrase has too few or too many values: %s", what, badly)
	}
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
			if w.text(`typeof axe`) == "undefined" { // a page keeps what it was given
				w.do(chromedp.Evaluate[chromedp.Void](w.axe + ";0"))
			}
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
		}
	}
}

// pictures keeps the whole page as a phone, a tablet and a desk show it in the light, and a phone in the dark. A phone is touched.
func (w *tab) pictures(what string) {
	w.Helper()
	if os.Getenv("ORIENTIR_TEST_PICTURES") == "" {
		return
	}
	for _, as := range []struct {
		width  int64
		scheme string
	}{{360, "dark"}, {360, "light"}, {768, "light"}, {1280, "light"}} {
		w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			if _, err := cdp.Call(ctx, target, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: as.width == 360}); err != nil {
				return err
			}
			if _, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: as.scheme}}}); err != nil {
				return err
			}
			_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: as.width, Height: 800, DeviceScaleFactor: 1})
			return err
		}))
		w.shoot(strings.TrimSuffix(fmt.Sprintf("%s-%d-%s", what, as.width, as.scheme), "-light"))
	}
}

// shoot keeps a picture of the tab where ORIENTIR_TEST_PICTURES names a folder: looks are judged by eye.
func (w *tab) shoot(what string) {
	w.Helper()
	folder := os.Getenv("ORIENTIR_TEST_PICTURES")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(w.context, chromedp.FullScreenshot(100))
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

// serveTokens adds the design tokens and the chat's styles, which the chat's package serves, to the test's server.
func (b *bundle) serveTokens() {
	console := b.Config.Handler
	chat := webchat.New(nil, nil, nil, nil, nil, webchat.Options{})
	b.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/static/") {
			chat.ServeHTTP(w, r)
			return
		}
		console.ServeHTTP(w, r)
	})
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
		w.accessible(strings.ReplaceAll(path, token, ""))
	}
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()})
	conversation, _ := b.person("p", "трябва ми съдебно")
	b.exec(`INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES ($1, 'въпрос', 'bg', 'bg', 'abstained', 'question', 0.2, '[{"slug": "criminal-record", "version": 1, "score": 0.2}]',
			'[{"source": "guide", "key": "criminal-record", "part": "en step 2", "similarity": 0.81, "lexical": 0.4}]', 'm')`, conversation)
	w.signIn(b, a)
	for _, path := range []string{"/console/canned", "/console/worklist", "/console/supervisor", "/console/transcripts", "/console/feedback", "/console/people", "/console/people/new", "/console/people/1", "/console/hosts",
		"/console/audit", "/console/account", "/console/nowhere"} {
		w.do(chromedp.Navigate(b.URL+path), chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main details').forEach(d => d.open = true)`))
		w.accessible(path)
	}
}
