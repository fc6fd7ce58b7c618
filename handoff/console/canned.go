package console

import (
	"errors"
	"net/http"
	"strconv"

	"orientir/bot"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// cannedList is the list of answers that are ready to use.
type cannedList struct {
	frame
	Answers []handoff.Canned
	May     bool // add and remove
	Typed   handoff.Canned
}

func (s *site) cannedPage(w http.ResponseWriter, r *http.Request) error {
	return s.showCanned(w, r, handoff.Canned{Language: "bg"}, nil)
}

func (s *site) showCanned(w http.ResponseWriter, r *http.Request, typed handoff.Canned, fault *staff.Fault) error {
	answers, err := s.Desk.CannedAnswers(r.Context())
	if err != nil {
		return err
	}
	page := cannedList{frame: s.frame(w, r, "canned_title"), Answers: answers, Typed: typed, May: visitOf(r).account.Is(staff.Supervisor)}
	page.Fault, page.Back = fault, "/console/canned"
	status := http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "canned", page)
}

func (s *site) addCanned(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	c := handoff.Canned{Language: r.PostForm.Get("language"), Title: r.PostForm.Get("title"), Text: r.PostForm.Get("text")}
	hidden, err := s.Desk.AddCanned(r.Context(), visitOf(r).account.ID, c)
	if fault := asFault(err); fault != nil {
		return s.showCanned(w, r, c, fault)
	}
	if err != nil {
		return err
	}
	added := flash{Key: "canned_added"}
	if len(hidden) > 0 {
		added = flash{Key: "canned_added_masked", Args: []string{bot.HiddenWords(hidden, visitOf(r).language)}}
	}
	s.setFlash(w, added)
	return seeOther(w, r, "/console/canned")
}

func (s *site) removeCanned(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	if err := s.Desk.RemoveCanned(r.Context(), visitOf(r).account.ID, id); err != nil && !errors.Is(err, handoff.ErrNotFound) {
		return err
	}
	s.setFlash(w, flash{Key: "canned_removed"})
	return seeOther(w, r, "/console/canned")
}
