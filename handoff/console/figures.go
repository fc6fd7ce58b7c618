package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"orientir/bot/i18n"
	"orientir/bot/webchat"
	"orientir/handoff/statistics"
)

// figuresPage is what people asked and what became of it.
type figuresPage struct {
	frame
	Total    statistics.Count
	Reasons  []figureRow // why answers were called bad
	Sections []figureSection
	Funnel   []figureRow // of everybody, where the topic is the funnel
	Legend   []string    // what the parts of the charts stand for
	Topic    string
	Topics   []figureLink
	Days     int
	Periods  []int
	Cut      statistics.Cut
	From, To time.Time
	At       time.Time // of the counting
	Channels, Regions,
	Audiences []figureChoice
	Service figureChoice // that the figures are of; zero: of all
	Without string       // address of the page without the service
}

// figureSection is one chart with the table behind it.
type figureSection struct {
	Dimension statistics.Dimension
	Columns   []string
	Rows      []figureRow
	Chart     webchat.Chart // over time; zero parts: bars
	First     string        // words at the beginning and at the end of the time
	Last      string
	More      int // rows that only the file has
	File      string
}

// figureRow is a row of a table, and a bar of a chart.
type figureRow struct {
	Label, Href string
	Cells       []string
	Bar         webchat.Chart
	Sum         string
}

type figureLink struct {
	Key, Href string
	Here      bool
}

type figureChoice struct {
	Value, Label string
	Chosen       bool
}

const (
	figureBars = 12  // bars of a chart; the table has more
	figureRows = 200 // rows of a table; the file has all
)

// figureTopic is one of the page's parts.
type figureTopic struct {
	key            string
	columns, parts []string
}

// figureTopics are the parts of the page. Each has columns of its own, and what its charts are stacked of.
var figureTopics = []figureTopic{
	{"questions", []string{"people", "questions", "answered", "choice", "abstained", "outside"}, []string{"answered", "choice", "abstained", "outside"}},
	{"ratings", []string{"good", "bad", "helpful"}, []string{"good", "bad"}},
	{"desk", []string{"handed", "taken", "resolved", "open", "unresolved", "helped", "median", "p90"}, []string{"resolved", "open", "unresolved"}},
	{"funnel", []string{"knows", "understood", "wanted", "used", "satisfied", "recommends"},
		[]string{"only_recommends", "only_satisfied", "only_used", "only_wanted", "only_understood", "only_knows"}},
}

// figuresQuery reads what is asked for. What the site doesn't know is all.
func (s *site) figuresQuery(ctx context.Context, q url.Values, page *figuresPage) error {
	page.Periods, page.Days = statistics.Periods(), 30
	if days, err := strconv.Atoi(q.Get("days")); err == nil && slices.Contains(page.Periods, days) {
		page.Days = days
	}
	regions, err := statistics.New(s.DB).Regions(ctx)
	if err != nil {
		return err
	}
	choose := func(name string, known []string, label func(string) string) (string, []figureChoice) {
		value := q.Get(name)
		list := []figureChoice{{"", page.F("all_" + name), value == ""}}
		found := value == ""
		for _, k := range known {
			list = append(list, figureChoice{k, label(k), k == value})
			found = found || k == value
		}
		if !found {
			value, list[0].Chosen = "", true
		}
		return value, list
	}
	page.Cut.Channel, page.Channels = choose("channel", statistics.Channels(), func(k string) string { return page.Name(statistics.ByChannel, k) })
	page.Cut.Region, page.Regions = choose("region", append(regions, statistics.Unknown), func(k string) string { return page.Name(statistics.ByRegion, k) })
	page.Cut.Audience, page.Audiences = choose("audience", statistics.Audiences(), func(k string) string { return page.Name(statistics.ByAudience, k) })
	if slug := q.Get("service"); slug == statistics.Unknown {
		page.Cut.Service, page.Service = slug, figureChoice{Value: slug, Label: page.F("no_service")}
	} else if slug != "" && len(slug) <= 60 {
		titles, err := s.guideTitles(ctx, []string{slug}, page.Language)
		if err != nil {
			return err
		}
		if titles[slug] != slug { // a guide
			page.Cut.Service, page.Service = slug, figureChoice{Value: slug, Label: titles[slug]}
		}
	}
	page.Topic = figureTopics[0].key
	for _, t := range figureTopics {
		if t.key == q.Get("show") {
			page.Topic = t.key
		}
	}
	for _, t := range figureTopics {
		page.Topics = append(page.Topics, figureLink{t.key, page.address("show", t.key), t.key == page.Topic})
	}
	page.Without = page.address("service", "")
	return nil
}

