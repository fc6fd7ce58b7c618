package webchat

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"

	"orientir/bot"
)

// The person reads who speaks, and when it is over that the program answers again, whether it helped and how to go on.
func TestTheEndOfAHandOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, size := range []struct{ width, height int }{{360, 740}, {768, 900}, {1280, 800}} {
		w := open(t, size.width, size.height)
		w.do(chromedp.Navigate(b.URL + "/"))
		w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
		w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
		w.is(`document.querySelector('.from-bot .card')`)
		err := pgx.BeginFunc(context.Background(), b.pool, func(tx pgx.Tx) error {
			var id int64
			if err := tx.QueryRow(t.Context(), `SELECT max(id) FROM conversations`).Scan(&id); err != nil {
				return err
			}
			if err := b.conversations.Claim(t.Context(), tx, id, "staff:1"); err != nil {
				return err
			}
			for _, words := range []bot.Body{{Text: "Добър ден! Ето как се влиза с КЕП.", By: "Мария", Language: "bg"}, {Text: "И аз проверих, работи.", By: "Иван", Language: "bg"}} {
				if _, err := b.conversations.SayBeside(t.Context(), tx, id, "staff:1", "staff:2", words); err != nil {
					return err
				}
			}
			if err := b.conversations.Release(t.Context(), tx, id, "staff:1"); err != nil {
				return err
			}
			_, err := b.conversations.NoticeBody(t.Context(), tx, id, func(language string) bot.Body { return bot.HandedBack(language, 7, "Мария") })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.is(`[...document.querySelectorAll('.from-librarian .speaker')].map(s => s.innerText).join().includes('Мария, библиотекар, човек')`)
		w.is(`document.querySelector('button[value="again:7"]').innerText === 'Продължи с Мария'`)
		w.axe(fmt.Sprintf("end of a hand-over at %d", size.width))
		w.do(chromedp.Click(`button[value="desk:good:7"]`, chromedp.NodeVisible))
		w.is(`document.querySelector('button[value="desk:good:7"]').getAttribute('aria-pressed') === 'true'`)
		w.do(chromedp.Click(`button[value="desk:bad:7"]`, chromedp.NodeVisible)) // the first word counts
		w.is(`document.querySelector('button[value="desk:good:7"]').getAttribute('aria-pressed') === 'true'`)
	}
}
