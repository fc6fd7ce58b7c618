package console

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func TestAnEditorSeesWhatADraftChanges(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	account, _ := b.editor("Елена")
	b.learned()
	b.redrafted(account)
	w := open(t)
	w.signIn(b, account)

	w.do(chromedp.Navigate(b.URL + "/console/guides/criminal-record/try"))
	w.accessible("try-empty")
	w.do(chromedp.SendKeys("#question", "откъде се вади свидетелство за съдимост"), chromedp.Click(`#try button`, chromedp.NodeVisible))
	w.reads("Вече не казва изключението:")
	w.is(`location.pathname.endsWith('/try') && document.activeElement.closest('#try') && document.querySelector('#question').value.startsWith('откъде')`)
	w.accessible("tried")

	const page = "/console/guides/criminal-record/replay"
	w.do(chromedp.Navigate(b.URL + page))
	w.accessible("replay-never")
	w.do(chromedp.Click(`#state button`, chromedp.NodeVisible))
	w.reads("Чака реда си")
	b.exec(`UPDATE replays SET state = 'running', started_at = now(), total = 5000, done = 1240, counts = '{"lost": 14, "same": 1220, "better": 6}'`)
	w.reads("1\u00a0240 от 5\u00a0000 въпроса")
	w.is(`document.querySelector('progress').value === 1240`)
	w.accessible("replay-runs")
	w.do(chromedp.Click(`form[action$="/cancel"] button`, chromedp.NodeVisible))
	w.reads("Сравнението е спряно")
	w.accessible("replay-cancelled")
	w.do(chromedp.Click(`form[action$="/replay"] button`, chromedp.NodeVisible))
	w.reads("Чака реда си")
	stop := b.replaying()
	defer stop()
	w.reads("Черновата променя") // the page comes anew by itself
	w.do(chromedp.Navigate(b.URL + page + "?kind=lost"))
	w.reads("Вече не казва изключението:")
	w.accessible("replay-lost")
	w.do(chromedp.Click(`.asked summary`, chromedp.NodeVisible))
	w.is(`document.querySelector('.answers').getBoundingClientRect().height > 100`)
	w.accessible("replay-side-by-side")
	w.do(chromedp.Navigate(b.URL + page + "?kind=better"))
	w.reads("не намира упътване")
	w.accessible("replay-better")
}
