package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// guideList is the list of guides and of drafts of new ones.
type guideList struct {
	frame
	knowledge.GuideFilter
	Lines []knowledge.GuideLine
	Tabs  []guideTab
	Count int // of what the view holds
	Page  int // from 1
	Pages int
	names map[string]string // of the staff, by opaque id
	rules knowledge.EditingRules
}

// guideTab is a view to choose, with how many guides are in it.
type guideTab struct {
	View  knowledge.GuideView
	Count int
	Here  bool
}

const guidePageSize = 50

// editor is who the floors below take the visitor for, at work on guides.
func (s *site) editor(v visit) knowledge.Editor {
	return knowledge.Editor{ID: staffID(v.account.ID), Municipality: v.account.Municipality}
}

// staffID is the opaque id of an account, as floors below keep it.
func staffID(account int64) string { return "staff:" + strconv.FormatInt(account, 10) }

func (s *site) guidesPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := guideList{frame: s.frame(w, r, "guides_title")}
	page.GuideFilter = knowledge.GuideFilter{
		Find: strings.TrimSpace(q.Get("find")), View: knowledge.GuideView(q.Get("view")), Order: q.Get("order"),
		By: s.editor(visitOf(r)), Today: s.today(), Limit: guidePageSize,
	}
	if len([]rune(page.Find)) > 200 {
		page.Find = string([]rune(page.Find)[:200])
	}
	page.Page = 1
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n < 10000 {
		page.Page = n
	}
	page.Offset = (page.Page - 1) * guidePageSize
	list, err := s.Knowledge.ListGuides(r.Context(), page.GuideFilter)
	if err != nil {
		return err
	}
	page.Lines = list.Lines
	if _, ok := list.Counts[page.View]; !ok {
		page.View = knowledge.AllGuides
	}
	for _, view := range knowledge.GuideViews() {
		page.Tabs = append(page.Tabs, guideTab{view, list.Counts[view], view == page.View})
	}
	page.Count = list.Counts[page.View]
	page.Pages = max(1, (page.Count+guidePageSize-1)/guidePageSize)
	if page.rules, err = s.Knowledge.EditingRules(r.Context()); err != nil {
		return err
	}
	var ids []string
	for _, l := range page.Lines {
		ids = append(ids, l.DraftBy, l.DraftSentBy)
	}
	if page.names, err = s.staffNames(r, ids); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "guides", page)
}

// today is the day in Bulgaria.
func (s *site) today() time.Time { return time.Now().In(s.zone) }

// staffNames names those behind opaque ids of the floors below, by id.
func (s *site) staffNames(r *http.Request, ids []string) (map[string]string, error) {
	names := map[string]string{}
	var numbers []int64
	for _, id := range ids {
		if n, err := strconv.ParseInt(strings.TrimPrefix(id, "staff:"), 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return names, nil
	}
	all, err := s.Staff.Names(r.Context(), numbers)
	for n, name := range all {
		names[staffID(n)] = name
	}
	return names, err
}

// E says a phrase about the editors' work.
func (f frame) E(key string, args ...any) string { return i18n.T(f.Language, "editor."+key, args...) }

// EN says a phrase about the editors' work by number.
func (f frame) EN(key string, n int, args ...any) string {
	return i18n.N(f.Language, "editor."+key, n, args...)
}

// staffWords names who is behind an opaque id: a colleague, the visitor, the starter knowledge, an import.
func (f frame) staffWords(id string, names map[string]string) string {
	switch {
	case id == staffID(f.Account.ID):
		return f.E("by_you")
	case names[id] != "":
		return names[id]
	case id == "starter":
		return f.E("by_starter")
	}
	return f.E("by_program")
}

// Date writes a day as people do, without «днес»: «22 ноември 2026 г.».
func (f frame) Date(t time.Time) string {
	months := strings.Split(f.T("months"), " ")
	return f.T("date", t.Day(), months[t.Month()-1], t.Year())
}

// By names who changed a draft last.
func (l guideList) By(id string) string { return l.staffWords(id, l.names) }

// Past says whether a guide is past its date, and Silent whether so long that it only points at its source.
func (l guideList) Past(g knowledge.GuideLine) bool {
	return g.ReviewBy != nil && g.Life() == knowledge.Renewing
}

// Silent says whether a guide is so long past its date that it only points at its source.
func (l guideList) Silent(g knowledge.GuideLine) bool {
	return l.Past(g) && l.rules.Silent(*g.ReviewBy, l.Today)
}

// Soon says whether a guide is to be renewed soon.
func (l guideList) Soon(g knowledge.GuideLine) bool {
	return g.ReviewBy != nil && g.Life() == knowledge.Current && g.ReviewBy.Before(l.Today.Add(knowledge.RenewSoon))
}

// Narrowed says whether the list is of something that was searched for or of one view.
func (l guideList) Narrowed() bool { return l.Find != "" || l.View != knowledge.AllGuides }

// To is the address of the list with one part of the filter changed; a page goes with nothing but itself.
func (l guideList) To(part, value string) string {
	q := url.Values{}
	set := func(name, now string) {
		if name == part {
			now = value
		}
		if now != "" && now != "all" {
			q.Set(name, now)
		}
	}
	set("find", l.Find)
	set("view", string(l.View))
	set("order", l.Order)
	if part == "page" && value != "1" {
		q.Set("page", value)
	}
	if len(q) == 0 {
		return "/console/guides"
	}
	return "/console/guides?" + q.Encode()
}

// Turn is the address of another page of the list, by how many pages away it is.
func (l guideList) Turn(by int) string { return l.To("page", strconv.Itoa(l.Page+by)) }

// Orders are the orders to choose from; "" is what suits the view.
func (guideList) Orders() []string { return []string{"", "title", "changed", "review"} }

// BG is what a guide says in Bulgarian.
func (frame) BG(g knowledge.Guide) knowledge.Text { return g.Text[knowledge.Bulgarian] }
