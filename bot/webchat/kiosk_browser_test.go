package webchat

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"orientir/bot"
)

// touch makes the tab one that fingers use.
func (w *tab) touch() {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
		return err
	}))
}

// atKiosk opens the terminal in Vratsa and waits for its start.
func (w *tab) atKiosk(b *bundle, query string) {
	w.t.Helper()
	w.do(chromedp.Navigate(b.URL + "/kiosk/vratsa" + query))
	w.isStart()
}

func (w *tab) isStart() {
	w.t.Helper()
	w.is(`document.getElementById('kiosk')?.dataset.ready && !document.getElementById('start').hidden && document.getElementById('curtain').hidden`)
}

// asks begins and asks a question that has an answer.
func (w *tab) asks() {
	w.t.Helper()
	w.do(chromedp.Click("#begin", chromedp.NodeVisible))
	w.do(chromedp.SendKeys("#question", "трябва ми съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card') && document.querySelector('.from-person[data-id]')`)
}

// traces is all that a page may leave in the browser.
const traces = `JSON.stringify([localStorage.length, sessionStorage.length, document.cookie, document.querySelectorAll('[data-id]').length,
	document.getElementById('question').value, document.getElementById('code-typed').textContent, document.querySelectorAll('.kiosk-square svg').length])`

const noTraces = `[0,0,"",0,"","",0]`

// contacts counts the people that the server knows.
func (b *bundle) contacts(t *testing.T) (n int) {
	t.Helper()
	if err := b.pool.QueryRow(t.Context(), `SELECT count(*) FROM contacts`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestKioskFromStartToEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, size := range []struct{ width, height int }{{1280, 800}, {768, 1024}, {360, 740}} {
		t.Run(fmt.Sprintf("%d wide", size.width), func(t *testing.T) {
			w := open(t, size.width, size.height)
			w.touch()
			w.atKiosk(b, "")
			w.axe(fmt.Sprintf("kiosk start at %d", size.width))
			history := w.text(`String(history.length)`)
			w.asks()
			w.is(`document.querySelector('.go .kiosk-square svg')`)
			w.axe(fmt.Sprintf("kiosk answer at %d", size.width))
			w.do(chromedp.Click(`.from-bot .go a`, chromedp.NodeVisible))
			w.is(`document.getElementById('site').open && document.querySelector('#site-square svg') && document.getElementById('site-address').textContent === 'cs.mjs.bg'`)
			w.axe(fmt.Sprintf("kiosk link at %d", size.width))
			w.do(chromedp.Click(`#site button`, chromedp.NodeVisible))
			w.do(chromedp.Click(`#phone`, chromedp.NodeVisible))
			w.is(`document.querySelector('#code-square svg') && /^.{4} .{4}$/.test(document.getElementById('code-typed').textContent)`)
			w.axe(fmt.Sprintf("kiosk code at %d", size.width))
			w.do(chromedp.Click(`#code button`, chromedp.NodeVisible))
			w.do(chromedp.Click(`#end`, chromedp.NodeVisible))
			w.is(`document.getElementById('sure').open`)
			w.axe(fmt.Sprintf("kiosk end at %d", size.width))
			w.do(chromedp.Click(`#sure button[value=""]`, chromedp.NodeVisible))
			w.is(`!document.getElementById('sure').open && document.querySelectorAll('[data-id]').length > 1`)
			w.do(chromedp.Click(`#end`, chromedp.NodeVisible))
			w.do(chromedp.Click(`#sure button[value="end"]`, chromedp.NodeVisible))
			w.is(`document.getElementById('curtain-words').textContent.includes('изтрито')`)
			if n := b.contacts(t); n != 0 {
				t.Errorf("the server still knows %d people", n)
			}
			w.shoot(fmt.Sprintf("kiosk goodbye at %d", size.width))
			w.isStart()
			if left := w.text(traces); left != noTraces {
				t.Errorf("left behind: %s", left)
			}
			if now := w.text(`String(history.length)`); now != history {
				t.Errorf("the history has %s entries, and had %s", now, history)
			}
			if fault := w.fault.Load(); fault != nil {
				t.Errorf("the page reported %v", fault)
			}
		})
	}
}

// Whoever comes next and goes back in the browser sees nothing of the one before.
func TestKioskHasNothingToGoBackTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 1280, 800)
	w.do(chromedp.Navigate(b.URL + "/kiosk/mezdra"))
	w.isStart()
	w.atKiosk(b, "")
	w.asks()
	b.cut.Store(true)
	b.CloseClientConnections()
	w.is(`document.getElementById('link').textContent !== ''`)
	w.axe("kiosk offline at 1280")
	b.cut.Store(false)
	w.is(`dispatchEvent(new Event('online')) && document.getElementById('link').textContent === ''`)
	w.do(chromedp.Click(`#end`, chromedp.NodeVisible), chromedp.Click(`#sure button[value="end"]`, chromedp.NodeVisible))
	w.isStart()
	w.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	w.is(`location.pathname === '/kiosk/mezdra'`)
	w.isStart()
	w.do(chromedp.Evaluate[chromedp.Void](`history.forward()`))
	w.is(`location.pathname === '/kiosk/vratsa'`)
	w.isStart()
	if left := w.text(traces); left != noTraces {
		t.Errorf("left behind: %s", left)
	}
}

func TestKioskForgetsWhoeverWalksAway(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.KioskIdle, o.KioskWarning = 30*time.Second, 25*time.Second })
	w := open(t, 1280, 800)
	w.atKiosk(b, "")
	w.asks()
	w.is(`document.getElementById('idle').open && Number(document.getElementById('idle-left').textContent) > 0`)
	w.axe("kiosk idle at 1280")
	w.do(chromedp.Click(`#idle-here`, chromedp.NodeVisible))
	w.is(`!document.getElementById('idle').open && document.querySelector('.from-bot .card')`)
	w.is(`document.getElementById('idle').open`) // and nobody comes any more, nor does the network
	b.cut.Store(true)
	b.CloseClientConnections()
	w.is(`!document.getElementById('curtain').hidden`)
	w.shoot("kiosk forgets offline at 1280")
	w.isStart()
	if left := w.text(traces); left != noTraces {
		t.Errorf("left behind: %s", left)
	}
	b.cut.Store(false)
	w.asks() // the next one, without a page anew
}

