package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"orientir/bot"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// cannedList is the list of answers that are ready to use, with a form for a new one or for the one that is changed.
type cannedList struct {
	frame
	Groups    []cannedGroup
	Typed     handoff.Canned
	Libraries []libraryChoice // whose answers the account may keep
	MayShare  bool
}

// cannedGroup is the answers of one owner.
type cannedGroup struct {
	Title   string
	Answers []handoff.Canned
}

// libraryChoice is a library to choose.
type libraryChoice struct{ ID, Name string }

func (s *site) cannedPage(w http.ResponseWriter, r *http.Request) error {
	return s.showCanned(w, r, handoff.Canned{Language: "bg", Scope: handoff.Own}, nil)
}

// editCannedPage is the same page with an answer in the form.
func (s *site) editCannedPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	c, err := s.Desk.CannedAnswer(r.Context(), visitOf(r).account, id)
	if err != nil {
		return err
	}
	return s.showCanned(w, r, c, nil)
}

func (s *site) showCanned(w http.ResponseWriter, r *http.Request, typed handoff.Canned, fault *staff.Fault) error {
	a := visitOf(r).account
	answers, err := s.Desk.CannedAnswers(r.Context(), a)
	if err != nil {
		return err
	}
	page := cannedList{frame: s.frame(w, r, "canned_title"), Typed: typed, MayShare: a.Is(staff.Supervisor)}
	page.Fault, page.Back = fault, "/console/canned"
	for _, c := range answers {
		title := page.D("canned_scope_" + string(c.Scope))
		if c.Scope == handoff.Library {
			title = c.HelpPointName
		}
		if n := len(page.Groups); n == 0 || page.Groups[n-1].Title != title {
			page.Groups = append(page.Groups, cannedGroup{Title: title})
		}
		g := &page.Groups[len(page.Groups)-1]
		g.Answers = append(g.Answers, c)
	}
	ids := a.Libraries
	if typed.HelpPoint != "" && !a.Serves(typed.HelpPoint) {
		ids = append([]string{typed.HelpPoint}, ids...)
	}
	names, err := s.libraryNames(r, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		page.Libraries = append(page.Libraries, libraryChoice{id, names[id]})
	}
	status := http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "canned", page)
}

// saveCanned adds an answer, or changes the one that the path names.
func (s *site) saveCanned(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	c := handoff.Canned{Language: r.PostForm.Get("language"), Title: r.PostForm.Get("title"), Text: r.PostForm.Get("text")}
	if r.PathValue("id") != "" {
		id, err := pathID(r)
		if err != nil {
			return err
		}
		c.ID = id
	}
	scope, library, _ := strings.Cut(r.PostForm.Get("scope"), ":")
	c.Scope, c.HelpPoint = handoff.Scope(scope), library
	hidden, err := s.Desk.SaveCanned(r.Context(), visitOf(r).account, c)
	if fault := asFault(err); fault != nil {
		return s.showCanned(w, r, c, fault)
	}
	if err != nil {
		return err
	}
	saved := flash{Key: "canned_added"}
	if len(hidden) > 0 {
		saved = flash{Key: "canned_added_masked", Args: []string{bot.HiddenWords(hidden, visitOf(r).language)}}
	}
	s.setFlash(w, saved)
	return seeOther(w, r, "/console/canned")
}

func (s *site) removeCanned(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	if err := s.Desk.RemoveCanned(r.Context(), visitOf(r).account, id); err != nil && !errors.Is(err, handoff.ErrNotFound) {
		return err
	}
	s.setFlash(w, flash{Key: "canned_removed"})
	return seeOther(w, r, "/console/canned")
}

// May says whether the account may change and remove an answer.
func (l cannedList) May(c handoff.Canned) bool { return c.MayKeep(l.Account) }
