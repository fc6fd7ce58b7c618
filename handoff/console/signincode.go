package console

import (
	"errors"
	"net/http"
	"net/url"

	"orientir/handoff/staff"
)

// halfSeconds is how long the cookie of a half sign-in lives; the database counts for itself.
const halfSeconds = 10 * 60

// codeForm asks for the second step of a sign-in.
type codeForm struct {
	frame
	Next  string
	Wrong string
}

// codePath is the page that asks for the code and then goes on.
func codePath(next string) string {
	if next == "/console/" {
		return "/console/sign-in/code"
	}
	return "/console/sign-in/code?next=" + url.QueryEscape(next)
}

func (s *site) codePage(w http.ResponseWriter, r *http.Request) error {
	next := ownPath(r.URL.Query().Get("next"))
	waits, err := s.Staff.HalfSignedIn(r.Context(), s.tokenOf(r, halfName))
	if err != nil {
		return err
	}
	if !waits {
		return s.signInAnew(w, r, http.StatusGone, next, "signin.half_gone")
	}
	return s.showCode(w, r, http.StatusOK, next, "")
}

func (s *site) showCode(w http.ResponseWriter, r *http.Request, status int, next, wrong string) error {
	page := codeForm{frame: s.frame(w, r, "signin_title"), Next: next, Wrong: wrong}
	page.Title = page.SI("code_title")
	page.Back = codePath(next)
	return s.render(w, status, "signincode", page)
}

// signInAnew shows the sign-in page with what went wrong.
func (s *site) signInAnew(w http.ResponseWriter, r *http.Request, status int, next, key string) error {
	s.setCookie(w, halfName, "", -1)
	page := signInForm{frame: s.frame(w, r, "signin_title"), Next: next}
	page.Wrong = page.P(key)
	page.Back = "/console/sign-in"
	return s.render(w, status, "signin", page)
}

func (s *site) signInCode(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	next := ownPath(r.PostForm.Get("next"))
	token, a, err := s.Staff.FinishSignIn(r.Context(), s.tokenOf(r, halfName), r.PostForm.Get("code"), s.from(r))
	var many *staff.TooMany
	f := frame{Language: visitOf(r).language}
	switch {
	case errors.Is(err, staff.ErrNotFound), errors.Is(err, staff.ErrNoSecondStep), errors.Is(err, staff.ErrSignIn):
		return s.signInAnew(w, r, http.StatusGone, next, "signin.half_gone")
	case errors.Is(err, staff.ErrCode):
		return s.showCode(w, r, http.StatusUnprocessableEntity, next, f.SI("code_wrong"))
	case errors.Is(err, staff.ErrNoKey): // a recovery code needs none
		s.Log.Error("a code can't be looked at", "err", err)
		return s.showCode(w, r, http.StatusServiceUnavailable, next, f.SI("code_no_key"))
	case errors.As(err, &many):
		return s.showCode(w, r, http.StatusTooManyRequests, next, f.tooMany(w, many))
	}
	return s.goIn(w, r, token, a, next, err)
}
