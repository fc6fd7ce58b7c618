package retrieval

import (
	"strings"
	"testing"

	"orientir/knowledge"
)

func TestTheTownsOwnDoorComesFirst(t *testing.T) {
	t.Parallel()
	a, store := smallAnswerer(t, Options{})
	g, _, err := store.Guide(t.Context(), "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	g.Local = []knowledge.Local{{Municipality: "Враца", Link: "https://vratsa.egov.bg", Contact: "тел. 092 1", Note: map[knowledge.Language]string{"bg": "На първия етаж."}}}
	bg := g.Text[knowledge.Bulgarian]
	bg.Formerly = []string{"бележка за чисто минало"}
	g.Text[knowledge.Bulgarian] = bg
	if _, err := store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text, place string
		local       bool
	}{
		{"трябва ми съдебно за нова работа", "12259", true},
		{"трябва ми съдебно за нова работа във Враца", "", true},
		{"трябва ми съдебно за нова работа", "56784", false},
		{"трябва ми съдебно за нова работа", "", false},
	} {
		answer, err := a.Answer(t.Context(), Question{Text: c.text, Place: c.place})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Guide == nil || answer.Guide.Slug != "criminal-record" || (answer.Local != nil) != c.local {
			t.Fatalf("%+v: %+v", c, answer)
		}
		if c.local && (answer.Links[0].URL != "https://vratsa.egov.bg" || len(answer.Links) != 2 || !strings.Contains(answer.Text, "За община Враца:\nhttps://vratsa.egov.bg\nтел. 092 1\nНа първия етаж.")) {
			t.Errorf("%+v: %v\n%s", c, answer.Links, answer.Text)
		}
	}
	answer, err := a.Answer(t.Context(), Question{Text: "искам бележка за чисто минало"})
	if err != nil || answer.Formerly != "бележка за чисто минало" || !strings.HasPrefix(answer.Text, "„бележка за чисто минало“ вече става тук: Свидетелство за съдимост.") {
		t.Errorf("%v %+v", err, answer)
	}
}

func TestAClosedServiceLeadsToItsSuccessor(t *testing.T) {
	t.Parallel()
	a, store := smallAnswerer(t, Options{})
	g, _, err := store.Guide(t.Context(), "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	between := g // was closed for another that is closed by now
	between.Slug, between.Version, between.Status, between.ReplacedBy = "record-of-old", 0, knowledge.Closed, "id-card-passport"
	g.Status, g.ReplacedBy = knowledge.Closed, "record-of-old"
	for _, g := range []knowledge.Guide{between, g} {
		if _, err := store.Publish(t.Context(), g, "test"); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := a.Answer(t.Context(), Question{Text: "трябва ми съдебно за нова работа"})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Guide.Slug != "id-card-passport" || answer.Closed.Slug != "criminal-record" || answer.Guides[0].Slug != "criminal-record" || answer.Guides[1].Slug != "id-card-passport" ||
		!strings.HasPrefix(answer.Text, "Тази услуга е закрита: Свидетелство за съдимост. Това вече става тук: Лична карта и паспорт.\n") {
		t.Errorf("%+v", answer)
	}
}

func TestChoicesAreToldApart(t *testing.T) {
	t.Parallel()
	one, other := smallGuides[0].guide(), smallGuides[1].guide()
	one.Apart = []knowledge.Apart{{Slug: other.Slug, How: map[knowledge.Language]string{"bg": "За работа е първото."}}}
	other.Apart = []knowledge.Apart{{Slug: one.Slug, How: map[knowledge.Language]string{"bg": "Друго изречение за същото."}}}
	l := &library{guides: map[string]*knowledge.Guide{one.Slug: &one, other.Slug: &other, "vignette": {}}}
	a := Answer{Outcome: Clarify, Language: "en", Guides: []Ranked{{Slug: "vignette"}, {Slug: one.Slug, Title: "Едно"}, {Slug: other.Slug, Title: "Друго"}}}
	a.tellApart(l)
	if text := Lay(a); len(a.Apart) != 1 || !strings.Contains(text, "\nЗа работа е първото.\n1.") {
		t.Errorf("%v\n%s", a.Apart, text)
	}
}
