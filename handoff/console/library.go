package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// libraryPage is one library as its librarians see it: what a person sees, and where each part is changed.
type libraryPage struct {
	libraryFrame
	Card        bot.HelpPointCard // as a person sees it now
	Week        []weekLine
	Days        []knowledge.Exception // closures and other hours to come
	Offers      string
	Languages   string
	Trainings   []trainingRow
	ConfirmedBy string
	Old         bool
	Public      string // address of the page that people see
}

// weekLine is one or several days of the week with its hours in words.
type weekLine struct{ Day, Hours string }

func (s *site) libraryPage(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	now := time.Now().In(s.zone)
	page := libraryPage{libraryFrame: s.libraryFrame(w, r, "overview", h), Old: old(h, now), Public: "/libraries/" + h.ID}
	page.Card = bot.NewHelpPointCard(h.Seen(now), now, page.Language)
	page.Week = page.week(h.Hours)
	if h.Hours != nil {
		page.Days = toCome(h.Hours.Exceptions, now)
	}
	page.Offers = page.fieldWords("offers", strings.Join(h.Offers, "; "))
	page.Languages = page.fieldWords("languages", strings.Join(h.Languages, "; "))
	if page.ConfirmedBy, err = s.staffName(r, h.ConfirmedBy); err != nil {
		return err
	}
	if page.Trainings, err = s.trainingRows(r, page.frame, h.ID, now); err != nil {
		return err
	}
	return s.render(w, page.status(), "library", page)
}

// week writes the hours of a week, days of the same hours together; nothing where they are unknown.
func (f frame) week(h *knowledge.Hours) (list []weekLine) {
	if h == nil {
		return nil
	}
	names := strings.Split(f.L("weekdays"), "|")
	for day := 0; day < 7; {
		last := day
		words := knowledge.FormatSpans(h.Week[day])
		for last < 6 && knowledge.FormatSpans(h.Week[last+1]) == words {
			last++
		}
		name := names[day]
		if last > day {
			name = f.L("day_to_day", names[day], names[last])
		}
		if words == "" {
			words = f.L("closed")
		} else {
			words = f.L("hours", words)
		}
		list = append(list, weekLine{name, words})
		day = last + 1
	}
	return list
}

// toCome are the exceptions that have not passed.
func toCome(list []knowledge.Exception, now time.Time) (out []knowledge.Exception) {
	today := now.Format(time.DateOnly)
	for _, e := range list {
		if e.To.Format(time.DateOnly) >= today {
			out = append(out, e)
		}
	}
	return out
}

// Dates writes the days of an exception.
func (f frame) Dates(e knowledge.Exception) string {
	if e.From.Equal(e.To) {
		return bot.DateWords(e.From, f.Language)
	}
	return f.L("date_to_date", bot.DateWords(e.From, f.Language), bot.DateWords(e.To, f.Language))
}

// SpanWords writes the hours of one day.
func (f frame) SpanWords(spans []knowledge.Span) string {
	if len(spans) == 0 {
		return f.L("closed")
	}
	return f.L("hours", knowledge.FormatSpans(spans))
}

// confirmLibrary notes that all of it is right.
func (s *site) confirmLibrary(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	back := "/console/libraries/" + h.ID
	version := h.Version
	if typed, ok := count(r.PostFormValue("version")); ok {
		version = typed
	}
	act := staff.Act{By: visitOf(r).account.ID, Verb: "library.confirm", Subject: "library:" + h.ID}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, _ *staff.Act) error {
		return knowledge.NewStore(tx).ConfirmHelpPoint(r.Context(), actor(r), h.ID, version)
	})
	if errors.Is(err, knowledge.ErrChanged) {
		s.setFlash(w, flash{Key: "library.confirm_changed", Bad: true})
		return seeOther(w, r, back)
	}
	if err != nil {
		return err
	}
	s.Knowledge.Refresh()
	s.setFlash(w, flash{Key: "library.confirmed"})
	return seeOther(w, r, back)
}
