package webchat

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// openLicence is under what the figures may be used by anybody.
const openLicence = "https://creativecommons.org/licenses/by/4.0/"

// openCache keeps what is published, which changes once a month, for a minute.
type openCache struct {
	sync.Mutex
	months []OpenMonth
	until  time.Time
}

func (s *site) openMonths(ctx context.Context) ([]OpenMonth, error) {
	if s.Open == nil {
		return nil, nil
	}
	s.opened.Lock()
	defer s.opened.Unlock()
	if s.Now().Before(s.opened.until) {
		return s.opened.months, nil
	}
	months, err := s.Open.OpenMonths(ctx)
	if err != nil {
		return nil, err
	}
	s.opened.months, s.opened.until = months, s.Now().Add(time.Minute)
	return months, nil
}

// statsPage is the public page of figures.
type statsPage struct {
	layout
	Month     *OpenMonth // nil: nothing is published yet
	Months    []statsLink
	MonthName string
	Published string
	Next      string // when the first month will be published, where none is
	Sums      []statsSum
	Course    statsChart // of all months
	Topics    []statsTopic
	Licence   template.HTML
	Methods   []statsSum
}

type statsLink struct {
	Value, Name string
	Here        bool
}

type statsSum struct{ Name, Value string }

// statsTopic is a heading with its charts.
type statsTopic struct {
	Key, Title, What string
	Legend           []string
	Charts           []statsChart
}

// statsChart is a chart with the table behind it.
type statsChart struct {
	ID, Title, File string
	Head            string // of the first column
	Columns         []string
	Chart           Chart // over time; zero: bars
	First, Last     string
	Rows            []statsRow
	Totals          []string
	NotSplit        bool
	Hidden          int
}

type statsRow struct {
	Name  string
	Cells []string
	Bar   Chart
	Sum   string // what the bar shows in all; "" hidden
	total int
}

// stats answers GET /stats: what people ask and what becomes of it, month by month.
func (s *site) stats(w http.ResponseWriter, r *http.Request) error {
	months, err := s.openMonths(r.Context())
	if err != nil {
		return err
	}
	l := s.layout(r, "/stats", "")
	l.Title, l.Description = l.T("figures.open_title"), l.T("figures.open_lead")
	l.Styles = []string{"prose.css", "stats.css"}
	l.public(r)
	page := statsPage{layout: l, Licence: linked(l.T("figures.open_licence"), openLicence)}
	for _, m := range []string{"people", "forgotten_open", "questions", "answered", "region", "resolved", "wait_open", "funnel", "hidden", "once"} {
		page.Methods = append(page.Methods, statsSum{l.T("figures.method_" + m), l.T("figures.method_" + m + "_what")})
	}
	if len(months) == 0 {
		now := s.Now().In(s.zone)
		first := time.Date(now.Year(), now.Month(), 10, 0, 0, 0, 0, s.zone)
		if now.Day() >= 10 {
			first = first.AddDate(0, 1, 0)
		}
		page.Next = l.T("figures.open_first", first.Day(), strings.Fields(l.T("common.months"))[first.Month()-1], first.Year())
		return s.show(w, http.StatusOK, "stats", page)
	}
	chosen := slices.IndexFunc(months, func(m OpenMonth) bool { return m.Month == r.FormValue("month") })
	if chosen < 0 {
		chosen = 0
	}
	page.Month = &months[chosen]
	for i, m := range months {
		page.Months = append(page.Months, statsLink{m.Month, page.monthName(m.Month), i == chosen})
	}
	page.MonthName = page.monthName(page.Month.Month)
	published := page.Month.Published.In(s.zone)
	page.Published = l.T("common.date", published.Day(), strings.Fields(l.T("common.months"))[published.Month()-1], published.Year())
	titles, err := s.openTitles(r.Context(), page.Month.Tables)
	if err != nil {
		return err
	}
	page.fill(titles)
	page.course(months)
	return s.show(w, http.StatusOK, "stats", page)
}

// openTitles names the services of tables in both languages.
func (s *site) openTitles(ctx context.Context, tables []OpenTable) (map[string]map[string]string, error) {
	var slugs []string
	for _, t := range tables {
		if t.Dimension == "service" {
			for _, row := range t.Rows {
				slugs = append(slugs, row.Key)
			}
		}
	}
	slices.Sort(slugs)
	known, err := s.store.Titles(ctx, slices.Compact(slugs))
	if err != nil {
		return nil, err
	}
	titles := map[string]map[string]string{}
	for slug, in := range known {
		titles[slug] = map[string]string{}
		for _, language := range []string{"bg", "en"} {
			titles[slug][language] = cmp.Or(in[knowledge.Language(language)], in[knowledge.Bulgarian])
		}
	}
	return titles, nil
}

