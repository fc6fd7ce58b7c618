package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"orientir/handoff/staff"
)

// cookies are the names of those that the browser sends to the program, in order.
func (w *tab) cookies() (names []string) {
	w.Helper()
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		got, err := cdp.Call(ctx, target, network.GetCookies, network.GetCookiesParams{URLs: []string{behindTLS + "/console/"}})
		if err != nil {
			return err
		}
		for _, c := range got.Cookies {
			names = append(names, c.Name)
			if !c.Secure || !c.HTTPOnly || c.Path != "/" || strings.HasPrefix(c.Domain, ".") {
				w.Errorf("cookie %+v", c)
			}
		}
		return nil
	}))
	slices.Sort(names)
	return names
}

// runsScripts turns the scripts of pages on or off.
func (w *tab) runsScripts(yes bool) {
	w.Helper()
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !yes})
		return err
	}))
}

// TestOverHTTPSInABrowser holds to it that what guards https (cookies with a prefix, Secure, HSTS, the policy) stands in nobody's way: a person
// chats with scripts and without, and a librarian signs in with the second step and sees who waits.
func TestOverHTTPSInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("learns, and hashes passwords")
	}
	t.Parallel()
	g := guard(t, "TELEGRAM_WEBHOOK_SECRET", "")
	g.works()
	if _, err := g.site.staff.Add(g.ctx, staff.Profile{Email: "maria@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}}, testPassword); err != nil {
		t.Fatal(err)
	}
	w := openTab(t, g.overTLS())
	unharmed := func(where string) {
		t.Helper()
		if list := w.attacks(); len(list) > 0 {
			t.Errorf("%s: %q", where, list)
		}
	}

	// A person, with scripts: what comes, comes by the stream.
	w.do(chromedp.Navigate(behindTLS + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "къде се купува винетка"), chromedp.Click("#ask button.primary"))
	w.is(`document.querySelectorAll('.from-person').length === 1 && document.querySelectorAll('.from-bot').length > 1`)
	unharmed("the chat")
	if names := w.cookies(); len(names) > 0 {
		t.Errorf("a person with scripts has cookies: %q", names)
	}

	// Without scripts: the cookie carries the conversation from page to page.
	w.runsScripts(false)
	w.do(chromedp.Navigate(behindTLS+"/"), chromedp.SendKeys("#question", "колко струва винетката"), chromedp.Submit("#question"))
	w.is(`document.querySelectorAll('.from-person').length === 1`)
	w.do(chromedp.Navigate(behindTLS + "/"))
	w.is(`document.querySelectorAll('.from-person').length === 1`)
	if names := w.cookies(); !slices.Equal(names, []string{"__Host-orientir_conversation"}) {
		t.Errorf("a person without scripts has the cookies %q", names)
	}
	w.runsScripts(true)

	// A librarian turns the second step on, signs out, and signs in with it.
	w.signIn("maria@example.bg")
	w.is(`location.pathname === '/console/queue'`)
	unharmed("the queue")
	w.do(chromedp.Navigate(behindTLS+"/console/account/second-step"), chromedp.Click("main form button"))
	w.is(`document.querySelector('.square svg')`)
	unharmed("the second step's square")
	secret := w.text(`document.querySelector('.secret').textContent.replaceAll(' ', '')`)
	code, err := totp.GenerateCode(secret, time.Now())
	g.must(err)
	w.do(chromedp.SendKeys("#confirm", code), chromedp.Submit("#confirm"))
	w.is(`document.querySelectorAll('.recovery li').length === 10`)
	recovery := w.text(`document.querySelector('.recovery code').textContent`)
	w.do(chromedp.Click(".me button"))
	w.is(`location.pathname === '/console/sign-in'`)
	w.signIn("maria@example.bg")
	w.is(`document.querySelector('#code')`)
	if names := w.cookies(); !slices.Contains(names, "__Host-orientir_staff_half") || slices.Contains(names, "__Host-orientir_staff") {
		t.Errorf("half way in, the cookies are %q", names)
	}
	unharmed("the second step")
	w.do(chromedp.SendKeys("#code", recovery), chromedp.Submit("#code"))
	w.is(`location.pathname === '/console/queue'`)
	if names := w.cookies(); !slices.Contains(names, "__Host-orientir_staff") || slices.Contains(names, "__Host-orientir_staff_half") {
		t.Errorf("signed in, the cookies are %q", names)
	}

	// Who waits now is seen at once, by the queue's stream.
	ana := g.visitor()
	ana.does("command", "librarian")
	g.eventually("an offer", func() bool { return g.count(`SELECT count(*) FROM messages WHERE body::text LIKE '%human:yes%'`) > 0 })
	ana.does("button", "human:yes")
	w.is(`document.querySelector('form[action$="/claim"]')`)
	unharmed("somebody in the queue")
	w.do(chromedp.Submit(`form[action$="/claim"] button`))
	w.is(`location.pathname.startsWith('/console/chats/')`)
	unharmed("a chat")
}

// inABrowser shows the planted pages to a real browser, whose own reading of HTML and whose running of our scripts may find what the reading
// of pages alone does not.
func (p *sown) inABrowser(t *testing.T) {
	w := openTab(t, p.overTLS())
	w.seesAttacks()
	w.signIn("all@example.bg")
	w.is(`document.querySelector('.me')`)
	attack := url.QueryEscape(p.text("what is looked for in a browser", 200))
	chat := fmt.Sprintf("/console/chats/%d", p.count(`SELECT min(id) FROM tickets`))
	for _, path := range []string{
		"/guides/hostile-markdown", "/guides/hostile-linked?lang=en", "/guides?q=" + attack, "/libraries/vratsa", "/kiosk/vratsa", "/guides/hostile-markdown/report", "/embed?place=" + attack, "/nowhere?x=" + attack,
		"/console/queue", chat, "/console/libraries/vratsa/about", "/console/guides/hostile-markdown/edit", "/console/guides/hostile-markdown/preview", "/console/worklist", "/console/audit", "/console/people",
		"/console/transcripts", "/console/guides?find=" + attack,
	} {
		w.do(chromedp.Navigate(behindTLS + path))
		if list := w.attacks(); len(list) > 0 {
			t.Errorf("%s: %s", path, strings.Join(list, "; "))
		}
	}
	// The open chat: its script puts in what is there, and what comes.
	w.do(chromedp.Navigate(behindTLS + "/"))
	w.text(fmt.Sprintf(`sessionStorage.setItem('orientir-conversation', %q), ''`, p.token))
	w.do(chromedp.Reload())
	w.is(`document.querySelectorAll('[data-id]').length > 3`)
	before := w.text(`String(document.querySelectorAll('[data-id]').length)`)
	p.says(p.nobody(), "text", p.text("words while the page is open", 1500))
	w.is(`document.querySelectorAll('[data-id]').length > ` + before)
	if list := w.attacks(); len(list) > 0 {
		t.Errorf("the open chat: %s", strings.Join(list, "; "))
	}
}
