package console

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
	"orientir/handoff/statistics"
	"orientir/knowledge"
)

// asked lays facts of two months: what the page counts, without the conversations behind it.
func (b *bundle) asked() {
	b.Helper()
	for i, title := range []string{"Лична карта", "Социални помощи за отопление", "Детски надбавки", "Преместване на адрес", "Здравна карта в Европа"} {
		g := guide()
		g.Slug = fmt.Sprintf("service-%d", i+1)
		text := g.Text["bg"]
		text.Title, text.Names = title, []string{strings.ToLower(title)}
		g.Text = map[knowledge.Language]knowledge.Text{"bg": text}
		if _, err := b.store.Publish(b.ctx, g, "test"); err != nil {
			b.Fatal(err)
		}
	}
	b.exec(`INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
		SELECT n, (now() AT TIME ZONE 'Europe/Sofia')::date - (n * 31 % 59 * (1 + n % 2) / 2), 1 + n % 410, (ARRAY['web', 'telegram', 'web', 'library', 'telegram'])[1 + n % 410 % 5],
			(ARRAY['Враца', 'София (град)', 'Пловдив', '', 'Варна', 'София (град)', 'Видин', ''])[1 + n % 410 % 8], (ARRAY['', 'citizen', 'citizen', 'business'])[1 + n % 410 % 4],
			CASE WHEN n % 9 < 7 THEN (ARRAY['criminal-record', 'service-1', 'service-2', 'service-1', 'service-3', 'service-4', 'service-1', 'service-5'])[1 + n % 8] ELSE '' END,
			(ARRAY['answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'abstained', 'choice'])[1 + n % 9],
			(ARRAY['', 'good', '', 'good', 'bad', ''])[1 + n % 6], CASE WHEN n % 6 = 4 THEN (ARRAY['unclear', 'outdated', 'unclear', ''])[1 + n % 4] ELSE '' END,
			CASE WHEN n % 9 < 7 THEN (ARRAY[1, 1, 2, 1, 3, 1, 2, 4, 1, 3, 5, 6])[1 + n % 12] ELSE 0 END
		FROM generate_series(1, 1500) n`)
	b.exec(`INSERT INTO figure_tickets (ticket, day, person, channel, region, audience, service, waited, resolved, rating)
		SELECT n, (now() AT TIME ZONE 'Europe/Sofia')::date - (n * 31 % 59 * (1 + n % 2) / 2), 1 + n % 410, (ARRAY['web', 'telegram'])[1 + n % 2], (ARRAY['Враца', '', 'Пловдив'])[1 + n % 3], '', 'service-1',
			CASE WHEN n % 5 > 0 THEN 20 + n * 7 % 300 END, (ARRAY['yes', 'yes', 'no', 'pending'])[1 + n % 4], (ARRAY['good', '', 'bad'])[1 + n % 3]
		FROM generate_series(1, 90) n`)
}

func TestFiguresAsPageAndFile(t *testing.T) {
	b := setup(t)
	b.asked()
	w := b.as(b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}}))
	got := w.get("/console/figures?days=90")
	got.has(t, "1500", "Лична карта", "София (град)", "неизвестна", "екран в библиотека", "не знаем")
	if strings.Contains(got.body, "<svg") == false || strings.Contains(got.body, "service-1<") {
		t.Error("no chart, or a slug for a title")
	}
	// One service: the filter stays with each further choice, and can be taken off.
	got = w.get("/console/figures?days=90&service=service-1&show=desk")
	got.has(t, `<input type="hidden" name="service" value="service-1">`, "За всички услуги", "service=service-1&amp;show=ratings", "Решени трайно")
	// What the site doesn't know is all, and never an error.
	got = w.get("/console/figures?days=17&channel=fax&region=Атлантида&service=%27--&audience=x&show=y")
	if got.code != http.StatusOK {
		t.Errorf("an unknown filter: %d", got.code)
	}
	for d, want := range map[statistics.Dimension]int{statistics.ByDay: 60, statistics.ByService: 7, statistics.ByRegion: 6, statistics.ByChannel: 3, statistics.ByAudience: 3} {
		got := w.get("/console/figures/" + string(d) + "?days=90")
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) < 2 || len(rows)-1 > want || rows[0][0] != string(d) || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
			t.Errorf("by %s: %d rows, %v %v", d, len(rows), got.code, err)
		}
	}
	if got := w.get("/console/figures/person"); got.code != http.StatusNotFound {
		t.Errorf("a file by person: %d", got.code)
	}
	b.exec(`DELETE FROM figure_questions`)
	b.exec(`DELETE FROM figure_tickets`)
	b.exec(`DELETE FROM figure_views`)
	w.get("/console/figures").has(t, "няма нито един въпрос")
}

func TestFiguresInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	b.asked()
	w := open(t)
	w.signIn(b, b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()}))
	for _, show := range []string{"questions", "ratings", "desk", "funnel"} {
		w.do(chromedp.Navigate(b.URL + "/console/figures?days=90&show=" + show))
		w.pictures("figures-" + show)
		w.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main details').forEach(d => d.open = true)`))
		w.accessible("/console/figures " + show)
	}
	w.pictures("figures-open")
	w.do(chromedp.Navigate(b.URL + "/console/figures?days=30"))
	// On paper the table stands behind each chart, folded away on the screen or not, and what is only to be pressed is gone.
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	}))
	w.is(`[...document.querySelectorAll('.figure .sheet')].every(t => t.getBoundingClientRect().height > 20) && !document.querySelector('.filters').checkVisibility()`)
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 740, Height: 1000, DeviceScaleFactor: 1})
		return err
	}))
	w.shoot("figures-print")
}
