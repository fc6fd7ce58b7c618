package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"orientir/bot/i18n"
	"orientir/handoff"
)

// worklistPage is what people could not find or were told wrongly, grouped, what most of them met first.
type worklistPage struct {
	frame
	handoff.ProblemFilter
	States   []string
	Kinds    []string
	Counts   map[string]int
	Problems []handoff.Problem
	More     bool
	weeks    map[int64][]handoff.Week
	after    map[int64]handoff.After
}

const worklistPageSize = 25

// W says a phrase of the work list in the language of the page.
func (f frame) W(key string, args ...any) string { return i18n.T(f.Language, "worklist."+key, args...) }

// WN says a phrase of the work list by number.
func (f frame) WN(key string, n int, args ...any) string {
	return i18n.N(f.Language, "worklist."+key, n, args...)
}

func (s *site) worklistPage(w http.ResponseWriter, r *http.Request) (err error) {
	q := r.URL.Query()
	page := worklistPage{frame: s.frame(w, r, "tasks_title"), States: handoff.ProblemStates(), Kinds: []string{"", "missing", "wrong"}}
	page.ProblemFilter = handoff.ProblemFilter{State: q.Get("state"), Kind: q.Get("kind"), Page: 1}
	if !slices.Contains(page.States, page.State) {
		page.State = "open"
	}
	if !slices.Contains(page.Kinds, page.Kind) {
		page.Kind = ""
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n < 10000 {
		page.Page = n
	}
	if page.Counts, err = s.Worklist.ProblemCounts(r.Context()); err != nil {
		return err
	}
	if page.Problems, page.More, err = s.Worklist.Problems(r.Context(), page.ProblemFilter, worklistPageSize); err != nil {
		return err
	}
	ids := make([]int64, len(page.Problems))
	for i, p := range page.Problems {
		ids[i] = p.ID
	}
	if page.weeks, err = s.Worklist.Weeks(r.Context(), ids); err != nil {
		return err
	}
	if page.State == "fixed" { // of others nothing is said
		if page.after, err = s.Worklist.After(r.Context(), ids); err != nil {
			return err
		}
	}
	return s.render(w, http.StatusOK, "worklist", page)
}

// Address is that of the list in another state, of another kind, or on another page.
func (p worklistPage) Address(state, kind string, page int) string {
	q := url.Values{}
	if state != "open" {
		q.Set("state", state)
	}
	if kind != "" {
		q.Set("kind", kind)
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/console/worklist"
	}
	return "/console/worklist?" + q.Encode()
}

// Turn is the address of a page on from here.
func (p worklistPage) Turn(by int) string { return p.Address(p.State, p.Kind, p.Page+by) }

// Chart is the weeks of a problem.
func (p worklistPage) Chart(id int64) weekChart { return newWeekChart(p.frame, p.weeks[id]) }

// After is what has happened since a problem was fixed.
func (p worklistPage) After(id int64) handoff.After { return p.after[id] }

// Sources says where the cases of a problem come from.
func (f frame) Sources(p handoff.Problem) string {
	var parts []string
	for _, source := range []string{"unanswered", "rating", "closing", "report"} {
		if n := p.Sources[source]; n > 0 {
			parts = append(parts, f.WN("source_"+source, n))
		}
	}
	return strings.Join(parts, " · ")
}

// PeopleWords says what the number of a problem counts: people, or cases where nobody is known of whom they are.
func (f frame) PeopleWords(p handoff.Problem) string {
	switch {
	case p.People == 0 && p.Items == 0:
		return f.W("no_case_days")
	case p.People == 0 && p.Items == 1:
		return f.W("case_days")
	case p.People == 0:
		return f.W("cases_days")
	case p.People == 1:
		return f.W("person_days")
	}
	return f.W("people_days")
}

// Trend says whether more people meet a problem this week than last; "" where nobody is known of whom its cases are.
func (f frame) Trend(p handoff.Problem) string {
	key := "trend_same"
	switch {
	case p.People == 0:
		return ""
	case p.Recent+p.Earlier == 0:
		return f.W("trend_none")
	case p.Recent > p.Earlier:
		key = "trend_up"
	case p.Recent < p.Earlier:
		key = "trend_down"
	}
	return f.W(key, p.Recent, p.Earlier)
}

// ProblemName is what a problem is called.
func (f frame) ProblemName(p handoff.Problem) string {
	if name := p.Name(); name != "" {
		return f.Short(name, 160)
	}
	return f.W("nameless", p.ID)
}

// AfterWords says what has happened since a problem was fixed.
func (f frame) AfterWords(a handoff.After) string {
	words := []string{f.W("after_none")}
	if a.Asked > 0 {
		words = []string{f.WN("after_asked", a.Asked, a.Answered)}
	}
	if a.Good+a.Bad > 0 {
		words = append(words, f.W("after_rated", a.Good, a.Bad))
	}
	if a.Told > 0 {
		words = append(words, f.WN("after_told", a.Told))
	}
	if a.Waiting > 0 {
		words = append(words, f.WN("after_waiting", a.Waiting))
	}
	return strings.Join(words, " ")
}

// weekChart is twelve weeks as bars. Its words say the same to who doesn't see them.
type weekChart struct {
	Words string
	Any   bool // somebody is in it
	Bars  []weekBar
}

// weekBar is one bar in a picture of 12 times 8 by 24 units.
type weekBar struct{ X, Y, Height int }

func newWeekChart(f frame, weeks []handoff.Week) weekChart {
	most, total := 1, 0
	for _, w := range weeks {
		most, total = max(most, w.People), total+w.People
	}
	c := weekChart{Words: f.W("weeks_words", total, most), Any: total > 0}
	if total == 0 {
		c.Words = f.W("weeks_none")
	}
	for i, w := range weeks {
		height := 1
		if w.People > 0 {
			height = 3 + 21*w.People/most
		}
		c.Bars = append(c.Bars, weekBar{X: i * 8, Y: 24 - height, Height: height})
	}
	return c
}

// tasksMoved leads from where the librarians' findings stood to the list that holds them now.
func (s *site) tasksMoved(w http.ResponseWriter, r *http.Request) error {
	return seeOther(w, r, "/console/worklist")
}
