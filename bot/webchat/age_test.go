package webchat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
	"orientir/retrieval"
)

func TestGuidePageShowsItsAge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	b := setup(t, func(o *Options) { o.Now = func() time.Time { return now } })
	g, _, err := b.store.Guide(t.Context(), "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	g.ReviewBy = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	if _, err := b.store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	w := b.browser(t, false)
	w.open("/guides/criminal-record")
	w.shows(`<p class="notice warn age">Внимание: това упътване трябваше да се провери до 24 ноември 2026 г. Нещо може да се е променило.`, "Изтеглете свидетелството.")
	w.open("/guides/criminal-record?lang=en")
	w.shows(`Please note: this guide was due to be checked by 24 November 2026.`)
	now = now.AddDate(0, 0, 181)
	_, page := b.call(t, "GET", "/guides/criminal-record", "")
	for _, words := range []string{`<p class="notice bad age">Това упътване е остаряло`, `href="https://cs.mjs.bg"`, "Министерство на правосъдието", "Портал за електронни свидетелства"} {
		if !strings.Contains(page, words) {
			t.Errorf("expired, %q is missing", words)
		}
	}
	for _, words := range []string{"Изтеглете свидетелството.", "КЕП", "Проверете таксата", "Искат го за нова работа", "лично"} {
		if strings.Contains(page, words) {
			t.Errorf("expired, it still says %q", words)
		}
	}
}

func TestTheAPITellsAGuidesAge(t *testing.T) {
	t.Parallel()
	g := criminalRecord()
	g.ReviewBy = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for age, want := range map[knowledge.Age]string{
		knowledge.Fresh:   `"freshness":{"state":"fresh","checked":null,"review_by":"2026-11-24"}`,
		knowledge.Due:     `"freshness":{"state":"due","checked":null,"review_by":"2026-11-24","warning":"Внимание: `,
		knowledge.Expired: `"freshness":{"state":"expired","checked":null,"review_by":"2026-11-24","warning":"Това упътване е остаряло`,
	} {
		data, err := json.Marshal(AnswerJSON(retrieval.Answer{Outcome: retrieval.Answered, Language: knowledge.Bulgarian, Guide: &g, Age: age}))
		if err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%q: %v\n%s", age, err, data)
		}
	}
	g.Sources[0].Checked, g.ReviewBy = g.ReviewBy, time.Time{}
	data, err := json.Marshal(AnswerJSON(retrieval.Answer{Outcome: retrieval.Answered, Guide: &g}))
	if err != nil || !strings.Contains(string(data), `"checked":"2026-11-24","review_by":null`) {
		t.Errorf("%v\n%s", err, data)
	}
	if data, err = json.Marshal(AnswerJSON(retrieval.Answer{Outcome: retrieval.Abstained})); err != nil || strings.Contains(string(data), "freshness") {
		t.Errorf("%v\n%s", err, data)
	}
}
