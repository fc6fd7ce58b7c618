package console

import (
	"errors"
	"net/http"
	"strconv"

	"orientir/handoff/staff"
)

// signInForm is the page where people sign in.
type signInForm struct {
	frame
	Email string
	Next  string
	Wrong string // what is wrong, in words
}

func (s *site) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := ownPath(r.URL.Query().Get("next"))
	if visitOf(r).account.ID != 0 {
		return seeOther(w, r, next)
	}
	return s.render(w, http.StatusOK, "signin", signInForm{frame: s.frame(w, r, "signin_title"), Next: next})
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	email, next := r.PostForm.Get("email"), ownPath(r.PostForm.Get("next"))
	token, _, err := s.Staff.SignIn(r.Context(), email, r.PostForm.Get("password"), s.from(r))
	page := signInForm{Email: email, Next: next}
	var many *staff.TooMany
	switch {
	case errors.Is(err, staff.ErrSignIn):
		page.frame = s.frame(w, r, "signin_title")
		page.Wrong = page.T("signin_wrong")
		return s.render(w, http.StatusUnprocessableEntity, "signin", page)
	case errors.As(err, &many):
		page.frame = s.frame(w, r, "signin_title")
		page.Wrong = page.N("signin_many", int(many.RetryAfter.Minutes())+1)
		w.Header().Set("Retry-After", strconv.Itoa(int(many.RetryAfter.Seconds())+1))
		return s.render(w, http.StatusTooManyRequests, "signin", page)
	case err != nil:
		return err
	}
	s.setSession(w, token)
	return seeOther(w, r, next)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Staff.SignOut(r.Context(), v.token); err != nil {
		return err
	}
	s.Desk.Gone(r.Context(), v.account.ID)
	s.setCookie(w, cookieName, "", -1)
	s.setFlash(w, flash{Key: "signed_out"})
	return seeOther(w, r, "/console/sign-in")
}

func (s *site) setSession(w http.ResponseWriter, token staff.Token) {
	s.setCookie(w, cookieName, string(token), int(staff.SessionLife.Seconds()))
}
