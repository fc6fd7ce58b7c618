package console

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// whoGuides is who may use the pages of guides; see who.
var whoGuides = map[string]string{
	"GET /console/guides":                             "e",
	"GET /console/guides/{slug}":                      "e",
	"POST /console/guides/{slug}/send":                "e",
	"POST /console/guides/{slug}/recall":              "e",
	"POST /console/guides/{slug}/publish":             "e",
	"POST /console/guides/{slug}/drop":                "e",
	"POST /console/guides/{slug}/return":              "e",
	"POST /console/guides/{slug}/retire":              "e",
	"POST /console/guides/{slug}/reopen":              "e",
	"GET /console/guides/{slug}/merge":                "e",
	"POST /console/guides/{slug}/merge":               "e",
	"GET /console/guides/{slug}/history":              "e",
	"GET /console/guides/{slug}/history/{a}":          "e",
	"GET /console/guides/{slug}/history/{a}/{b}":      "e",
	"POST /console/guides/{slug}/history/{a}/restore": "e",
	"GET /console/rules":                              "a",
	"POST /console/rules":                             "a",
}

// editor signs in an editor of guides.
func (b *bundle) editor(name string) (staff.Account, *browser) {
	b.Helper()
	a := b.account(staff.Profile{Email: fmt.Sprintf("editor%x@example.bg", name), Name: name, Roles: []staff.Role{staff.Editor}})
	return a, b.as(a)
}

// publish publishes a guide like the one there is, changed.
func (b *bundle) publish(slug, title string, change func(g *knowledge.Guide, t *knowledge.Text)) knowledge.Guide {
	b.Helper()
	g := guide()
	g.Slug = slug
	t := g.Text[knowledge.Bulgarian]
	t.Title, t.Names = title, nil
	if change != nil {
		change(&g, &t)
	}
	g.Text[knowledge.Bulgarian] = t
	if now, ok, err := b.store.Guide(b.ctx, slug); err != nil {
		b.Fatal(err)
	} else if ok {
		g.Version = now.Version
	}
	var err error
	if g.Version, err = b.store.Publish(b.ctx, g, "starter"); err != nil {
		b.Fatal(err)
	}
	return g
}

// drafted saves a draft of a guide, as an editor would by the form.
func (b *bundle) drafted(slug string, by staff.Account, change func(g *knowledge.Guide, t *knowledge.Text)) knowledge.Draft {
	b.Helper()
	now, _, err := b.store.Guide(b.ctx, slug)
	if err != nil {
		b.Fatal(err)
	}
	d, ok, err := b.store.Draft(b.ctx, slug)
	if err != nil {
		b.Fatal(err)
	}
	if !ok {
		d = knowledge.Draft{Slug: slug, Base: now.Version, Guide: now}
	}
	if d.Guide.Text == nil {
		d.Guide.Text = map[knowledge.Language]knowledge.Text{}
	}
	t := d.Guide.Text[knowledge.Bulgarian]
	change(&d.Guide, &t)
	d.Guide.Text[knowledge.Bulgarian] = t
	if d, err = b.store.SaveDraft(b.ctx, b.pool, d, knowledge.Editor{ID: staffID(by.ID)}); err != nil {
		b.Fatal(err)
	}
	return d
}

func (b *bundle) rules(r knowledge.EditingRules) {
	b.Helper()
	if err := b.store.SetEditingRules(b.ctx, b.pool, r); err != nil {
		b.Fatal(err)
	}
}

func revision(d knowledge.Draft) string { return strconv.Itoa(d.Revision) }

