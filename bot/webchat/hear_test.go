package webchat

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"

	"orientir/retrieval"
)

// Who wants to hear when there is an answer finds it weeks later on the same device, in a new tab; then the device forgets.
func TestWhoWantsToHearFindsTheAnswerWhenReturning(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	w.do(chromedp.SendKeys("#question", "разрешително за фойерверки"+kb.Enter))
	w.is(`[...document.querySelectorAll('.from-bot button')].some(b => b.innerText.trim() === 'Пишете ми, когато има отговор')`)
	if kept := w.text(`String(localStorage.length)`); kept != "0" {
		t.Error("the device remembers somebody who has asked for nothing")
	}
	w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('.from-bot button')].findLast(b => b.innerText.trim() === 'Пишете ми, когато има отговор').click()`))
	w.is(`document.body.innerText.includes('от същото устройство') && localStorage.length === 1`)
	w.is(`JSON.parse(localStorage.getItem('orientir-left-question')).until > Date.now() + 100 * 86_400_000`)
	w.axe("will hear back")
	w.shoot("will hear back")
	w.do(chromedp.Evaluate[chromedp.Void](`sessionStorage.clear()`), chromedp.Navigate("about:blank"))

	guide := b.guide
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		var answer, conversation int64
		if err := tx.QueryRow(t.Context(), `DELETE FROM problem_hearers h USING conversations c WHERE c.contact = h.contact RETURNING answer, c.id`).Scan(&answer, &conversation); err != nil {
			return err
		}
		_, err := b.conversations.TellFound(t.Context(), tx, conversation, "разрешително за фойерверки", answer, retrieval.Answer{Outcome: retrieval.Answered, Guide: &guide})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.querySelector('.from-bot .card') && document.body.innerText.includes('„разрешително за фойерверки“')`)
	w.is(`localStorage.length === 0`)
	w.axe("heard back")
	w.shoot("heard back")
	if fault := w.fault.Load(); fault != nil {
		t.Errorf("the page reported %v", fault)
	}
}
