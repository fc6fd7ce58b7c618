package console

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

func TestAGuideLivesInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	b.rules(knowledge.EditingRules{SecondEditor: true, Grace: 180 * day})
	maria, _ := b.editor("Мария")
	ivan, _ := b.editor("Иван")
	today := time.Now()
	b.publish("parking-permit", "Стикер за паркиране на живущи", func(g *knowledge.Guide, t *knowledge.Text) {
		g.ReviewBy, t.Authority = today.AddDate(0, 0, -40), "Столична община"
	})
	b.publish("old-register", "Справка в стария търговски регистър", func(g *knowledge.Guide, t *knowledge.Text) {
		g.Status, g.ReplacedBy, t.Authority = knowledge.Closed, "criminal-record", "Агенция по вписванията"
	})
	b.publish("health-status", "Проверка на здравноосигурителен статус", func(g *knowledge.Guide, t *knowledge.Text) {
		g.ReviewBy, g.Sources[0].Checked = today.AddDate(0, 9, 0), today.AddDate(0, -1, 0)
		t.Authority, t.Names = "Национална агенция за приходите", []string{"здравни осигуровки", "осигурен ли съм"}
	})
	b.publish("criminal-record", "Електронно свидетелство за съдимост", func(g *knowledge.Guide, t *knowledge.Text) {
		g.Audience, g.ReviewBy = knowledge.Both, today.AddDate(0, 0, 12)
		t.Names = guide().Text[knowledge.Bulgarian].Names
	})
	b.drafted("first-grade", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Title = "Записване в първи клас" })
	d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) {
		t.Summary = "Документ, който показва дали имате присъди. Искат го за нова работа и за виза."
		t.Steps = []string{"Изтеглете приложението BISS.", "Отворете cs.mjs.bg.", "Влезте с КЕП – електронен подпис, или с ПИК.", "Изтеглете свидетелството."}
		t.Authority = "Бюро „Съдимост“"
	})

	w := open(t)
	w.signIn(b, maria)
	w.do(chromedp.Navigate(b.URL + "/console/guides/criminal-record"))
	w.reads("Чернова на следващата версия")
	w.accessible("room-draft")
	w.do(chromedp.SendKeys("#why", "BISS трябва преди подписване"), chromedp.Click(`form.asks button`, chromedp.NodeVisible))
	w.reads("Изпратено за преглед. Колегите Ви ще получат известие.")
	w.do(chromedp.Navigate(b.URL+"/console/"), chromedp.Click(`form[action$="/sign-out"] button`, chromedp.NodeVisible))
	w.is(`document.querySelector('#email')`)

	w.signIn(b, ivan)
	w.do(chromedp.Navigate(b.URL + "/console/guides"))
	w.reads("Чака Вас")
	w.accessible("guides")
	w.do(chromedp.Navigate(b.URL + "/console/guides?find=осигурен"))
	w.accessible("guides-found")
	w.do(chromedp.Navigate(b.URL+"/console/guides?view=mine"), chromedp.Click(`.guides th a`, chromedp.NodeVisible))
	w.reads("Одобри и публикувай")
	w.accessible("room-review")

	// Meanwhile somebody publishes another change: what was sent has to be put together with it first.
	b.publish("criminal-record", "Електронно свидетелство за съдимост", func(g *knowledge.Guide, t *knowledge.Text) {
		g.Audience, g.ReviewBy = knowledge.Both, today.AddDate(1, 0, 0)
		t.Names, t.Contact = guide().Text[knowledge.Bulgarian].Names, "02 9237 300"
		t.Summary = "Документ, който показва дали имате присъди. Безплатен е."
	})
	w.do(chromedp.Navigate(b.URL+"/console/guides/criminal-record"), chromedp.Click(`.overtaken a`, chromedp.NodeVisible))
	w.reads("Изберете там, където и двамата сте променили")
	w.accessible("merge")
	w.do(chromedp.Click(`.conflict input[value="mine"]`, chromedp.NodeVisible), chromedp.Click(`main form .row button`, chromedp.NodeVisible))
	w.reads("Черновата вече стъпва на публикуваната версия")
	w.pictures("room-merged")
	if d, _, _ = b.store.Draft(b.ctx, "criminal-record"); d.Base != 3 {
		t.Errorf("it stands on %d", d.Base)
	}

	w.do(chromedp.Navigate(b.URL + "/console/guides/criminal-record/history"))
	w.accessible("history")
	w.do(chromedp.Click(`form.card button`, chromedp.NodeVisible))
	w.reads("Какво се различава")
	w.accessible("difference")
	w.do(chromedp.Navigate(b.URL + "/console/guides/criminal-record/history/1"))
	w.accessible("version")
	w.do(chromedp.Navigate(b.URL+"/console/guides/parking-permit"), chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main details').forEach(d => d.open = true)`))
	w.accessible("room-late")
	w.do(chromedp.SendKeys("#successor", "проверка"), chromedp.Click(`form[action$="/retire"] button`, chromedp.NodeVisible))
	w.reads("Проверка на здравноосигурителен статус")
	w.is(`document.activeElement.type === 'radio'`)
	w.accessible("room-retire")
	w.do(chromedp.Navigate(b.URL + "/console/guides/old-register"))
	w.accessible("room-retired")
	w.do(chromedp.Navigate(b.URL + "/console/guides/first-grade"))
	w.accessible("room-new")

	admin := b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}})
	w.do(chromedp.Click(`form[action$="/sign-out"] button`, chromedp.NodeVisible))
	w.is(`document.querySelector('#email')`)
	w.signIn(b, admin)
	w.do(chromedp.Navigate(b.URL + "/console/rules"))
	w.accessible("rules")
}
