package webchat

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"orientir/deploy/chromiumtest"
)

const (
	// axeFile is where ./deploy/setup test puts axe-core.
	axeFile = "../../.build/node_modules/axe-core/axe.min.js"

	patience = 30 * time.Second // a busy machine is slow, a broken page is slower
)

// tab is one tab of a headless Chromium.
type tab struct {
	t       *testing.T
	context context.Context
	fault   atomic.Value // the last exception that the page didn't catch
}

// chromium is of all tests of the package.
var chromium chromiumtest.Browser

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// open opens a tab of a size with a profile of its own.
func open(t *testing.T, width, height int) *tab {
	t.Helper()
	w := &tab{t: t, context: chromium.Tab(t)}
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		faults := cdp.Events(w.context, target, runtime.ExceptionThrown)
		go func() {
			for e := range faults {
				if e.ExceptionDetails != nil && e.ExceptionDetails.Exception != nil {
					w.fault.Store(e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description)
				}
			}
		}()
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride,
			emulation.SetDeviceMetricsOverrideParams{Width: int64(width), Height: int64(height), DeviceScaleFactor: 1})
		return err
	}))
	return w
}

func (w *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if _, err := chromedp.Run(w.context, chromedp.Steps(steps...)); err != nil {
		w.t.Fatalf("in the browser: %v", err)
	}
}

// is waits until a script's condition holds.
func (w *tab) is(condition string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		yes, err := chromedp.Run(w.context, chromedp.Evaluate[bool]("!!("+condition+")"))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("never true: %s (%v); the page reported %v and reads:\n%s", condition, err, w.fault.Load(),
				w.text(`document.body.innerText.slice(0, 3000)`))
		}
	}
}

func (w *tab) text(script string, options ...chromedp.EvaluateOption) string {
	w.t.Helper()
	text, err := chromedp.Run(w.context, chromedp.Evaluate[string](script, options...))
	if err != nil {
		w.t.Fatalf("in the browser: %v", err)
	}
	return text
}

// axe finds nothing against accessibility, in the light and in the dark, and nothing is wider than the screen.
func (w *tab) axe(what string) {
	w.t.Helper()
	code, err := os.ReadFile(axeFile)
	if err != nil {
		w.t.Fatalf("no axe-core: run the tests with ./deploy/test (%v)", err)
	}
	if badly := w.text(`(document.body.innerText.match(/.*%!.*/) || [''])[0]`); badly != "" {
		w.t.Errorf("%s: a phrase has too few or too many values: %s", what, badly)
	}
	for _, scheme := range []string{"light", "dark"} {
		w.prefer(scheme)
		if w.text(`typeof axe`) == "undefined" { // a page keeps what it was given
			w.do(chromedp.Evaluate[chromedp.Void](string(code) + ";0"))
		}
		found := w.text(`new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)))
			.then(() => axe.run(document, {resultTypes: ['violations']}))
			.then(r => r.violations.map(v => v.id + ': ' +
				v.nodes.map(n => n.html.slice(0, 300) + ' ' + n.failureSummary).join(' | ')).join('\n'))`, chromedp.EvalAwaitPromise)
		if found != "" {
			w.t.Errorf("%s, %s: %s", what, scheme, found)
		}
		if wider := w.text(`String(document.documentElement.scrollWidth - innerWidth)`); wider != "0" && !strings.HasPrefix(wider, "-") {
			w.t.Errorf("%s, %s: wider than the screen by %s pixels", what, scheme, wider)
		}
		w.shoot(what + " " + scheme)
	}
}

// prefer sets the colour scheme that the person's device asks for, and less motion.
func (w *tab) prefer(scheme string) {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
	w.is(`matchMedia('(prefers-color-scheme: ` + scheme + `)').matches`) // the page hears of it a little later
}

// shoot keeps a picture of the tab where ORIENTIR_TEST_PICTURES names a folder: looks are judged by eye.
func (w *tab) shoot(what string) {
	w.t.Helper()
	folder := os.Getenv("ORIENTIR_TEST_PICTURES")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(w.context, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Fatalf("take a picture: %v", err)
	}
	name := strings.NewReplacer("/", "_", " ", "-", "?", "_").Replace(what) + ".png"
	if err := os.WriteFile(folder+"/"+name, picture, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// frames gives the frames in the page.
func (w *tab) frames() []*cdp.Frame {
	w.t.Helper()
	var frames []*cdp.Frame
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		tree, err := cdp.Call(ctx, target, cdpage.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, child := range tree.FrameTree.ChildFrames {
			frames = append(frames, child.Frame)
		}
		return nil
	}))
	return frames
}

// inside runs a script in the frame that shows a page of an origin, and says whether it gave true.
func (w *tab) inside(origin, script string) (yes bool) {
	w.t.Helper()
	for _, frame := range w.frames() {
		if !strings.HasPrefix(frame.URL, origin) {
			continue
		}
		w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			world, err := cdp.Call(ctx, target, cdpage.CreateIsolatedWorld, cdpage.CreateIsolatedWorldParams{FrameID: frame.ID})
			if err != nil {
				return err
			}
			result, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: script, ContextID: world.ExecutionContextID})
			if err != nil {
				return err
			}
			yes = string(result.Result.Value) == "true"
			return nil
		}))
	}
	return yes
}

// isInside waits until a condition holds in a frame.
func (w *tab) isInside(origin, condition string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !w.inside(origin, condition); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never true in the frame: %s", condition)
		}
	}
}

// refused waits until the browser has given up the frame of an origin: it shows a page of its own in its place.
func (w *tab) refused(origin string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		for _, frame := range w.frames() {
			if strings.HasPrefix(frame.UnreachableURL, origin) {
				return
			}
		}
		if time.Now().After(deadline) {
			w.t.Fatal("a site that is not allowed shows the chat")
		}
	}
}
