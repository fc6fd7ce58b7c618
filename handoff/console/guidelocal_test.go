package console

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// TestTheFormKeepsAllOfARow fills in everything that a door, a source and «not to be confused with» can say, and sends the form back.
func TestTheFormKeepsAllOfARow(t *testing.T) {
	b := setup(t)
	in := func(words string) map[knowledge.Language]string {
		return map[knowledge.Language]string{knowledge.Bulgarian: words, knowledge.English: words + " (en)"}
	}
	day := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	g := knowledge.Guide{
		Slug: "row", Apart: []knowledge.Apart{{Slug: "criminal-record", How: in("друго")}},
		Local: []knowledge.Local{
			{Municipality: "Враца", Link: "https://vratsa.bg/x", Contact: "092 62 45 81", Office: "стая 3", Fee: in("5 €"), Note: in("с талон")},
			{Municipality: "Видин", Office: "стая 4"}, {Municipality: "Ямбол", Fee: in("6 €")},
		},
		Sources: []knowledge.Source{{URL: "https://mvr.bg/x", Title: "Страница", Seen: day, Checked: day.AddDate(0, 1, 0)}},
	}
	for _, row := range []any{g.Apart[0], g.Local[0], g.Sources[0]} {
		for i, v := 0, reflect.ValueOf(row); i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				t.Fatalf("%s.%s is to be filled in", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
	s := &site{Deps: b.site.Deps}
	var err error
	if s.templates, err = parseTemplates(); err != nil {
		t.Fatal(err)
	}
	kept, f := knowledge.Draft{Slug: g.Slug, Guide: g}, frame{Language: "bg", site: s}
	page, err := s.fragment("guideform", "main", guideForm{frame: f, Slug: g.Slug, Draft: kept, Sections: formSections(f, kept, nil, formCheck{}, "")})
	if err != nil {
		t.Fatal(err)
	}
	r, _ := http.NewRequestWithContext(b.ctx, http.MethodPost, "/", nil)
	typed, err := s.typedGuide(r, answer{body: page}.form(t), kept)
	if err != nil {
		t.Fatal(err)
	}
	if got := typed.Guide; !reflect.DeepEqual(got.Apart, g.Apart) || !reflect.DeepEqual(got.Local, g.Local) || !reflect.DeepEqual(got.Sources, g.Sources) {
		t.Errorf("sent back as\n%+v\n%+v\n%+v", got.Apart, got.Local, got.Sources)
	}
}

// vidinsEditor writes for one municipality alone.
func (b *bundle) vidinsEditor() *browser {
	b.Helper()
	return b.as(b.account(staff.Profile{Email: "vidin@example.bg", Name: "Видин", Roles: []staff.Role{staff.Editor}, Municipality: "VID09"}))
}

// A municipality's door stands beside another's that says more than the form once showed.
func TestADoorIsAddedBesideAnothers(t *testing.T) {
	b := setup(t)
	g, _, err := b.store.Guide(b.ctx, "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	g.Local = []knowledge.Local{{Municipality: "Враца", Office: "стая 3", Fee: map[knowledge.Language]string{knowledge.Bulgarian: "5 €"}}}
	if _, err := b.store.Publish(b.ctx, g, "x"); err != nil {
		t.Fatal(err)
	}
	w := b.vidinsEditor()
	form := w.get(formAddress).form(t)
	for _, c := range columnsOf("local") {
		value := map[string]string{"local.municipality": "Видин", "local.office": "стая 7"}[c]
		form[c] = append(form[c][:1:1], value)
	}
	if got := w.save(form, "save"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	want := append(slices.Clone(g.Local), knowledge.Local{Municipality: "Видин", Office: "стая 7"})
	if got := b.draft("criminal-record").Guide.Local; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// A colleague saves while a municipality's form is open: the municipality chooses of its own alone, and nothing else of the old form goes in.
func TestAMunicipalityClashesWithAColleague(t *testing.T) {
	b := setup(t)
	b.publish("criminal-record", "Електронно свидетелство за съдимост", func(g *knowledge.Guide, _ *knowledge.Text) {
		g.Local = []knowledge.Local{{Municipality: "Видин", Office: "стая 3"}}
	})
	maria, w := b.as(b.editorOf("maria")), b.vidinsEditor()
	clash := func(office string) url.Values {
		t.Helper()
		form := w.get(formAddress).form(t)
		hers := maria.get(formAddress).form(t)
		hers.Set("text.bg.summary", "Нейното кратко описание до "+office+".")
		if got := maria.save(hers, "save"); got.code != http.StatusSeeOther {
			t.Fatal(got.code, got.body)
		}
		form.Set("local.office", office)
		got := w.save(form, "save")
		if got.code != http.StatusConflict {
			t.Fatalf("%s: %d %s", office, got.code, got.body)
		}
		got.has(t, "Maria записа промени", office, `name="take:local"`)
		got.lacks(t, `name="take:text.bg.summary"`, `name="take:title_english"`)
		return got.hidden()
	}
	for office, c := range map[string]struct{ do, take, kept string }{
		"стая 4": {"mine", "", "стая 4"}, "стая 5": {"merge", "mine", "стая 5"}, "стая 6": {"merge", "theirs", ""}, "стая 7": {"theirs", "", ""},
	} {
		before := b.draft("criminal-record").Guide
		if before.Local == nil {
			before.Local = []knowledge.Local{{Municipality: "Видин", Office: "стая 3"}}
		}
		values := clash(office)
		if c.take != "" {
			values.Set("take:local", c.take)
		}
		if got := w.save(values, c.do); got.code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", office, got.code, got.body)
		}
		d := b.draft("criminal-record").Guide
		want := c.kept
		if want == "" {
			want = before.Local[0].Office
		}
		if d.Local[0].Office != want || d.Text["bg"].Summary != "Нейното кратко описание до "+office+"." {
			t.Errorf("%s, %s %s: %+v, %q", office, c.do, c.take, d.Local, d.Text["bg"].Summary)
		}
	}
	// What a page doesn't offer isn't taken either.
	values := clash("стая 8")
	values.Set("take:local", "mine")
	values.Set("take:text.bg.summary", "mine")
	if got := w.save(values, "merge"); got.code != http.StatusSeeOther {
		t.Fatal(got.code, got.body)
	}
	if d := b.draft("criminal-record").Guide; d.Text["bg"].Summary != "Нейното кратко описание до стая 8." || d.Local[0].Office != "стая 8" {
		t.Errorf("%+v, %q", d.Local, d.Text["bg"].Summary)
	}
}

func TestALocalGuideIsBegun(t *testing.T) {
	b := setup(t)
	begin := func(w *browser, slug, municipality string) string {
		t.Helper()
		if got := w.post("/console/guides/new", "title_bg", "Паркиране във Видин", "slug", slug, "municipality", municipality, "do", "anyway"); got.code != http.StatusSeeOther {
			t.Fatal(slug, got.code)
		}
		return b.draft(slug).Guide.Municipality
	}
	if code := begin(b.vidinsEditor(), "vidin-own", "VRC10"); code != "VID09" {
		t.Errorf("of %q", code)
	}
	maria := b.as(b.editorOf("maria"))
	for slug, want := range map[string]string{"vratsa-parking": "VRC10", "parking": ""} {
		if code := begin(maria, slug, want); code != want {
			t.Errorf("%s is of %q", slug, code)
		}
	}
}