// address is that of the page with one thing changed.
func (p figuresPage) address(key, value string) string {
	return "/console/figures" + p.query(key, value)
}

func (p figuresPage) query(key, value string) string {
	q := url.Values{}
	for k, v := range map[string]string{"show": p.Topic, "days": strconv.Itoa(p.Days), "channel": p.Cut.Channel, "region": p.Cut.Region,
		"audience": p.Cut.Audience, "service": p.Cut.Service} {
		if v != "" {
			q.Set(k, v)
		}
	}
	q.Set(key, value)
	if value == "" {
		q.Del(key)
	}
	return "?" + q.Encode()
}

func (s *site) figuresPage(w http.ResponseWriter, r *http.Request) error {
	page := figuresPage{frame: s.frame(w, r, "figures_title")}
	page.Title = page.F("title")
	if err := s.figuresQuery(r.Context(), r.URL.Query(), &page); err != nil {
		return err
	}
	now := time.Now()
	figures, at, err := statistics.New(s.DB).View(r.Context(), page.Days, page.Cut, now, s.zone)
	if err != nil {
		return err
	}
	last := page.Cut.Last(page.Days, now, s.zone)
	page.From, page.To, page.At, page.Total = last.From, last.To, at, figures.Total
	topic := figureTopics[slices.IndexFunc(figureTopics, func(t figureTopic) bool { return t.key == page.Topic })]
	page.Legend = topic.parts
	var slugs []string
	for _, c := range figures.By[statistics.ByService] {
		slugs = append(slugs, c.Key)
	}
	titles, err := s.guideTitles(r.Context(), slugs, page.Language)
	if err != nil {
		return err
	}
	for _, d := range statistics.Dimensions() {
		counts, ok := figures.By[d]
		if !ok {
			continue
		}
		page.Sections = append(page.Sections, page.section(d, counts, topic.columns, topic.parts, titles))
	}
	most := 0
	for _, reason := range figures.Reasons {
		most = max(most, reason.Count)
	}
	for _, reason := range figures.Reasons {
		page.Reasons = append(page.Reasons, figureRow{Label: page.reason(reason.Key), Sum: page.Number(reason.Count), Bar: webchat.BarChart([]int{0, reason.Count}, most)})
	}
	if page.Topic == "funnel" {
		for i, step := range statistics.Steps() {
			n := figures.Total.Steps[i]
			page.Funnel = append(page.Funnel, figureRow{Label: page.F(step), Sum: page.Number(n), Cells: []string{page.F("source_" + step)},
				Bar: webchat.BarChart([]int{n}, figures.Total.Steps[0])})
		}
	}
	return s.render(w, http.StatusOK, "figures", page)
}

