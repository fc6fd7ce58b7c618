package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"orientir/knowledge"
)

// hoursForm is the form of the weekly hours.
type hoursForm struct {
	libraryFrame
	Mark     string
	Days     []dayForm
	Unknown  bool // no regular hours: people should call
	Holidays bool
}

// dayForm is one day of the form.
type dayForm struct {
	N                            int // Monday 0
	Name                         string
	Mode                         string // open | closed | monday | keep | "" where nothing was chosen yet
	From, To, PauseFrom, PauseTo string
	Keep                         string // hours that the form can't show, as they are: more than one break
}

// ID begins the names of the day's fields.
func (d dayForm) ID() string { return "d" + strconv.Itoa(d.N) }

// hoursFields are what the form changes.
var hoursFields = []string{"hours"}

func (s *site) libraryHoursPage(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	page := hoursForm{libraryFrame: s.libraryFrame(w, r, "hours_title", h), Mark: seal(h, hoursFields)}
	page.fill(h.Hours)
	return s.render(w, http.StatusOK, "libraryhours", page)
}

// fill writes hours into the form. Days of the same hours as Monday say only that.
func (p *hoursForm) fill(h *knowledge.Hours) {
	names := strings.Split(p.L("weekdays"), "|")
	p.Unknown = h == nil
	for n := range 7 {
		day := dayForm{N: n, Name: names[n]}
		if h != nil {
			p.Holidays = h.Holidays
			spans := h.Week[n]
			switch {
			case len(spans) == 0:
				day.Mode = "closed"
			case n > 0 && knowledge.FormatSpans(spans) == knowledge.FormatSpans(h.Week[0]):
				day.Mode = "monday"
			case len(spans) <= 2:
				day.Mode = "open"
			default:
				day.Mode, day.Keep = "keep", knowledge.FormatSpans(spans)
			}
			if len(spans) == 1 || len(spans) == 2 {
				day.From, day.To = clockOf(spans[0].From), clockOf(spans[len(spans)-1].To)
			}
			if len(spans) == 2 {
				day.PauseFrom, day.PauseTo = clockOf(spans[0].To), clockOf(spans[1].From)
			}
		}
		p.Days = append(p.Days, day)
	}
}

// clockOf writes a minute as an input of time wants it; midnight at a day's end is 00:00.
func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60%24, minute%60) }

// typed reads the form. Faults are told beside the field that they are in.
func (p *hoursForm) typed(f url.Values) *knowledge.Hours {
	h := &knowledge.Hours{Holidays: f.Get("holidays") != ""}
	on := strings.Split(p.P("common.weekdays"), "|") // «във вторник»
	p.Holidays, p.Unknown = h.Holidays, f.Get("unknown") != ""
	names := strings.Split(p.L("weekdays"), "|")
	for n := range 7 {
		id := dayForm{N: n}.ID() + "-"
		get := func(what string) string { return strings.TrimSpace(f.Get(id + what)) }
		day := dayForm{N: n, Name: names[n], Mode: get("mode"), From: get("from"), To: get("to"), PauseFrom: get("pause-from"), PauseTo: get("pause-to"), Keep: get("keep")}
		p.Days = append(p.Days, day)
		if p.Unknown {
			continue
		}
		wrong := func(what, key string) {
			p.Faults = append(p.Faults, fieldFault{id + what, p.L(key, on[n])})
		}
		switch day.Mode {
		case "closed":
		case "monday":
			h.Week[n] = h.Week[0]
		case "keep":
			spans, err := knowledge.ParseSpans(day.Keep)
			if err != nil {
				wrong("open", "wrong_day")
			}
			h.Week[n] = spans
		case "open":
			h.Week[n] = spansTyped(day.From, day.To, day.PauseFrom, day.PauseTo, wrong)
		default:
			wrong("open", "wrong_day")
		}
	}
	if p.Unknown {
		return nil
	}
	return h
}

// spansTyped makes the hours of a day of its opening, its closing and a break. wrong hears which of them is not right.
func spansTyped(from, to, pauseFrom, pauseTo string, wrong func(field, key string)) []knowledge.Span {
	opens, ok := knowledge.ParseClock(from)
	if !ok {
		wrong("from", "wrong_from")
		return nil
	}
	closes, ok := knowledge.ParseClock(to)
	if !ok {
		wrong("to", "wrong_to")
		return nil
	}
	if closes == 0 { // midnight
		closes = 24 * 60
	}
	if closes <= opens {
		wrong("to", "wrong_order")
		return nil
	}
	if pauseFrom == "" && pauseTo == "" {
		return []knowledge.Span{{From: opens, To: closes}}
	}
	stops, ok1 := knowledge.ParseClock(pauseFrom)
	starts, ok2 := knowledge.ParseClock(pauseTo)
	switch {
	case !ok1:
		wrong("pause-from", "wrong_pause")
	case !ok2 || starts <= stops:
		wrong("pause-to", "wrong_pause")
	case stops <= opens:
		wrong("pause-from", "wrong_pause_in")
	case starts >= closes:
		wrong("pause-to", "wrong_pause_in")
	default:
		return []knowledge.Span{{From: opens, To: stops}, {From: starts, To: closes}}
	}
	return nil
}

func (s *site) saveLibraryHours(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	page := hoursForm{libraryFrame: s.libraryFrame(w, r, "hours_title", h), Mark: r.PostForm.Get("mark")}
	hours := page.typed(r.PostForm)
	if len(page.Faults) > 0 {
		return s.render(w, page.status(), "libraryhours", page)
	}
	put := func(h *knowledge.HelpPoint) error {
		if hours == nil {
			h.Hours = nil
			return nil
		}
		week := *hours
		if h.Hours != nil {
			week.Exceptions = h.Hours.Exceptions
		}
		h.Hours = &week
		return nil
	}
	now, changed, err := s.saveLibrary(r, h.ID, page.Mark, hoursFields, put)
	if errors.Is(err, errConflict) {
		typed := now
		_ = put(&typed) // it gives no error
		if page.Conflict, err = s.conflict(r, page.frame, now, typed, hoursFields); err != nil {
			return err
		}
		page.Mark = seal(now, hoursFields)
		if len(page.Changes) > 0 {
			return s.render(w, page.status(), "libraryhours", page)
		}
	}
	if err != nil {
		return err
	}
	return s.saved(w, r, now, changed)
}

// saved says that a change was kept, or that there was none.
func (s *site) saved(w http.ResponseWriter, r *http.Request, h knowledge.HelpPoint, changed bool) error {
	key := "library.saved"
	if !changed {
		key = "library.unchanged"
	}
	s.setFlash(w, flash{Key: key})
	return seeOther(w, r, "/console/libraries/"+url.PathEscape(h.ID))
}

// count reads a number that is not negative.
func count(text string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return n, err == nil && n >= 0
}
