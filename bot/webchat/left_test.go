package webchat

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"orientir/bot"
)

// desk is a desk whose ticket a test sets; nil: none is open.
type desk struct{ ticket atomic.Pointer[bot.Ticket] }

func (d *desk) set(o *Options) {
	o.Ticket = func(context.Context, int64) (bot.Ticket, bool, error) {
		if t := d.ticket.Load(); t != nil {
			return *t, true, nil
		}
		return bot.Ticket{}, false, nil
	}
}

// answers lets a librarian answer and close, ten minutes ago.
func (b *bundle) answers(t *testing.T, conversation int64) {
	t.Helper()
	for _, do := range []func() error{
		func() error { return b.conversations.Claim(t.Context(), b.pool, conversation, "staff:7") },
		func() error {
			id, err := b.conversations.Say(t.Context(), b.pool, conversation, "staff:7", bot.Body{Text: "Свидетелството е безплатно.", Language: "bg"})
			if err == nil {
				_, err = b.pool.Exec(t.Context(), `UPDATE messages SET created_at = created_at - interval '10 minutes' WHERE id = $1`, id)
			}
			return err
		},
		func() error { return b.conversations.Release(t.Context(), b.pool, conversation, "staff:7") },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALeftQuestionIsFoundWhenReturning(t *testing.T) {
	t.Parallel()
	var d desk
	b := setup(t, d.set)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card') && document.querySelector('.from-person[data-id]')`)
	if kept := w.text(`String(localStorage.length)`); kept != "0" {
		t.Error("the device remembers somebody who left nothing")
	}
	token := w.text(`sessionStorage.getItem('orientir-conversation')`)
	key, _ := contactKey(token)
	c, _, err := b.conversations.Of(t.Context(), Channel, key)
	if err != nil {
		t.Fatal(err)
	}
	d.ticket.Store(&bot.Ticket{ID: 1, Position: 1, Left: true, OpenedAt: time.Now()})
	b.conversations.Wake(t.Context(), c.ID)
	w.is(`document.getElementById('holder').textContent.includes('Оставихте въпроса си') && localStorage.getItem('orientir-left-question')`)
	// The tab is closed: what it knew is gone.
	w.do(chromedp.Evaluate[chromedp.Void](`sessionStorage.clear()`), chromedp.Navigate("about:blank"))
	b.answers(t, c.ID)
	d.ticket.Store(nil)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.querySelector('.from-librarian .missed')?.textContent === 'Дойде, докато Ви нямаше' && document.querySelector('.from-librarian').innerText.includes('безплатно')`)
	w.is(`localStorage.length === 0`) // it was found: only the tab remembers it now
	w.axe("found when returning")
	w.shoot("found when returning")
	w.do(chromedp.Reload())
	w.is(`document.querySelector('.from-librarian') && !document.querySelector('.missed')`)
	if fault := w.fault.Load(); fault != nil {
		t.Errorf("the page reported %v", fault)
	}
}

func TestALeftQuestionIsFoundWithoutScripts(t *testing.T) {
	t.Parallel()
	var d desk
	b := setup(t, d.set)
	w := b.browser(t, true)
	// The jar tells no ages: who left nothing loses the cookie after an hour, by what the site says.
	age := 0
	w.http.Transport = watched(func(r *http.Response) {
		for _, c := range r.Cookies() {
			age = c.MaxAge
		}
	})
	w.send("text", "съдебно")
	if age != 3600 {
		t.Errorf("the cookie lives %d seconds", age)
	}
	d.ticket.Store(&bot.Ticket{ID: 1, Position: 1, Left: true, OpenedAt: time.Now().AddDate(0, 0, -10)})
	w.open("/")
	w.shows("Оставихте въпроса си")
	const day = 24 * 3600
	if age <= 3*day || age > 4*day { // fourteen days from the hand-over on, whenever somebody looks
		t.Errorf("ten days after the hand-over the cookie lives %d seconds", age)
	}
	var conversation int64
	if err := b.pool.QueryRow(t.Context(), `SELECT id FROM conversations`).Scan(&conversation); err != nil {
		t.Fatal(err)
	}
	b.answers(t, conversation)
	d.ticket.Store(nil)
	w.open("/")
	w.shows("Дойде, докато Ви нямаше", "Свидетелството е безплатно.")
	w.open("/")
	if strings.Contains(w.page, "Дойде, докато Ви нямаше") {
		t.Error("it is said again")
	}
	if age != 3600 {
		t.Errorf("nothing is to come any more, and the cookie lives %d seconds", age)
	}
	if _, err := b.pool.Exec(t.Context(), `
		INSERT INTO problem_hearers (answer, contact, at) SELECT a.id, c.contact, now() - interval '170 days' FROM answers a, conversations c LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	w.open("/")
	if age <= 9*day || age > 10*day {
		t.Errorf("170 days after somebody wanted to hear the cookie lives %d seconds", age)
	}
}

// watched shows each answer to a test on its way.
type watched func(*http.Response)

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		w(answer)
	}
	return answer, err
}

// A look does not begin the time anew for which the device remembers who waits for something.
func TestTheDeviceForgetsInTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, map[string]any{"event_id": "a-question-to-hear-of", "kind": "text", "text": "съдебно"})
	on := b.listen(t, token, 0)
	on.from("bot")
	on.close()
	var until int64
	if err := b.pool.QueryRow(t.Context(), `
		INSERT INTO problem_hearers (answer, contact, at) SELECT a.id, c.contact, now() - interval '170 days' FROM answers a, conversations c LIMIT 1
		RETURNING extract(epoch FROM at + interval '4320 hours')::bigint`).Scan(&until); err != nil {
		t.Fatal(err)
	}
	again := b.listen(t, token, 0)
	defer again.close()
	if s := again.next("state"); s.Until < until-1 || s.Until > until+1 { // the database rounds
		t.Errorf("it is remembered until %d, want %d", s.Until, until)
	}
}