func TestGuidesAreListedByWhatIsToBeDone(t *testing.T) {
	b := setup(t)
	maria, w := b.editor("Мария")
	ivan, _ := b.editor("Иван")
	today := time.Now()
	b.publish("late", "Минала дата", func(g *knowledge.Guide, _ *knowledge.Text) { g.ReviewBy = today.AddDate(0, 0, -10) })
	b.publish("silent", "Отдавна мълчи", func(g *knowledge.Guide, _ *knowledge.Text) { g.ReviewBy = today.AddDate(-2, 0, 0) })
	b.publish("soon", "Скоро изтича", func(g *knowledge.Guide, _ *knowledge.Text) { g.ReviewBy = today.AddDate(0, 0, 10) })
	b.publish("fresh", "Прясно", func(g *knowledge.Guide, t *knowledge.Text) {
		g.ReviewBy, g.Sources[0].Checked = today.AddDate(1, 0, 0), today.AddDate(0, 0, -1)
		t.Names = []string{"зелена карта"}
	})
	b.publish("gone", "Няма я вече", func(g *knowledge.Guide, _ *knowledge.Text) { g.Status, g.ReplacedBy = knowledge.Closed, "fresh" })
	b.drafted("late", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Summary = "По-ясно." })
	sent := b.drafted("fresh", ivan, func(_ *knowledge.Guide, t *knowledge.Text) { t.Summary = "По-ясно." })
	if err := b.store.SendDraft(b.ctx, b.pool, "fresh", sent.Revision, knowledge.Editor{ID: staffID(ivan.ID)}); err != nil {
		t.Fatal(err)
	}
	b.drafted("new-one", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Title = "Съвсем ново" })

	for view, want := range map[string][]string{
		"all":       {"criminal-record", "late", "silent", "soon", "fresh", "gone", "new-one"},
		"mine":      {"fresh"},
		"review":    {"fresh"},
		"draft":     {"late", "new-one"},
		"renew":     {"criminal-record", "late", "silent"},
		"soon":      {"soon"},
		"unchecked": {"criminal-record", "late", "silent", "soon"},
		"published": {"criminal-record", "late", "silent", "soon", "fresh"},
		"retired":   {"gone"},
		"nonsense":  {"criminal-record", "late", "silent", "soon", "fresh", "gone", "new-one"},
	} {
		got := w.get("/console/guides?view=" + view)
		if listed := listedGuides(got); !slices.Equal(slices.Sorted(slices.Values(listed)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s lists %v, want %v", view, listed, want)
		}
	}
	w.get("/console/guides").has(t, "Чака Вас", "Закрита услуга", "само сочи източника", "датата е минала", "никога", "Съвсем ново", "Чернова")
	w.get("/console/guides?view=renew").has(t, "Най-старите са най-отгоре")
	for find, want := range map[string]string{"ПРЯСНО": "fresh", "зелена": "fresh", "new-one": "new-one", "съвсем": "new-one", "карта зелена": "fresh", "gon": "gone"} {
		if listed := listedGuides(w.get("/console/guides?find=" + url.QueryEscape(find))); !slices.Equal(listed, []string{want}) {
			t.Errorf("%q finds %v", find, listed)
		}
	}
	w.get("/console/guides?find="+url.QueryEscape("зелена")).has(t, "Наричат го: „зелена карта“", "1 упътване за „зелена“")
	w.get("/console/guides?find=нищожество%25").has(t, "Няма упътване за „нищожество%“")
	_, other := b.editor("Петя")
	if listed := listedGuides(other.get("/console/guides?view=mine")); !slices.Equal(listed, []string{"fresh"}) {
		t.Errorf("another editor: %v", listed)
	}
	if listed := listedGuides(b.as(ivan).get("/console/guides?view=mine")); len(listed) > 0 {
		t.Errorf("who sent it is asked to approve it: %v", listed)
	}
}

var listed = regexp.MustCompile(`<th scope="row"><a href="/console/guides/([a-z0-9-]+)">`)

func listedGuides(a answer) (slugs []string) {
	for _, m := range listed.FindAllStringSubmatch(a.body, -1) {
		slugs = append(slugs, m[1])
	}
	return slugs
}

