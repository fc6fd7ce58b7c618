package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// a4 is a sheet in inches.
const a4Width, a4Height = 210 / 25.4, 297 / 25.4

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

// printed is what the tab's page becomes on paper.
func (w *tab) printed() []byte {
	w.t.Helper()
	var data []byte
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		yes := true
		result, err := cdp.Call(ctx, target, cdpage.PrintToPDF, cdpage.PrintToPDFParams{PreferCSSPageSize: &yes, PaperWidth: a4Width, PaperHeight: a4Height})
		data = result.Data
		return err
	}))
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		w.t.Fatalf("printed %d bytes that are no PDF", len(data))
	}
	return data
}

// onPaper lays the page out as on A4 with its margins.
func (w *tab) onPaper() {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 703, Height: 1039, DeviceScaleFactor: 1})
		if err == nil {
			_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		}
		return err
	}))
	w.is(`matchMedia('print').matches && innerWidth === 703`)
}

// Every guide that the program comes with is one sheet of A4, in both languages. One tab prints them all, each after a break:
// as many sheets as guides means that none has two.
func TestAGuideIsOneSheetOfPaper(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.store.LoadStarter(t.Context()); err != nil {
		t.Fatal(err)
	}
	guides, err := b.store.Guides(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, 1280, 900)
	w.do(chromedp.Navigate(b.URL + "/guides/criminal-record"))
	if n := len(pdfPage.FindAll(w.printed(), -1)); n != 1 {
		t.Errorf("the page as it is prints on %d sheets", n)
	}
	for _, language := range []string{"bg", "en"} {
		var all strings.Builder
		for _, g := range guides {
			_, html := b.call(t, "GET", "/guides/"+g.Slug+"?lang="+language, "")
			_, rest, _ := strings.Cut(html, "<header")
			body, _, found := strings.Cut(rest, "<footer")
			if !found {
				t.Fatalf("%s has no footer", g.Slug)
			}
			fmt.Fprintf(&all, `<section class="one" data-slug="%s"><header%s</section>`, g.Slug, body)
		}
		html, err := json.Marshal(all.String())
		if err != nil {
			t.Fatal(err)
		}
		w.text(fmt.Sprintf(`(() => {
			const sheet = new CSSStyleSheet();
			sheet.replaceSync('.one { break-after: page } .one:last-child { break-after: auto }');
			document.adoptedStyleSheets = [sheet];
			document.body.innerHTML = %s;
			return String(document.querySelectorAll('.one').length);
		})()`, html))
		data := w.printed()
		if folder := os.Getenv("ORIENTIR_TEST_PICTURES"); folder != "" {
			if err := os.WriteFile(folder+"/guides-"+language+".pdf", data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if sheets := len(pdfPage.FindAll(data, -1)); sheets != len(guides) {
			t.Errorf("%d guides in %s take %d sheets", len(guides), language, sheets)
		}
		// A sheet never runs on to a second one, so what doesn't fit would be cut off: nothing may.
		w.onPaper()
		cut := w.text(`[...document.querySelectorAll('.one')].filter(one => {
			const card = one.querySelector('.whole-card'), page = one.querySelector('.guide');
			return card.clientHeight < 100 || card.scrollWidth > card.clientWidth + 1 || card.scrollHeight > card.clientHeight + 1 || page.scrollHeight > page.clientHeight + 1;
		}).map(one => one.dataset.slug).join(' ')`)
		if cut != "" {
			t.Errorf("in %s something is cut off in: %s", language, cut)
		}
	}
}

func TestTheGuideOnAScreen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.store.LoadStarter(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{360, 1280} {
		w := open(t, width, 900)
		for _, path := range []string{"/guides/local-taxes-pay"} {
			w.do(chromedp.Navigate(b.URL + path))
			w.is(`!document.getElementById('print').hidden`)
			w.axe(fmt.Sprintf("%s at %d", path, width))
		}
		for _, path := range []string{"/guides", "/guides?q=зюмбюл"} {
			w.do(chromedp.Navigate(b.URL + path))
			w.axe(fmt.Sprintf("%s at %d", path, width))
		}
	}
}