// section makes a chart and its table.
func (p figuresPage) section(d statistics.Dimension, counts []statistics.Count, columns, parts []string, titles map[string]string) figureSection {
	sec := figureSection{Dimension: d, File: "/console/figures/" + string(d) + p.query("show", "")}
	for _, c := range columns {
		sec.Columns = append(sec.Columns, p.F("col_"+c))
	}
	overTime := d == statistics.ByDay || d == statistics.ByMonth
	if overTime {
		counts = p.everyDay(d, counts)
	}
	top := 0
	numbers := make([][]int, len(counts))
	for i, c := range counts {
		all := 0
		for _, part := range parts {
			n := figureNumber(c, part)
			numbers[i] = append(numbers[i], n)
			all += n
		}
		top = max(top, all)
	}
	for i, c := range counts {
		row := figureRow{Label: p.Name(d, c.Key)}
		if d == statistics.ByService && titles[c.Key] != "" && c.Key != "" {
			row.Label = titles[c.Key]
		}
		if !overTime {
			value := c.Key
			if value == "" {
				value = statistics.Unknown
			}
			row.Href = p.address(string(d), value)
			all := 0
			for _, n := range numbers[i] {
				all += n
			}
			row.Bar, row.Sum = webchat.BarChart(numbers[i], top), p.Number(all)
		}
		for _, column := range columns {
			row.Cells = append(row.Cells, p.cell(c, column))
		}
		if len(sec.Rows) == figureRows && !overTime {
			sec.More = len(counts) - figureRows
			break
		}
		sec.Rows = append(sec.Rows, row)
	}
	if overTime {
		sec.Chart = webchat.ColumnsChart(numbers)
		sec.First, sec.Last = sec.Rows[0].Label, sec.Rows[len(sec.Rows)-1].Label
	}
	return sec
}

// everyDay puts in the days, or months, on which nobody came.
func (p figuresPage) everyDay(d statistics.Dimension, counts []statistics.Count) []statistics.Count {
	known := map[string]statistics.Count{}
	for _, c := range counts {
		known[c.Key] = c
	}
	layout, day := time.DateOnly, p.From
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	if d == statistics.ByMonth {
		layout, day = "2006-01", time.Date(p.From.Year(), p.From.Month(), 1, 0, 0, 0, 0, time.UTC)
		next = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	}
	var all []statistics.Count
	for ; !day.After(p.To); day = next(day) {
		c := known[day.Format(layout)]
		c.Key = day.Format(layout)
		all = append(all, c)
	}
	return all
}

// figureNumber is a column's number of a group.
func figureNumber(c statistics.Count, column string) int {
	only := func(step int) int {
		if step == 5 {
			return c.Steps[5]
		}
		return c.Steps[step] - c.Steps[step+1]
	}
	switch column {
	case "people":
		return c.People
	case "questions":
		return c.Questions
	case "answered":
		return c.Answered
	case "choice":
		return c.Choice
	case "abstained":
		return c.Abstained
	case "outside":
		return c.Outside
	case "good":
		return c.Good
	case "bad":
		return c.Bad
	case "handed":
		return c.Handed
	case "taken":
		return c.Taken
	case "resolved":
		return c.Resolved
	case "unresolved":
		return c.Unresolved
	case "open":
		return c.Open()
	}
	for i, step := range statistics.Steps() {
		switch column {
		case step:
			return c.Steps[i]
		case "only_" + step:
			return only(i)
		}
	}
	return 0
}

// cell writes a column of a group.
func (p figuresPage) cell(c statistics.Count, column string) string {
	switch column {
	case "helpful":
		return p.Share(c.Good, c.Good+c.Bad)
	case "helped":
		if c.Helped+c.NotHelped == 0 {
			return "–"
		}
		return p.D("of", c.Helped, c.Helped+c.NotHelped)
	case "median":
		return p.Lasted(c.Median, c.Taken)
	case "p90":
		return p.Lasted(c.P90, c.Taken)
	}
	return p.Number(figureNumber(c, column))
}

