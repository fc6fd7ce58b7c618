package retrieval

import (
	"strings"
	"testing"
)

func TestAModelsWordsChangeAVerdictOnlyWhereBothAgree(t *testing.T) {
	t.Parallel()
	guides := func(slugs string) (list []candidate) {
		for i, slug := range strings.Fields(slugs) {
			list = append(list, candidate{slug: slug, share: 0.5 / float64(i+1)})
		}
		return list
	}
	own := func(o Outcome, answerable float64, slugs string) verdict {
		return verdict{outcome: o, intent: WantsAnswer, answerable: answerable, confidence: 0.3, order: guides(slugs)}
	}
	model := func(slug string) verdict {
		return verdict{outcome: Answered, intent: WantsAnswer, answerable: 0.95, confidence: 0.9, order: guides(slug + " z")}
	}
	changed := func(v verdict, change func(*verdict)) verdict { change(&v); return v }
	for name, c := range map[string]struct {
		own, model verdict
		want       Outcome
	}{
		"it nearly answers, and both have the same first":  {own(Abstained, 0.5, "a b c d"), model("a"), Clarify},
		"it nearly answers, and the model's guide is near": {own(Abstained, 0.5, "a b c d"), model("b"), Clarify},
		"it nearly answers, and the model's guide is far":  {own(Abstained, 0.5, "a b c d"), model("c"), Abstained},
		"the model's guide has hardly a share":             {changed(own(Abstained, 0.5, "a b"), func(v *verdict) { v.order[1].share = 0.05 }), model("b"), Abstained},
		"it asks back already, whatever the model says":    {own(Clarify, 0.8, "a b c"), model("a"), Clarify},
		"the model's guide is nowhere":                     {own(Abstained, 0.5, "a b c d"), model("x"), Abstained},
		"it is far from answering":                         {own(Abstained, 0.2, "a b c"), model("a"), Abstained},
		"the model's words aren't sure either":             {own(Abstained, 0.5, "a b c"), changed(model("a"), func(v *verdict) { v.outcome = Clarify }), Abstained},
		"the model's words are doubtful":                   {own(Abstained, 0.5, "a b c"), changed(model("a"), func(v *verdict) { v.confidence = 0.5 }), Abstained},
		"the model's words are danger":                     {own(Abstained, 0.5, "a b c"), changed(model("a"), func(v *verdict) { v.outcome = Emergency }), Abstained},
		"the model's words want a person":                  {own(Abstained, 0.5, "a b c"), changed(model("a"), func(v *verdict) { v.outcome, v.intent = OutOfScope, WantsHuman }), Abstained},
	} {
		got := c.own.agreed(c.model)
		if got.outcome != c.want || got.confidence != c.own.confidence || got.order[0].slug != "a" {
			t.Errorf("%s: %s %v %v, want %s", name, got.outcome, got.confidence, got.order, c.want)
		}
	}
}

func TestAModelsGuideIsOfferedAfterTheOthers(t *testing.T) {
	t.Parallel()
	v := verdict{outcome: Clarify, intent: WantsAnswer, order: []candidate{{slug: "a", share: 0.5}, {slug: "b", share: 0.3}, {slug: "c", share: 0.1}, {slug: "d", share: 0.03}, {slug: "e", share: 0.01}}}
	for model, want := range map[string]string{"e": "a b c e", "d": "a b c d", "b": "a b c", "a": "a b c", "x": "a b c"} {
		got := v.agreed(verdict{outcome: Answered, intent: WantsAnswer, confidence: 0.9, order: []candidate{{slug: model}}})
		var slugs []string
		for _, c := range got.choices() {
			slugs = append(slugs, c.slug)
		}
		if strings.Join(slugs, " ") != want {
			t.Errorf("the model says %s: %v, want %s", model, slugs, want)
		}
	}
	v.order[3].share = 0.06
	if got := v.agreed(verdict{outcome: Answered, intent: WantsAnswer, confidence: 0.9, order: []candidate{{slug: "e"}}}); len(got.choices()) != 4 || got.choices()[3].slug != "d" {
		t.Errorf("a fifth choice, or one pushed out: %v", got.choices())
	}
}

func TestOnlyUnsureQuestionsAreForAModel(t *testing.T) {
	t.Parallel()
	order := []candidate{{slug: "a", said: 1}, {slug: "b", said: 1}}
	for name, c := range map[string]struct {
		v    verdict
		want bool
	}{
		"it answers":             {verdict{outcome: Answered, intent: WantsAnswer, order: order[:1]}, false},
		"it abstains":            {verdict{outcome: Abstained, intent: WantsAnswer, order: order[:1]}, true},
		"it knows a signpost":    {verdict{outcome: Abstained, intent: WantsAnswer, order: order[:1], signpost: "Ловен билет"}, false},
		"it knows no guide":      {verdict{outcome: Abstained, intent: WantsAnswer}, false},
		"it asks back":           {verdict{outcome: Clarify, intent: WantsAnswer, order: order[:1]}, true},
		"a name of two guides":   {verdict{outcome: Clarify, intent: WantsAnswer, order: order}, false},
		"danger":                 {verdict{outcome: Emergency, intent: WantsAnswer, order: order[:1]}, false},
		"somebody wants a human": {verdict{outcome: OutOfScope, intent: WantsHuman, order: order[:1]}, false},
		"advice":                 {verdict{outcome: OutOfScope, intent: WantsAnswer, topic: "advice", order: order[:1]}, false},
	} {
		if got := (consideration{verdict: c.v}).unsure(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTidyUnderstanding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want understanding }{
		{understanding{Subject: " изгубена «лична карта»; DROP TABLE ", Place: "гр. Враца", Audience: "business", Field: "fee"},
			understanding{Subject: "изгубена лична карта DROP TABLE", Place: "гр Враца", Audience: "business", Field: "fee"}},
		{understanding{Subject: strings.Repeat("карта ", 20), Audience: "robot", Field: "shoes"}, understanding{}},
		{understanding{Subject: strings.Repeat("а", 200)}, understanding{}},
	} {
		if got := c.got.tidy(); got != c.want {
			t.Errorf("%+v is %+v, want %+v", c.got, got, c.want)
		}
	}
}

func TestAModelCanNameNoPlaceOfItsOwn(t *testing.T) {
	t.Parallel()
	a := Analysis{Terms: []Term{{Typed: "vraca", Word: "враца", Stem: "врац"}, {Typed: "селото", Word: "селото", Stem: Stem("селото")}}}
	for words, want := range map[string]bool{"Vraca": true, "Враца": true, "село": true, "Враца, село": true, "Пловдив": false, "Враца Пловдив": false, "": false} {
		if got := a.says(words); got != want {
			t.Errorf("%q: %v", words, got)
		}
	}
}
