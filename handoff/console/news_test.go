package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// whoNews is the part of the table of permissions that is about news.
var whoNews = map[string]string{
	"GET /console/news":                "e",
	"GET /console/news/new":            "e",
	"POST /console/news/new":           "e",
	"GET /console/news/{id}":           "e",
	"GET /console/news/{id}/edit":      "e",
	"POST /console/news/{id}/edit":     "e",
	"GET /console/news/{id}/progress":  "e",
	"POST /console/news/{id}/publish":  "e",
	"POST /console/news/{id}/withdraw": "e",
	"POST /console/news/{id}/try":      "e",
	"POST /console/news/{id}/stop":     "e",
	"POST /console/news/{id}/resume":   "e",
}

// typedItem is a form in which nothing is wrong.
func typedItem(change ...string) []string {
	form := map[string]string{
		"title_bg": "Съдимост онлайн", "text_bg": "Вече се иска онлайн.", "link": "cs.mjs.bg/novo", "topic": "services", "audience": "both", "region": "",
		"expires_at": time.Now().AddDate(0, 1, 0).Format(time.DateOnly), "send": "yes", "version": "0",
	}
	for i := 0; i < len(change); i += 2 {
		form[change[i]] = change[i+1]
	}
	var pairs []string
	for name, value := range form {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// subscriber is somebody in the web chat who wants news of services.
func (b *bundle) subscriber(key string) {
	b.Helper()
	b.exec(`
		WITH k AS (INSERT INTO contacts (channel, key, created_at) VALUES ('web', $1, now()) RETURNING id),
		c AS (INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM k)
		INSERT INTO subscriptions (contact, topics, role, since) SELECT id, '{services}', 'both', now() FROM k`, key)
}

// sendsNews lets the sender of news do all that is due, at ten in the morning from now.
func (b *bundle) sendsNews() {
	b.Helper()
	now := time.Now().AddDate(0, 0, 1)
	morning := time.Date(now.Year(), now.Month(), now.Day(), 8, 30, 0, 0, time.UTC)
	conversations := bot.NewConversations(b.pool, b.site.Redis, bot.Options{Now: func() time.Time { return morning }})
	sender, err := bot.NewBroadcaster(conversations, b.store, nil, bot.BroadcastOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for range 10 {
		if wait, err := sender.Round(b.ctx); err != nil {
			b.Fatal(err)
		} else if wait > 0 {
			return
		}
	}
}

func TestNewsAreWrittenCheckedPublishedAndSent(t *testing.T) {
	b := setup(t)
	w := b.as(b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}}))
	b.subscriber("one")
	b.subscriber("two")
	for _, c := range []struct{ field, value, words string }{
		{"title_bg", "", "Напишете заглавие"},
		{"link", "https://evil.example", "не е от разрешените"},
		{"audience", "cats", "Изберете от списъка"},
		{"region", "Атлантида", "Изберете от списъка"},
		{"date", "утре", "Изберете дата и час"},
		{"expires_at", "скоро", "Изберете дата"},
		{"title_bg", strings.Repeat("а", 121), "Твърде дълго"},
	} {
		got := w.post("/console/news/new", typedItem(c.field, c.value)...)
		if got.code != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d", c.field, c.value, got.code)
		}
		got.has(t, c.words)
		got.has(t, "Вече се иска онлайн.") // what was typed stays
	}
	// A draft may lack what the page then asks for.
	got := w.post("/console/news/new", typedItem("text_bg", "")...)
	if got.code != http.StatusSeeOther {
		t.Fatalf("save: %d %s", got.code, got.body)
	}
	room := got.location
	w.get(room).has(t, "Напишете текста")
	w.post(room+"/publish", "version", "1")
	if n := b.newsItem(room); n.State != knowledge.NewsDraft {
		t.Fatalf("news without words are %s", n.State)
	}
	if got := w.post(room+"/edit", typedItem("version", "1")...); got.code != http.StatusSeeOther {
		t.Fatalf("change: %d", got.code)
	}
	w.get(room).has(t, `<strong class="big">2</strong>`)
	// A form without a version would be stored beside the item, as it stands.
	for _, version := range []string{"", "0", "-1", "x"} {
		if got := w.post(room+"/edit", typedItem("version", version)...); got.code != http.StatusNotFound {
			t.Errorf("version %q: %d", version, got.code)
		}
	}
	// An old page doesn't publish what it hasn't shown, nor is saved over what came after it.
	w.post(room+"/publish", "version", "1")
	if n := b.newsItem(room); n.State != knowledge.NewsDraft {
		t.Fatalf("an old page has published: %s", n.State)
	}
	if got := w.post(room+"/edit", typedItem("version", "1", "title_bg", "Второ")...); got.code != http.StatusConflict {
		t.Errorf("an old form is saved: %d", got.code)
	}
	if got := w.post(room+"/publish", "version", "2"); got.code != http.StatusSeeOther {
		t.Fatalf("publish: %d", got.code)
	}
	w.get(room).has(t, "Започва до минута")
	b.sendsNews()
	if p, ok, err := b.conversations.Progress(b.ctx, b.newsItem(room).ID); err != nil || !ok || p.State != "done" || p.Sent != 2 {
		t.Fatalf("progress %+v %v %v", p, ok, err)
	}
	page := w.get(room)
	page.has(t, "Изпратена е.")
	page.has(t, "2 от 2")
	if part := w.get(room + "/progress"); strings.Contains(part.body, "<html") || strings.Contains(part.body, "data-live") {
		t.Errorf("the live part is %s", part.body)
	}
	if n := b.newsItem(room); n.State != knowledge.NewsPublished || n.Link != "https://cs.mjs.bg/novo" {
		t.Errorf("published %+v", n)
	}
	// What was changed in a form that was open when it came out is not dropped without a word.
	n := b.newsItem(room)
	sofia, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		t.Fatal(err)
	}
	day, minute, _ := strings.Cut(n.PublishAt.In(sofia).Format("2006-01-02 15:04"), " ")
	open := []string{"version", fmt.Sprint(n.Version), "date", day, "time", minute}
	for _, change := range [][]string{{"audience", "business"}, {"send", ""}, {"time", "23:55", "date", "2030-01-01"}, {"region", "Враца"}} {
		got := w.post(room+"/edit", typedItem(append(append(open, "title_bg", "Поправено"), change...)...)...)
		if got.code != http.StatusConflict {
			t.Errorf("%v after it came out: %d", change, got.code)
		}
		got.has(t, "Излезе, докато пишехте", `value="Поправено"`)
		got.lacks(t, `name="audience"`)
	}
	if got := w.post(room+"/edit", typedItem(append(open, "title_bg", "Само думи")...)...); got.code != http.StatusSeeOther {
		t.Errorf("words alone after it came out: %d", got.code)
	}
	// What is out is corrected, and withdrawn.
	n = b.newsItem(room)
	if got := w.post(room+"/edit", typedItem("version", fmt.Sprint(n.Version), "title_bg", "Поправено", "audience", "", "topic", "", "send", "")...); got.code != http.StatusSeeOther {
		t.Fatalf("correct: %d", got.code)
	}
	if n = b.newsItem(room); n.TitleBG != "Поправено" || n.Audience != knowledge.Both {
		t.Errorf("corrected %+v", n)
	}
	w.post(room+"/withdraw", "version", fmt.Sprint(n.Version))
	if n = b.newsItem(room); n.State != knowledge.NewsWithdrawn {
		t.Errorf("withdrawn %+v", n)
	}
	w.get(room).has(t, "Оттеглена")
	var acts int
	if err := b.pool.QueryRow(b.ctx, `SELECT count(*) FROM audit_log WHERE verb LIKE 'news.%' AND subject = $1`, newsSubject(n.ID)).Scan(&acts); err != nil || acts != 6 {
		t.Errorf("%d acts are in the log, %v", acts, err)
	}
}

