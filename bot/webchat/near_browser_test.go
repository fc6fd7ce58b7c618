package webchat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Libraries near a place, with all that a card can say.
func TestLibrariesNearAPlace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.store.Import(t.Context(), "help-points", strings.NewReader(
		"id\tname\tekatte\taddress\tphone\tlat\tlon\thours\texceptions\toffers\tlanguages\n"+
			"vratsa\tРегионална библиотека „Христо Ботев“\t12259\tул. „Петропавловска“ 44\t092 62 12 29; 0888 123 456\t43.2010\t23.5520\tпон–пет 9:00–17:00\t2020-01-01–2099-12-31: затворено: ремонт\tcomputers; wifi; kep-help\ten; tr\n")); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{360, 768, 1280} {
		w := open(t, width, 900)
		w.do(chromedp.Navigate(b.URL + "/"))
		w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
		w.do(chromedp.Click(`.greeting button[value="near"]`, chromedp.NodeVisible))
		w.is(`document.querySelector('.place input[name="text"]')`)
		w.do(chromedp.SendKeys(`.place input[name="text"]`, "Враца"+kb.Enter))
		w.is(`document.querySelector('.help-point')`)
		w.axe(fmt.Sprintf("near a place at %d", width))
		if words := w.text(`document.querySelector('.help-point').innerText`); !strings.Contains(words, "ремонт") || !strings.Contains(words, "0888 123 456") {
			t.Errorf("%d: %s", width, words)
		}
	}
}
