package console

import (
	"html"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/knowledge/starter"
)

// whoGuideForm is who may use the form in which guides are written; see who.
var whoGuideForm = map[string]string{
	"GET /console/guides/new":             "e",
	"POST /console/guides/new":            "e",
	"GET /console/guides/{slug}/edit":     "e",
	"POST /console/guides/{slug}/edit":    "e",
	"POST /console/guides/{slug}/check":   "e",
	"GET /console/guides/{slug}/preview":  "e",
	"POST /console/guides/{slug}/preview": "e",
	"GET /console/guides/{slug}/names":    "e",
}

// editorOf adds an editor.
func (b *bundle) editorOf(name string) staff.Account {
	b.Helper()
	return b.account(staff.Profile{Email: name + "@example.bg", Name: strings.ToUpper(name[:1]) + name[1:], Roles: []staff.Role{staff.Editor}})
}

var (
	inputForm  = regexp.MustCompile(`<input[^>]*>`)
	areaForm   = regexp.MustCompile(`(?s)<textarea([^>]*)>(.*?)</textarea>`)
	copiedForm = regexp.MustCompile(`(?s)<template>.*?</template>`)
	attribute  = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
)

// form reads the guide's form of a page, as a browser without scripts would send it.
func (a answer) form(t *testing.T) url.Values {
	t.Helper()
	_, body, ok := strings.Cut(a.body, `id="guide-form"`)
	if !ok {
		t.Fatalf("no form (%d):\n%s", a.code, a.body)
	}
	body, _, _ = strings.Cut(copiedForm.ReplaceAllString(body, ""), "</form>")
	type found struct {
		at          int
		name, value string
	}
	var all []found
	attributes := func(tag string) map[string]string {
		m := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
			m[a[1]] = html.UnescapeString(a[2])
		}
		return m
	}
	for _, at := range inputForm.FindAllStringIndex(body, -1) {
		m := attributes(strings.TrimPrefix(body[at[0]:at[1]], "<input"))
		_, on := m["checked"]
		if m["name"] != "" && (on || m["type"] != "radio" && m["type"] != "checkbox") {
			all = append(all, found{at[0], m["name"], m["value"]})
		}
	}
	for _, at := range areaForm.FindAllStringSubmatchIndex(body, -1) {
		all = append(all, found{at[0], attributes(body[at[2]:at[3]])["name"], html.UnescapeString(body[at[4]:at[5]])})
	}
	slices.SortFunc(all, func(a, b found) int { return a.at - b.at })
	values := url.Values{}
	for _, f := range all {
		values.Add(f.name, f.value)
	}
	return values
}

const formAddress = "/console/guides/criminal-record/edit"

func (w *browser) save(values url.Values, do string) answer {
	w.Helper()
	values = url.Values(http.Header(values).Clone())
	values.Set("do", do)
	return w.send(http.MethodPost, formAddress, values)
}

