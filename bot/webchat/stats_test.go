package webchat

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"orientir/knowledge"
)

// published is what a test says was published.
type published []OpenMonth

func (p published) OpenMonths(context.Context) ([]OpenMonth, error) { return p, nil }

func n(x int) *int { return &x }

// someMonths are three months, of which one has too few people and the newest every kind of table.
func someMonths() published {
	row := func(key string, total *int, values ...*int) OpenRow { return OpenRow{key, values, total} }
	people := 412
	days := []OpenRow{}
	for d := range 31 {
		if d == 13 {
			days = append(days, row("2026-10-14", nil, nil, nil))
			continue
		}
		days = append(days, row(fmt.Sprintf("2026-10-%02d", d+1), n(30+d*7%19), n(25+d*7%19), n(5)))
	}
	regions := []OpenRow{row("", n(220), n(180), n(40)), row("Варна", n(150), nil, nil), row("Видин", nil, nil, nil), row("Враца", n(310), n(290), n(20)),
		row("София (град)", n(420), n(360), n(60)), row("Ямбол", nil, nil, nil)}
	services := []OpenRow{row("", n(160), n(0), n(160)), row("criminal-record", n(530), n(530), n(0)), row("gone-since", nil, nil, nil), row("passport", nil, nil, nil)}
	questions := func(dimension string, rows []OpenRow) OpenTable {
		return OpenTable{Topic: "questions", Dimension: dimension, Unit: "questions", Columns: []string{"answered", "unanswered"}, Totals: []int{980, 160}, Total: 1140, Split: true, Rows: rows}
	}
	newest := OpenMonth{Month: "2026-10", Published: time.Date(2026, 11, 10, 1, 0, 0, 0, time.UTC), People: &people, Tables: []OpenTable{
		questions("day", days), questions("service", services), questions("region", regions),
		questions("channel", []OpenRow{row("library", n(90), n(80), n(10)), row("telegram", n(500), n(430), n(70)), row("web", n(550), n(470), n(80))}),
		questions("audience", []OpenRow{row("", n(700), n(600), n(100)), row("business", n(140), n(120), n(20)), row("citizen", n(300), n(260), n(40))}),
		{Topic: "ratings", Dimension: "region", Unit: "ratings", Columns: []string{"good", "bad"}, Totals: []int{200, 45}, Total: 245, Split: true,
			Rows: []OpenRow{row("", n(105), n(90), n(15)), row("Враца", n(140), n(110), n(30))}},
		{Topic: "reasons", Dimension: "reason", Unit: "ratings", Columns: []string{"bad"}, Totals: []int{45}, Total: 45, Split: true,
			Rows: []OpenRow{row("", n(9), n(9)), row("outdated", n(16), n(16)), row("unclear", n(20), n(20))}},
		{Topic: "funnel", Dimension: "audience", Unit: "people", Columns: []string{"nothing", "knows", "understood", "wanted", "used+satisfied", "recommends"},
			Totals: []int{40, 200, 80, 60, 20, 12}, Total: 412, Split: true,
			Rows: []OpenRow{row("", n(260), n(25), n(120), n(50), n(40), n(15), n(10)), row("business", nil, nil, nil, nil, nil, nil, nil), row("citizen", nil, nil, nil, nil, nil, nil, nil)}},
		{Topic: "desk", Dimension: "service", Unit: "hand-overs", Columns: []string{"resolved", "unresolved"}, Totals: []int{30, 12}, Total: 42},
		{Topic: "wait", Dimension: "service", Unit: "minutes", Columns: []string{"median"}, Totals: []int{4}, Total: 4},
		{Topic: "desk", Dimension: "channel", Unit: "hand-overs", Columns: []string{"resolved", "unresolved"}, Totals: []int{30, 12}, Total: 42, Split: true,
			Rows: []OpenRow{row("telegram", n(20), n(15), n(5)), row("web", n(22), n(15), n(7))}},
		{Topic: "wait", Dimension: "channel", Unit: "minutes", Columns: []string{"median"}, Totals: []int{4}, Total: 4, Split: true,
			Rows: []OpenRow{row("telegram", n(3), n(3)), row("web", n(5), n(5))}},
	}}
	small := OpenMonth{Month: "2026-08", Published: newest.Published, Tables: []OpenTable{}}
	middle := 57
	september := OpenMonth{Month: "2026-09", Published: newest.Published, People: &middle, Tables: []OpenTable{
		{Topic: "questions", Dimension: "channel", Unit: "questions", Columns: []string{"answered+unanswered"}, Totals: []int{130}, Total: 130, Split: true,
			Rows: []OpenRow{row("telegram", n(70), n(70)), row("web", n(60), n(60))}}}}
	return published{newest, september, small}
}

