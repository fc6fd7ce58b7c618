package webchat

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"orientir/retrieval"
)

func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, width := range []int{320, 360, 1280} {
		w := open(t, width, 800)
		for _, path := range []string{"/", "/?lang=en", "/?lang=tr", "/embed", "/privacy", "/privacy?lang=en", "/accessibility", "/accessibility?lang=en",
			"/guides/criminal-record", "/guides/criminal-record?lang=en", "/nowhere"} {
			w.do(chromedp.Navigate(b.URL + path))
			w.axe(fmt.Sprintf("%s at %d", path, width))
		}
	}
}

func TestConversationInTheBrowser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, size := range []struct{ width, height int }{{360, 740}, {1280, 800}} {
		t.Run(fmt.Sprintf("%d wide", size.width), func(t *testing.T) {
			w := open(t, size.width, size.height)
			w.do(chromedp.Navigate(b.URL + "/"))
			w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
			// By keyboard alone: the skip link leads to the question, Enter asks.
			w.do(chromedp.KeyEvent(kb.Tab))
			if got := w.text(`document.activeElement.className`); got != "skip" {
				t.Errorf("the first stop of the keyboard is %q", got)
			}
			w.do(chromedp.KeyEvent(kb.Enter))
			w.is(`document.activeElement.id === 'question'`)
			w.do(chromedp.KeyEvent("трябва ми съдебно за нова работа"), chromedp.KeyEvent(kb.Enter))
			w.is(`document.querySelector('.from-bot .card')`)
			w.is(`document.querySelectorAll('.from-person').length === 1 && document.querySelector('.from-person').dataset.id`)
			w.is(`document.activeElement.id === 'question' && document.getElementById('typing').hidden`)
			w.axe(fmt.Sprintf("answer at %d", size.width))

			w.do(chromedp.Click(`button[value^="rate:bad:"]`, chromedp.NodeVisible))
			w.is(`document.querySelector('button[value^="why:unclear:"]')`)
			w.is(`document.querySelector('button[value^="rate:bad:"]').getAttribute('aria-pressed') === 'true'`)
			w.do(chromedp.Click(`button[value^="why:unclear:"]`, chromedp.NodeVisible))
			w.is(`[...document.querySelectorAll('.from-bot')].at(-1).innerText.includes('какво липсва')`)
			w.do(chromedp.Click(`.greeting button[value="near"]`, chromedp.NodeVisible))
			w.is(`document.querySelector('.place input[name="text"]')`)
			w.axe(fmt.Sprintf("asking for a place at %d", size.width))
			w.do(chromedp.SendKeys(`.place input[name="text"]`, "Враца"+kb.Enter))
			w.is(`document.querySelectorAll('.help-point').length === 2`)
			w.axe(fmt.Sprintf("libraries at %d", size.width))

			// Another visit of the same tab brings the whole conversation back, each message once.
			before := w.text(`[...document.querySelectorAll('[data-id]')].map(m => m.dataset.id).join()`)
			w.do(chromedp.Reload())
			w.is(`document.querySelectorAll('.help-point').length === 2`)
			if after := w.text(`[...document.querySelectorAll('[data-id]')].map(m => m.dataset.id).join()`); after != before {
				t.Errorf("before %s, after %s", before, after)
			}
			w.is(`scrollY > 0`) // and stands at its end

			w.do(chromedp.Click(`#forget button`, chromedp.NodeVisible))
			w.is(`document.getElementById('forget-sure').open`)
			w.axe(fmt.Sprintf("deleting at %d", size.width))
			w.do(chromedp.Click(`#forget-sure button[value="yes"]`, chromedp.NodeVisible))
			w.is(`document.querySelectorAll('[data-id]').length === 1 && document.querySelector('[data-id]').innerText.includes('Изтрих')`)
			w.is(`document.getElementById('link').textContent === ''`)
			w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
			w.is(`document.querySelectorAll('.from-person').length === 1 && document.querySelectorAll('.from-bot .card').length === 1`)
			if fault := w.fault.Load(); fault != nil {
				t.Errorf("the page reported %v", fault)
			}
		})
	}
}

func TestThePageShowsThatWordsAreWritten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	writes := make(chan struct{})
	model := phrase(func(context.Context, retrieval.Question, retrieval.Answer) (string, bool) {
		<-writes
		return "", false
	})
	b.phrase.Store(&model)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card') && !document.getElementById('typing').hidden && document.getElementById('typing-words').textContent.includes('още няколко думи')`)
	close(writes)
	w.is(`document.getElementById('typing').hidden`)
}

func TestNoticeAndAnswerAreReadTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "егн 7501020018 трябва ми съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card')`)
	w.is(`document.querySelector('.from-system').getBoundingClientRect().top >= 0`)
	w.is(`document.querySelector('.from-bot .card h2').getBoundingClientRect().bottom < innerHeight - document.getElementById('question').form.offsetHeight`)
	w.shoot("notice and answer")
}

func TestTheBrowserKeepsToThePolicy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 360, 740)
	var refused, elsewhere atomic.Value
	w.do(chromedp.Func(func(_ context.Context, target *chromedp.Target) error {
		sent := cdp.Events(w.context, target, network.RequestWillBeSent)
		failed := cdp.Events(w.context, target, network.LoadingFailed)
		go func() {
			for e := range sent {
				if e.Request != nil && !strings.HasPrefix(e.Request.URL, b.URL) {
					elsewhere.Store(e.Request.URL)
				}
			}
		}()
		go func() {
			for e := range failed {
				if e.BlockedReason != "" {
					refused.Store(string(e.BlockedReason))
				}
			}
		}()
		_, err := cdp.Call(w.context, target, network.Enable, network.EnableParams{})
		return err
	}), chromedp.Navigate(b.URL+"/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card')`)
	if r := refused.Load(); r != nil {
		t.Errorf("the policy refused something of ours: %v", r)
	}
	if e := elsewhere.Load(); e != nil {
		t.Errorf("a request went to %v", e)
	}
	if cookies := w.text(`document.cookie`); cookies != "" {
		t.Errorf("with scripts on there is a cookie: %s", cookies)
	}
}

func TestLostConnection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card')`)
	b.cut.Store(true)
	b.CloseClientConnections()
	w.is(`document.getElementById('link').textContent !== ''`)
	w.do(chromedp.SendKeys("#question", "пак съдебно"+kb.Enter))
	w.is(`document.querySelector('.pending .unsent')`)
	w.shoot("offline")
	b.cut.Store(false)
	w.is(`document.querySelectorAll('.from-bot .card').length === 2 && !document.querySelector('.pending')`)
	w.is(`document.getElementById('link').textContent === ''`)
	if n := w.text(`String(document.querySelectorAll('.from-person').length)`); n != "2" {
		t.Errorf("two questions became %s", n)
	}
}

func TestWidgetOnAnotherSite(t *testing.T) {
	t.Parallel()
	var home string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		// A host with a policy of its own: the widget needs no inline script or style.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+home+"; frame-src "+home)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="bg"><title>Библиотека</title><h1>Библиотека</h1><script src="%s/widget.js" data-place="Враца" data-position="left" async></script>`, home)
	}))
	t.Cleanup(host.Close)
	const launch = `document.querySelector('orientir-chat').shadowRoot.querySelector('button')`
	t.Run("allowed", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.EmbedOrigins = []string{host.URL} })
		home = b.URL
		w := open(t, 1280, 800)
		w.do(chromedp.Navigate(host.URL))
		w.is(`document.querySelector('orientir-chat')`)
		w.do(chromedp.Evaluate[chromedp.Void](launch + `.click()`))
		w.is(launch + `.getAttribute('aria-expanded') === 'true'`)
		w.isInside(home, `document.getElementById('chat')?.dataset.ready === 'yes' && !document.getElementById('close').hidden`)
		w.isInside(home, `document.getElementById('chat').dataset.place === '12259'`)
		w.isInside(home, `document.activeElement.id === 'question'`)
		w.inside(home, `document.getElementById('question').value = 'съдебно'; document.getElementById('ask').requestSubmit(); true`)
		w.isInside(home, `!!document.querySelector('.from-bot .card')`)
		w.shoot("widget at 1280")
		w.inside(home, `document.getElementById('close').click(); true`)
		w.is(launch + `.getAttribute('aria-expanded') === 'false'`)
	})
	t.Run("not allowed", func(t *testing.T) {
		b := setup(t)
		home = b.URL
		w := open(t, 1280, 800)
		w.do(chromedp.Navigate(host.URL))
		w.is(`document.querySelector('orientir-chat')`)
		w.do(chromedp.Evaluate[chromedp.Void](launch + `.click()`))
		w.is(launch + `.getAttribute('aria-expanded') === 'true'`)
		w.refused(home)
		w.is(`document.querySelector('orientir-chat').shadowRoot.querySelector('a')?.href === '` + home + `/?lang=bg'`)
		w.is(`document.querySelector('orientir-chat').shadowRoot.querySelector('iframe').hidden`)
	})
}