func TestKioskAsksHowALibrariansAnswerShallArrive(t *testing.T) {
	t.Parallel()
	ticket := bot.Ticket{ID: 1, Position: 1}
	b := setup(t, func(o *Options) {
		o.Callbacks = true
		o.Ticket = func(context.Context, int64) (bot.Ticket, bool, error) { return ticket, true, nil }
	})
	w := open(t, 768, 1024)
	w.touch()
	w.atKiosk(b, "?lang=en")
	w.do(chromedp.Click("#begin", chromedp.NodeVisible), chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.getElementById('holder').textContent !== ''`)
	w.do(chromedp.Click(`#end`, chromedp.NodeVisible))
	w.is(`document.getElementById('ticket').open && document.getElementById('ticket-keep').hidden && !document.getElementById('ticket-contact').hidden`)
	w.axe("kiosk ticket at 768")
	w.do(chromedp.Click(`#ticket-phone`, chromedp.NodeVisible))
	w.is(`document.getElementById('code').open && document.querySelector('#code-square svg')`)
}

func TestKioskConversationGoesToAPhone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	kiosk := open(t, 1280, 800)
	kiosk.atKiosk(b, "")
	kiosk.asks()
	kiosk.do(chromedp.Click(`#phone`, chromedp.NodeVisible))
	kiosk.is(`document.querySelector('#code-square svg')`)
	typed := kiosk.text(`document.getElementById('code-typed').textContent`)
	phone := open(t, 360, 740)
	phone.touch()
	phone.do(chromedp.Navigate(b.URL + "/continue"))
	phone.is(`document.getElementById('content').dataset.ready === 'yes'`)
	phone.axe("continue at 360")
	phone.do(chromedp.SendKeys("#code", "AAAA AAAA"+kb.Enter))
	phone.is(`!document.getElementById('fault').hidden && document.getElementById('fault').textContent.includes('не работи')`)
	phone.axe("continue, wrong code at 360")
	phone.do(chromedp.SetValue("#code", strings.ToLower(typed)), chromedp.SendKeys("#code", kb.Enter))
	phone.is(`location.pathname === '/' && document.querySelector('.from-bot .card') && document.querySelector('.from-person').innerText.includes('съдебно')`)
	kiosk.is(`document.getElementById('curtain-words').textContent.includes('вече е при Вас')`)
	kiosk.isStart()
	if left := kiosk.text(traces); left != noTraces {
		t.Errorf("left at the terminal: %s", left)
	}
	phone.do(chromedp.SendKeys("#question", "пак съдебно"+kb.Enter))
	phone.is(`document.querySelectorAll('.from-bot .card').length === 2`)
}

func TestSquareLeadsOnWithOneTap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, map[string]any{"event_id": "kiosk-0001", "kind": "text", "text": "трябва ми съдебно", "library": "vratsa"})
	key, _ := contactKey(token)
	c, _, err := b.conversations.Of(t.Context(), Channel, key)
	if err != nil || !c.Terminal {
		t.Fatal(c, err)
	}
	code, err := b.conversations.NewCode(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	phone := open(t, 360, 740)
	phone.do(chromedp.Navigate(b.URL + "/continue#" + code.Link))
	phone.is(`!document.getElementById('scanned').hidden && location.hash === ''`)
	phone.axe("continue, scanned at 360")
	phone.do(chromedp.Click(`#scanned button`, chromedp.NodeVisible))
	phone.is(`location.pathname === '/' && document.querySelector('.from-person')`)
}

func TestNobodysKioskHelps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 1280, 800)
	w.do(chromedp.Navigate(b.URL + "/kiosk/xyz"))
	for _, width := range []int64{1280, 768, 360} {
		w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1})
			return err
		}))
		w.axe(fmt.Sprintf("kiosk unknown at %d", width))
	}
	w.is(`document.body.innerText.includes('Не познавам тази библиотека') && /kiosk\/(vratsa|mezdra)/.test(document.body.innerText)`)
}
