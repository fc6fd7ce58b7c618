package telegram

import (
	"strings"
	"testing"
	"time"

	"orientir/bot"
	"orientir/knowledge"
	"orientir/retrieval"
)

func TestACardWarnsOfItsAge(t *testing.T) {
	t.Parallel()
	g := knowledge.Guide{
		Slug: "x", Status: knowledge.Active, Link: "https://egov.bg", Identification: []knowledge.Means{knowledge.KEP}, ReviewBy: time.Date(2026, 5, 25, 0, 0, 0, 0, time.UTC),
		Sources: []knowledge.Source{{URL: "https://egov.bg/x", Title: "Портал"}},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
			Title: "Карта", Authority: "Община", Summary: "Едно.", Who: "Всеки.", Exceptions: []string{"Дете."}, Where: "Там.", Steps: []string{"Отворете."}, Needed: []string{"Подпис."},
			Fees: []knowledge.Fee{{Cents: 200, What: "такса"}},
		}},
	}
	lines := func(g knowledge.Guide, age knowledge.Age) string {
		card := bot.NewShownCard(g, age, "bg", retrieval.FieldFee)
		var all []string
		for _, block := range guide(&card, "bg", false) {
			for _, l := range block {
				all = append(all, l.plain)
			}
		}
		return strings.Join(all, "\n")
	}
	if fresh := lines(g, knowledge.Fresh); strings.Contains(fresh, "⚠") || !strings.Contains(fresh, "2,00 €") || !strings.Contains(fresh, "още непотвърдено") {
		t.Errorf("fresh:\n%s", fresh)
	}
	if due := lines(g, knowledge.Due); !strings.HasPrefix(due, "Карта\n⚠ Внимание: това упътване трябваше да се провери до 25 май 2026 г. Нещо") || !strings.Contains(due, "2,00 €") {
		t.Errorf("due:\n%s", due)
	}
	if expired := lines(g.Pointer(), knowledge.Expired); expired != "Карта\n⚠ Това упътване е остаряло: трябваше да се провери до 25 май 2026 г. Не го показвам, за да не Ви подведа. Вижте официалната страница."+
		"\nОбщина\nhttps://egov.bg\nИзточник: Портал\nоще непотвърдено от редактор" {
		t.Errorf("expired:\n%s", expired)
	}
}
