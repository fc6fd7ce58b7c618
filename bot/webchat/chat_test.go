package webchat

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
)

// browser is a person's browser with scripts off: it reads pages and sends forms, and keeps cookies where jar is set.
type browser struct {
	t    *testing.T
	b    *bundle
	http *http.Client
	page string
}

func (b *bundle) browser(t *testing.T, cookies bool) *browser {
	t.Helper()
	client := &http.Client{Transport: b.Client().Transport, Timeout: 20 * time.Second}
	if cookies {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client.Jar = jar
	}
	w := &browser{t: t, b: b, http: client}
	w.open("/")
	return w
}

func (w *browser) open(path string) {
	w.t.Helper()
	response, err := w.http.Get(w.b.URL + path)
	w.read(response, err)
}

func (w *browser) read(response *http.Response, err error) int {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var page strings.Builder
	if _, err := io.Copy(&page, response.Body); err != nil {
		w.t.Fatal(err)
	}
	w.page = page.String()
	return response.StatusCode
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// send posts the page's question form, with its hidden fields, and one more field.
func (w *browser) send(name, value string) int {
	w.t.Helper()
	_, form, ok := strings.Cut(w.page, `<form id="ask"`)
	if !ok {
		w.t.Fatalf("the page has no form:\n%s", w.page)
	}
	form, _, _ = strings.Cut(form, "</form>")
	fields := url.Values{name: {value}}
	for _, m := range hidden.FindAllStringSubmatch(form, -1) {
		fields.Set(m[1], m[2])
	}
	response, err := w.http.PostForm(w.b.URL+"/", fields)
	return w.read(response, err)
}

func (w *browser) shows(words ...string) {
	w.t.Helper()
	for _, word := range words {
		if !strings.Contains(w.page, word) {
			w.t.Errorf("the page lacks %q:\n%s", word, w.page)
		}
	}
}

func TestFirstMessageSaysThatItIsAProgram(t *testing.T) {
	t.Parallel()
	w := setup(t).browser(t, false)
	w.shows("компютърна програма, не човек", `href="/privacy"`, `href="/accessibility"`, `lang="bg"`, "112")
	w.open("/?lang=en")
	w.shows("a computer program, not a person", `href="/privacy?lang=en"`, `<html lang="en">`)
	w.open("/?lang=tr")
	w.shows(`<div class="said" lang="tr">`, "bilgisayar programıyım", `<a href="tel:112">112</a>`, "En yakın kütüphane", "Kütüphaneciyle görüş")
}

func TestChatWithoutScripts(t *testing.T) {
	t.Parallel()
	for name, cookies := range map[string]bool{"with our cookie": true, "without cookies": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t).browser(t, cookies)
			if status := w.send("text", "трябва ми съдебно за нова работа"); status != 200 {
				t.Fatalf("status %d", status)
			}
			w.shows("трябва ми съдебно", "Електронно свидетелство за съдимост", `href="https://cs.mjs.bg"`, `name="data" value="rate:good:`)
			w.send("data", "near:12259")
			w.shows("трябва ми съдебно", "Регионална библиотека", `href="tel:092621229"`)
		})
	}
}

func TestRatingWithoutScripts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.browser(t, true)
	w.send("text", "съдебно")
	rate := regexp.MustCompile(`rate:bad:\d+`).FindString(w.page)
	w.send("data", rate)
	why := regexp.MustCompile(`why:unclear:\d+`).FindString(w.page)
	w.send("data", why)
	var rating, reason string
	if err := b.pool.QueryRow(t.Context(), `SELECT rating, reason FROM feedback`).Scan(&rating, &reason); err != nil || rating != "bad" || reason != "unclear" {
		t.Errorf("rating %q, reason %q, %v", rating, reason, err)
	}
}

func TestFormSentTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.browser(t, true)
	before := w.page
	w.send("text", "съдебно")
	w.page = before
	w.send("text", "съдебно")
	var n int
	if err := b.pool.QueryRow(t.Context(), `SELECT count(*) FROM messages WHERE sender = 'person'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d messages, %v", n, err)
	}
}

func TestFaultsKeepWhatWasWritten(t *testing.T) {
	t.Parallel()
	w := setup(t).browser(t, true)
	long := strings.Repeat("ж", maxText+1)
	if status := w.send("text", long); status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
	w.shows(`role="alert"`, "по-дълго от 2000 знака", long)
	if status := w.send("text", "  "); status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
	w.shows("Напишете въпроса си")
	if status := w.send("text", strings.Repeat("ж", maxBody)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", status)
	}
}

func TestForgetWithoutScripts(t *testing.T) {
	t.Parallel()
	w := setup(t).browser(t, true)
	w.send("text", "съдебно")
	w.send("command", "forget")
	w.shows("Изтрих")
	w.open("/")
	if strings.Contains(w.page, "Електронно свидетелство") || strings.Contains(w.page, "Изтрих") {
		t.Errorf("the page still knows the conversation:\n%s", w.page)
	}
}

func TestWordsOfPeopleAreEscaped(t *testing.T) {
	t.Parallel()
	w := setup(t).browser(t, true)
	w.send("text", `съдебно <img src=x onerror=alert(1)> "'`)
	if strings.Contains(w.page, "<img") {
		t.Error("what a person wrote became markup")
	}
	w.shows("&lt;img src=x onerror=alert(1)&gt;")
}

