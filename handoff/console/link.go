package console

import (
	"errors"
	"net/http"

	"orientir/handoff/staff"
)

// linkForm sets a password by an invitation or a reset.
type linkForm struct {
	frame
	Token string
	Good  bool // the link works
	For   staff.Account
	Least int // characters of a password
}

func (s *site) linkPage(w http.ResponseWriter, r *http.Request) error {
	return s.showLink(w, r, r.URL.Query().Get("token"), nil)
}

func (s *site) useLink(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	token := r.PostForm.Get("token")
	account, err := s.Staff.SetPassword(r.Context(), staff.Token(token), r.PostForm.Get("password"))
	if fault := asFault(err); fault != nil || errors.Is(err, staff.ErrNotFound) {
		return s.showLink(w, r, token, fault)
	}
	if err != nil {
		return err
	}
	signedIn, err := s.Staff.SignInNew(r.Context(), account, s.from(r))
	s.setFlash(w, flash{Key: "password_set"})
	return s.goIn(w, r, signedIn, account, "/console/", err)
}

func (s *site) showLink(w http.ResponseWriter, r *http.Request, token string, fault *staff.Fault) error {
	page := linkForm{frame: s.frame(w, r, "link_title"), Token: token, Least: staff.MinPassword}
	page.Fault = fault
	page.Back = "/console/sign-in" // the link must not travel further
	purpose, account, ok, err := s.Staff.LinkPurpose(r.Context(), staff.Token(token))
	if err != nil {
		return err
	}
	page.Good, page.For = ok && purpose != staff.FirstAdmin, account
	status := http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	if !page.Good {
		status = http.StatusGone
	}
	return s.render(w, status, "link", page)
}
