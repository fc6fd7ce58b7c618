package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"orientir/bot"
	"orientir/knowledge"
)

// daysForm is the list of closures and other hours by date, with a form for one more.
type daysForm struct {
	libraryFrame
	Days  []knowledge.Exception
	Typed dayTyped
	Today string
}

// dayTyped is what was typed for a new exception.
type dayTyped struct {
	From, To                          string // dates
	Mode                              string // closed | open
	Opens, Closes, PauseFrom, PauseTo string
	Reason                            string
}

// daysFields are what the form changes.
var daysFields = []string{"exceptions"}

// exceptionsKept is how long an exception that has passed is kept.
const exceptionsKept = 366 * 24 * time.Hour

func (s *site) libraryDaysPage(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	return s.showDays(w, r, h, dayTyped{Mode: "closed"}, nil)
}

func (s *site) showDays(w http.ResponseWriter, r *http.Request, h knowledge.HelpPoint, typed dayTyped, faults []fieldFault) error {
	now := time.Now().In(s.zone)
	page := daysForm{libraryFrame: s.libraryFrame(w, r, "days_title", h), Typed: typed, Today: now.Format(time.DateOnly)}
	page.Faults = faults
	page.Days = bot.ExceptionsToCome(h.Hours, now)
	return s.render(w, page.status(), "librarydays", page)
}

// Key marks an exception in a list.
func (daysForm) Key(e knowledge.Exception) string { return exceptionKey(e) }

func exceptionKey(e knowledge.Exception) string {
	return knowledge.FormatExceptions([]knowledge.Exception{e})
}

// addLibraryDay adds a closure or other hours. It changes nothing that others wrote, and so asks for no mark: two who add at once both do.
func (s *site) addLibraryDay(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	typed := typedDay(r)
	e, faults := s.readDay(s.frame(w, r, "libraries_title"), typed)
	if len(faults) > 0 {
		return s.showDays(w, r, h, typed, faults)
	}
	var clash *knowledge.Exception
	now, changed, err := s.saveLibrary(r, h.ID, "", daysFields, func(h *knowledge.HelpPoint) error {
		if h.Hours == nil {
			return errNoWeek
		}
		hours := *h.Hours
		var list []knowledge.Exception
		for _, other := range hours.Exceptions {
			if other.To.Before(time.Now().Add(-exceptionsKept)) {
				continue
			}
			if !other.To.Before(e.From) && !e.To.Before(other.From) && exceptionKey(other) != exceptionKey(e) {
				clash = &other
				return errClash
			}
			if exceptionKey(other) != exceptionKey(e) {
				list = append(list, other)
			}
		}
		hours.Exceptions = append(list, e)
		h.Hours = &hours
		return nil
	})
	page := s.frame(w, r, "libraries_title")
	var wrong knowledge.Faults
	switch {
	case errors.Is(err, errNoWeek):
		return s.showDays(w, r, h, typed, []fieldFault{{"from", page.L("wrong_no_week")}})
	case errors.Is(err, errClash):
		return s.showDays(w, r, now, typed, []fieldFault{{"from", page.L("wrong_clash", page.Dates(*clash), page.SpanWords(clash.Spans))}})
	case errors.As(err, &wrong):
		return s.showDays(w, r, h, typed, page.faultsOf(wrong, map[string]string{"exceptions": "reason"}))
	case err != nil:
		return err
	}
	key := "library.day_added"
	if !changed {
		key = "library.unchanged"
	}
	s.setFlash(w, flash{Key: key, Args: []string{page.Dates(e)}})
	return seeOther(w, r, "/console/libraries/"+url.PathEscape(h.ID)+"/days")
}

// The reasons why a day can't be added.
var (
	errNoWeek = errors.New("there are no weekly hours to differ from")
	errClash  = errors.New("something else is said of these days")
)

func typedDay(r *http.Request) dayTyped {
	f := r.PostForm
	return dayTyped{
		From: f.Get("from"), To: f.Get("until"), Mode: f.Get("mode"), Opens: f.Get("opens"), Closes: f.Get("closes"),
		PauseFrom: f.Get("pause-from"), PauseTo: f.Get("pause-to"), Reason: strings.TrimSpace(f.Get("reason")),
	}
}

// readDay reads a new exception.
func (s *site) readDay(f frame, typed dayTyped) (e knowledge.Exception, faults []fieldFault) {
	wrong := func(field, key string, args ...any) { faults = append(faults, fieldFault{field, f.L(key, args...)}) }
	var err error
	if e.From, err = time.Parse(time.DateOnly, typed.From); err != nil {
		wrong("from", "wrong_date")
	}
	e.To = e.From
	if typed.To != "" {
		if e.To, err = time.Parse(time.DateOnly, typed.To); err != nil {
			wrong("until", "wrong_date")
		}
	}
	today := time.Now().In(s.zone).Format(time.DateOnly)
	switch {
	case len(faults) > 0:
	case e.To.Before(e.From):
		wrong("until", "wrong_until")
	case e.To.Format(time.DateOnly) < today:
		wrong("from", "wrong_passed")
	case e.To.Sub(e.From) > 2*366*24*time.Hour:
		wrong("until", "wrong_long")
	}
	switch typed.Mode {
	case "closed":
	case "open":
		e.Spans = spansTyped(typed.Opens, typed.Closes, typed.PauseFrom, typed.PauseTo, func(field, key string) {
			switch field {
			case "from":
				field = "opens"
			case "to":
				field = "closes"
			}
			wrong(field, key+"_day")
		})
	default:
		wrong("mode-closed", "wrong_mode")
	}
	e.Reason = typed.Reason
	return e, faults
}

// removeLibraryDay removes an exception; what is gone already is no fault.
func (s *site) removeLibraryDay(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	key := r.PostFormValue("day")
	_, changed, err := s.saveLibrary(r, h.ID, "", daysFields, func(h *knowledge.HelpPoint) error {
		if h.Hours == nil {
			return nil
		}
		hours := *h.Hours
		hours.Exceptions = nil
		for _, e := range h.Hours.Exceptions {
			if exceptionKey(e) != key {
				hours.Exceptions = append(hours.Exceptions, e)
			}
		}
		h.Hours = &hours
		return nil
	})
	if err != nil {
		return err
	}
	words := "library.day_removed"
	if !changed {
		words = "library.unchanged"
	}
	s.setFlash(w, flash{Key: words})
	return seeOther(w, r, "/console/libraries/"+url.PathEscape(h.ID)+"/days")
}