func TestGuidesArePaged(t *testing.T) {
	b := setup(t)
	_, w := b.editor("Мария")
	for i := range 60 {
		b.publish(fmt.Sprintf("g-%02d", i), fmt.Sprintf("Упътване %02d", i), nil)
	}
	first, second := w.get("/console/guides?order=title"), w.get("/console/guides?order=title&page=2")
	first.has(t, "Страница 1 от 2", `href="/console/guides?order=title&amp;page=2"`)
	second.has(t, "Страница 2 от 2", `href="/console/guides?order=title"`)
	if all := append(listedGuides(first), listedGuides(second)...); len(all) != 61 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 61 {
		t.Errorf("%d on two pages: %v", len(all), all)
	}
	w.get("/console/guides?page=99999999999").has(t, "Страница 1 от 2")
}

func TestAGuideIsApprovedBySecondEditor(t *testing.T) {
	b := setup(t)
	b.rules(knowledge.EditingRules{SecondEditor: true, Grace: 180 * day})
	maria, mariaAt := b.editor("Мария")
	_, ivanAt := b.editor("Иван")
	const room = "/console/guides/criminal-record"
	d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Time = "до един ден" })
	mariaAt.get(room).has(t, "Чернова на следващата версия", "По правилата публикува друг редактор", "− Беше:", "Стана:", "<ins>до един ден</ins>", "Колко отнема")
	// Not without a word on why, not past the rules, not what somebody changed meanwhile.
	if got := mariaAt.post(room+"/send", "revision", revision(d), "why", " "); got.code != 422 {
		t.Errorf("sent without a word: %d", got.code)
	} else {
		got.has(t, "Какво и защо: липсва")
	}
	mariaAt.post(room+"/publish", "revision", revision(d), "why", "нов срок")
	mariaAt.get(room).has(t, "По правилата първо се изпраща за преглед")
	mariaAt.post(room+"/send", "revision", "77", "why", "нов срок")
	mariaAt.get(room).has(t, "Някой промени черновата")
	if got := mariaAt.post(room+"/send", "revision", revision(d), "why", "нов срок от министерството"); got.location != room {
		t.Fatalf("%d %s", got.code, got.body)
	}
	d, _, _ = b.store.Draft(b.ctx, "criminal-record")
	mariaAt.get(room).has(t, "Изпратено за преглед", "Чака друг редактор", "Върни от преглед")
	mariaAt.post(room+"/publish", "revision", revision(d))
	mariaAt.get(room).has(t, "По правилата го публикува друг редактор")

	// The other gives it back with a word, gets it again, and approves.
	if got := ivanAt.post(room+"/return", "revision", revision(d), "word", ""); got.code != 422 {
		t.Errorf("given back without a word: %d", got.code)
	}
	ivanAt.post(room+"/return", "revision", revision(d), "word", "Кой е източникът? Питайте 7501020018.")
	got := mariaAt.get(room)
	got.has(t, "Иван я върна:", "Кой е източникът?")
	got.lacks(t, "7501020018")
	d, _, _ = b.store.Draft(b.ctx, "criminal-record")
	mariaAt.post(room+"/send", "revision", revision(d), "why", "нов срок от министерството")
	d, _, _ = b.store.Draft(b.ctx, "criminal-record")
	if d.Stage != knowledge.InReview || d.ReturnedWord != "" {
		t.Errorf("sent again as %+v", d)
	}
	ivanAt.get(room).has(t, "Одобри и публикувай", "нов срок от министерството")
	ivanAt.post(room+"/publish", "revision", revision(d))
	ivanAt.get(room).has(t, "Публикувано. Хората вече го виждат.")
	g, _, _ := b.store.Guide(b.ctx, "criminal-record")
	if g.Version != 2 || g.Text[knowledge.Bulgarian].Time != "до един ден" || g.Why != "нов срок от министерството" {
		t.Errorf("published %+v", g)
	}
	ivanAt.get(room+"/history").has(t, "написа Мария", "Вие", "нов срок от министерството", "Програмата")
	verbs := b.logged("guide:criminal-record")
	if want := []string{"guide.send", "guide.return", "guide.send", "guide.publish"}; !slices.Equal(verbs, want) {
		t.Errorf("the log has %v, want %v", verbs, want)
	}
}

