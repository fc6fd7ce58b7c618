// Package chromiumtest gives tests tabs of a real, headless Chromium.
//
// All tests of a package share one: to start it costs more than most pages. Each tab has a window and a profile of its own, so cookies, storage,
// caches and permissions are nobody else's, and believes that it is looked at, whatever other tabs do.
// It owns no tables; the tests of pages call it.
package chromiumtest

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const (
	startTime = time.Minute     // for Chromium, on a busy machine
	tabTime   = 4 * time.Minute // for a tab, from its opening on
)

// Browser is one Chromium for the tests of a package. The first tab starts it; TestMain closes it. The zero value is ready.
type Browser struct {
	Options []chromedp.ExecAllocatorOption // beside the usual ones; set before the first tab

	mu      sync.Mutex
	context context.Context // of the process; nil: it was never started
	stop    func()
}

// Tab opens a tab; it is closed when the test ends. Without Chromium the test fails; it is never skipped.
func (b *Browser) Tab(t testing.TB) context.Context {
	t.Helper()
	running, err := b.running()
	if err != nil {
		t.Fatal(err)
	}
	ctx, shut := chromedp.NewContext(running, chromedp.WithNewBrowserContext())
	ctx, cancel := context.WithTimeout(ctx, tabTime)
	t.Cleanup(func() { cancel(); shut() })
	if _, err := chromedp.Run(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	})); err != nil {
		t.Fatalf("open a tab of Chromium: %v", err)
	}
	return ctx
}

// running gives the context of the process, which is started where there is none, or none any more.
func (b *Browser) running() (context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.context != nil && b.context.Err() == nil {
		return b.context, nil
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errors.New("no Chromium: run the tests with ./deploy/test")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(startTime))
	options = append(options, b.Options...)
	if b.stop != nil {
		b.stop() // of one that died: what it left
		b.stop = nil
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		stop()
		return nil, err
	}
	b.context, b.stop = ctx, func() { cancel(); stop() }
	return ctx, nil
}

// Close ends the process.
func (b *Browser) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		b.stop()
	}
}