// fill makes the sums and the charts of the month.
func (p *statsPage) fill(titles map[string]map[string]string) {
	if p.Month.People == nil {
		return
	}
	p.Sums = append(p.Sums, statsSum{p.T("figures.col_people"), Thousands(*p.Month.People)})
	for _, topic := range []string{"questions", "ratings", "desk", "funnel"} {
		out := statsTopic{Key: topic, Title: p.T("figures.topic_" + topic), What: p.T("figures.open_" + topic)}
		for _, t := range p.Month.Tables {
			if t.Topic != topic && !(topic == "ratings" && t.Topic == "reasons") && !(topic == "desk" && t.Topic == "wait") {
				continue
			}
			if len(out.Charts) == 0 {
				p.sum(t)
				for _, c := range t.Columns {
					out.Legend = append(out.Legend, p.columns(c))
				}
			}
			if t.Topic == "wait" {
				if t.Dimension == "service" {
					p.Sums = append(p.Sums, statsSum{p.T("figures.sum_wait"), p.T("figures.minutes", t.Total)})
				}
				if !t.Split {
					continue
				}
			}
			out.Charts = append(out.Charts, p.chart(t, titles))
		}
		if len(out.Charts) > 0 {
			p.Topics = append(p.Topics, out)
		}
	}
}

// sum adds what a topic's first table says of the whole.
func (p *statsPage) sum(t OpenTable) {
	share := func(key string) {
		if len(t.Columns) == 2 && t.Total > 0 {
			p.Sums = append(p.Sums, statsSum{p.T(key), fmt.Sprintf("%.0f %%", 100*float64(t.Totals[0])/float64(t.Total))})
		}
	}
	switch t.Topic {
	case "questions":
		p.Sums = append(p.Sums, statsSum{p.T("figures.col_questions"), Thousands(t.Total)})
		share("figures.sum_answered")
	case "ratings":
		share("figures.sum_helpful")
	case "desk":
		p.Sums = append(p.Sums, statsSum{p.T("figures.col_handed"), Thousands(t.Total)})
		share("figures.sum_resolved")
	}
}

// chart lays one table out.
func (p *statsPage) chart(t OpenTable, titles map[string]map[string]string) statsChart {
	c := statsChart{ID: t.Name(), Title: p.T("figures.by_" + t.Dimension), Head: p.T("figures.head_" + t.Dimension), NotSplit: !t.Split,
		File: "/stats.csv?month=" + p.Month.Month + "&table=" + t.Name()}
	if t.Topic == "wait" {
		c.Title = p.T("figures.wait_by_" + t.Dimension)
	}
	for _, column := range t.Columns {
		c.Columns = append(c.Columns, p.columns(column))
	}
	for _, n := range t.Totals {
		c.Totals = append(c.Totals, Thousands(n))
	}
	top := 0
	for _, row := range t.Rows {
		if row.Total != nil {
			top = max(top, *row.Total)
		}
	}
	var columns [][]int
	for _, row := range t.Rows {
		out := statsRow{Name: p.rowName(t.Dimension, row.Key, titles), total: -1}
		whole := true
		var parts []int
		for _, v := range row.Values {
			out.Cells = append(out.Cells, p.number(v))
			whole = whole && v != nil
			if v != nil {
				parts = append(parts, *v)
			}
		}
		if len(row.Values) > 1 {
			out.Cells = append(out.Cells, p.number(row.Total))
		}
		switch {
		case row.Total == nil:
			c.Hidden++
			columns = append(columns, nil)
		case !whole: // its parts are hidden
			c.Hidden++
			out.total, out.Sum, out.Bar = *row.Total, Thousands(*row.Total), BarChart([]int{0, 0, 0, *row.Total}, top)
			columns = append(columns, []int{0, 0, 0, *row.Total})
		default:
			out.total, out.Sum, out.Bar = *row.Total, Thousands(*row.Total), BarChart(parts, top)
			columns = append(columns, parts)
		}
		c.Rows = append(c.Rows, out)
	}
	if len(t.Columns) > 1 {
		c.Columns, c.Totals = append(c.Columns, p.T("figures.sum")), append(c.Totals, Thousands(t.Total))
	}
	if t.Dimension == "day" && len(c.Rows) > 0 {
		c.Chart, c.First, c.Last = ColumnsChart(columns), c.Rows[0].Name, c.Rows[len(c.Rows)-1].Name
		return c
	}
	slices.SortStableFunc(c.Rows, func(a, b statsRow) int { return b.total - a.total })
	return c
}

