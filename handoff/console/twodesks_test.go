package console

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"orientir/bot"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// twoDesks are two librarians of one library, each in a browser of their own, with the queue open.
func twoDesks(t *testing.T) (b *bundle, m, i *tab, maria, ivan staff.Account) {
	b = setup(t)
	b.serveTokens()
	maria = b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	ivan = b.account(staff.Profile{Email: "i@example.bg", Name: "Иван", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	m, i = open(t), open(t)
	m.signIn(b, maria)
	i.signIn(b, ivan)
	return
}

func TestTwoDesks(t *testing.T) {
	b, m, i, maria, ivan := twoDesks(t)
	m.accessible("empty queue")
	conversation, ticket := b.person("p", "трябва ми съдебно")
	b.site.Redis.Publish(b.ctx, "queue", "")
	m.reads("трябва ми съдебно")
	i.reads("трябва ми съдебно")
	m.accessible("queue")
	m.is(`document.title.startsWith('(1) ') && /^\d+:\d\d$/.test(document.querySelector('time[data-count]').textContent)`)

	// The race: both press at once. By keys alone: J chooses, C claims; in a Cyrillic layout the keys are where they were.
	m.do(chromedp.KeyEvent("?"))
	m.is(`document.getElementById('keys').open`)
	m.accessible("keys")
	m.do(chromedp.KeyEvent(kb.Escape))
	m.is(`!document.getElementById('keys').open`)
	eventually(t, "J chooses a person", func() bool { // a closing dialog gives the focus back in its own time
		m.do(chromedp.KeyEvent("j"))
		return m.text(`String(document.activeElement.classList.contains('person'))`) == "true"
	})
	m.do(chromedp.KeyEvent("c"))
	i.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action$="/claim"]')?.requestSubmit()`))
	winner, loser, first := m, i, maria
	eventually(t, "one of the two wins", func() bool {
		tk, ok, err := b.desk.Ticket(b.ctx, maria, ticket)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if tk.ClaimedBy == ivan.ID {
			winner, loser, first = i, m, ivan
		}
		return tk.State == handoff.Claimed
	})
	winner.reads("Вие водите разговора")
	loser.reads("При " + first.Name)
	second, secondName := maria, "Мария"
	if first.ID == maria.ID {
		second, secondName = ivan, "Иван"
	}

	// The person types: the winner sees it. The winner types: the person would.
	b.conversations.Types(b.ctx, conversation, bot.Person)
	winner.is(`!document.getElementById('typing').hidden`)
	winner.is(`document.querySelector('.suggestion')?.innerText.includes('Електронно свидетелство за съдимост')`)
	winner.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.suggestion details').open = true`))
	winner.accessible("chat")
	b.conversations.Rests(b.ctx, conversation, bot.Person)
	winner.is(`document.getElementById('typing').hidden`)
	winner.do(chromedp.SendKeys("#text", "Добър ден!"))
	eventually(t, "the person is shown that the librarian types", func() bool { return b.conversations.Typing(b.ctx, conversation, bot.Librarian) })
	winner.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	winner.is(`document.querySelector('.from-librarian .words')?.innerText === 'Добър ден!' && document.getElementById('text').value === ''`)
	messages, err := b.desk.Transcript(b.ctx, ticket, 0)
	if err != nil {
		t.Fatal(err)
	}
	said := messages[len(messages)-1].ID
	if err := b.conversations.Delivered(b.ctx, []int64{said}); err != nil {
		t.Fatal(err)
	}
	b.conversations.Wake(b.ctx, conversation)
	winner.is(`document.querySelector('.from-librarian .receipt')?.innerText === 'Доставено'`)
	b.conversations.Read(b.ctx, conversation, bot.Person, said)
	winner.is(`document.querySelector('.from-librarian .receipt')?.innerText === 'Прочетено'`)

	// What the person wrote was read by having it on the screen.
	b.says(conversation, "а колко струва съдебно?")
	b.conversations.Wake(b.ctx, conversation)
	winner.is(`[...document.querySelectorAll('.from-person')].at(-1).innerText.includes('колко струва')`)
	eventually(t, "the person is told that it was read", func() bool {
		read, err := b.conversations.ReadUpTo(b.ctx, conversation, bot.Librarian)
		return err == nil && read > said
	})
	winner.is(`document.querySelector('.suggestion')?.innerText.includes('колко струва')`)

	// A note is for the colleague alone, and the transfer needs consent.
	winner.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.note-form').open = true`), chromedp.SendKeys("#note", "Пита за такса."),
		chromedp.Click(".note-form button", chromedp.NodeVisible))
	winner.is(`document.querySelector('.from-note')?.innerText.includes('Пита за такса.')`)
	winner.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById('to').open = true; document.getElementById('target').value = 'account:%d'`, second.ID)),
		chromedp.Click(`form[action$="/transfer"] button`, chromedp.NodeVisible))
	winner.reads("Чакате " + secondName)
	winner.accessible("transfer asked")
	loser.reads("Молят Ви да поемете")
	loser.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.asked a.person').click()`))
	loser.reads(first.Name + " Ви моли да поемете")
	loser.is(`document.querySelector('.from-note')?.innerText.includes('Пита за такса.')`)
	loser.accessible("transfer")
	loser.do(chromedp.Click(`form[action$="/accept"] button`, chromedp.NodeVisible))
	loser.reads("Вие водите разговора")
	winner.reads("При " + secondName)

	// Close: one tap. What a colleague types meanwhile stays before their eyes.
	winner.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.note-form').open = true; document.getElementById('note').value = 'Обадих се.'`))
	loser.do(chromedp.Click(`.taps button[value="answered"]`, chromedp.NodeVisible))
	loser.reads("Разговорът приключи")
	winner.reads("Разговорът се промени. Написаното Ви още е тук.")
	winner.is(`document.getElementById('note').value === 'Обадих се.'`)
	winner.do(chromedp.Click(`#moved a`, chromedp.NodeVisible))
	winner.reads("Приключен: Отговорено")
	c, ok, err := b.desk.Ticket(b.ctx, second, ticket)
	if err != nil || !ok || c.Outcome != handoff.Answered || c.Effort != 1 || c.Guide != handoff.Fine || c.ClaimedBy != second.ID {
		t.Errorf("closed as %+v, %v", c, err)
	}
	for _, text := range b.heard(conversation) {
		if text == "Пита за такса." {
			t.Error("the person read a note")
		}
	}
}

