package console

import (
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
)

// TestSecondStepInABrowser turns the second step on, signs out and comes back with a code, on a small screen and on a wide one.
func TestSecondStepInABrowser(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "maria@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian, staff.Admin}})
	w := open(t)
	signIn := func() {
		w.do(chromedp.Navigate(b.URL+"/console/sign-in"), chromedp.SendKeys("#email", a.Email), chromedp.SendKeys("#password", password), chromedp.Submit("#password"))
	}
	signIn()
	w.is("location.pathname == '/console/queue'")
	w.do(chromedp.Navigate(b.URL + secondStepPath))
	w.accessible("before the second step")
	w.do(chromedp.Click("main form button"))
	w.is("document.querySelector('.square svg')")
	w.do(chromedp.Click("main details summary"))
	w.accessible("the secret is shown")
	p := phone{b, w.text(`document.querySelector('.secret').textContent.replaceAll(' ', '')`)}
	w.do(chromedp.SendKeys("#confirm", "000000"), chromedp.Submit("#confirm"))
	w.reads("Кодът не е верен")
	w.accessible("a wrong code")
	w.do(chromedp.SendKeys("#confirm", p.code()), chromedp.Submit("#confirm"))
	w.is("document.querySelectorAll('.recovery li').length == 10")
	w.accessible("recovery codes")
	code := w.text(`document.querySelector('.recovery code').textContent`)
	w.do(chromedp.Navigate(b.URL + secondStepPath))
	w.accessible("the second step is on")
	w.do(chromedp.Navigate(b.URL + "/console/people"))
	w.accessible("whose second step is on")
	w.do(chromedp.Click(".narrow-form button"))
	w.is("document.querySelector('#proof') === document.activeElement")
	w.accessible("a proof is asked for")
	w.do(chromedp.Navigate(b.URL + "/console/account"))
	w.accessible("one's own account")
	w.do(chromedp.Click(".me button"))
	w.reads("Вход за служители")
	signIn()
	w.is("document.querySelector('#code') === document.activeElement")
	w.accessible("the code is asked for")
	w.do(chromedp.SendKeys("#code", code), chromedp.Submit("#code"))
	w.is("location.pathname == '/console/queue'")
}