// course shows how the questions of all months went.
func (p *statsPage) course(months []OpenMonth) {
	p.Course = statsChart{ID: "by-month", Title: p.T("figures.by_month"), Head: p.T("figures.head_month"),
		Columns: []string{p.T("figures.col_people"), p.T("figures.col_questions"), p.T("figures.col_answered")}}
	var columns [][]int
	for _, m := range slices.Backward(months) {
		row := statsRow{Name: p.monthName(m.Month), Cells: []string{p.number(m.People)}}
		i := slices.IndexFunc(m.Tables, func(t OpenTable) bool { return t.Topic == "questions" })
		switch {
		case i < 0:
			row.Cells = append(row.Cells, p.number(nil), p.number(nil))
			columns = append(columns, nil)
		case len(m.Tables[i].Columns) == 1:
			n := m.Tables[i].Total
			row.Cells = append(row.Cells, Thousands(n), p.number(nil))
			columns = append(columns, []int{0, 0, 0, n})
		default:
			row.Cells = append(row.Cells, Thousands(m.Tables[i].Total), Thousands(m.Tables[i].Totals[0]))
			columns = append(columns, m.Tables[i].Totals)
		}
		p.Course.Rows = append(p.Course.Rows, row)
	}
	p.Course.Chart = ColumnsChart(columns)
	p.Course.First, p.Course.Last = p.Course.Rows[0].Name, p.Course.Rows[len(p.Course.Rows)-1].Name
}

// number writes a number that may be hidden.
func (p *statsPage) number(n *int) string {
	if n == nil {
		return p.T("figures.hidden")
	}
	return Thousands(*n)
}

// columns names a column that may be of several joined ones.
func (v voice) columns(names string) string {
	words := strings.Split(names, "+")
	for i, name := range words {
		words[i] = v.T("figures.open_col_" + name)
	}
	return strings.Join(words, " "+v.T("figures.or")+" ")
}

func (v voice) monthName(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return fmt.Sprintf("%s %d", strings.Fields(v.T("common.months"))[t.Month()-1], t.Year())
}

// rowName names a row of a table.
func (v voice) rowName(dimension, key string, titles map[string]map[string]string) string {
	switch {
	case dimension == "day":
		if t, err := time.Parse(time.DateOnly, key); err == nil {
			return v.T("figures.day", t.Day(), strings.Fields(v.T("common.months"))[t.Month()-1])
		}
	case dimension == "reason" && key != "":
		return v.T("bot.why_" + key)
	case key == "":
		return v.T("figures.no_" + dimension)
	case dimension == "service":
		if title := titles[key][v.Lang()]; title != "" {
			return title
		}
	case dimension == "channel", dimension == "audience":
		return v.T("figures." + dimension + "_" + key)
	}
	return key
}

// Bars are the rows that a chart shows, as far as they may be shown.
func (c statsChart) Bars() []statsRow {
	n := slices.IndexFunc(c.Rows, func(r statsRow) bool { return r.Sum == "" })
	if n < 0 {
		n = len(c.Rows)
	}
	return c.Rows[:min(12, n)]
}

// OverTime says whether the chart has columns.
func (c statsChart) OverTime() bool { return len(c.Chart.Parts) > 0 }

// Next is the number of a legend's part.
func (t statsTopic) Next(i int) int { return i + 1 }

// Ramp says whether the parts follow each other.
func (t statsTopic) Ramp() bool { return t.Key == "funnel" }

// statsPart is a chart with the page's voice, for its template.
type statsPart struct {
	voice
	Chart statsChart
}

// With gives a chart the page's voice.
func (p statsPage) With(c statsChart) statsPart { return statsPart{p.voice, c} }

// Thousands writes a number.
func (p statsPart) Thousands(n int) string { return Thousands(n) }

// Hidden says how many rows are hidden.
func (p statsPart) Hidden(n int) string { return i18n.N(p.Lang(), "figures.open_rows_hidden", n) }
