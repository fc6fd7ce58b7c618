package bot

import (
	"strings"
	"testing"

	"orientir/knowledge"
	"orientir/retrieval"
)

func TestHowLongWhereTheGuideSaysOnlyUntilWhen(t *testing.T) {
	t.Parallel()
	g := scriptGuide("criminal-record")
	text := g.Text[knowledge.Bulgarian]
	text.Deadlines = []string{"Подайте до три месеца."}
	g.Text[knowledge.Bulgarian] = text
	d := &dialog{person: person{Language: "bg"}}
	if got, want := d.followUp(g, retrieval.FieldTime), "Срокове за „Свидетелство за съдимост“:\n– Подайте до три месеца."; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if lead := newLead(g, text, "bg", retrieval.FieldTime); lead.Title != "Срокове" {
		t.Errorf("deadlines are shown as %q", lead.Title)
	}
}

func TestEveryPartOfAGuideIsSaidWhole(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"criminal-record", "id-card"} {
		for _, asked := range []retrieval.Field{retrieval.FieldFee, retrieval.FieldTime, retrieval.FieldNeeded, retrieval.FieldIdentification, retrieval.FieldDeadline,
			retrieval.FieldSteps, retrieval.FieldContact, retrieval.FieldLink, retrieval.FieldWhere, retrieval.FieldExceptions, retrieval.FieldWho, retrieval.FieldState} {
			for _, language := range []string{"bg", "en"} {
				d := &dialog{person: person{Language: language}}
				if got := d.followUp(scriptGuide(slug), asked); strings.Contains(got, "%!") {
					t.Errorf("%s in %s: %s", asked, language, got)
				}
			}
		}
	}
}

func TestSofiaIsCalledByItsName(t *testing.T) {
	t.Parallel()
	l := &knowledge.Local{Municipality: "Столична", Link: "https://www.sofia.bg"}
	for language, want := range map[string]string{"bg": "София (Столична)", "en": "Sofia (Stolichna)"} {
		if got := NewDoor(l, language).Municipality; got != want {
			t.Errorf("in %s: %q, want %q", language, got, want)
		}
	}
}