func TestReplyThatIsLateIsPromised(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.ReplyWait = time.Millisecond })
	w := b.browser(t, true)
	w.send("text", "съдебно")
	if !strings.Contains(w.page, "Електронно свидетелство") {
		w.shows("Въпросът Ви е записан", "Виж за отговор")
	}
	for deadline := time.Now().Add(15 * time.Second); !strings.Contains(w.page, "Електронно свидетелство"); w.open("/") {
		if time.Now().After(deadline) {
			t.Fatal("the answer never came")
		}
	}
}

func TestGuidePage(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.PublicURL = "https://orientir.example/" })
	w := b.browser(t, false)
	w.open("/guides/criminal-record")
	w.shows("<h1>Електронно свидетелство за съдимост</h1>", `<link rel="canonical" href="https://orientir.example/guides/criminal-record">`,
		`hreflang="en" href="https://orientir.example/guides/criminal-record?lang=en"`, "&lt;b&gt;лично&lt;/b&gt;", `rel="noopener noreferrer"`,
		"още непотвърдено от редактор", "Проверете таксата на cs.mjs.bg", "КЕП")
	w.open("/guides/criminal-record?lang=en")
	w.shows(`<html lang="en">`, `lang="bg"`, "in Bulgarian only")
}

func TestGuidePageShowsVariants(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g, _, err := b.store.Guide(t.Context(), "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	text := g.Text[knowledge.Bulgarian]
	text.Formerly = []string{"бележка за чисто минало"}
	g.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	g.Local = []knowledge.Local{{Municipality: "Бяла, Варна", Link: g.Link, Contact: "тел. 05143 1", Note: map[knowledge.Language]string{"bg": "Само на място."}}}
	if _, err := b.store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	w := b.browser(t, false)
	w.open("/guides/criminal-record")
	w.shows("По-рано: „бележка за чисто минало“.", "<strong>Бяла</strong>: <a href=\"https://cs.mjs.bg\"", "тел. 05143 1. Само на място.")
}

func TestAddressOfAClosedGuideLeadsToItsSuccessor(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.PublicURL = "https://orientir.example/" })
	old := criminalRecord()
	old.Slug, old.Status, old.ReplacedBy = "older-record", knowledge.Closed, "criminal-record" // closed by now too
	if _, err := b.store.Publish(t.Context(), old, "test"); err != nil {
		t.Fatal(err)
	}
	old.Slug, old.ReplacedBy = "old-record", "older-record"
	text := old.Text[knowledge.Bulgarian]
	text.Title = "Свидетелство в районния съд"
	old.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	if _, err := b.store.Publish(t.Context(), old, "test"); err != nil {
		t.Fatal(err)
	}
	w := b.browser(t, false)
	w.open("/guides/old-record")
	w.shows(`<p class="notice">Тази услуга е закрита: Свидетелство в районния съд. Това вече става тук: Електронно свидетелство за съдимост.</p>`,
		"<h1>Електронно свидетелство за съдимост</h1>", `<link rel="canonical" href="https://orientir.example/guides/criminal-record">`)
	w.open("/guides/old-record?lang=en")
	w.shows("It is now done here: Електронно свидетелство за съдимост.")
}

func TestProsePages(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) {
		o.RetentionDays, o.Operator, o.OperatorContact = 90, "Община <Враца>", "help@example.bg"
	})
	w := b.browser(t, false)
	w.open("/privacy")
	w.shows("ЕГН", "90 дни", "Община &lt;Враца&gt;", "help@example.bg", "бисквитк", "/forget", "какво е отговорил библиотекарят", "докато чакате нещо от нас", "Броим от деня")
	w.open("/accessibility")
	w.shows("2016/2102", "частично съобразен", "не сме проверили")
	w.open("/privacy?lang=en")
	w.shows("90 days", "cookie", "what a librarian replied", "while you are waiting for something from us", "We count from the day")
	w.open("/accessibility?lang=en")
	w.shows("partially compliant", "not tested")
}
