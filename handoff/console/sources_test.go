package console

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// whoSources is who may use the pages of sources; see who.
var whoSources = map[string]string{
	"GET /console/local":             "e",
	"GET /console/local/{slug}":      "e",
	"POST /console/local/{slug}":     "e",
	"GET /console/sources":           "e",
	"POST /console/sources/checked":  "e",
	"POST /console/sources/reviewed": "e",
	"POST /console/sources/accept":   "e",
	"POST /console/sources/again":    "e",
}

func TestSourcesAreLookedAfter(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	g, _, err := b.store.Guide(b.ctx, "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	g.ReviewBy = time.Now().AddDate(0, 0, -3)
	g.Sources = append(g.Sources, knowledge.Source{URL: "https://www.mjs.bg/mezhdunarodno-pravno-sutrudnichestvo/svidetelstva-za-sudimost", Title: "Как се издава свидетелство за съдимост"})
	const inSteps = "https://cs.mjs.bg/in-a-step"
	for language, text := range g.Text {
		text.Steps = append(slices.Clone(text.Steps), "Отворете "+inSteps+".")
		g.Text[language] = text
	}
	if _, err := b.store.Publish(b.ctx, g, "test"); err != nil {
		t.Fatal(err)
	}
	for address, fault := range map[string]string{
		"https://cs.mjs.bg":    `fault = 'title', title = 'Новият портал', known_title = 'Старият портал'`,
		g.Sources[1].URL:       `fault = 'status', status = 404`,
		inSteps:                `fault = 'status', status = 410`,
		"https://other.mjs.bg": `fault = 'host', final_url = 'https://elsewhere.example/x'`,
	} {
		b.exec(`INSERT INTO link_checks (url, host) VALUES ($1, 'mjs.bg')`, address)
		b.exec(`UPDATE link_checks SET checked_at = now(), broken_since = now(), due_at = now() + interval '1 day', `+fault+` WHERE url = $1`, address)
	}
	b.exec(`INSERT INTO link_checks (url, host, checked_at, fault, tries) VALUES ('https://late.mjs.bg', 'mjs.bg', now(), 'timeout', 1), ('https://new.mjs.bg', 'mjs.bg', NULL, '', 0)`)
	maria := b.account(staff.Profile{Email: "maria@example.bg", Name: "Мария", Roles: []staff.Role{staff.Editor}})
	w := open(t)
	w.signIn(b, maria)
	w.do(chromedp.Navigate(b.URL + "/console/sources"))
	w.reads("Заглавието е друго")
	w.reads("Страницата я няма (404)")
	w.reads("https://elsewhere.example/x")
	w.reads("Опитани са 5 от 6 адреса. Не се отвориха: 1.")
	w.reads("Електронно свидетелство за съдимост")
	place := func(address string) string {
		return w.text(`[...document.querySelectorAll('.found > li')].find(li => li.querySelector('.address a').href.startsWith(` + strconv.Quote(address) + `)).querySelector('.where .hint').textContent`)
	}
	if at := place(inSteps); !strings.HasPrefix(at, "Стъпки") || strings.Contains(at, ",") != (len(g.Text) > 1) {
		t.Errorf("a step's address stands in %q", at)
	}
	if at := place(g.Sources[1].URL); at != "Адрес на източник" {
		t.Errorf("a source's address stands in %q", at)
	}
	w.accessible("sources-broken")
	press := func(form, address string) {
		w.do(chromedp.Click(`form[action="`+form+`"]:has(input[value="`+address+`"]) button`, chromedp.NodeVisible))
	}
	press("/console/sources/accept", "https://cs.mjs.bg")
	w.reads("Приехме го.")
	var known string
	if err := b.pool.QueryRow(b.ctx, `SELECT known_title FROM link_checks WHERE url = 'https://cs.mjs.bg' AND fault = '' AND broken_since IS NULL`).Scan(&known); err != nil || known != "Новият портал" {
		t.Errorf("accepted as %q, %v", known, err)
	}
	press("/console/sources/again", g.Sources[1].URL)
	w.reads("Ще го проверим")
	for area, want := range map[string]int{"link": 2, "host": 0} { // the list of allowed sites is another matter
		entries, err := b.staff.Audit(b.ctx, staff.AuditFilter{Area: area, Limit: 10})
		if err != nil || len(entries) != want {
			t.Errorf("audited under %q: %+v, %v", area, entries, err)
		}
	}
	for _, c := range []struct{ change, says string }{
		{`UPDATE link_checks SET broken_since = NULL`, "Засега няма счупени адреси."},
		{`UPDATE link_checks SET checked_at = now(), fault = ''`, "Всички адреси работят."},
	} {
		b.exec(c.change)
		w.do(chromedp.Navigate(b.URL + "/console/sources"))
		w.reads(c.says)
	}

	w.do(chromedp.Navigate(b.URL + "/console/sources?view=unchecked"))
	w.reads("Как се издава свидетелство за съдимост")
	w.accessible("sources-unchecked")
	press("/console/sources/checked", "https://cs.mjs.bg")
	w.reads("източникът е отворен днес")
	w.is(`!document.querySelector('main').textContent.includes('копие от')`) // the one with a copy is off the list

	w.do(chromedp.Navigate(b.URL + "/console/sources?view=past"))
	w.reads("Показва предупреждение")
	w.accessible("sources-past")
	w.do(chromedp.Click(`form[action="/console/sources/reviewed"] button`, chromedp.NodeVisible))
	w.reads("Следващ преглед след година.")
	w.reads("Нищо не чака преглед.")
	now, _, err := b.store.Guide(b.ctx, "criminal-record")
	if err != nil || now.ReviewBy.Before(time.Now().AddDate(0, 11, 0)) || now.Sources[1].Checked.IsZero() || now.Version != g.Version+1 {
		t.Errorf("reviewed: %+v, %v", now, err)
	}
}

func TestAMunicipalitysEditorChecksItsOwnAlone(t *testing.T) {
	b := setup(t)
	g := guide()
	g.Slug, g.Municipality = "vratsa-parking", "VRC10"
	if _, err := b.store.Publish(b.ctx, g, "test"); err != nil {
		t.Fatal(err)
	}
	ivan := b.as(b.account(staff.Profile{Email: "ivan@example.bg", Name: "Иван", Roles: []staff.Role{staff.Editor}, Municipality: "VRC10"}))
	for slug, want := range map[string]int{"criminal-record": 403, "vratsa-parking": 303} {
		if got := ivan.post("/console/sources/checked", "slug", slug, "url", "https://cs.mjs.bg").code; got != want {
			t.Errorf("%s: %d, want %d", slug, got, want)
		}
	}
}
