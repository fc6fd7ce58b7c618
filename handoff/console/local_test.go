package console

import (
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// door is Враца's door in the one guide as people read it.
func (b *bundle) door() (knowledge.Local, bool) {
	b.Helper()
	g, _, err := b.store.Guide(b.ctx, "criminal-record")
	if err != nil {
		b.Fatal(err)
	}
	m, _, err := b.store.Municipality(b.ctx, "VRC10")
	if err != nil {
		b.Fatal(err)
	}
	return m.DoorIn(g)
}

// seenDoors finds what a municipality's form tells that its editor saw.
var seenDoors = regexp.MustCompile(`name="(version|seen|joins)" value="([^"]*)"`)

// line sends a municipality's form as it is shown, with what was typed.
func (b *browser) line(form string, typed ...string) answer {
	return b.post(form, append(b.get(form).seen(), typed...)...)
}

// seen is what a municipality's form tells that its editor saw.
func (a answer) seen() (pairs []string) {
	for _, m := range seenDoors.FindAllStringSubmatch(a.body, 3) {
		pairs = append(pairs, m[1], m[2])
	}
	return pairs
}

func TestAMunicipalityWritesItsLine(t *testing.T) {
	b := setup(t)
	_, w := b.vratsa()
	maria, _ := b.editor("Мария")
	const form = "/console/local/criminal-record"
	w.get("/console/local").has(t, "Община Враца", "Общината още няма свои упътвания", "Електронно свидетелство за съдимост", "Както навсякъде.", form)
	typed := func(more ...string) []string {
		return append([]string{"office", "ул. „Стефанаки Савов“ 6, гише 3", "contact", "092 624 581", "fee_bg", "4,09 €", "note_bg", "Работи и в събота. ЕГН 7501020018"}, more...)
	}
	if got := w.line(form, typed("link", "https://vratza.example/x")...); got.code != 422 {
		t.Errorf("an address that is not allowed: %d", got.code)
	} else {
		got.has(t, "не е на разрешен официален сайт", "https://vratza.example/x", "гише 3")
	}
	if got := w.line(form, typed("note_en", "Open on Saturday too.", "fee_en", "x", "contact", "y")...); got.code != 303 {
		t.Fatalf("%d %s", got.code, got.body)
	}
	w.get("/console/local").has(t, "Публикувано. Хората от общината вече го виждат.", "гише 3", "4,09 €", "092 624 581")
	door, ok := b.door()
	if !ok || door.Office != "ул. „Стефанаки Савов“ 6, гише 3" || door.FeeIn(knowledge.Bulgarian) != "4,09 €" || door.Note[knowledge.English] != "Open on Saturday too." {
		t.Errorf("published as %+v", door)
	}
	w.get(form).lacks(t, "7501020018")
	if got := w.line(form, "note_en", "Only English."); got.code != 422 {
		t.Errorf("without Bulgarian: %d", got.code)
	}

	unknowing := w.get(form).seen()

	// The form of the whole guide keeps it.
	values := b.as(maria).get("/console/guides/criminal-record/edit").form(t)
	values.Set("text.bg.time", "до един ден")
	b.as(maria).save(values, "")
	d := b.draft("criminal-record")
	if len(d.Guide.Local) != 1 || d.Guide.Local[0].Office != door.Office || d.Guide.Local[0].FeeIn(knowledge.Bulgarian) != "4,09 €" {
		t.Fatalf("the guide's form left %+v", d.Guide.Local)
	}

	// A colleague is at the guide: the line goes with the colleague's version, and where that is in review it is read with it.
	if got := w.post(form, append(unknowing, typed()...)...); got.code != 409 {
		t.Errorf("not knowing of the draft: %d", got.code)
	}
	w.get(form).has(t, "Колега работи по следващата версия")
	w.line(form, "office", "гише 5")
	w.get("/console/local").has(t, "Запазено в черновата на колегата")
	if door, _ := b.door(); door.Office == "гише 5" {
		t.Error("a colleague's draft was published")
	}
	d = b.draft("criminal-record")
	if d.Guide.Local[0].Office != "гише 5" || d.Guide.Text[knowledge.Bulgarian].Time != "до един ден" {
		t.Errorf("the draft is %+v", d)
	}
	if err := b.store.SendDraft(b.ctx, b.pool, d.Slug, d.Revision, knowledge.Editor{ID: staffID(maria.ID)}); err != nil {
		t.Fatal(err)
	}
	d = b.draft("criminal-record")
	w.get(form).has(t, "Вашият ред отива при същия преглед.")
	w.line(form, "office", "гише 6")
	if now := b.draft("criminal-record"); now.Stage != knowledge.InReview || now.SentBy != d.SentBy || now.Revision == d.Revision || now.Guide.Local[0].Office != "гише 6" {
		t.Errorf("in review: %+v", now)
	}
	d = b.draft("criminal-record")
	if err := b.store.DropDraft(b.ctx, b.pool, d.Slug, d.Revision, knowledge.Editor{ID: staffID(maria.ID)}); err != nil {
		t.Fatal(err)
	}

	// With the rule it is sent for review; the line is taken away in the same way.
	b.rules(knowledge.EditingRules{SecondEditor: true})
	w.line(form, "do", "remove")
	w.get("/console/local").has(t, "Изпратено за преглед. Ще го публикува друг редактор.")
	d = b.draft("criminal-record")
	if d.Stage != knowledge.InReview || len(d.Guide.Local) != 0 {
		t.Errorf("sent as %+v", d)
	}
}

func TestAMunicipalitysPageIsItsOwnAlone(t *testing.T) {
	b := setup(t)
	_, w := b.vratsa()
	_, maria := b.editor("Мария")
	w.get("/console/local?of=SOF46").has(t, "Община Враца")
	if got := w.line("/console/local/criminal-record?of=SOF46", "of", "SOF46", "contact", "02 1"); got.code != 303 {
		t.Errorf("%d", got.code)
	}
	if door, ok := b.door(); !ok || door.Contact != "02 1" {
		t.Errorf("not in the own municipality: %+v", door)
	}
	maria.get("/console/local").has(t, "Коя община", `<option value="VAR05">Бяла (Варна)</option>`)
	maria.get("/console/local?of=SOF46").has(t, "Община Столична", "Други общини, които са добавили нещо: 1")
	for path, want := range map[string]int{"/console/local?of=XXX00": 404, "/console/local/criminal-record": 404, "/console/local/nothing?of=SOF46": 404} {
		if got := maria.get(path); got.code != want {
			t.Errorf("%s: %d, want %d", path, got.code, want)
		}
	}
	maria.line("/console/local/criminal-record?of=SOF46", "contact", "02 2")
	g, _, _ := b.store.Guide(b.ctx, "criminal-record")
	if len(g.Local) != 2 || g.Local[1].Municipality != "Столична" {
		t.Errorf("%+v", g.Local)
	}

	// A guide of its own: begun, found on the page, and nobody else's municipality may touch it.
	if got := w.post("/console/guides/new", "title_bg", "Паркиране в центъра на Враца", "slug", "vratsa-parking"); got.location != "/console/guides/vratsa-parking/edit" {
		t.Fatalf("%d %s", got.code, got.body)
	}
	w.get("/console/local").has(t, "Паркиране в центъра на Враца", `href="/console/guides/vratsa-parking"`)
	values := w.get("/console/guides/vratsa-parking/edit").form(t)
	values.Set("text.bg.summary", "Синя зона в центъра.")
	if got := w.send("POST", "/console/guides/vratsa-parking/edit", values); got.code != 303 {
		t.Errorf("its own guide's form: %d", got.code)
	}
	if d := b.draft("vratsa-parking"); d.Guide.Municipality != "VRC10" || d.Guide.Text[knowledge.Bulgarian].Summary != "Синя зона в центъра." {
		t.Errorf("%+v", d.Guide)
	}
	other := b.as(b.account(staff.Profile{Email: "mezdra@example.bg", Roles: []staff.Role{staff.Editor}, Municipality: "VRC27"}))
	other.get("/console/local").lacks(t, "Паркиране")
	if got := other.post("/console/guides/vratsa-parking/drop", "revision", revision(b.draft("vratsa-parking"))); got.code != 403 {
		t.Errorf("another municipality drops it: %d", got.code)
	}
}

func TestAMunicipalitysPageInABrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	a, _ := b.vratsa()
	b.publish("kindergarten", "Кандидатстване за детска градина", func(g *knowledge.Guide, _ *knowledge.Text) {
		g.Local = []knowledge.Local{{Municipality: "Столична", Link: "https://kg.mjs.bg"}, {Municipality: "Враца", Link: "https://dg.mjs.bg/a-very-long-address/of-a-page/in-the-municipality", Office: "ул. „Стефанаки Савов“ 6, ет. 1, гише 3", Contact: "092 624 581"}}
	})
	w := open(t)
	w.signIn(b, a)
	w.do(chromedp.Navigate(b.URL + "/console/local"))
	w.reads("Община Враца")
	w.accessible("local")
	w.do(chromedp.Click(`a[href="/console/local/kindergarten"].button`, chromedp.NodeVisible))
	w.reads("Попълнете само онова, което тук е различно.")
	w.accessible("local-door")
	w.do(chromedp.SetValue("#link", "https://elsewhere.example/x"), chromedp.Click(".door button", chromedp.NodeVisible))
	w.reads("не е на разрешен официален сайт")
	w.accessible("local-door-wrong")
	w.do(chromedp.SetValue("#link", "https://cs.mjs.bg/vratsa"), chromedp.Click(".door button", chromedp.NodeVisible))
	w.reads("Публикувано. Хората от общината вече го виждат.")
}

func TestAnEditorTurnsRemindersOff(t *testing.T) {
	b := setup(t)
	a, w := b.vratsa()
	got := w.get("/console/account")
	got.has(t, "Пишете ми за упътвания", `name="notices"`)
	got.lacks(t, `name="chats"`)
	if got := w.post("/console/account/desk"); got.code != 303 {
		t.Fatalf("%d %s", got.code, got.body)
	}
	if now, _, err := b.staff.Account(b.ctx, a.ID); err != nil || now.Notices || now.ChatLimit != a.ChatLimit {
		t.Errorf("%+v, %v", now, err)
	}
}
