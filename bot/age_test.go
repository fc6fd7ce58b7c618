package bot

import (
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
)

func TestAGuideThatIsOpenedShowsItsAge(t *testing.T) {
	t.Parallel()
	h := setup(t)
	if err := h.store.AllowHost(h.ctx, "mjs.bg", "test"); err != nil {
		t.Fatal(err)
	}
	day := h.clock.now().UTC().Truncate(24 * time.Hour)
	for slug, by := range map[string]time.Time{"criminal-record": day, "id-card": day.AddDate(0, 0, -1), "tax-return": day.AddDate(0, 0, -181)} {
		g := scriptGuide(slug)
		g.Version, g.ReviewBy, g.Link, g.Sources = 0, by, "https://cs.mjs.bg", []knowledge.Source{{URL: "https://cs.mjs.bg", Title: "Портал"}}
		text := g.Text[knowledge.Bulgarian]
		text.Steps, text.Where, text.Time, text.FeeNote = []string{"Отворете сайта."}, "На сайта.", "веднага", "Безплатно на сайта."
		g.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
		if _, err := h.store.Publish(h.ctx, g, "test"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		slug, warning string
		expired       bool
	}{{"criminal-record", "", false}, {"id-card", "Нещо може да се е променило.", false}, {"tax-return", "Не го показвам, за да не Ви подведа.", true}} {
		h.presses("guide:" + c.slug)
		h.works()
		messages, err := h.conversations.outgoing(h.ctx, h.conversation().ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		body := messages[len(messages)-1].Body
		card := body.Guide
		if card == nil || card.Slug != c.slug || card.Expired != c.expired || (card.Warning == "") != (c.warning == "") || !strings.Contains(card.Warning, c.warning) {
			t.Fatalf("%s shows %+v", c.slug, body)
		}
		if (card.Text.Summary == "") != c.expired || (card.Text.Steps == nil) != c.expired || card.Link == "" || card.Source == "" || !strings.Contains(body.Plain(), c.warning) {
			t.Errorf("%s tells %+v", c.slug, card)
		}
	}
}