func TestReplyIsHelpedByKeys(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	for _, c := range []handoff.Canned{
		{Title: "Поздрав", Text: "Добър ден, с какво да помогна?", Scope: handoff.Own},
		{Title: "Работно време", Text: "Отворено е 9:00–17:30 ч., пон–пет.", Scope: handoff.Library, HelpPoint: "vratsa"},
	} {
		c.Language = "bg"
		if _, err := b.desk.SaveCanned(b.ctx, maria, c); err != nil {
			t.Fatal(err)
		}
	}
	conversation, ticket := b.person("p", "здравейте")
	if err := b.desk.Claim(b.ctx, ticket, maria); err != nil {
		t.Fatal(err)
	}
	w := open(t)
	w.signIn(b, maria)
	w.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	w.is(`document.getElementById('text') && !document.getElementById('keys-open').hidden`)
	// A key chooses nothing while one types; «/» opens the menu.
	w.do(chromedp.KeyEvent("r"))
	w.is(`document.activeElement.id === 'text'`)
	// The driver sends a key's character by itself, also where the key was taken: the box is emptied of it.
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('text').value = ''`), chromedp.SendKeys("#text", "rs /раб"))
	w.is(`document.activeElement.id === 'text' && document.querySelectorAll('#canned-menu [role=option]').length === 1`)
	w.do(chromedp.SendKeys("#text", kb.Backspace+kb.Backspace+kb.Backspace))
	w.is(`document.querySelectorAll('#canned-menu [role=option]').length === 2`)
	w.accessible("ready answers")
	w.do(chromedp.SendKeys("#text", kb.ArrowDown))
	w.is(`document.querySelector('#canned-menu [aria-selected=true] strong').textContent === 'Работно време'`)
	w.do(chromedp.SendKeys("#text", "\r"))
	w.is(`document.getElementById('text').value.trim() === 'rs Отворено е 9:00–17:30 ч., пон–пет.' && document.getElementById('canned-menu').hidden`)
	// The search: one key, words, down, Enter. The card goes as the bot's would.
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('text').blur()`), chromedp.KeyEvent("s"))
	w.is(`document.activeElement.id === 'find-words'`)
	w.do(chromedp.SendKeys("#find-words", "съдебно\r"))
	w.is(`document.querySelector('#found a.attach')`)
	w.do(chromedp.SendKeys("#find-words", kb.ArrowDown), chromedp.KeyEvent("\r"))
	w.is(`!document.getElementById('attached').hidden && document.activeElement.id === 'text'`)
	w.accessible("card attached")
	w.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.is(`document.querySelector('.from-librarian .shown summary')?.innerText.includes('съдимост') && document.getElementById('attached').hidden`)
	messages, err := b.desk.Transcript(b.ctx, ticket, 0)
	if err != nil {
		t.Fatal(err)
	}
	last := messages[len(messages)-1]
	if last.Body == nil || last.Body.Guide == nil || last.Body.Guide.Slug != "criminal-record" || last.Body.Guide.Text.Title == "" || last.Author == "" {
		t.Errorf("sent %+v of conversation %d", last, conversation)
	}

	// What the server doesn't take stays in the box: while it is crowded, and when it asks to sign in, or for a second step, on the way.
	send := chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	w.do(chromedp.Evaluate[chromedp.Void](`{ const there = fetch; globalThis.fetch = (to, how) => to === document.getElementById("reply").action ?
		(globalThis.fetch = there, Promise.resolve(new Response("", {status: 503}))) : there(to, how); }`), chromedp.SendKeys("#text", "Още нещо."), send)
	w.reads("Не е изпратено. Написаното е тук")
	if err := b.staff.SetSecondStepRoles(b.ctx, 0, []staff.Role{staff.Librarian}); err != nil {
		t.Fatal(err)
	}
	w.do(send)
	w.is(`location.pathname === "` + secondStepPath + `"`)
	if err := b.staff.SetSecondStepRoles(b.ctx, 0, nil); err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate(b.URL + chatPath(ticket)))
	w.is(`document.getElementById('text')?.value === 'Още нещо.'`)
	if said := b.heard(conversation); slices.Contains(said, "Още нещо.") {
		t.Errorf("the person hears %q", said)
	}
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('text').focus()`), send)
	w.is(`document.getElementById('text').value === '' && document.getElementById('lines').innerText.includes('Още нещо.')`)
}
