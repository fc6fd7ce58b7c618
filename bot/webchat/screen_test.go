package webchat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"orientir/bot"
)

// Whoever reads a guide on a phone of 360 by 740 points sees the way to the official site before they scroll.
func TestFirstActionStandsOnTheFirstScreen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.store.LoadStarter(t.Context()); err != nil {
		t.Fatal(err)
	}
	guides, err := b.store.Guides(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pages, err := loadPages()
	if err != nil {
		t.Fatal(err)
	}
	var cards bytes.Buffer
	for i, g := range guides {
		c := bot.NewCard(g, "bg", "")
		if err := pages["message"].ExecuteTemplate(&cards, "card", (voice{site: &site{}, chosen: "bg"}).messageCard(&c, int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	html, err := json.Marshal(cards.String())
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card')`)
	below := w.text(fmt.Sprintf(`(() => {
		document.querySelector('.from-bot .card').outerHTML = %s;
		const screen = innerHeight - document.getElementById('question').form.offsetHeight;
		return [...document.querySelectorAll('.from-bot .card')]
			.filter(c => c.querySelector('.go').getBoundingClientRect().bottom - c.getBoundingClientRect().top > screen)
			.map(c => c.querySelector('h2').innerText).join('; ');
	})()`, html))
	if below != "" {
		t.Errorf("the way to the official site stands below the first screen in: %s", below)
	}
}
