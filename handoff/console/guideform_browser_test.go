package console

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// write puts words into a field as somebody who types them.
func (w *tab) write(name string, n int, words string) {
	w.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`{ const f = document.querySelectorAll('[name=%q]')[%d]; f.value = %q; f.dispatchEvent(new Event('input', {bubbles: true})); }`, name, n, words)))
}

func TestAGuideIsWrittenInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	edit := b.URL + "/console/guides/criminal-record/edit"
	maria := b.editorOf("maria")
	w := open(t)
	w.signIn(b, maria)
	w.do(chromedp.Navigate(b.URL + "/console/guides/new"))
	w.accessible("guide-new")

	w.do(chromedp.Navigate(edit))
	w.is(`document.querySelector('.views [aria-pressed=true]')`)
	w.is(`frames.preview.document.querySelector('.card h2')`)
	w.accessible("guide-form")

	// It is checked and shown as it is typed, and saved by itself.
	w.write("text.bg.summary", 0, "Това е съвсем ново кратко описание. Пишем го в браузъра.")
	w.write("link", 0, "https://mjs.bg.evil.top")
	w.is(`document.getElementById('link-said').innerText.includes('не е на познат официален сайт')`)
	w.is(`frames.preview.document.body.innerText.includes('съвсем ново кратко описание')`)
	w.is(`document.getElementById('saved').innerText.startsWith('Запазено')`)
	eventually(t, "the draft is kept", func() bool {
		return strings.HasPrefix(b.draft("criminal-record").Guide.Text["bg"].Summary, "Това е съвсем ново") && b.draft("criminal-record").Guide.Link == "https://mjs.bg.evil.top"
	})
	w.do(chromedp.Click(`[data-channel=telegram][data-language=bg]`, chromedp.NodeVisible))
	w.is(`frames.preview.document.querySelector('.bubble')?.innerText.includes('съвсем ново кратко описание')`)
	w.pictures("guide-form-telegram")

	// Rows grow, move and go by their buttons.
	steps := len(b.draft("criminal-record").Guide.Text["bg"].Steps)
	w.do(chromedp.Click(`[data-list=steps] [data-add]`, chromedp.NodeVisible))
	w.is(`document.activeElement.name === 'text.bg.steps'`)
	w.write("text.bg.steps", steps, "Последна стъпка.")
	w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelectorAll('[data-list=steps] [data-act=up]')[%d].click()`, steps)))
	eventually(t, "the row is kept where it was moved to", func() bool {
		now := b.draft("criminal-record").Guide.Text["bg"].Steps
		return len(now) == steps+1 && now[steps-1] == "Последна стъпка."
	})

	// A reload finds it all.
	w.is(`document.getElementById('saved').innerText.startsWith('Запазено')`)
	w.do(chromedp.Navigate(edit))
	w.is(`document.querySelector('[name="text.bg.summary"]').value.startsWith('Това е съвсем ново') && document.getElementById('copy').hidden`)

	// Without a network what is typed stays in the browser, and is offered after a reload.
	w.do(chromedp.Evaluate[chromedp.Void](`{ const there = fetch; globalThis.fetch = () => Promise.reject(new TypeError("no network")); globalThis.back = () => { globalThis.fetch = there; dispatchEvent(new Event("online")); }; }`))
	w.write("text.bg.time", 0, "докато няма мрежа")
	w.reads("Няма връзка. Написаното се пази")
	w.pictures("guide-form-offline")
	w.do(chromedp.Evaluate[chromedp.Void](`back()`))
	eventually(t, "what was typed without a network is kept", func() bool {
		return b.draft("criminal-record").Guide.Text["bg"].Time == "докато няма мрежа"
	})
}

func TestWhatTheServerRefusesStaysUnsaved(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	w := open(t)
	w.signIn(b, b.editorOf("maria"))
	w.do(chromedp.Navigate(b.URL + "/console/guides/criminal-record/edit"))
	w.is(`document.querySelector('.views [aria-pressed=true]')`)
	w.do(chromedp.Evaluate[chromedp.Void](`{
		const there = fetch, later = setTimeout, form = document.getElementById("guide-form");
		globalThis.setTimeout = (f, ms) => later(f, Math.min(ms, 20));
		globalThis.press = (act) => form.querySelector("[name=do][value=" + act + "]").click();
		globalThis.refuse = (status) => {
			globalThis.asked = 0;
			globalThis.fetch = (to, how) => to !== form.action ? there(to, how) : (asked++, Promise.resolve(new Response('{"said": "Не може така."}', {status})));
		};
		globalThis.back = () => { globalThis.fetch = there; };
		globalThis.copied = () => Object.keys(localStorage).some((key) => key.startsWith("orientir-guide:"));
		globalThis.unsaved = (said) => {
			const line = document.getElementById("saved");
			return line.innerText.startsWith(said) && line.className === "bad" && copied() && !dispatchEvent(new Event("beforeunload", {cancelable: true}));
		};
	}`))
	for _, tc := range []struct {
		name          string
		status, tries int
		said          string
	}{
		{"a server that is down", 500, 12, "Не е запазено. Натиснете"},
		{"a text that isn't taken", 422, 1, "Не може така."},
		{"somebody who may not", 403, 1, "Не е запазено. Натиснете"},
	} {
		kept := b.draft("criminal-record").Revision
		w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`refuse(%d)`, tc.status)))
		w.write("text.bg.time", 0, tc.name)
		for i, act := range []string{"", "save", "done"} {
			if act != "" {
				w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`press(%q)`, act)))
			}
			w.is(fmt.Sprintf(`asked === %d && unsaved(%q)`, (i+1)*tc.tries, tc.said))
		}
		w.do(chromedp.Evaluate[chromedp.Void](`back(), press("save")`))
		w.is(`document.getElementById('saved').innerText.startsWith('Запазено') && dispatchEvent(new Event("beforeunload", {cancelable: true}))`)
		if d := b.draft("criminal-record"); d.Revision != kept+1 || d.Guide.Text["bg"].Time != tc.name {
			t.Errorf("%s: once it answers again, revision %d has %q", tc.name, d.Revision, d.Guide.Text["bg"].Time)
		}
	}

	// The next change is tried by itself, and what was refused is tried again once another was kept.
	w.do(chromedp.Evaluate[chromedp.Void](`refuse(422)`))
	w.write("text.bg.time", 0, "не може")
	w.is(`unsaved("Не може така.")`)
	w.do(chromedp.Evaluate[chromedp.Void](`back()`))
	for _, words := range []string{"може", "не може"} {
		w.write("text.bg.time", 0, words)
		eventually(t, "the next change is kept", func() bool { return b.draft("criminal-record").Guide.Text["bg"].Time == words })
	}
	w.do(chromedp.Evaluate[chromedp.Void](`press("done")`))
	w.is(`location.pathname === "/console/guides/criminal-record" && !Object.keys(localStorage).some((key) => key.startsWith("orientir-guide:"))`)
}

func TestTwoEditorsCollideInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	var crowded atomic.Bool
	site := b.Config.Handler
	b.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && crowded.CompareAndSwap(true, false) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		site.ServeHTTP(w, r)
	})
	edit := b.URL + "/console/guides/criminal-record/edit"
	w := open(t)
	w.signIn(b, b.editorOf("ivan"))
	w.do(chromedp.Navigate(edit))
	w.is(`document.querySelector('.views [aria-pressed=true]')`)

	maria := b.as(b.editorOf("maria"))
	hers := maria.get("/console/guides/criminal-record/edit").form(t)
	hers.Set("text.bg.summary", "Мария написа това кратко описание.")
	hers.Set("text.bg.time", "до утре")
	if got := maria.send("POST", "/console/guides/criminal-record/edit", hers, "Accept", "application/json"); got.code != 200 {
		t.Fatal(got.code, got.body)
	}
	w.write("text.bg.summary", 0, "Иван написа друго кратко описание.")
	w.write("text.bg.fee_note", 0, "Бележката е на Иван.")
	w.reads("Maria записа промени, докато пишехте. Вашите стоят тук и не се губят.")
	w.is(`document.querySelector('[name="text.bg.summary"]').value === 'Иван написа друго кратко описание.'`)
	w.pictures("guide-form-collided")

	// They leave, and come back: what they typed is still in the browser, also after a server that is crowded was asked to take it.
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#said-clash button').click()`))
	w.reads("Двама сте писали едновременно")
	w.accessible("guide-clash")
	w.do(chromedp.Navigate(edit))
	w.is(`!document.getElementById('copy').hidden`)
	crowded.Store(true)
	w.do(chromedp.Click(`#copy-take`, chromedp.NodeVisible))
	eventually(t, "a crowded server turns it away", func() bool { return !crowded.Load() })
	w.do(chromedp.Navigate(edit))
	w.is(`!document.getElementById('copy').hidden`)
	w.do(chromedp.Click(`#copy-take`, chromedp.NodeVisible))
	w.reads("Двама сте писали едновременно")
	w.is(`document.body.innerText.includes('Иван написа друго') && document.body.innerText.includes('Мария написа това') || document.querySelectorAll('mark').length > 1`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('take-text-bg-summary-mine').click()`), chromedp.Click(`button[value=merge]`, chromedp.NodeVisible))
	w.reads("Събрах двете промени")
	text := b.draft("criminal-record").Guide.Text["bg"]
	if text.Summary != "Иван написа друго кратко описание." || text.Time != "до утре" || text.FeeNote != "Бележката е на Иван." {
		t.Errorf("%q %q %q", text.Summary, text.Time, text.FeeNote)
	}
	w.is(`document.getElementById('copy').hidden`)
}
