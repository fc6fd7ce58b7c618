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
	token, a, err := s.Staff.SignIn(r.Context(), email, r.PostForm.Get("password"), s.from(r))
	page := signInForm{Email: email, Next: next}
	var many *staff.TooMany
	switch {
	case errors.Is(err, staff.ErrSignIn):
		page.frame = s.frame(w, r, "signin_title")
		page.Wrong = page.T("signin_wrong")
		return s.render(w, http.StatusUnprocessableEntity, "signin", page)
	case errors.As(err, &many):
		page.frame = s.frame(w, r, "signin_title")
		page.Wrong = page.tooMany(w, many)
		return s.render(w, http.StatusTooManyRequests, "signin", page)
	}
	return s.goIn(w, r, token, a, next, err)
}

// goIn ends a sign-in: in the account, or before the page that asks for the code. err is what the first step said.
func (s *site) goIn(w http.ResponseWriter, r *http.Request, token staff.Token, a staff.Account, next string, err error) error {
	var wanted *staff.CodeWanted
	if errors.As(err, &wanted) {
		s.setCookie(w, halfName, string(wanted.Half), halfSeconds)
		return seeOther(w, r, codePath(next))
	}
	if err != nil {
		return err
	}
	s.setSession(w, r, token, a)
	return seeOther(w, r, next)
}

// tooMany says that signing in is paused, and for how long.
func (f frame) tooMany(w http.ResponseWriter, many *staff.TooMany) string {
	w.Header().Set("Retry-After", strconv.Itoa(int(many.RetryAfter.Seconds())+1))
	return f.N("signin_many", int(many.RetryAfter.Minutes())+1)
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

// setSession gives a browser its session, and remembers the browser: guesses from elsewhere don't keep its owner out then.
func (s *site) setSession(w http.ResponseWriter, r *http.Request, token staff.Token, a staff.Account) {
	s.setCookie(w, cookieName, string(token), int(staff.SessionLife.Seconds()))
	s.setCookie(w, halfName, "", -1)
	device, err := s.Staff.Remember(r.Context(), a.ID, s.tokenOf(r, deviceName))
	if err != nil { // who signed in is in all the same
		s.Log.Warn("a browser is not remembered", "account", a.ID, "err", err)
		return
	}
	s.setCookie(w, deviceName, string(device), int(staff.DeviceLife.Seconds()))
}
