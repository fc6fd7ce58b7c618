package console

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
)

func TestASecondLibrarianJoinsAndASupervisorTakesOver(t *testing.T) {
	b, m, i, maria, _ := twoDesks(t)
	ana := b.account(staff.Profile{Email: "a@example.bg", Name: "Ана", Roles: []staff.Role{staff.Supervisor}})
	conversation, ticket := b.person("p", "трябва ми съдебно")
	if err := b.desk.Claim(b.ctx, ticket, maria); err != nil {
		t.Fatal(err)
	}
	m.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	m.reads("Вие водите разговора")

	// The second writes as the first does: the first and the person read it.
	i.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	i.do(chromedp.Click(`form[action$="/join"] button`, chromedp.NodeVisible))
	i.is(`document.getElementById('reply') && document.querySelector('form[action$="/leave"]')`)
	i.accessible("chat joined")
	i.do(chromedp.SendKeys("#text", "И аз ще помогна."), chromedp.Click(`#reply button`, chromedp.NodeVisible))
	i.is(`document.querySelector('.from-librarian .words')?.innerText === 'И аз ще помогна.' && document.getElementById('text').value === ''`)
	m.is(`document.querySelector('.from-librarian .who')?.innerText.includes('Иван')`)
	if heard := b.heard(conversation); !slices.Contains(heard, "И аз ще помогна.") {
		t.Errorf("the person heard %q", heard)
	}
	m.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	m.reads("Вие водите разговора")
	m.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('.help details').forEach(d => d.open = true)`))
	m.accessible("closing")
	i.do(chromedp.Click(`form[action$="/leave"] button`, chromedp.NodeVisible))
	i.is(`location.pathname === '/console/queue'`)

	// The holder has left the desk: a supervisor joins and takes the conversation over.
	i.do(chromedp.Click(`form[action$="/sign-out"] button`, chromedp.NodeVisible))
	i.is(`document.getElementById('password')`)
	i.signIn(b, ana)
	i.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	i.do(chromedp.Click(`form[action$="/join"] button`, chromedp.NodeVisible))
	i.is(`document.querySelector('form[action$="/take-over"]')`)
	i.do(chromedp.Click(`form[action$="/take-over"] button`, chromedp.NodeVisible))
	i.reads("Вие водите разговора")
	m.reads("При Ана")
	if tk, ok, err := b.desk.Ticket(b.ctx, ana, ticket); err != nil || !ok || tk.ClaimedBy != ana.ID {
		t.Errorf("held by %d, %v %v", tk.ClaimedBy, ok, err)
	}
}