func TestAColleaguesNoteMakesNoWriter(t *testing.T) {
	b := setup(t)
	b.rules(knowledge.EditingRules{SecondEditor: true, Grace: 180 * day})
	maria, mariaAt := b.editor("Мария")
	_, ivanAt := b.editor("Иван")
	const room = "/console/guides/criminal-record"
	d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Time = "до един ден" })
	if got := ivanAt.post(room+"/send", "revision", revision(d), "why", "изпраща го Иван"); got.location != room {
		t.Fatalf("%d %s", got.code, got.body)
	}
	d, _, _ = b.store.Draft(b.ctx, "criminal-record")
	mariaAt.get(room).has(t, "Чака друг редактор")
	mariaAt.post(room+"/publish", "revision", revision(d))
	mariaAt.get(room).has(t, "По правилата го публикува друг редактор")
	ivanAt.get(room).has(t, "Одобри и публикувай", "Върни от преглед")
	ivanAt.post(room+"/publish", "revision", revision(d))
	ivanAt.get(room+"/history").has(t, "написа Мария", "изпраща го Иван")
}

// logged are what the audit log says of a subject, the oldest first.
func (b *bundle) logged(subject string) []string {
	b.Helper()
	rows, err := b.pool.Query(b.ctx, `SELECT verb FROM audit_log WHERE subject = $1 ORDER BY id`, subject)
	if err != nil {
		b.Fatal(err)
	}
	verbs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	return verbs
}

