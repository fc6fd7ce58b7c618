package bot

import (
	"strings"
	"testing"

	"orientir/knowledge"
)

func TestAClosedGuideThatIsOpenedLeadsToItsSuccessor(t *testing.T) {
	t.Parallel()
	h := setup(t)
	if err := h.store.AllowHost(h.ctx, "mjs.bg", "test"); err != nil {
		t.Fatal(err)
	}
	publish := func(g knowledge.Guide) {
		t.Helper()
		g.Version, g.Sources = 0, []knowledge.Source{{URL: g.Link, Title: "Портал"}}
		text := g.Text[knowledge.Bulgarian]
		text.Steps, text.Where, text.Time, text.FeeNote = []string{"Отворете сайта."}, "На сайта.", "веднага", "Безплатно на сайта."
		g.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
		if _, err := h.store.Publish(h.ctx, g, "test"); err != nil {
			t.Fatal(err)
		}
	}
	publish(scriptGuide("criminal-record"))
	between := scriptGuide("id-card") // was closed for another that is closed by now
	between.Slug, between.Status, between.ReplacedBy = "id-card-of-old", knowledge.Closed, "criminal-record"
	publish(between)
	for slug, next := range map[string]string{"id-card": "id-card-of-old", "tax-return": "nowhere"} {
		old := scriptGuide(slug)
		old.Status, old.ReplacedBy = knowledge.Closed, next
		publish(old)
	}
	for _, open := range []Incoming{
		{Kind: Button, Data: "guide:id-card"}, {Kind: Button, Data: "more:id-card"}, {Kind: Command, Command: "start", Argument: "id-card"},
	} {
		h.gets(open)
		h.works()
		messages, err := h.conversations.outgoing(h.ctx, h.conversation().ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		last := messages[len(messages)-1].Body
		if last.Guide == nil || last.Guide.Slug != "criminal-record" || !strings.HasSuffix(last.Text, "Тази услуга е закрита: Лична карта. Това вече става тук: Свидетелство за съдимост.") {
			t.Errorf("%s %s%s shows %+v", open.Kind, open.Data, open.Argument, last)
		}
	}
	h.presses("guide:tax-return")
	h.works()
	if got := h.replies(); got[len(got)-1] != "tax-return" {
		t.Errorf("a closed guide whose successor isn't published is shown itself, got %q", got[len(got)-1])
	}
}
