package webchat

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chromedp/chromedp"

	"orientir/bot"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
)

// item is a piece of news that is being read.
func item(title string) knowledge.NewsItem {
	return knowledge.NewsItem{
		TitleBG: title, TextBG: "Вече се иска онлайн.\nНосете <b>лична карта</b>.", Link: "https://cs.mjs.bg/novo", Topics: []string{"services"},
		Audience: knowledge.Both, State: knowledge.NewsScheduled, PublishAt: time.Now().Add(-time.Hour), ExpiresAt: time.Now().Add(24 * time.Hour),
	}
}

func (b *bundle) publish(t *testing.T, n knowledge.NewsItem) (saved knowledge.NewsItem) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) (err error) {
		_, saved, err = knowledge.NewStore(tx).SaveNews(t.Context(), "staff:1", knowledge.Municipality{}, n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func TestNewsAreReadWhileTheyHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := b.publish(t, item("Съдимост онлайн"))
	old := item("Стара новина")
	old.PublishAt, old.ExpiresAt = time.Now().Add(-48*time.Hour), time.Now().Add(-time.Hour)
	expired := b.publish(t, old)
	later := item("Утрешна новина")
	later.PublishAt = time.Now().Add(time.Hour)
	tomorrow := b.publish(t, later)
	draft := item("Чернова")
	draft.State = knowledge.NewsDraft
	unfinished := b.publish(t, draft)
	english := item("")
	english.TextBG, english.TitleEN, english.TextEN = "", "For those from abroad", "Come in."
	b.publish(t, english)
	local := item("Само във Враца")
	local.District, local.Municipality, local.Audience, local.Topics = "Враца", "Враца", knowledge.Business, []string{"safety"}
	b.publish(t, local)

	for _, c := range []struct {
		path          string
		with, without []string
		titles        int
	}{
		{"/news", []string{"Съдимост онлайн", "Само във Враца", "община Враца", "За фирми", "&lt;b&gt;лична карта", `href="https://cs.mjs.bg/novo"`}, []string{"Стара новина", "Утрешна", "Чернова", "abroad"}, 2},
		{"/news?lang=en", []string{"For those from abroad", `lang="bg"`, "Vratsa municipality"}, []string{"Стара новина"}, 3},
		{"/news?topic=safety", []string{"Само във Враца"}, []string{"Съдимост онлайн"}, 1},
		{"/news?past=1", []string{"Стара новина", "Важеше до"}, []string{"Съдимост онлайн"}, 1},
		{"/news?topic=deadlines", []string{"Сега няма новини"}, []string{"<h2"}, 0},
	} {
		response, body := b.call(t, http.MethodGet, c.path, "")
		if response.StatusCode != http.StatusOK || strings.Count(body, "<h2") != c.titles {
			t.Errorf("%s: %d with %d titles, want %d", c.path, response.StatusCode, strings.Count(body, "<h2"), c.titles)
		}
		for _, words := range c.with {
			if !strings.Contains(body, words) {
				t.Errorf("%s lacks %q", c.path, words)
			}
		}
		for _, words := range c.without {
			if strings.Contains(body, words) {
				t.Errorf("%s has %q", c.path, words)
			}
		}
		if leak := regexp.MustCompile(`>\s*(?:news|common|web)\.[a-z_]+|%!`).FindString(body); leak != "" {
			t.Errorf("%s leaves a phrase out: %s", c.path, leak)
		}
	}
	for id, want := range map[int64]int{now.ID: 200, expired.ID: 200, tomorrow.ID: 404, unfinished.ID: 404, 987654: 404} {
		if response, _ := b.call(t, http.MethodGet, fmt.Sprintf("/news/%d", id), ""); response.StatusCode != want {
			t.Errorf("/news/%d: %d, want %d", id, response.StatusCode, want)
		}
	}
	if _, body := b.call(t, http.MethodGet, fmt.Sprintf("/news/%d", expired.ID), ""); !strings.Contains(body, "Срокът на тази новина е минал") {
		t.Error("who reads expired news is not told so")
	}
}

func TestNewsArePagedAndFed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range newsOnPage + 3 {
		n := item(fmt.Sprintf("Новина %02d", i))
		n.PublishAt = time.Now().Add(-time.Duration(i+1) * time.Hour)
		b.publish(t, n)
	}
	_, first := b.call(t, http.MethodGet, "/news", "")
	next := regexp.MustCompile(`/news\?before=\d+`).FindString(first)
	if !strings.Contains(first, "Новина 00") || strings.Contains(first, fmt.Sprintf("Новина %02d", newsOnPage)) || next == "" {
		t.Fatalf("the first page ends wrong; next %q", next)
	}
	if _, second := b.call(t, http.MethodGet, next, ""); strings.Count(second, "<h2") != 3 || strings.Contains(second, "before=") {
		t.Errorf("the second page has %d titles", strings.Count(second, "<h2"))
	}

	english := item("Само английски")
	english.TitleEN, english.TextEN, english.PublishAt = "New & <now>", "Read it.", time.Now().Add(-time.Minute)
	b.publish(t, english)
	for path, title := range map[string]string{"/news.atom": "Само английски", "/news.atom?lang=en": "New & <now>"} {
		response, body := b.call(t, http.MethodGet, path, "")
		var feed struct {
			XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
			ID      string   `xml:"id"`
			Updated string   `xml:"updated"`
			Entries []struct {
				ID      string `xml:"id"`
				Title   string `xml:"title"`
				Updated string `xml:"updated"`
				Content string `xml:"content"`
				Links   []struct {
					Rel  string `xml:"rel,attr"`
					Href string `xml:"href,attr"`
				} `xml:"link"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal([]byte(body), &feed); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if response.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" || len(feed.Entries) != newsOnPage+4 || feed.Entries[0].Title != title {
			t.Errorf("%s: %s, %d entries, first %+v", path, response.Header.Get("Content-Type"), len(feed.Entries), feed.Entries[0])
		}
		ids := map[string]bool{}
		for _, e := range feed.Entries {
			if _, err := time.Parse(time.RFC3339, e.Updated); err != nil || ids[e.ID] || e.Content == "" || len(e.Links) != 2 || !strings.HasPrefix(e.ID, "http") {
				t.Errorf("%s: entry %+v", path, e)
			}
			ids[e.ID] = true
		}
		if _, err := time.Parse(time.RFC3339, feed.Updated); err != nil || !strings.HasSuffix(feed.ID, path) {
			t.Errorf("%s: feed %s %s", path, feed.ID, feed.Updated)
		}
	}
}

func TestNewsPagesAreAccessible(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := b.publish(t, item("Съдимост онлайн"))
	long := item("Подновяване на шофьорска книжка без посещение в КАТ за всички, които имат електронен подпис")
	long.District, long.Audience, long.Topics, long.TitleEN, long.TextEN = "Враца", knowledge.Citizen, []string{"changes", "deadlines", "events"}, "Driving licence online", "Renew it."
	b.publish(t, long)
	w := open(t, 320, 800)
	for _, path := range []string{"/news", "/news?lang=en", fmt.Sprintf("/news/%d", n.ID), "/news?past=1"} {
		w.do(chromedp.Navigate(b.URL + path))
		w.axe(path + " at 320")
	}
	for _, width := range []int{360, 1280} {
		w := open(t, width, 800)
		w.do(chromedp.Navigate(b.URL + "/news"))
		w.axe(fmt.Sprintf("/news at %d", width))
		w.shoot(fmt.Sprintf("news at %d", width))
	}
}

// asksForNews begins a conversation that wants news of services.
func (b *bundle) asksForNews(t *testing.T) (token string, on *listener) {
	t.Helper()
	token = b.begin(t)
	for i, data := range []string{"news:new", "news:topic:services", "news:topics", "news:role:citizen", "news:region:all"} {
		b.say(t, token, map[string]any{"event_id": fmt.Sprintf("news-event-%d", i), "kind": "button", "data": data})
		if on == nil {
			on = b.listen(t, token, 0)
		}
		on.from("bot")
	}
	return token, on
}

func TestNewsReachThePageLiveAndOnReturn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	watching, on := b.asksForNews(t)
	away, gone := b.asksForNews(t)
	gone.close()
	looks := b.listen(t, away, 0) // a new stream begins with the state
	last := looks.next("state")
	looks.close()
	if last.Until == 0 {
		t.Errorf("the device of who asked for news forgets the conversation: %+v", last.state)
	}
	b.publish(t, func() knowledge.NewsItem { n := item("Съдимост онлайн"); n.Send = true; return n }())
	b.sendNews(t)
	live := on.from("system")
	if !strings.Contains(live.HTML, "<strong>Съдимост онлайн</strong>") || !strings.Contains(live.HTML, `value="news:leave"`) || !strings.Contains(live.HTML, `href="https://cs.mjs.bg/novo"`) {
		t.Errorf("the page shows %s", live.HTML)
	}
	on.close()
	back := b.listen(t, away, 0)
	if h := back.from("system"); !strings.Contains(h.Text, "Съдимост онлайн") {
		t.Errorf("who is back reads %q", h.Text)
	}
	// One tap, and nothing more comes.
	b.say(t, watching, map[string]any{"event_id": "leave-the-news", "kind": "button", "data": "news:leave"})
	again := b.listen(t, watching, live.ID)
	if h := again.from("bot"); !strings.Contains(h.Text, "Спрях новините") {
		t.Errorf("who leaves reads %q", h.Text)
	}
	b.publish(t, func() knowledge.NewsItem { n := item("Втора новина"); n.Send = true; return n }())
	b.sendNews(t)
	var got, of int
	err := b.pool.QueryRow(t.Context(), `SELECT count(*), (SELECT count(*) FROM contacts) FROM messages WHERE text LIKE 'Втора новина%'`).Scan(&got, &of)
	if err != nil || got != 1 || of != 2 {
		t.Errorf("%d of %d got what came after, %v", got, of, err)
	}
}

// sendNews lets the sender of news do what is due, in the morning.
func (b *bundle) sendNews(t *testing.T) {
	t.Helper()
	morning := time.Now()
	clock := func() time.Time { return morning }
	sender, err := bot.NewBroadcaster(bot.NewConversations(b.pool, redistest.New(t), bot.Options{Now: clock}), b.store, nil, bot.BroadcastOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if wait := bot.Quiet(morning.In(sofia(t))); wait > 0 {
		morning = morning.Add(wait) // the news hold until then
	}
	for wait := time.Duration(0); wait == 0; {
		if wait, err = sender.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func sofia(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