func withMonths(p published) func(*Options) { return func(o *Options) { o.Open = p } }

func TestStatsPage(t *testing.T) {
	t.Parallel()
	b := setup(t, withMonths(someMonths()))
	body := b.read(t, "/stats", http.StatusOK)
	for _, words := range []string{"октомври 2026", "412", "1140", "86 %", "4 мин", "Враца", "скрито", "Които са поискали да ги забравим", "закръглени нагоре: 5, 10, 15…", "ползва или доволен", "10 ноември 2026 г.", "редовете са скрити",
		"Електронно свидетелство за съдимост", "creativecommons.org/licenses/by/4.0/", "2 реда с нещо скрито", "3 реда с нещо скрито", `href="/stats.csv?month=2026-10&amp;table=questions-by-region"`} {
		if !strings.Contains(body, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if body = b.read(t, "/stats?month=2026-08&lang=en", http.StatusOK); !strings.Contains(body, "Fewer than five people asked") || !strings.Contains(body, "August 2026") {
		t.Error("a month of too few people doesn't say so in English")
	}
	if body = b.read(t, "/stats?month=1999-01", http.StatusOK); !strings.Contains(body, `<h2 class="of">октомври 2026`) {
		t.Error("of an unknown month the newest isn't shown")
	}
	empty := setup(t, func(o *Options) { o.Now = func() time.Time { return time.Date(2026, 12, 10, 1, 0, 0, 0, time.UTC) } })
	if body = empty.read(t, "/stats", http.StatusOK); !strings.Contains(body, "10 януари 2027 г.") {
		t.Error("it isn't said when there will be something")
	}
}

func TestStatsFiles(t *testing.T) {
	t.Parallel()
	b := setup(t, withMonths(someMonths()))
	response, body := b.call(t, http.MethodGet, "/stats.json", "")
	var doc openDocument
	if err := json.Unmarshal([]byte(body), &doc); err != nil || doc.Licence != openLicence || len(doc.Months) != 3 || doc.Threshold != 5 ||
		doc.Services["criminal-record"]["bg"] != "Електронно свидетелство за съдимост" || doc.Months[0].Tables[2].Rows[2].Total != nil {
		t.Errorf("%v\n%.300s", err, body)
	}
	if response.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(response.Header.Get("Link"), openLicence) {
		t.Errorf("the file isn't open to all: %v", response.Header)
	}
	read := func(path string) [][]string {
		t.Helper()
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.read(t, path, http.StatusOK), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	has := func(rows [][]string, want ...string) {
		t.Helper()
		for _, row := range rows {
			if strings.Join(row, "|") == strings.Join(want, "|") {
				return
			}
		}
		t.Errorf("no row %v", want)
	}
	all := read("/stats.csv")
	has(all, "2026-08", "people", "people", "*", "Общо", "total", "", "1")
	has(all, "2026-10", "questions-by-region", "questions", "Видин", "Видин", "total", "", "1")
	has(all, "2026-10", "questions-by-service", "questions", "criminal-record", "Електронно свидетелство за съдимост", "answered", "530", "0")
	b.guide.Text[knowledge.Bulgarian] = func() knowledge.Text { text := b.guide.Text[knowledge.Bulgarian]; text.Title = "=1+1"; return text }()
	if _, err := b.store.Publish(t.Context(), b.guide, "test"); err != nil {
		t.Fatal(err)
	}
	has(read("/stats.csv"), "2026-10", "questions-by-service", "questions", "criminal-record", "'=1+1", "answered", "530", "0") // no formula for a spreadsheet
	one := read("/stats.csv?month=2026-10&table=reasons-by-reason&lang=en")
	has(one, "2026-10", "reasons-by-reason", "ratings", "unclear", "I do not understand it", "bad", "20", "0")
	if len(one) != 5 {
		t.Errorf("one table has %d rows", len(one))
	}
}

func TestStatsInTheBrowser(t *testing.T) {
	t.Parallel()
	b := setup(t, withMonths(someMonths()))
	for _, width := range []int{360, 768, 1280} {
		w := open(t, width, 900)
		for _, path := range []string{"/stats", "/stats?month=2026-08&lang=en"} {
			w.do(chromedp.Navigate(b.URL + path))
			w.shoot(fmt.Sprintf("stats%s-%d", strings.TrimPrefix(path, "/stats"), width))
			w.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main details').forEach(d => d.open = true)`))
			w.axe(fmt.Sprintf("%s at %d", path, width))
		}
		if width == 768 {
			w.do(chromedp.Navigate(b.URL+"/stats"), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
				_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
				return err
			}))
			w.is(`[...document.querySelectorAll('.numbers')].every(t => t.getBoundingClientRect().height > 20) && !document.querySelector('.month').checkVisibility()`)
			w.shoot("stats-print")
		}
	}
}