func (b *bundle) draft(slug string) knowledge.Draft {
	b.Helper()
	d, _, err := b.store.Draft(b.ctx, slug)
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// TestAFormThatIsSentBackChangesNothing sends the form of every guide that ships with the program back as it is.
func TestAFormThatIsSentBackChangesNothing(t *testing.T) {
	b := setup(t)
	names, err := fs.Glob(starter.Files, "guides/*.md")
	if err != nil || len(names) < 100 {
		t.Fatal(len(names), err)
	}
	s := &site{Deps: b.site.Deps}
	if s.templates, err = parseTemplates(); err != nil {
		t.Fatal(err)
	}
	read := func(name string) knowledge.File {
		data, err := fs.ReadFile(starter.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		return knowledge.File{Name: name, Data: data}
	}
	r, _ := http.NewRequestWithContext(b.ctx, http.MethodPost, "/", nil)
	for _, name := range names {
		if strings.HasSuffix(name, ".en.md") {
			continue
		}
		g, err := knowledge.ParseGuide(read(name), read(strings.TrimSuffix(name, ".md")+".en.md"))
		if err != nil {
			t.Fatal(err)
		}
		kept := knowledge.Draft{Slug: g.Slug, Base: 3, Guide: g}
		f := frame{Language: "bg", site: s}
		page, err := s.fragment("guideform", "main", guideForm{frame: f, Slug: g.Slug, Draft: kept, Live: 3, Sections: formSections(f, kept, nil, formCheck{}, "")})
		if err != nil {
			t.Fatal(err)
		}
		typed, err := s.typedGuide(r, answer{body: page}.form(t), kept)
		if err != nil {
			t.Fatal(err)
		}
		if changes := draftChanges(kept, typed); len(changes) > 0 || typed.Base != 3 || typed.Revision != 0 {
			t.Errorf("%s comes back with other %v: %+v", g.Slug, changes, knowledge.Diff(g, typed.Guide))
		}
	}
	w := b.as(b.editorOf("maria"))
	if got := w.save(w.get(formAddress).form(t), "save"); got.code != http.StatusSeeOther {
		t.Error(got.code)
	}
	if d := b.draft("criminal-record"); d.Revision != 0 {
		t.Error("a draft was begun of nothing")
	}
}

func TestAGuideIsWrittenWithoutScripts(t *testing.T) {
	b := setup(t)
	w := b.as(b.editorOf("maria"))
	w.get("/console/guides/new").has(t, "Ново упътване")
	if got := w.post("/console/guides/new", "title_bg", ""); got.code != http.StatusUnprocessableEntity {
		t.Error("no name:", got.code)
	}
	similar := w.post("/console/guides/new", "title_bg", "Свидетелство за съдимост")
	similar.has(t, "Електронно свидетелство за съдимост", "/console/guides/criminal-record", `value="anyway"`)
	w.post("/console/guides/new", "title_bg", "Нещо друго", "slug", "criminal-record").has(t, "Вече има упътване или чернова", "/console/guides/criminal-record")
	w.post("/console/guides/new", "title_bg", "Нещо друго", "slug", "Лош адрес").has(t, "малки латински букви")
	got := w.post("/console/guides/new", "title_bg", "Помощ за отопление", "title_en", "")
	if got.location != "/console/guides/pomosht-za-otoplenie/edit" {
		t.Fatal(got.code, got.location, got.body)
	}
	page := w.get(got.location)
	page.has(t, "Започнахте упътването", "Остават за попълване", `value="Помощ за отопление"`)
	values := page.form(t)
	values["text.bg.steps"] = []string{"Първа", "", "Втора"}
	values["text.en.steps"] = []string{"First", "Between", ""}
	values.Set("link", "egov.bg/x")
	values["fees.amount"], values["text.bg.fees"] = []string{"петнайсет"}, []string{"за картата"}
	values.Set("do", "add:steps")
	added := w.send(http.MethodPost, got.location, values)
	if added.location != got.location+"?add=steps#steps" {
		t.Fatal(added.code, added.location)
	}
	g := b.draft("pomosht-za-otoplenie").Guide
	bg, en := g.Text["bg"], g.Text["en"]
	if !slices.Equal(bg.Steps, []string{"Първа", "", "Втора"}) || !slices.Equal(en.Steps, []string{"First", "Between"}) {
		t.Errorf("rows lost their places: %q %q", bg.Steps, en.Steps)
	}
	if g.Link != "https://egov.bg/x" || len(bg.Fees) != 1 || bg.Fees[0].What != "петнайсет за картата" {
		t.Error(g.Link, bg.Fees)
	}
	page = w.get(strings.TrimSuffix(added.location, "#steps"))
	page.has(t, "Има празен ред", "не е на познат официален сайт")
	values = page.form(t)
	if n := len(values["text.bg.steps"]); n != 4 {
		t.Errorf("%d rows after one was added", n)
	}
	values.Set("do", "up:steps:2")
	w.send(http.MethodPost, got.location, values)
	if g := b.draft("pomosht-za-otoplenie").Guide; !slices.Equal(g.Text["bg"].Steps, []string{"Първа", "Втора"}) || !slices.Equal(g.Text["en"].Steps, []string{"First", "", "Between"}) {
		t.Errorf("moved up: %q %q", g.Text["bg"].Steps, g.Text["en"].Steps)
	}
	values = w.get(got.location).form(t)
	values.Set("do", "remove:steps:0")
	w.send(http.MethodPost, got.location, values)
	if g := b.draft("pomosht-za-otoplenie").Guide; !slices.Equal(g.Text["bg"].Steps, []string{"Втора"}) || !slices.Equal(g.Text["en"].Steps, []string{"", "Between"}) {
		t.Errorf("removed: %q %q", g.Text["bg"].Steps, g.Text["en"].Steps)
	}
}

func TestTwoEditorsNeverOverwriteEachOther(t *testing.T) {
	b := setup(t)
	maria, ivan := b.as(b.editorOf("maria")), b.as(b.editorOf("ivan"))
	hers, his := maria.get(formAddress).form(t), ivan.get(formAddress).form(t)
	hers.Set("text.bg.summary", "Нейното кратко описание.")
	hers.Set("text.bg.time", "до час")
	if got := maria.save(hers, "save"); got.code != http.StatusSeeOther {
		t.Fatal(got.code, got.body)
	}
	his.Set("text.bg.summary", "Неговото кратко описание.")
	his.Set("text.bg.who", "Всеки с телефон.")
	clash := ivan.save(his, "save")
	if clash.code != http.StatusConflict {
		t.Fatal(clash.code, clash.body)
	}
	clash.has(t, "Maria записа промени", "И двамата сте го променили", "Неговото", "Нейното", "Всеки с телефон.", "до час", "Нищо Ваше не е загубено")
	if got := b.draft("criminal-record"); got.Guide.Text["bg"].Summary != "Нейното кратко описание." || got.Revision != 1 {
		t.Fatal("the second overwrote the first", got.Revision)
	}

	// Nothing is chosen for them where both changed a field; the rest is.
	chosen := clash.hidden()
	chosen.Set("take:text.bg.who", "mine")
	chosen.Set("take:text.bg.time", "theirs")
	again := ivan.save(chosen, "merge")
	if again.code != http.StatusConflict {
		t.Fatal(again.code)
	}
	again.has(t, "Изберете кое остава", "Неговото", "И двамата сте го променили")
	if regexp.MustCompile(`name="take:text.bg.summary" value="(mine|theirs)" checked`).MatchString(again.body) {
		t.Error("the second time something is chosen for them")
	}
	chosen = again.hidden()
	chosen.Set("take:text.bg.summary", "mine")
	chosen.Set("take:text.bg.who", "mine")
	chosen.Set("take:text.bg.time", "theirs")
	if got := ivan.save(chosen, "merge"); got.code != http.StatusSeeOther {
		t.Fatal(got.code, got.body)
	}
	text := b.draft("criminal-record").Guide.Text["bg"]
	if text.Summary != "Неговото кратко описание." || text.Who != "Всеки с телефон." || text.Time != "до час" {
		t.Errorf("merged: %q %q %q", text.Summary, text.Who, text.Time)
	}
	ivan.get(formAddress).has(t, "Събрах двете промени")

	// The draft is dropped, then published, while she writes: what she typed is beside what there is now.
	hers = maria.get(formAddress).form(t)
	b.exec(`DELETE FROM guide_drafts`)
	hers.Set("text.bg.summary", "Пак нейното.")
	maria.save(hers, "save").has(t, "черновата е изтрита", "Пак")
	g, _, _ := b.store.Guide(b.ctx, "criminal-record")
	g.Link = "https://cs.mjs.bg/new"
	if _, err := b.store.Publish(b.ctx, g, "test"); err != nil {
		t.Fatal(err)
	}
	published := maria.save(hers, "save")
	published.has(t, "черновата е публикувана като версия 2", "/new</mark>")
	if got := maria.save(published.hidden(), "mine"); got.code != http.StatusSeeOther {
		t.Fatal(got.code, got.body)
	}
	if d := b.draft("criminal-record"); d.Base != 2 || d.Guide.Text["bg"].Summary != "Пак нейното." {
		t.Errorf("base %d, %q", d.Base, d.Guide.Text["bg"].Summary)
	}
}

// hidden are the hidden values of a page.
func (a answer) hidden() url.Values {
	values := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(a.body, -1) {
		values.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return values
}

// What is no text is a fault of the form, and no fault of the program.
func TestWhatIsNoTextIsRefused(t *testing.T) {
	b := setup(t)
	w := b.as(b.editorOf("maria"))
	for _, c := range []struct{ field, bad string }{{"text.bg.who", "Все\x00ки."}, {"notes", "бе\xffлежка"}, {"notes", "\x00"}, {"why", "за\x00що"}} {
		values := w.get(formAddress).form(t)
		values.Set(c.field, "преди"+c.bad+"след")
		if got := w.send(http.MethodPost, formAddress, values, "Accept", "application/json"); got.code != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d %s", c.field, c.bad, got.code, got.body)
		}
		if got := w.save(values, "save"); got.code != http.StatusUnprocessableEntity {
			t.Errorf("%s %q without a script: %d", c.field, c.bad, got.code)
		}
	}
	// Where no field's own check stands before, the database says so.
	if got := w.post("/console/guides/new", "slug", "nov", "title", "Ново\x00"); got.code != http.StatusUnprocessableEntity && got.code != http.StatusBadRequest {
		t.Errorf("a new guide: %d", got.code)
	}
}

// TestAutosave holds what the form's script is told: what was kept, that a lost answer is no collision, and that a collision keeps nothing.
func TestAutosave(t *testing.T) {
	b := setup(t)
	maria, ivan := b.as(b.editorOf("maria")), b.as(b.editorOf("ivan"))
	auto := func(w *browser, values url.Values) answer {
		return w.send(http.MethodPost, formAddress, values, "Accept", "application/json")
	}
	hers := maria.get(formAddress).form(t)
	hers.Set("text.bg.who", "Всеки с ЕГН 7501010010.") // masked like all that is kept
	first := auto(maria, hers)
	first.has(t, `"revision":1`, "Запазено в")
	if got := auto(maria, hers); got.code != http.StatusOK && got.code != http.StatusConflict {
		t.Error(got.code)
	}
	his := ivan.get(formAddress).form(t)
	hers.Set("text.bg.who", "Всеки.")
	hers.Set("revision", "1")
	kept := auto(maria, hers)
	kept.has(t, `"revision":2`)
	auto(maria, hers).has(t, `"revision":2`) // the answer was lost, and it is sent again
	his.Set("text.bg.who", "Никой.")
	clash := auto(ivan, his)
	if clash.code != http.StatusConflict {
		t.Error("a collision:", clash.code)
	}
	clash.has(t, "Maria записа промени")
	if d := b.draft("criminal-record"); d.Guide.Text["bg"].Who != "Всеки." || d.Revision != 2 {
		t.Error(d.Guide.Text["bg"].Who, d.Revision)
	}
	nobody := b.browser()
	if got := auto(nobody, his); got.code != http.StatusUnauthorized {
		t.Error("signed out:", got.code)
	}
	// Without a script what was typed comes back, to be sent once they have signed in.
	page := nobody.send(http.MethodPost, formAddress, his)
	if page.code != http.StatusUnauthorized {
		t.Error(page.code)
	}
	page.has(t, "Сесията изтече", "Написаното не е загубено", `value="Никой."`)
	if got := nobody.send(http.MethodPost, formAddress, page.hidden()); got.code != http.StatusUnauthorized {
		t.Error("kept for a stranger", got.code)
	}
	if page.hidden().Get("text.bg.who") != "Никой." || len(page.hidden()["text.bg.steps"]) != len(his["text.bg.steps"]) {
		t.Error("something is missing on the page of the session's end")
	}
}

func TestWhatIsTypedIsCheckedAndShown(t *testing.T) {
	b := setup(t)
	w := b.as(b.editorOf("maria"))
	other := guide()
	other.Slug = "other"
	text := other.Text["bg"]
	text.Title, text.Names = "Друга справка", []string{"друга справка"}
	other.Text = map[knowledge.Language]knowledge.Text{"bg": text}
	if _, err := b.store.Publish(b.ctx, other, "test"); err != nil {
		t.Fatal(err)
	}
	values := w.get(formAddress).form(t)
	values.Set("link", "https://cs.mjs.bg.evil.top/<b>")
	values.Set("text.bg.names", "Друга Справка")
	values["text.bg.exceptions"] = []string{"", ""}
	values.Set("text.bg.summary", "Административната услуга се предоставя съгласно разпоредбите на действащото законодателство посредством електронно заявление, подадено от заинтересованите физически или юридически лица или надлежно упълномощените техни представители <script>alert(1)</script>.")
	values["related"] = []string{"Друга справка", "няма такова"}
	for _, c := range []struct{ on, language, words string }{
		{"web", "bg", "message from-bot"}, {"telegram", "bg", `class=\"bubble\"`}, {"telegram", "en", "Bulgarian"},
	} {
		got := w.send(http.MethodPost, "/console/guides/criminal-record/check?on="+c.on+"&language="+c.language, values)
		body := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(got.body)
		for _, words := range []string{"не е на познат официален сайт", "Напишете поне едно изключение", "вече е име на упътването „Друга справка“", "Изречение от", "Текстът се чете трудно",
			"Няма упътване „няма такова“", c.words} {
			if !strings.Contains(body, words) {
				t.Errorf("%s %s: %q is not in\n%s", c.on, c.language, words, body)
			}
		}
		if strings.Contains(body, "<script>alert") {
			t.Error("what was typed runs")
		}
	}
	if d := b.draft("criminal-record"); d.Revision != 0 {
		t.Error("a check keeps something")
	}
	preview := w.send(http.MethodPost, "/console/guides/criminal-record/preview?on=web&language=bg", values)
	preview.has(t, "Електронно свидетелство за съдимост", "/static/card.css")
	if csp := preview.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'self'") || preview.header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Error("the form can't show the preview:", csp)
	}
	w.get("/console/guides/criminal-record/names?find="+url.QueryEscape("друга")).has(t, "Друга справка")
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]int64{"15": 1500, "15,3": 1530, "15.34": 1534, "0": 0, "безплатно": 0, "15,34 €": 1534, "": -1, "петнайсет": -1, "1.234,50": -1} {
		if got, _ := amount(typed); got != want {
			t.Errorf("%q is %d, want %d", typed, got, want)
		}
	}
	for cents, want := range map[int64]string{0: "0", 1500: "15", 1534: "15,34", -1: ""} {
		if got := amountWords(cents); got != want {
			t.Errorf("%d is %q, want %q", cents, got, want)
		}
	}
}
