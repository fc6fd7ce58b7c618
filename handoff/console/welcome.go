package console

import (
	"errors"
	"net/http"

	"orientir/handoff/staff"
)

// welcomeForm creates the first administrator.
type welcomeForm struct {
	frame
	Token       string
	Good        bool // the link works
	Email, Name string
	Answers     bool // also answers people
	Least       int  // characters of a password
}

func (s *site) welcomePage(w http.ResponseWriter, r *http.Request) error {
	page := welcomeForm{frame: s.frame(w, r, "welcome_title"), Token: r.URL.Query().Get("token"), Answers: true, Least: staff.MinPassword}
	page.Back = "/console/sign-in" // the link must not travel further
	purpose, _, ok, err := s.Staff.LinkPurpose(r.Context(), staff.Token(page.Token))
	if err != nil {
		return err
	}
	page.Good = ok && purpose == staff.FirstAdmin
	status := http.StatusOK
	if !page.Good {
		status = http.StatusGone
	}
	return s.render(w, status, "welcome", page)
}

func (s *site) welcome(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	page := welcomeForm{
		Token: r.PostForm.Get("token"), Good: true, Email: r.PostForm.Get("email"), Name: r.PostForm.Get("name"),
		Answers: r.PostForm.Get("answers") != "", Least: staff.MinPassword,
	}
	profile := staff.Profile{Email: page.Email, Name: page.Name}
	if page.Answers {
		profile.Roles = append(profile.Roles, staff.Librarian, staff.Supervisor)
	}
	account, err := s.Staff.CreateFirstAdmin(r.Context(), staff.Token(page.Token), profile, r.PostForm.Get("password"))
	if err != nil {
		fault := asFault(err)
		if fault == nil && !errors.Is(err, staff.ErrNotFound) {
			return err
		}
		page.frame = s.frame(w, r, "welcome_title")
		page.Fault, page.Good = fault, fault != nil
		status := http.StatusUnprocessableEntity
		if !page.Good {
			status = http.StatusGone
		}
		return s.render(w, status, "welcome", page)
	}
	token, err := s.Staff.SignInNew(r.Context(), account, s.from(r))
	if err != nil {
		return err
	}
	s.setSession(w, r, token, account)
	s.setFlash(w, flash{Key: "welcome_done"})
	return seeOther(w, r, "/console/people")
}
