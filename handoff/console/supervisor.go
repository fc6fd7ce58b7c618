package console

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"orientir/handoff"
	"orientir/handoff/statistics"
)

// supervisorView is how the desk stands: who is on, who has how much to do, how long people wait.
type supervisorView struct {
	frame
	Waits     []statistics.Waits // today, 7 days, 30 days
	Libraries []statistics.LibraryWaits
	On, Off   []statistics.Load
	Blocks    []handoff.Blocked
	Days      int // of the tables by library and by person: 1 is today
	Periods   []int
}

func (s *site) supervisorPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	page := supervisorView{frame: s.frame(w, r, "supervisor_title"), Periods: []int{1, 7, 30}}
	page.Days = 7
	for _, days := range page.Periods {
		if r.URL.Query().Get("days") == strconv.Itoa(days) {
			page.Days = days
		}
	}
	since := func(days int) time.Time {
		now := time.Now().In(s.zone)
		return time.Date(now.Year(), now.Month(), now.Day()-days+1, 0, 0, 0, 0, s.zone)
	}
	counts := statistics.New(s.DB)
	var err error
	if page.Waits, err = counts.Waits(ctx, since(1), since(7), since(30)); err != nil {
		return err
	}
	if page.Libraries, err = counts.Libraries(ctx, since(page.Days)); err != nil {
		return err
	}
	loads, err := counts.Loads(ctx, since(page.Days))
	if err != nil {
		return err
	}
	for _, l := range loads {
		if s.Desk.Present(l.Account) {
			page.On = append(page.On, l)
		} else {
			page.Off = append(page.Off, l)
		}
	}
	slices.SortStableFunc(page.Libraries, func(a, b statistics.LibraryWaits) int { return b.Waiting - a.Waiting })
	if page.Blocks, err = s.Desk.Blocks(ctx); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "supervisor", page)
}

// liftBlock lets a person write to librarians again.
func (s *site) liftBlock(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.Desk.Unblock(r.Context(), id, visitOf(r).account); err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "desk.unblocked"})
	return seeOther(w, r, "/console/supervisor#blocks")
}

// Period names a stretch of days.
func (v supervisorView) Period(days int) string {
	if days == 1 {
		return v.T("today")
	}
	return v.DN("days", days)
}

// Lasted writes a wait: seconds in the first minutes, then minutes, then hours; a dash where nobody was taken.
func (f frame) Lasted(d time.Duration, taken int) string {
	switch {
	case taken == 0:
		return "–"
	case d < 2*time.Minute:
		return f.D("lasted_seconds", int(d.Round(time.Second).Seconds()))
	case d < 2*time.Hour:
		return f.D("lasted_minutes", int(d.Round(time.Minute).Minutes()))
	}
	return f.D("waited_hours", int(d.Hours()), int(d.Minutes())%60)
}

// LibraryName names a row of the table by library.
func (v supervisorView) LibraryName(l statistics.LibraryWaits) string {
	if l.HelpPoint == "" {
		return v.T("pool")
	}
	return l.Name
}

// loadRows is a table of loads.
type loadRows struct {
	frame
	Rows []statistics.Load
}

// LoadsOf wraps loads for their template.
func (v supervisorView) LoadsOf(rows []statistics.Load) loadRows { return loadRows{v.frame, rows} }
