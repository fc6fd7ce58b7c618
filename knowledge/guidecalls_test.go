package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOneGuideIsCheckedBesideTheOthers(t *testing.T) {
	e := newEditing(t)
	title := e.guide.Text[Bulgarian].Title
	g := Guide{Slug: "another", Status: Active, Audience: Citizen, Link: "https://forum.example.com", Related: []string{"nothing", "sample"},
		Text: map[Language]Text{Bulgarian: {Title: "Съвсем друго", Names: []string{title}, Steps: []string{"Вижте https://bit.ly/x."}}}}
	found, err := e.store.CheckGuide(e.ctx, g, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	says := func(field, key string, arg any) bool {
		return slices.ContainsFunc(found, func(f Finding) bool {
			return f.Guide == "another" && f.Field == field && f.Key == key && (arg == nil || slices.Contains(f.Args, arg))
		})
	}
	for _, want := range []struct {
		field, key string
		arg        any
	}{
		{"link", "host", "https://forum.example.com"}, {"text.bg.steps", "host", "https://bit.ly/x"}, {"text.bg.exceptions", "empty", nil}, {"text.en", "no_english", nil},
		{"text.bg.names", "name_taken", "sample"}, {"related", "no_guide", "nothing"}, {"review_by", "no_review", nil},
	} {
		if !says(want.field, want.key, want.arg) {
			t.Errorf("nobody says %v; found %+v", want, found)
		}
	}
	if says("related", "no_guide", "sample") {
		t.Error("a guide that is there is missed")
	}
	g.Apart = []Apart{{"sample", map[Language]string{Bulgarian: "Другото е за друго."}}}
	if found, err = e.store.CheckGuide(e.ctx, g, time.Now()); err != nil || says("text.bg.names", "name_taken", nil) {
		t.Error("told apart, but still taken", err)
	}
}

func TestGuidesAreFoundByWhatIsTyped(t *testing.T) {
	e := newEditing(t)
	title := e.guide.Text[Bulgarian].Title
	for _, words := range []string{"sample", title, strings.ToUpper(strings.Fields(title)[0])} {
		found, err := e.store.FindGuides(e.ctx, words, 5)
		if err != nil || len(found) != 1 || found[0].Slug != "sample" || found[0].Title != title {
			t.Errorf("%q finds %v, %v", words, found, err)
		}
	}
	if found, err := e.store.FindGuides(e.ctx, "няма такова", 5); err != nil || len(found) != 0 {
		t.Error(found, err)
	}
	for words, want := range map[string]string{title: "sample", "sample": "sample", " нещо друго ": "нещо друго"} {
		if slug, err := e.store.GuideOf(e.ctx, words); err != nil || slug != want {
			t.Errorf("%q is %q, %v", words, slug, err)
		}
	}
	// What is published a moment later is found too, through this store at once.
	next := e.guide
	next.Slug, next.Version = "next", 0
	if _, err := e.store.Publish(e.ctx, next, "maria"); err != nil {
		t.Fatal(err)
	}
	e.store.forget()
	if slug, err := e.store.GuideOf(e.ctx, title); err != nil || slug != title {
		t.Errorf("two guides of one title give %q, %v", slug, err)
	}
	if _, err := e.store.Import(e.ctx, "places", strings.NewReader("ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\n00001\tс.\tБяла\tBiala\tБяла\tВарна\t43.1\t23.1\n00002\tс.\tДруга\tDruga\tБяла\tРусе\t43.2\t23.2\n00003\tгр.\tВраца\tVratsa\tВраца\tВраца\t43.3\t23.3\n")); err != nil {
		t.Fatal(err)
	}
	names, err := e.store.MunicipalityNames(e.ctx)
	if want := []string{"Бяла, Варна", "Бяла, Русе", "Враца"}; err != nil || fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("municipalities %q, %v", names, err)
	}
}
