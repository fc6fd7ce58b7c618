package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"orientir/deploy/chromiumtest"
)

// behindTLS is the program's own address in these tests: https at a name, behind a proxy that ends TLS.
const behindTLS = "https://orientir.example"

// overTLS puts such a proxy before the program, with a certificate that it made itself, and gives where it listens.
func (g *guarded) overTLS() string {
	g.Helper()
	to, err := url.Parse(g.url)
	g.must(err)
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
	}})
	proxy.EnableHTTP2 = true
	proxy.StartTLS()
	g.Cleanup(func() { proxy.CloseClientConnections(); proxy.Close() })
	return proxy.Listener.Addr().String()
}

// tab is one tab of a Chromium that reaches the program through the proxy, and takes its certificate for good.
type tab struct {
	*testing.T
	context context.Context
}

// watching notes in every page, before anything of it runs, what only an attack would do, and what a policy stops.
const watching = `
	window.attacked = [];
	for (const name of ['alert', 'confirm', 'prompt']) window[name] = what => attacked.push(name + ' ' + what);
	document.addEventListener('securitypolicyviolation', e => attacked.push('policy ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
	addEventListener('error', e => attacked.push('error ' + (e.message || (e.target.src || e.target.href || ''))), true);
`

// openTab starts one. Without Chromium the test fails, and is never skipped.
func openTab(t *testing.T, proxy string) *tab {
	t.Helper()
	host := strings.TrimPrefix(behindTLS, "https://")
	own := &chromiumtest.Browser{Options: []chromedp.ExecAllocatorOption{ // the addresses are this test's alone
		chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("host-resolver-rules", fmt.Sprintf("MAP %s:443 %s, MAP * ~NOTFOUND", host, proxy))}}
	t.Cleanup(own.Close)
	w := &tab{t, own.Tab(t)}
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watching})
		return err
	}))
	return w
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

// is waits until a script's condition holds on a page that is there as a whole.
func (w *tab) is(condition string) {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		yes, err := chromedp.Run(w.context, chromedp.Evaluate[bool]("document.readyState === 'complete' && !!("+condition+")"))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("never true: %s (%v); the page reads:\n%s", condition, err, w.text(`location.href + ' ' + document.body.innerText.slice(0, 3000)`))
		}
	}
}

// signIn signs in by the form; what comes then is for the caller to see.
func (w *tab) signIn(email string) {
	w.Helper()
	w.do(chromedp.Navigate(behindTLS+"/console/sign-in"), chromedp.SendKeys("#email", email), chromedp.SendKeys("#password", testPassword), chromedp.Submit("#password"))
}

// attacks are what the page has done that none of ours does: scripts of others, what the policy stopped, attributes that run something,
// addresses on other hosts that were asked. What is under way is waited for.
func (w *tab) attacks() (list []string) {
	w.Helper()
	const script = `new Promise(done => requestAnimationFrame(() => setTimeout(done, 20))).then(() => JSON.stringify(attacked.concat(
		[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]
			.filter(a => /^on|^zq/i.test(a.name) || /^\s*(javascript|data|vbscript):/i.test(['href', 'src', 'action', 'formaction'].includes(a.name) ? a.value : ''))
			.map(a => e.tagName + ' ' + a.name + '=' + a.value)),
		performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin + '/') || n.endsWith('/x')).map(n => 'asked ' + n))))`
	if err := json.Unmarshal([]byte(w.text(script, chromedp.EvalAwaitPromise)), &list); err != nil {
		w.Fatal(err)
	}
	return list
}

// seesAttacks holds the check itself to seeing what it is there to see.
func (w *tab) seesAttacks() {
	w.Helper()
	w.do(chromedp.Navigate(behindTLS + "/privacy"))
	if list := w.attacks(); len(list) > 0 {
		w.Fatalf("a page without an attack: %q", list)
	}
	w.text(`document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a><iframe src="https://evil.example/"></iframe>'), ''`)
	parts := []string{"policy script-src", "policy frame-src", "onerror", "javascript:", "/x"}
	for late := time.Now().Add(20 * time.Second); ; { // the image is looked for, isn't there, and only then the policy is asked
		list := strings.Join(w.attacks(), "; ")
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(list, part) }) {
			return
		}
		if time.Now().After(late) {
			w.Fatalf("of an attack only this is seen: %s", list)
		}
	}
}
