package console

import (
	"context"
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

	// While the holder is at the desk, a supervisor who joins helps and does not take the conversation over.
	i.do(chromedp.Click(`form[action$="/sign-out"] button`, chromedp.NodeVisible))
	i.is(`document.getElementById('password')`)
	i.signIn(b, ana)
	b.lookUntil(maria, true)
	i.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	i.do(chromedp.Click(`form[action$="/join"] button`, chromedp.NodeVisible))
	i.is(`document.querySelector('form[action$="/leave"]') && !document.querySelector('form[action$="/take-over"]')`)

	// She leaves the desk: now the supervisor may. A page that follows nothing is between, so that no stream says once more that she is there.
	m.do(chromedp.Navigate(b.URL + "/console/account"))
	m.do(chromedp.Click(`form[action$="/sign-out"] button`, chromedp.NodeVisible))
	m.is(`document.getElementById('password')`)
	b.lookUntil(maria, false)
	i.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	i.is(`document.querySelector('form[action$="/take-over"]')`)
	i.do(chromedp.Click(`form[action$="/take-over"] button`, chromedp.NodeVisible))
	i.reads("Вие водите разговора")
	m.signIn(b, maria)
	m.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	m.reads("При Ана")
	if tk, ok, err := b.desk.Ticket(b.ctx, ana, ticket); err != nil || !ok || tk.ClaimedBy != ana.ID {
		t.Errorf("held by %d, %v %v", tk.ClaimedBy, ok, err)
	}
}

// lookUntil has the desk look who is there until it notices that somebody is, or is not.
func (b *bundle) lookUntil(a staff.Account, here bool) {
	b.Helper()
	ctx, stop := context.WithCancel(b.ctx)
	done := make(chan error, 1)
	go func() { done <- b.desk.Run(ctx) }()
	eventually(b.T, "the desk sees who is there", func() bool { return b.desk.Present(a.ID) == here })
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