func TestVersionsAreComparedAndRestored(t *testing.T) {
	b := setup(t)
	_, w := b.editor("Мария")
	const room = "/console/guides/criminal-record"
	b.publish("criminal-record", "Електронно свидетелство за съдимост", func(g *knowledge.Guide, t *knowledge.Text) {
		g.Audience, g.ReviewBy = knowledge.Both, time.Date(2027, 3, 12, 0, 0, 0, 0, time.UTC)
		t.Steps = []string{"Отворете cs.mjs.bg.", "Влезте с КЕП – електронен подпис, или с ПИК.", "Платете таксата.", "Изтеглете свидетелството."}
	})
	got := w.get(room + "/history/1/2")
	got.has(t, "За кого е", "Гражданин и фирма", "Стъпки", "Добавено:", "<ins>Платете таксата.</ins>", "<del>", "Преглед до", "12 март 2027 г.", "[добавено]", `<li class="same">Отворете cs.mjs.bg.</li>`)
	got.lacks(t, "text.bg", "review_by", "citizen")
	w.get(room+"/history/2/2").has(t, "Няма разлика")
	if got := w.get(room + "/history?a=2&b=1"); got.location != room+"/history/1/2" {
		t.Errorf("compared as %s", got.location)
	}
	for _, path := range []string{"/history/1/9", "/history/x/1", "/history/9", "/history/1/draft", "/history/0/1"} {
		if got := w.get(room + path); got.code != 404 {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	w.get(room+"/history/1").has(t, "Възстанови тази версия", "Влезте с КЕП – електронен подпис.")
	if got := w.post(room + "/history/1/restore"); got.location != room {
		t.Fatalf("%d", got.code)
	}
	w.get(room).has(t, "Направих чернова от старата версия", "Възстановена версия 1.", "− Махнато:")
	w.get(room+"/history/2/draft").has(t, "Черновата", "− Махнато:")
	d, _, _ := b.store.Draft(b.ctx, "criminal-record")
	if g, _, _ := b.store.Guide(b.ctx, "criminal-record"); g.Version != 2 {
		t.Errorf("restoring published version %d at once", g.Version)
	}
	w.post(room + "/history/1/restore")
	w.get(room).has(t, "Вече има чернова")
	w.post(room+"/publish", "revision", revision(d), "why", "Възстановена версия 1.")
	first, _, _ := b.store.GuideAt(b.ctx, "criminal-record", 1)
	third, ok, _ := b.store.GuideAt(b.ctx, "criminal-record", 3)
	if diff := knowledge.Diff(first, third); !ok || len(diff) > 0 {
		t.Errorf("restored with %+v", diff)
	}
}

func TestADraftThatWasOvertakenIsPutTogether(t *testing.T) {
	b := setup(t)
	maria, w := b.editor("Мария")
	const room = "/console/guides/criminal-record"
	d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) {
		t.Summary, t.Time = "Мое начало за съдимостта.", "до един ден"
	})
	b.publish("criminal-record", "Електронно свидетелство за съдимост", func(g *knowledge.Guide, t *knowledge.Text) {
		t.Names = guide().Text[knowledge.Bulgarian].Names
		t.Summary, t.Contact = "Друго начало за съдимостта.", "02 9237 300"
	})
	w.post(room+"/publish", "revision", revision(d), "why", "по-ясно")
	w.get(room).has(t, "Упътването е публикувано от друг", "Междувременно е публикувана друга версия", room+"/merge")
	got := w.get(room + "/merge")
	got.has(t, "02 9237 300", "Изберете там, където и двамата сте променили", "Мое начало", `name="take-text.bg.summary"`)
	got.lacks(t, `name="take-text.bg.time"`, `name="take-text.bg.contact"`)
	if got := w.post(room+"/merge", "revision", revision(d), "version", "2"); got.location != room+"/merge" {
		t.Errorf("put together without a choice: %d %s", got.code, got.location)
	}
	w.post(room+"/merge", "revision", revision(d), "version", "1", "take-text.bg.summary", "mine")
	w.get(room).has(t, "Упътването е публикувано от друг") // not the version that was seen
	w.post(room+"/merge", "revision", revision(d), "version", "2", "take-text.bg.summary", "theirs")
	w.get(room).has(t, "Черновата вече стъпва на публикуваната версия")
	d, _, _ = b.store.Draft(b.ctx, "criminal-record")
	text := d.Guide.Text[knowledge.Bulgarian]
	if d.Base != 2 || text.Summary != "Друго начало за съдимостта." || text.Time != "до един ден" || text.Contact != "02 9237 300" {
		t.Errorf("put together as %+v", d)
	}
	if got := w.get(room + "/merge"); got.location != room {
		t.Errorf("nothing to put together: %d", got.code)
	}
	w.post(room+"/publish", "revision", revision(d), "why", "по-ясно")
	if g, _, _ := b.store.Guide(b.ctx, "criminal-record"); g.Version != 3 {
		t.Errorf("published version %d", g.Version)
	}
}