// newsItem is the item of a room.
func (b *bundle) newsItem(room string) knowledge.NewsItem {
	b.Helper()
	var id int64
	if _, err := fmt.Sscanf(room, "/console/news/%d", &id); err != nil {
		b.Fatalf("no room: %q", room)
	}
	n, _, err := b.store.NewsItem(b.ctx, id)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func TestSendingIsStoppedAndGoesOn(t *testing.T) {
	b := setup(t)
	w := b.as(b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}}))
	b.subscriber("one")
	room := w.post("/console/news/new", typedItem()...).location
	w.post(room+"/publish", "version", "1")
	n := b.newsItem(room)
	b.exec(`INSERT INTO broadcasts (news, state, begun_at) VALUES ($1, 'sending', now())`, n.ID)
	w.post(room + "/stop")
	w.get(room).has(t, "Продължи изпращането")
	if p, _, err := b.conversations.Progress(b.ctx, n.ID); err != nil || p.State != "stopped" {
		t.Errorf("%+v %v", p, err)
	}
	w.post(room + "/stop") // twice is once
	w.post(room + "/resume")
	b.sendsNews()
	if p, _, err := b.conversations.Progress(b.ctx, n.ID); err != nil || p.State != "done" || p.Sent != 1 {
		t.Errorf("%+v %v", p, err)
	}
	var acts int
	if err := b.pool.QueryRow(b.ctx, `SELECT count(*) FROM audit_log WHERE verb IN ('news.stop', 'news.resume')`).Scan(&acts); err != nil || acts != 2 {
		t.Errorf("%d acts are in the log, %v", acts, err)
	}
}

