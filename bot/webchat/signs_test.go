package webchat

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"orientir/bot"
)

// held makes a conversation that a librarian holds, and gives its token.
func (b *bundle) held(t *testing.T, token string) bot.Conversation {
	t.Helper()
	key, _ := contactKey(token)
	c, ok, err := b.conversations.Of(t.Context(), Channel, key)
	if err != nil || !ok {
		t.Fatalf("no conversation: %v", err)
	}
	if err := b.conversations.Claim(t.Context(), b.pool, c.ID, "7"); err != nil {
		t.Fatal(err)
	}
	b.conversations.Wake(t.Context(), c.ID)
	return c
}

func (b *bundle) sign(t *testing.T, token, body string, want int) {
	t.Helper()
	if r, text := b.call(t, "POST", "/api/v1/conversations/signs", body, "Orientir-Conversation", token, "Content-Type", "application/json"); r.StatusCode != want {
		t.Errorf("%s: %d %s", body, r.StatusCode, text)
	}
}

func TestSignsPassOnlyWhileALibrarianIsThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.sign(t, token, `{"typing":true}`, 404) // nothing was said yet
	own := b.say(t, token, question("event-0001", "трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	answer := stream.from(bot.Robot)
	b.sign(t, token, fmt.Sprintf(`{"typing":true,"read":%d}`, answer.ID), 204)
	key, _ := contactKey(token)
	c, _, err := b.conversations.Of(t.Context(), Channel, key)
	if err != nil {
		t.Fatal(err)
	}
	if b.conversations.Typing(t.Context(), c.ID, bot.Person) {
		t.Error("typing is noted though nobody is there to see it")
	}
	b.held(t, token)
	b.sign(t, token, `{"typing":true}`, 204)
	if !b.conversations.Typing(t.Context(), c.ID, bot.Person) {
		t.Error("typing is not noted")
	}
	b.sign(t, token, `{"typing":"yes"}`, 400)
	b.sign(t, newToken(), `{"typing":true}`, 404)

	b.conversations.Types(t.Context(), c.ID, bot.Librarian)
	if !stream.next("typing").Typing {
		t.Error("the first sign is that nobody types")
	}
	b.conversations.Read(t.Context(), c.ID, bot.Librarian, own)
	if read := stream.next("read").Read; read != own {
		t.Errorf("read up to %d, want %d", read, own)
	}
	b.conversations.Rests(t.Context(), c.ID, bot.Librarian)
	if stream.next("typing").Typing {
		t.Error("typing goes on after the words were sent")
	}
}

func TestPageShowsWhatTheLibrarianDoesAndTellsWhatThePersonDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card') && document.querySelector('.from-person[data-id]')`)
	c := b.held(t, w.text(`sessionStorage.getItem('orientir-conversation')`))
	said, err := b.conversations.Say(t.Context(), b.pool, c.ID, "7", bot.Body{Text: "Добър ден!", Language: "bg"})
	if err != nil {
		t.Fatal(err)
	}
	b.conversations.Wake(t.Context(), c.ID)
	w.is(fmt.Sprintf(`document.querySelector('.message[data-id="%d"]')`, said))
	eventually(t, "the person's page tells that it was read", func() bool {
		read, err := b.conversations.ReadUpTo(t.Context(), c.ID, bot.Person)
		return err == nil && read == said
	})
	b.conversations.Types(t.Context(), c.ID, bot.Librarian)
	w.is(`!document.getElementById('typing').hidden && document.getElementById('typing-words').textContent.includes('Библиотекарят пише')`)
	w.axe("the librarian types")
	w.shoot("librarian types")
	b.conversations.Rests(t.Context(), c.ID, bot.Librarian)
	w.is(`document.getElementById('typing').hidden`)
	w.do(chromedp.SendKeys("#question", "пиша"))
	eventually(t, "the person's typing is told", func() bool { return b.conversations.Typing(t.Context(), c.ID, bot.Person) })
	own := w.text(`[...document.querySelectorAll('.from-person[data-id]')].at(-1).dataset.id`)
	var id int64
	fmt.Sscan(own, &id)
	b.conversations.Read(t.Context(), c.ID, bot.Librarian, id)
	w.is(`document.querySelector('.from-person .read')?.textContent.includes('Прочетено')`)
}

// eventually waits for what a browser does by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s", what)
		}
	}
}
