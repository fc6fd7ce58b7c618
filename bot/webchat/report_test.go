package webchat

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/bot"
)

// told keeps what was reported, as the editors would.
type told struct {
	sync.Mutex
	list []bot.Report
	gone bool // there is no such guide any more
}

func (e *told) set(o *Options) {
	o.Report = func(_ context.Context, r bot.Report) (bot.Reported, error) {
		e.Lock()
		defer e.Unlock()
		e.list = append(e.list, r)
		if e.gone {
			return bot.ReportAbsent, nil
		}
		return bot.ReportKept, nil
	}
}

func (e *told) all() []bot.Report {
	e.Lock()
	defer e.Unlock()
	return append([]bot.Report(nil), e.list...)
}

func TestAnybodyReportsAGuide(t *testing.T) {
	t.Parallel()
	var e told
	b := setup(t, e.set)
	const path = "/guides/criminal-record/report"
	_, page := b.call(t, "GET", "/guides/criminal-record", "")
	if !strings.Contains(page, `href="`+path+`"`) {
		t.Error("the guide's page doesn't lead to where to say what is wrong")
	}
	_, page = b.call(t, "GET", path+"?lang=en", "")
	for _, words := range []string{"noindex", `action="` + path + `?lang=en"`, `value="fee"`, `value="gone"`, `maxlength="2000"`} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q:\n%s", words, page)
		}
	}
	if _, page = b.call(t, "GET", path, ""); !strings.Contains(page, "Посочете страницата, на която е номерът") {
		t.Error("nobody says how to report an office's new phone, which is hidden")
	}
	send := func(form url.Values) (*http.Response, string) {
		return b.call(t, "POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}
	for name, c := range map[string]struct {
		form  url.Values
		fault string
	}{
		"nothing chosen": {url.Values{"text": {"таксата е друга"}}, "Изберете кое не е вярно."},
		"of no part":     {url.Values{"part": {"cheese"}, "text": {"таксата е друга"}}, "Изберете кое не е вярно."},
		"nothing said":   {url.Values{"part": {"fee"}, "text": {"  "}}, "Напишете какво не е вярно."},
		"too long":       {url.Values{"part": {"fee"}, "text": {strings.Repeat("я", maxReport+1)}}, "Напишете го по-кратко"},
	} {
		if r, page := send(c.form); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, c.fault) {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
	if r, page := send(url.Values{"part": {"time"}, "text": {"x"}, "official": {"yes"}}); r.StatusCode != 422 || !strings.Contains(page, `id="part-time" name="part" value="time" required checked`) || !strings.Contains(page, ">x</textarea>") || !strings.Contains(page, `value="yes" checked`) {
		t.Error("what was typed is lost")
	}
	if n := len(e.all()); n != 0 {
		t.Fatalf("%d faulty reports were kept", n)
	}
	r, _ := send(url.Values{"part": {"fee"}, "text": {" Таксата е 4 евро. "}, "official": {"yes"}})
	if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || to != path+"?done" {
		t.Errorf("%d to %q", r.StatusCode, to)
	}
	if list := e.all(); len(list) != 1 || list[0] != (bot.Report{Guide: "criminal-record", Part: "fee", Official: true, Text: "Таксата е 4 евро."}) {
		t.Errorf("%+v", list)
	}
	if _, page := b.call(t, "GET", path+"?done", ""); !strings.Contains(page, "Благодаря! Получихме го.") || strings.Contains(page, "<textarea") {
		t.Error("nobody is thanked")
	}
	e.Lock()
	e.gone = true
	e.Unlock()
	if r, _ := send(url.Values{"part": {"fee"}, "text": {"таксата"}}); r.StatusCode != http.StatusNotFound {
		t.Errorf("a guide that is gone meanwhile: %d", r.StatusCode)
	}
	if r, _ := b.call(t, "GET", "/guides/none/report", ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("no such guide: %d", r.StatusCode)
	}
	// From other sites nothing is taken.
	if r, _ := b.call(t, "POST", path, "part=fee&text=abcd", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site"); r.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", r.StatusCode)
	}
}

func TestReportsAreLimited(t *testing.T) {
	t.Parallel()
	var e told
	b := setup(t, e.set)
	form := url.Values{"part": {"fee"}, "text": {"таксата е друга"}}.Encode()
	for n := range reportsFromAddress + 2 {
		r, page := b.call(t, "POST", "/guides/criminal-record/report", form, "Content-Type", "application/x-www-form-urlencoded")
		if n < reportsFromAddress && r.StatusCode != http.StatusSeeOther {
			t.Fatalf("report %d: %d", n+1, r.StatusCode)
		}
		if n >= reportsFromAddress && (r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" || !strings.Contains(page, "<main")) {
			t.Errorf("report %d: %d, again after %q", n+1, r.StatusCode, r.Header.Get("Retry-After"))
		}
	}
	if n := len(e.all()); n != reportsFromAddress {
		t.Errorf("%d are kept", n)
	}
	// Where nobody would hear, nobody is asked.
	deaf := setup(t)
	if _, page := deaf.call(t, "GET", "/guides/criminal-record", ""); strings.Contains(page, "/report") {
		t.Error("the guide's page leads to where nobody hears")
	}
	if r, _ := deaf.call(t, "GET", "/guides/criminal-record/report", ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("%d where nobody hears", r.StatusCode)
	}
}

func TestReportInTheBrowser(t *testing.T) {
	t.Parallel()
	var e told
	b := setup(t, e.set)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/guides/criminal-record"))
	w.do(chromedp.Click(`a[href="/guides/criminal-record/report"]`, chromedp.NodeVisible))
	w.is(`document.querySelector('main.report form')`)
	w.axe("report")
	w.do(chromedp.Click("#part-link", chromedp.NodeVisible), chromedp.SendKeys("#text", "ab"),
		chromedp.Evaluate[chromedp.Void](`document.querySelector('main form').noValidate = true`), chromedp.Click("main form button", chromedp.NodeVisible))
	w.is(`document.querySelector('#fault') && document.querySelector('#part-link').checked && document.querySelector('#text').value === 'ab'`)
	w.axe("report with a fault")
	w.do(chromedp.SetValue("#text", "ab – не се отваря"), chromedp.Click("main form button", chromedp.NodeVisible))
	w.is(`location.search === '?done' && document.querySelector('[role="status"]')`)
	w.axe("report thanked")
	if list := e.all(); len(list) != 1 || list[0].Part != "link" || list[0].Text != "ab – не се отваря" {
		t.Errorf("%+v", list)
	}
}