func TestNewsAreTriedOnOneself(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}})
	w := b.as(a)
	room := w.post("/console/news/new", typedItem()...).location
	w.get(room).has(t, "няма проба")
	var tried []string
	fault := error(nil)
	b.site.NewsTrial = func(_ context.Context, chat int64, body bot.Body) error {
		tried = append(tried, fmt.Sprint(chat, " ", body.Title, " ", len(body.Buttons)))
		return fault
	}
	handler, err := New(b.site.Deps, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.Config.Handler = handler
	w.get(room).has(t, "свържете Telegram")
	w.post(room + "/try")
	code, err := b.staff.TelegramCode(b.ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.staff.LinkTelegram(b.ctx, 77, string(code)); err != nil {
		t.Fatal(err)
	}
	w.post(room + "/try")
	w.get(room).has(t, "Погледнете в Telegram")
	fault = context.DeadlineExceeded
	w.post(room + "/try")
	w.get(room).has(t, "Пробата не стигна")
	if len(tried) != 2 || tried[0] != "77 Съдимост онлайн 1" {
		t.Errorf("tried %q", tried)
	}
	// What was tried is recorded, whether it arrived or not.
	var acts int
	if err := b.pool.QueryRow(b.ctx, `SELECT count(*) FROM audit_log WHERE verb = 'news.try'`).Scan(&acts); err != nil || acts != 2 {
		t.Errorf("%d trials are in the log, %v", acts, err)
	}
	tried, fault = nil, nil
	b.exec(`UPDATE news SET title_en = 'Criminal record online', text_en = 'It is online now.'`)
	w.post(room + "/try")
	if len(tried) != 2 || tried[0] != "77 Съдимост онлайн 1" || tried[1] != "77 Criminal record online 1" {
		t.Errorf("in two languages it is tried as %q", tried)
	}
}

func TestAMunicipalitysEditorKeepsToItsNews(t *testing.T) {
	b := setup(t)
	national := b.as(b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}}))
	own := b.as(b.account(staff.Profile{Email: "m@example.bg", Roles: []staff.Role{staff.Editor}, Municipality: "VRC10"}))
	theirs := national.post("/console/news/new", typedItem()...).location
	for _, send := range []func() answer{
		func() answer { return own.get(theirs) },
		func() answer { return own.get(theirs + "/edit") },
		func() answer { return own.post(theirs+"/edit", typedItem("version", "1")...) },
		func() answer { return own.post(theirs+"/publish", "version", "1") },
		func() answer { return own.post(theirs+"/withdraw", "version", "1") },
		func() answer { return own.post(theirs + "/stop") },
	} {
		if got := send(); got.code != http.StatusForbidden {
			t.Errorf("somebody else's news: %d", got.code)
		}
	}
	for _, region := range []string{"", "Враца", "Враца/Мездра"} {
		if got := own.post("/console/news/new", typedItem("region", region)...); got.code != http.StatusUnprocessableEntity {
			t.Errorf("news of %q: %d", region, got.code)
		}
	}
	if got := own.post("/console/news/new", typedItem("region", "Враца/Враца")...); got.code != http.StatusSeeOther {
		t.Errorf("its own news: %d %s", got.code, got.body)
	}
	if list := own.get("/console/news"); strings.Count(list.body, `class="name"`) != 1 {
		t.Error("the list shows others' news")
	}
	if form := own.get("/console/news/new"); strings.Count(form.body, "<option") != 3+1 {
		t.Errorf("%d choices in the form", strings.Count(form.body, "<option"))
	}
}

func TestNewsInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()})
	for i := range 3 {
		b.subscriber(fmt.Sprint(i))
	}
	w := open(t)
	w.signIn(b, a)
	w.do(chromedp.Navigate(b.URL + "/console/news"))
	w.reads("Още няма новини")
	w.do(chromedp.Click(`.head a.button`, chromedp.NodeVisible))
	w.is(`location.pathname === '/console/news/new' && document.getElementById('title_bg')`)
	w.accessible("news form")
	w.do(chromedp.SendKeys("#title_bg", "Съдимост онлайн без посещение"), chromedp.SendKeys("#text_bg", "Вече се иска онлайн с електронен подпис. Готова е веднага."),
		chromedp.SendKeys("#title_en", "Criminal record online"), chromedp.SendKeys("#link", "evil.example"), chromedp.Click(`.newsform button`, chromedp.NodeVisible))
	w.is(`document.querySelector('.summary') && document.getElementById('link').getAttribute('aria-invalid') === 'true'`)
	w.accessible("news form with faults")
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('link').value = 'cs.mjs.bg'; document.getElementById('topic-services').checked = true; document.querySelector('.newsform button').click()`))
	w.is(`document.querySelector('.missing')`) // the English text
	w.accessible("news draft that lacks something")
	w.do(chromedp.Click(`.missing a`, chromedp.NodeVisible))
	w.is(`document.getElementById('text_en')`)
	w.do(chromedp.SendKeys("#text_en", "Ask for it online."), chromedp.Evaluate[chromedp.Void](`document.querySelector('.newsform button').click()`))
	w.is(`document.querySelector('.big')?.textContent === '3'`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main details').forEach(d => d.open = true)`))
	w.accessible("news draft")
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action$="/publish"] button').click()`))
	w.reads("Започва до минута")
	room := w.text(`location.pathname`)
	// The page follows the sending by itself.
	b.exec(`UPDATE news SET state = 'published' WHERE state = 'scheduled'`)
	n := b.newsItem(room)
	b.exec(`INSERT INTO broadcasts (news, state, begun_at, recipients) VALUES ($1, 'sending', now(), 3)`, n.ID)
	b.exec(`INSERT INTO broadcast_recipients (news, contact, channel, state, attempted_at) SELECT $1, contact, 'web', CASE WHEN contact % 3 = 0 THEN 'unknown' ELSE 'sent' END, now() FROM subscriptions`, n.ID)
	w.is(`document.querySelector('#progress progress')?.value === 100`)
	w.do(chromedp.Reload())
	w.is(`document.querySelector('form[action$="/stop"]')`)
	w.accessible("news being sent")
	b.exec(`UPDATE broadcasts SET state = 'done', ended_at = now()`)
	w.is(`!document.querySelector('form[action$="/stop"]') && document.body.innerText.includes('Изпратена е.')`)
	w.do(chromedp.Navigate(b.URL + "/console/news"))
	w.is(`document.querySelectorAll('.items li').length === 1`)
	w.accessible("news list")
}
