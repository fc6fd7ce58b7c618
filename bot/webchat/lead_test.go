package webchat

import (
	"bytes"
	"strings"
	"testing"

	"orientir/bot"
	"orientir/knowledge"
	"orientir/retrieval"
)

func TestCardBeginsWithWhatWasAsked(t *testing.T) {
	t.Parallel()
	pages, err := loadPages()
	if err != nil {
		t.Fatal(err)
	}
	g := knowledge.Guide{Slug: "criminal-record", Link: "https://cs.mjs.bg", Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
		Title: "Свидетелство за съдимост", Summary: "Документ, че не сте осъждани.", Exceptions: []string{"За дете подава родител."},
		Steps: []string{"Влезте."}, Fees: []knowledge.Fee{{Cents: 0, What: "електронно"}},
	}}}
	c := bot.NewCard(g, "bg", retrieval.FieldFee)
	var page bytes.Buffer
	if err := pages["message"].ExecuteTemplate(&page, "card", (voice{site: &site{}, chosen: "bg"}).messageCard(&c, 1)); err != nil {
		t.Fatal(err)
	}
	order := []string{"безплатно – електронно", "cs.mjs.bg", "<details class=\"more\">", "Документ, че не сте", "За дете подава родител."}
	at := 0
	for _, words := range order {
		i := strings.Index(page.String()[at:], words)
		if i < 0 {
			t.Fatalf("%q does not follow in\n%s", words, page.String())
		}
		at += i
	}
}
