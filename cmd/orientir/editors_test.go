package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"orientir/bot/telegram/telegramtest"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// editorsRoom is the whole program with a small knowledge that it answers from, and all that serves the editors at work.
type editorsRoom struct {
	*wholeHouse
	web *program // the same house for who only has its addresses
}

func newEditorsRoom(t *testing.T) *editorsRoom {
	t.Helper()
	r := &editorsRoom{wholeHouse: newWholeHouse(t)}
	r.web = &program{t: t, double: r.double, url: r.server.URL}
	// Without these the little that it knows would be the answer to everything.
	for text := range strings.SplitSeq("прием в детска градина|кога излизат класиранията за детска градина|регистрация на куче в общината|искам да си регистрирам кучето|"+
		"разрешение за строеж на вила|документи за строеж|кога ще ми дойде пенсията|помощ за болен роднина|смяна на адреса|карта за паркиране в синя зона|"+
		"как да си сменя фамилията|акт за раждане на бебето|плащане на данък за апартамент|жалба срещу съсед|регистрация на лодка|общински жилища под наем|"+
		"читателска карта|проверка на осигуровки|дипломата ми изгоря|скица на имот", "|") {
		if err := r.p.store.AddSample(t.Context(), knowledge.Sample{Text: text, Kind: "near-miss", Language: "bg"}, "test"); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.p.answerer.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{r.p.redis.Run, r.p.answerer.Run, r.site.worklist.Run, r.site.replays.Run, r.site.notices.Run} {
		running.Go(func() { _ = run(ctx) })
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
		for line := range strings.Lines(r.log.String()) {
			if t.Failed() && strings.Contains(line, "level=ERROR") {
				t.Log(line)
			}
		}
	})
	return r
}

// editor is one in a Chromium of their own; municipality is the code of the one that they keep to, "" for the whole country.
func (r *editorsRoom) editor(t *testing.T, name, email, municipality string) *librarian {
	t.Helper()
	return inChromium(t, r.web, r.site, staff.Profile{Email: email, Name: name, Roles: []staff.Role{staff.Editor}, Municipality: municipality})
}

// apiAnswer is what the programming interface says.
type apiAnswer struct {
	Outcome, Text string
	Guides        []struct{ Slug string }
}

func (r *editorsRoom) ask(question string) (a apiAnswer) {
	r.Helper()
	if status := r.web.post("/api/v1/ask", map[string]string{"question": question}, nil, &a); status != 200 {
		r.Fatalf("%q: status %d", question, status)
	}
	return a
}

func (a apiAnswer) isFrom(slug string) bool {
	return a.Outcome == "answered" && len(a.Guides) > 0 && a.Guides[0].Slug == slug
}

func (r *editorsRoom) rules(t *testing.T, rules knowledge.EditingRules) {
	t.Helper()
	if err := r.p.store.SetEditingRules(t.Context(), r.p.pool, rules); err != nil {
		t.Fatal(err)
	}
}

// write puts words into the fields of a guide's form, each into the first row that the field has, as somebody who types them.
func (l *librarian) write(fields map[string]string) {
	l.t.Helper()
	values, err := json.Marshal(fields)
	if err != nil {
		l.t.Fatal(err)
	}
	l.is(`document.getElementById('guide-form')`)
	l.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`for (const [name, value] of Object.entries(%s)) {
		const f = document.querySelector('#guide-form [name="' + name + '"]');
		f.value = value;
		f.dispatchEvent(new Event('input', { bubbles: true }));
	}`, values)))
}

// opens goes to a page and waits until it is there.
func (l *librarian) opens(p *program, path string) {
	l.t.Helper()
	l.do(chromedp.Navigate(p.url + path))
	l.is(fmt.Sprintf("location.pathname === %q", path))
}

// TestEditorsRoom follows knowledge through the whole program: what nobody could answer is answered after two editors, nobody writes
// where they may not, and what has grown old says so.
func TestEditorsRoom(t *testing.T) {
	t.Parallel()
	r := newEditorsRoom(t)
	t.Run("what failed is answered", func(t *testing.T) { whatFailedIsAnswered(t, r) })
	t.Run("a municipality keeps to its own", func(t *testing.T) { aMunicipalityIsRefused(t, r) })
	t.Run("a guide expires", func(t *testing.T) { aGuideExpires(t, r) })
}

