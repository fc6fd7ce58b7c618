package retrieval

import (
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
)

func TestAGuidePastItsDateSaysSoAndThenOnlyPoints(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 5, 25, 12, 0, 0, 0, time.UTC)
	a, store := smallAnswerer(t, Options{Now: func() time.Time { return today }})
	g, _, err := store.Guide(t.Context(), "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	g.ReviewBy = time.Date(2026, 5, 25, 0, 0, 0, 0, time.UTC)
	g.Local = []knowledge.Local{{Municipality: "Враца", Link: "https://vratsa.egov.bg"}}
	if _, err := store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		q       Question
		days    int
		age     knowledge.Age
		warning string
	}{
		{"in its time", Question{Text: "колко струва съдимост", Place: "12259"}, 0, knowledge.Fresh, ""},
		{"past it", Question{Text: "колко струва съдимост", Place: "12259"}, 1, knowledge.Due, "трябваше да се провери до 25 май 2026 г. Нещо може"},
		{"expired", Question{Text: "колко струва съдимост", Place: "12259"}, 181, knowledge.Expired, "трябваше да се провери до 25 май 2026 г. Не го показвам"},
		{"expired, in English", Question{Text: "I need a criminal record certificate"}, 181, knowledge.Expired, "due to be checked by 25 May 2026. I do not show it"},
		{"expired, gone on about", Question{Text: "а колко струва?", Guide: "criminal-record"}, 181, knowledge.Expired, "Не го показвам"},
	} {
		today = g.ReviewBy.AddDate(0, 0, c.days)
		answer := ask(t, a, c.q)
		if answer.Outcome != Answered || answer.Guide == nil || answer.Guide.Slug != "criminal-record" || answer.Age != c.age {
			t.Fatalf("%s: %s, %+v, %q", c.name, answer.Outcome, answer.Guide, answer.Age)
		}
		if warning := Warning(*answer.Guide, answer.Age, answer.Language); !strings.Contains(warning, c.warning) || !strings.Contains(answer.Text, warning) {
			t.Errorf("%s: warns %q in\n%s", c.name, warning, answer.Text)
		}
		expired := c.age == knowledge.Expired
		for _, fact := range []string{"15,34", "€15.34", "Платете таксата", "За друг човек не може", "vratsa.egov.bg"} {
			if expired && (strings.Contains(answer.Text, fact) || answer.FollowUp || answer.Local != nil || answer.Field != "") {
				t.Errorf("%s: still tells %q\n%s", c.name, fact, answer.Text)
			}
		}
		if !strings.Contains(answer.Text, "https://egov.bg") || answer.Language == "bg" && strings.Contains(answer.Text, "15,34 €") == expired {
			t.Errorf("%s:\n%s", c.name, answer.Text)
		}
	}
	// Read again, it is as good as new, without learning or a restart.
	today = g.ReviewBy.AddDate(0, 0, 181)
	if _, err := store.ReviewGuide(t.Context(), a.pool, "criminal-record", 2, today, knowledge.Editor{ID: "maria"}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		answer := ask(t, a, Question{Text: "колко струва съдимост"})
		if answer.Age == knowledge.Fresh && strings.Contains(answer.Text, "проверено от редактор на 22 ноември 2026 г.") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after its review: %q\n%s", answer.Age, answer.Text)
		}
	}
}

func TestAMunicipalitysGuideAnswersWhoIsThere(t *testing.T) {
	t.Parallel()
	a, store := smallAnswerer(t, Options{})
	g := smallGuide{"vratsa-card", "Карта за паркиране във Враца", "Parking card in Vratsa", []string{"карта за паркиране", "синя зона"}, knowledge.Citizen, nil}.guide()
	g.Municipality = "VRC10"
	if _, err := store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		place string
		there bool
	}{{"12259", true}, {"", true}, {"56784", false}} {
		answer := ask(t, a, Question{Text: "карта за паркиране", Place: c.place})
		found := false
		for _, r := range answer.Guides {
			found = found || r.Slug == "vratsa-card"
		}
		if found != c.there {
			t.Errorf("in %q it is found: %v, %+v", c.place, found, answer.Guides)
		}
		if answer.Guide != nil && answer.Guide.Slug == "vratsa-card" && (answer.Only != "Важи само за община Враца." || !strings.Contains(answer.Text, answer.Only)) {
			t.Errorf("in %q: %q\n%s", c.place, answer.Only, answer.Text)
		}
		if c.place == "12259" && answer.Guide == nil {
			t.Errorf("who is there is not answered: %s, %+v", answer.Outcome, answer.Guides)
		}
	}
}
