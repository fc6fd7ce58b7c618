package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/deploy/chromiumtest"
	"orientir/handoff/staff"
)

// chromium is of all tests of the package.
var chromium chromiumtest.Browser

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// librarian works at the desk, or an editor at the guides, in a tab of their own.
type librarian struct {
	t       *testing.T
	account staff.Account
	context context.Context
}

func newLibrarian(t *testing.T, p *program, s *site, name, email string) *librarian {
	t.Helper()
	l := inChromium(t, p, s, staff.Profile{Email: email, Name: name, Roles: []staff.Role{staff.Librarian}})
	l.do(chromedp.Navigate(p.url + "/console/queue"))
	l.is(`document.getElementById('queue')`)
	return l
}

// inChromium gives somebody an account and signs them in, in a tab of their own.
func inChromium(t *testing.T, p *program, s *site, profile staff.Profile) *librarian {
	t.Helper()
	const password = "дълга парола за проба 7"
	account, err := s.staff.Add(t.Context(), profile, password)
	if err != nil {
		t.Fatal(err)
	}
	l := &librarian{t, account, chromium.Tab(t)}
	l.do(chromedp.Navigate(p.url+"/console/sign-in"), chromedp.SendKeys("#email", profile.Email), chromedp.SendKeys("#password", password),
		chromedp.Click("main button", chromedp.NodeVisible))
	l.is(`document.querySelector('.me')`)
	return l
}

func (l *librarian) do(steps ...chromedp.Action[chromedp.Void]) {
	l.t.Helper()
	if _, err := chromedp.Run(l.context, chromedp.Steps(steps...)); err != nil {
		l.t.Fatalf("in %s's browser: %v", l.account.Name, err)
	}
}

// press clicks in one go: a live list may be drawn anew between finding a thing and moving the mouse there.
func (l *librarian) press(selector string) {
	l.t.Helper()
	l.is(fmt.Sprintf(`document.querySelector(%q)`, selector))
	l.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, selector)))
}

func (l *librarian) is(condition string) {
	l.t.Helper()
	eventually(l.t, l.account.Name+"'s page", func() string {
		yes, err := chromedp.Run(l.context, chromedp.Evaluate[bool]("document.readyState === 'complete' && !!("+condition+")"))
		if err == nil && yes {
			return ""
		}
		text, _ := chromedp.Run(l.context, chromedp.Evaluate[string](`document.body.innerText.slice(0, 2000)`))
		return fmt.Sprintf("never true: %s (%v); it reads %s", condition, err, text)
	})
}

func (l *librarian) reads(words string) {
	l.t.Helper()
	l.is(fmt.Sprintf("document.body.innerText.includes(%q)", words))
}

// TestHandOverWithATransfer brings a person on Telegram to one librarian in a browser, on to another in another browser, and back to
// the bot, through the whole program but for its answers.
func TestHandOverWithATransfer(t *testing.T) {
	t.Parallel()
	p, site := withoutAnswers(t)
	maria, ivan := newLibrarian(t, p, site, "Мария", "maria@example.bg"), newLibrarian(t, p, site, "Иван", "ivan@example.bg")
	georgi := p.double.Person(21, "Георги", "bg")
	hears := func(words string) {
		t.Helper()
		eventually(t, "the person", func() string { return heard(p, georgi.ID, words) })
	}
	askForAPerson(t, p, georgi)
	ivan.is(`document.querySelector('form[action$="/claim"]')`)
	maria.press(`form[action$="/claim"] button`)
	maria.reads("Вие водите разговора")
	ivan.reads("При Мария")
	hears("Включи се библиотекар: Мария")
	georgi.Say("не мога да вляза в портала")
	maria.reads("не мога да вляза в портала")
	maria.do(chromedp.SendKeys("#text", "Добър ден, ще Ви свържа с колега."))
	maria.press(`form[action$="/reply"] button`)
	hears("Добър ден, ще Ви свържа с колега.")

	maria.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('#target').value = 'account:%d'`, ivan.account.ID)))
	maria.press(`form[action$="/transfer"] button`)
	maria.reads("Чакате Иван")
	ivan.press(`.asked a.person`)
	ivan.press(`form[action$="/accept"] button`)
	ivan.reads("Вие водите разговора")
	chat, err := chromedp.Run(ivan.context, chromedp.Evaluate[string](`location.pathname`))
	if err != nil {
		t.Fatal(err)
	}
	maria.reads("При Иван")
	hears("Иван")
	georgi.Say("ало")
	ivan.reads("ало")
	ivan.do(chromedp.SendKeys("#text", "Здравейте, Иван съм."))
	ivan.press(`form[action$="/reply"] button`)
	hears("Здравейте, Иван съм.")

	ivan.press(`.taps button[value="answered"]`)
	ivan.reads("Разговорът приключи")
	eventually(t, "the person is asked whether it helped", func() string {
		if tap(p, georgi, "desk:good:") {
			return ""
		}
		return "no question came"
	})
	eventually(t, "the rating stands at the desk", func() string {
		page := signIn(t, p, "ivan@example.bg", "дълга парола за проба 7").page(chat)
		if strings.Contains(page, "Човекът го оцени") {
			return ""
		}
		return page
	})
}