func whatFailedIsAnswered(t *testing.T, r *editorsRoom) {
	const (
		question, alike = "регистрация на пчелин", "как се прави регистрация на пчелин"
		slug, link      = "beehives", "https://egov.bg/pchelin"
		room            = "/console/guides/" + slug
	)
	r.rules(t, knowledge.EditingRules{SecondEditor: true, Grace: 180 * 24 * time.Hour})
	georgi := r.double.Person(41, "Георги", "bg")
	georgi.Say(question)
	if a := r.ask(alike); a.Outcome != "abstained" {
		t.Fatalf("it is no question without an answer: %+v", a)
	}
	maria := r.editor(t, "Мария", "maria@example.bg", "")

	// It stands in the list as one problem: two wordings, and one person, since who asks the interface is nobody known.
	eventually(t, "the work list", func() string {
		maria.opens(r.web, "/console/worklist")
		n, err := chromedp.Run(maria.context, chromedp.Evaluate[int](`document.querySelectorAll('.problems h2 a').length`))
		if err == nil && n == 1 {
			return ""
		}
		return fmt.Sprintf("%d problems (%v)", n, err)
	})
	maria.press(`.problems h2 a`)
	maria.is(`document.querySelectorAll('.cases > li').length === 2`)
	maria.reads(question)
	problem := maria.path()

	maria.is(`document.getElementById('guide-title')`)
	maria.do(chromedp.Evaluate[chromedp.Void](`{
		document.getElementById('guide-title').value = 'Регистрация на пчелин';
		document.getElementById('slug').value = '` + slug + `';
		document.querySelector('form[action$="/draft"] button').click();
	}`))
	maria.is(`location.pathname === '` + room + `/edit'`)
	maria.write(map[string]string{
		"text.bg.authority": "Българска агенция по безопасност на храните", "link": link, "review_by": time.Now().AddDate(0, 6, 0).Format(time.DateOnly),
		"text.bg.summary": "Регистрирате мястото, на което държите кошери. Така пчелите Ви се пазят при пръскане.", "text.bg.who": "Всеки, който има кошери.",
		"text.bg.where": "В областната дирекция или през egov.bg.", "text.bg.names": "пчелин\nрегистрация на пчелин\nкошери",
		"text.bg.exceptions": "Подвижният пчелин се регистрира там, където е през зимата.", "text.bg.steps": "Попълнете заявлението за пчелин.",
		"text.bg.needed": "Документ за имота.", "text.bg.fee_note": "Проверете таксата на egov.bg.", "sources.url": link, "sources.title": "Портал",
	})
	maria.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('[name=identification][value=none]').click()`))
	maria.is(`document.getElementById('saved').innerText.startsWith('Запазено')`)
	maria.press(`button[name=do][value=done]`)
	maria.is(`location.pathname === '` + room + `'`)

	// She sees what it changes, before anybody else does.
	maria.opens(r.web, room+"/replay")
	maria.press(`form[action$="/replay"] button`)
	maria.reads("Черновата променя")
	maria.do(chromedp.Navigate(r.web.url + room + "/replay?kind=better"))
	maria.reads(question)
	if a := r.ask(alike); a.Outcome == "answered" {
		t.Errorf("a draft answers people: %+v", a)
	}

	maria.opens(r.web, room)
	maria.press(`form[action$="/send"] button`)
	maria.reads("Изпратено за преглед.")
	maria.is(`!document.querySelector('form[action$="/publish"]')`)
	draft, _, err := r.p.store.Draft(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	page := signIn(t, r.web, "maria@example.bg", "дълга парола за проба 7").submit(room+"/publish", url.Values{"revision": {fmt.Sprint(draft.Revision)}})
	if _, published, err := r.p.store.Guide(t.Context(), slug); err != nil || published || !strings.Contains(page, "По правилата го публикува друг редактор") {
		t.Errorf("who wrote it published it, or isn't told why not: %v, %v", published, err)
	}

	ivan := r.editor(t, "Иван", "ivan@example.bg", "")
	ivan.opens(r.web, room)
	ivan.is(`document.querySelector('form[action$="/publish"]')`)
	pressed := time.Now()
	ivan.press(`form[action$="/publish"] button`)
	took := r.answeredFrom(t, georgi, question, slug, link, pressed)
	t.Logf("from the button to the answer: %.1f s on the web, %.1f s on Telegram", took.web.Seconds(), took.telegram.Seconds())
	ivan.reads("Публикувано. Хората вече го виждат.")

	// The list knows that it is dealt with, and who asks again.
	eventually(t, "the problem is fixed and was asked again", func() string {
		ivan.opens(r.web, problem)
		done, err := chromedp.Run(ivan.context, chromedp.Evaluate[bool](`!!document.querySelector('.after')?.innerText.match(/\d/)`))
		if err == nil && done {
			return ""
		}
		text, _ := chromedp.Run(ivan.context, chromedp.Evaluate[string](`document.querySelector('.story').innerText`))
		return text
	})
}

// path is the page that somebody is on.
func (l *librarian) path() string {
	l.t.Helper()
	path, err := chromedp.Run(l.context, chromedp.Evaluate[string](`location.pathname`))
	if err != nil {
		l.t.Fatal(err)
	}
	return path
}

// waits are how long people waited for an answer from a guide.
type waits struct{ web, telegram time.Duration }

// answeredFrom asks again and again until a guide answers on both channels.
func (r *editorsRoom) answeredFrom(t *testing.T, person *telegramtest.Person, question, slug, link string, since time.Time) (took waits) {
	t.Helper()
	var said time.Time
	eventually(t, "the guide answers", func() string {
		if took.web == 0 && r.ask(question).isFrom(slug) {
			took.web = time.Since(since)
		}
		if took.telegram == 0 && heard(r.web, person.ID, link) == "" {
			took.telegram = time.Since(since)
		}
		switch {
		case took.web > 0 && took.telegram > 0:
			return ""
		case took.telegram == 0 && time.Since(said) > time.Second: // somebody who is told nothing asks again
			person.Say(question)
			said = time.Now()
		}
		return fmt.Sprintf("%+v; %s", took, heard(r.web, person.ID, link))
	})
	return took
}

func aMunicipalityIsRefused(t *testing.T, r *editorsRoom) {
	g, ok, err := r.p.store.Guide(t.Context(), "criminal-record")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	g.Slug, g.Version, g.Municipality = "mezdra-market", 0, "VRC27"
	g.Related, g.Apart, g.Local = nil, nil, nil
	for l, text := range g.Text {
		text.Title, text.Names, text.Formerly = "Място на пазара", []string{"сергия"}, nil
		g.Text[l] = text
	}
	if _, err := r.p.store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	vratsa := r.editor(t, "Враца", "vratsa@example.bg", "VRC10")
	refused := func(path string, fields map[string]string) {
		t.Helper()
		vratsa.opens(r.web, path)
		vratsa.write(fields)
		vratsa.reads("не е на Вашата община.")
	}
	for _, slug := range []string{"mezdra-market", "vignette"} {
		refused("/console/guides/"+slug+"/edit", map[string]string{"text.bg.fee_note": "Таксата е друга."})
		if _, drafted, err := r.p.store.Draft(t.Context(), slug); err != nil || drafted {
			t.Errorf("%s: there is a draft: %v, %v", slug, drafted, err)
		}
	}
	// By hand too, past the form.
	byHand := signIn(t, r.web, "vratsa@example.bg", "дълга парола за проба 7")
	for path, form := range map[string]url.Values{
		"/console/guides/mezdra-market/edit":   {"revision": {"0"}, "base": {"1"}, "text.bg.title": {"Наше"}, "do": {"save"}},
		"/console/guides/mezdra-market/retire": {"nothing": {"yes"}},
		"/console/guides/vignette/edit":        {"revision": {"0"}, "base": {"1"}, "text.bg.fee_note": {"Друга"}, "do": {"save"}},
		"/console/guides/vignette/retire":      {"nothing": {"yes"}},
		"/console/rules":                       {"grace": {"0"}},
	} {
		resp, err := byHand.client.PostForm(r.web.url+path, form)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 403 && resp.StatusCode != 422 {
			t.Errorf("POST %s is answered with %d", path, resp.StatusCode)
		}
	}
	// What is its own it may write.
	vratsa.opens(r.web, "/console/guides/vignette/edit")
	vratsa.press(`[data-list=local] [data-add]`)
	vratsa.write(map[string]string{"local.municipality": "Враца", "local.contact": "092 624 581"})
	vratsa.is(`document.getElementById('saved').innerText.startsWith('Запазено')`)
	if d, ok, err := r.p.store.Draft(t.Context(), "vignette"); err != nil || !ok || len(d.Guide.Local) != 1 {
		t.Errorf("its own line isn't kept: %v, %+v, %v", ok, d.Guide.Local, err)
	}
}

func aGuideExpires(t *testing.T, r *editorsRoom) {
	const question, step = "къде се купува винетка", "Изберете срока на винетката"
	g, ok, err := r.p.store.Guide(t.Context(), "vignette")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	g.ReviewBy = time.Now().AddDate(0, 0, -3)
	if _, err := r.p.store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		grace   time.Duration
		warning string
		told    bool
	}{
		{30 * 24 * time.Hour, "това упътване трябваше да се провери до", true},
		{24 * time.Hour, "Не го показвам, за да не Ви подведа", false},
	} {
		r.rules(t, knowledge.EditingRules{SecondEditor: true, Grace: c.grace})
		eventually(t, "the interface warns", func() string {
			a := r.ask(question)
			if a.isFrom("vignette") && strings.Contains(a.Text, c.warning) && strings.Contains(a.Text, step) == c.told && strings.Contains(a.Text, g.Link) {
				return ""
			}
			return fmt.Sprintf("%+v", a)
		})
		person := r.double.Person(int64(50+i), "Петър", "bg")
		person.Say(question)
		eventually(t, "Telegram warns", func() string { return heard(r.web, person.ID, c.warning) })
		eventually(t, "Telegram names the address", func() string { return heard(r.web, person.ID, "bgtoll.bg") })
		if told := heard(r.web, person.ID, step) == ""; told && !c.told {
			t.Error("what has expired is still told on Telegram")
		}
	}
}