// figuresFile sends the figures by one dimension as CSV, with every column.
func (s *site) figuresFile(w http.ResponseWriter, r *http.Request) error {
	d := statistics.Dimension(r.PathValue("dimension"))
	if !slices.Contains(statistics.Dimensions(), d) {
		return errNotFound
	}
	page := figuresPage{frame: s.frame(w, r, "site")}
	if err := s.figuresQuery(r.Context(), r.URL.Query(), &page); err != nil {
		return err
	}
	counting, now := statistics.New(s.DB), time.Now()
	figures, _, err := counting.View(r.Context(), page.Days, page.Cut, now, s.zone) // the file says what the page says
	if err != nil {
		return err
	}
	counts, ok := figures.By[d]
	if !ok { // the days of a year stand on no page
		if counts, err = counting.By(r.Context(), page.Cut.Last(page.Days, now, s.zone), d); err != nil {
			return err
		}
	}
	var slugs []string
	if d == statistics.ByService {
		for _, c := range counts {
			slugs = append(slugs, c.Key)
		}
	}
	titles, err := s.guideTitles(r.Context(), slugs, page.Language)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	file.WriteString("\ufeff") // spreadsheets know by it that Cyrillic follows
	name := func(key string) string {
		if title := titles[key]; title != "" && key != "" {
			return title
		}
		return page.Name(d, key)
	}
	if err := statistics.WriteCounts(&file, d, counts, name); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="orientir-%s-%s.csv"`, d, time.Now().In(s.zone).Format(time.DateOnly)))
	_, _ = file.WriteTo(w)
	return nil
}

// F says a phrase of the figures.
func (p figuresPage) F(key string, args ...any) string {
	return i18n.T(p.Language, "figures."+key, args...)
}

// Name names a group.
func (p figuresPage) Name(d statistics.Dimension, key string) string {
	unknown := key == "" || key == statistics.Unknown
	switch {
	case d == statistics.ByDay:
		if day, err := time.Parse(time.DateOnly, key); err == nil {
			return p.F("day", day.Day(), strings.Fields(p.T("months"))[day.Month()-1])
		}
	case d == statistics.ByMonth:
		if month, err := time.Parse("2006-01", key); err == nil {
			return fmt.Sprintf("%s %d", strings.Fields(p.T("months"))[month.Month()-1], month.Year())
		}
	case d == statistics.ByService && unknown:
		return p.F("no_service")
	case d == statistics.ByRegion && unknown:
		return p.F("no_region")
	case d == statistics.ByAudience && unknown:
		return p.F("no_audience")
	case d == statistics.ByAudience, d == statistics.ByChannel:
		return p.F(string(d) + "_" + key)
	}
	return key
}

func (p figuresPage) reason(key string) string {
	if key == "" {
		return p.F("no_reason")
	}
	return p.T("reason_" + key)
}

// Period names a stretch of days.
func (p figuresPage) Period(days int) string {
	if days > 365 {
		return p.F("years", days/365)
	}
	return p.F("days", days)
}

// Number writes a number as Bulgarians do: «12 345».
func (p figuresPage) Number(n int) string { return webchat.Thousands(n) }

// Share writes a part in percent; a dash where there is no whole.
func (p figuresPage) Share(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return p.Percent(float64(part) / float64(whole))
}

// Bars are the first rows of a section, which its chart shows.
func (s figureSection) Bars() []figureRow { return s.Rows[:min(figureBars, len(s.Rows))] }

// OverTime says whether a section's chart has columns for days or months.
func (s figureSection) OverTime() bool {
	return s.Dimension == statistics.ByDay || s.Dimension == statistics.ByMonth
}

// Next is the number of a legend's part.
func (p figuresPage) Next(i int) int { return i + 1 }

// Rated is how many answers were rated.
func (p figuresPage) Rated() int { return p.Total.Good + p.Total.Bad }

// Decided is of how many hand-overs it is known whether they were resolved for good.
func (p figuresPage) Decided() int { return p.Total.Resolved + p.Total.Unresolved }

// Methods explain what is counted and how.
func (p figuresPage) Methods() (list []figureRow) {
	for _, m := range []string{"people", "forgotten", "questions", "answered", "region", "resolved", "wait"} {
		list = append(list, figureRow{Label: p.F("method_" + m), Sum: p.F("method_" + m + "_what")})
	}
	return list
}
