package webchat

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"orientir/bot"
	"orientir/knowledge"
)

// How many reports are taken in an hour: from one address, and of one guide from all addresses.
const (
	reportsFromAddress = 10
	reportsOfGuide     = 60
)

// maxReport is the most characters of a report.
const maxReport = 2000

// reportParts are what a report may name as wrong, as handoff.ReportParts has them.
var reportParts = []string{"fee", "time", "link", "contact", "steps", "who", "gone", "other"}

// reportPage is where anybody says what is wrong with a guide. Its address may be passed on, to an administration as well as to a citizen.
type reportPage struct {
	layout
	Guide     string // title
	GuideHref string
	Parts     []string
	Part      string
	Text      string
	Official  bool
	Fault     string
	Done      bool
}

func (s *site) newReportPage(r *http.Request) (*reportPage, error) {
	if s.Report == nil {
		return nil, errNotFound
	}
	g, ok, err := s.store.Guide(r.Context(), r.PathValue("slug"))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNotFound
	}
	l := s.layout(r, "/guides/"+g.Slug+"/report", "")
	l.Title, l.Hidden = l.T("worklist.report_title"), true
	l.Styles = []string{"prose.css", "report.css"}
	text, _ := g.In(knowledge.Language(l.Lang()))
	return &reportPage{layout: l, Guide: text.Title, GuideHref: l.Href("/guides/" + g.Slug), Parts: reportParts}, nil
}

// reportForm answers GET /guides/{slug}/report.
func (s *site) reportForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newReportPage(r)
	if err != nil {
		return err
	}
	p.Done = r.URL.Query().Has("done")
	return s.show(w, http.StatusOK, "report", p)
}

// report answers POST /guides/{slug}/report.
func (s *site) report(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	p, err := s.newReportPage(r)
	if err != nil {
		return err
	}
	p.Part, p.Text, p.Official = r.PostForm.Get("part"), strings.TrimSpace(r.PostForm.Get("text")), r.PostForm.Get("official") != ""
	switch n := utf8.RuneCountInString(p.Text); {
	case !slices.Contains(reportParts, p.Part):
		p.Fault = p.T("worklist.report_fault_part")
	case n < 3:
		p.Fault = p.T("worklist.report_fault_text")
	case n > maxReport:
		p.Fault = p.T("worklist.report_fault_long", maxReport)
	}
	if p.Fault != "" {
		return s.show(w, http.StatusUnprocessableEntity, "report", p)
	}
	slug := r.PathValue("slug")
	if !s.NoLimits {
		// The address first: who has said enough takes nothing of what others may say of the guide.
		for _, limit := range []struct {
			key  string
			most int
		}{{"web:reports:" + s.address(r), reportsFromAddress}, {"web:reports-of:" + slug, reportsOfGuide}} {
			if ok, after := s.redis.Allow(r.Context(), limit.key, limit.most, time.Hour); !ok {
				return &fault{Status: http.StatusTooManyRequests, Key: "web.error_429", Retry: max(after, time.Second)}
			}
		}
	}
	became, err := s.Report(r.Context(), bot.Report{Guide: slug, Part: p.Part, Official: p.Official, Text: p.Text})
	if err != nil {
		return err
	}
	if became != bot.ReportKept {
		return errNotFound
	}
	http.Redirect(w, r, withDone(p.Href("/guides/"+slug+"/report")), http.StatusSeeOther)
	return nil
}

func withDone(href string) string {
	if strings.Contains(href, "?") {
		return href + "&done"
	}
	return href + "?done"
}
