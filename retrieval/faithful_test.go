package retrieval

import (
	"context"
	"errors"
	"testing"

	"orientir/knowledge"
)

func TestUnfaithful(t *testing.T) {
	t.Parallel()
	guide := Lay(Answer{Outcome: Answered, Language: knowledge.Bulgarian, Guide: func() *knowledge.Guide { g := smallGuides[0].guide(); return &g }()})
	for name, c := range map[string]struct {
		text string
		good bool
	}{
		"only the guide's facts":          {"Отворете egov.bg и влезте с КЕП. Таксата е 15,34 €. За друг човек не може.", true},
		"a decimal point instead":         {"Таксата е 15.34 €.", true},
		"numbered steps":                  {"1. Отворете egov.bg.\n2. Влезте с подписа си.", true},
		"an address of its own":           {"Отворете portal-egov.com.", false},
		"a longer address":                {"Отворете egov.bg.evil.top.", false},
		"a subdomain that it lacks":       {"Отворете fake.egov.bg.", false},
		"another fee":                     {"Таксата е 12 €.", false},
		"a fee in another currency":       {"Таксата е 15,34 лв.", false},
		"the number of a step as a fee":   {"Таксата е 2 €.", false},
		"a number in words":               {"Става за седем дни.", false},
		"a month that it does not name":   {"До 30 март.", false},
		"free of charge":                  {"Услугата е безплатна.", false},
		"another institution":             {"Отидете в общината.", false},
		"an abbreviation of its own":      {"Влезте с ПИК на НАП.", false},
		"nothing":                         {" ", false},
		"the model says it has no answer": {"NONE", false},
	} {
		t.Run(name, func(t *testing.T) {
			if fault := unfaithful(c.text, guide); (fault == "") != c.good {
				t.Errorf("unfaithful(%q) = %q", c.text, fault)
			}
		})
	}
}

// scripted is a model that says what it is told to.
type scripted struct {
	text string
	err  error
}

func (s scripted) Complete(context.Context, string, string) (string, error) { return s.text, s.err }

func TestPhraseGivesOnlyWhatPasses(t *testing.T) {
	t.Parallel()
	g := smallGuides[0].guide()
	answer := Answer{Outcome: Answered, Language: knowledge.Bulgarian, Guide: &g}
	for name, c := range map[string]struct {
		model scripted
		good  bool
	}{
		"faithful words":  {scripted{text: "Влезте в egov.bg с КЕП."}, true},
		"an invented fee": {scripted{text: "Платете 99 €."}, false},
		"a failed model":  {scripted{err: errors.New("429")}, false},
	} {
		a := New(nil, nil, Options{Completer: c.model})
		text, ok := a.Phrase(t.Context(), Question{Text: "къде"}, answer)
		if ok != c.good || ok && text != c.model.text {
			t.Errorf("%s: %q, %v", name, text, ok)
		}
	}
	if _, ok := New(nil, nil, Options{}).Phrase(t.Context(), Question{}, answer); ok {
		t.Error("words without a model")
	}
	if _, ok := New(nil, nil, Options{Completer: scripted{text: "x"}}).Phrase(t.Context(), Question{}, Answer{Outcome: Abstained}); ok {
		t.Error("words where there is no guide")
	}
}
