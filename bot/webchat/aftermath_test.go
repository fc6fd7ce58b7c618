package webchat

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"

	"orientir/bot"
)

// Who agrees to be asked later finds the question on the same device, in a new tab, and answers with three taps; then the device forgets.
func TestTheLaterQuestionIsFoundWhenReturning(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.from-bot .card')`)
	press := func(label string) {
		t.Helper()
		w.is(`[...document.querySelectorAll('.from-bot button, .from-system button')].some(b => b.innerText.trim() === '` + label + `')`)
		w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('.from-bot button, .from-system button')].findLast(b => b.innerText.trim() === '` + label + `').click()`))
	}
	press("Помогна ми")
	w.is(`document.body.innerText.includes('Отговаряте с бутони, без име')`)
	if kept := w.text(`String(localStorage.length)`); kept != "0" {
		t.Error("the device remembers somebody who has agreed to nothing")
	}
	w.shoot("may we ask later")
	press("Да, попитайте ме")
	w.is(`document.body.innerText.includes('когато отворите Ориентир от това устройство') && localStorage.length === 1`)
	w.do(chromedp.Evaluate[chromedp.Void](`sessionStorage.clear()`), chromedp.Navigate("about:blank"))

	var conversation int64
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(t.Context(), `UPDATE aftermaths SET asked_at = now() RETURNING (SELECT id FROM conversations)`).Scan(&conversation); err != nil {
			return err
		}
		_, err := b.conversations.NoticeBody(t.Context(), tx, conversation, func(language string) bot.Body {
			return bot.Body{Text: "Ползвахте ли услугата?", Buttons: []bot.Action{{Label: "Ползвах я", Data: "after:used:yes"}}}
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate(b.URL + "/"))
	press("Ползвах я")
	press("Да, стана")
	w.is(`document.body.innerText.includes('Бихте ли препоръчали')`)
	w.axe("asked later")
	w.shoot("asked later")
	press("Не")
	w.is(`document.body.innerText.includes('Това помага услугите да станат по-добри') && localStorage.length === 0`)
	var worked, recommends bool
	if err := b.pool.QueryRow(t.Context(), `SELECT worked, recommends FROM aftermaths WHERE used = 'yes'`).Scan(&worked, &recommends); err != nil || !worked || recommends {
		t.Errorf("kept %t, %t, %v", worked, recommends, err)
	}
}