func TestAServiceIsClosedWithASuccessor(t *testing.T) {
	b := setup(t)
	_, w := b.editor("Мария")
	b.publish("new-register", "Нов регистър за съдимост", nil)
	b.publish("older", "Стара услуга", func(g *knowledge.Guide, _ *knowledge.Text) {
		g.Status, g.ReplacedBy = knowledge.Closed, "criminal-record"
	})
	const room = "/console/guides/criminal-record"
	w.get(room).has(t, "Насам сочат упътвания на закрити услуги", "Стара услуга")
	w.post(room+"/retire", "find", "").has(t, "Напишете кое, или отбележете, че няма.")
	w.post(room+"/retire", "find", "летене").has(t, "Няма упътване за „летене“")
	choose := w.post(room+"/retire", "find", "регистър")
	choose.has(t, "Кое упътване върши това сега?", `value="new-register"`, "Нов регистър за съдимост")
	if g, _, _ := b.store.Guide(b.ctx, "criminal-record"); g.Status == knowledge.Closed {
		t.Fatal("closed before a choice")
	}
	w.post(room+"/retire", "successor", "older", "find", "").has(t, "Напишете кое") // that one is closed itself
	w.post(room+"/retire", "successor", "new-register", "find", "регистър", "why", "Обединени регистри")
	w.get(room).has(t, "Услугата е закрита", "Сега се прави тук:", "Нов регистър за съдимост", "Услугата пак работи")
	g, _, _ := b.store.Guide(b.ctx, "criminal-record")
	if g.Version != 2 || g.Status != knowledge.Closed || g.ReplacedBy != "new-register" || g.Why != "Обединени регистри" {
		t.Errorf("closed as %+v", g)
	}
	w.get("/console/guides/older").has(t, "и тя е закрита")
	w.post(room + "/reopen")
	d, _, _ := b.store.Draft(b.ctx, "criminal-record")
	if d.Guide.Status != knowledge.Active || d.Guide.ReplacedBy != "" {
		t.Errorf("opened as %+v", d)
	}
	w.post(room+"/publish", "revision", revision(d), "why", "Услугата пак работи.")

	// A title stands for its guide; with the rule it is sent for review.
	b.rules(knowledge.EditingRules{SecondEditor: true})
	w.post(room+"/retire", "find", "нов регистър за съдимост")
	w.get(room).has(t, "Изпратено за преглед като закрита услуга")
	d, _, _ = b.store.Draft(b.ctx, "criminal-record")
	w.post(room+"/drop", "revision", strconv.Itoa(d.Revision-1))
	w.get(room).has(t, "Някой промени черновата") // it was saved, then sent
	w.post(room+"/drop", "revision", revision(d))
	w.get(room).has(t, "Черновата е изтрита")
	w.post(room+"/retire", "nothing", "yes")
	w.get(room+"/history/3/draft").has(t, "Работи ли услугата", "Закрита")
}

func TestAMunicipalityKeepsToItsOwn(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "vratsa@example.bg", Name: "Враца", Roles: []staff.Role{staff.Editor}, Municipality: "VRC10"})
	w := b.as(a)
	const room = "/console/guides/criminal-record"
	w.get(room).lacks(t, "Закрий услугата")
	if got := w.post(room+"/retire", "nothing", "yes"); got.code != 403 {
		t.Errorf("closed a guide of the whole country: %d", got.code)
	}
	b.publish("criminal-record", "Друго заглавие", nil)
	if got := w.post(room + "/history/1/restore"); got.code != 403 {
		t.Errorf("restored a guide of the whole country: %d", got.code)
	}
	if _, ok, _ := b.store.Draft(b.ctx, "criminal-record"); ok {
		t.Error("there is a draft")
	}
}

func TestRulesAreSet(t *testing.T) {
	b := setup(t)
	w := b.as(b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}}))
	for _, wrong := range []string{"", "-1", "много", "4000", "1.5"} {
		if got := w.post("/console/rules", "second", "yes", "grace", wrong); got.code != 422 {
			t.Errorf("%q days: %d", wrong, got.code)
		} else {
			got.has(t, "Напишете дни от 0 до 3650.", `value="`+wrong+`"`)
		}
	}
	w.post("/console/rules", "second", "yes", "grace", "30")
	w.get("/console/rules").has(t, "Запазено", `value="30"`, "checked")
	if rules, err := b.store.EditingRules(b.ctx); err != nil || !rules.SecondEditor || rules.Grace != 30*day {
		t.Errorf("%+v, %v", rules, err)
	}
	w.post("/console/rules", "second", "yes", "grace", "30")
	w.get("/console/rules").has(t, "Нямаше какво да се промени")
	if verbs := b.logged("rules:guides"); !slices.Equal(verbs, []string{"rules.change"}) {
		t.Errorf("the log has %v", verbs)
	}
}
