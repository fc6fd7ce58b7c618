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
	Week        []bot.WeekLine
	Days        []knowledge.Exception // closures and other hours to come
	Offers      string
	Languages   string
	Trainings   []trainingRow
	ConfirmedBy string
	Old         bool
	Public      string // address of the page that people see
}

func (s *site) libraryPage(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	now := time.Now().In(s.zone)
	page := libraryPage{libraryFrame: s.libraryFrame(w, r, "overview", h), Old: old(h, now), Public: "/libraries/" + h.ID}
	page.Card = bot.NewHelpPointCard(h.Seen(now), now, page.Language)
	page.Week, page.Days = bot.WeekWords(h.Hours, page.Language), bot.ExceptionsToCome(h.Hours, now)
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

// OpenNow says whether it is open; unknown is not.
func (p libraryPage) OpenNow() bool { return p.Card.Open != nil && *p.Card.Open }

// Dates writes the days of an exception.
func (f frame) Dates(e knowledge.Exception) string { return bot.ExceptionWords(e, f.Language) }

// SpanWords writes the hours of one day.
func (f frame) SpanWords(spans []knowledge.Span) string { return bot.SpanWords(spans, f.Language) }

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
