package console

import (
	"errors"
	"net/http"
	"strconv"

	"orientir/handoff/staff"
)

// accountForm is one's own account: password, sessions and the link with Telegram.
type accountForm struct {
	frame
	telegramSection
	Sessions []staff.Session
	Current  int64 // session of this browser
	Least    int   // characters of a password
	Wrong    string
}

func (s *site) accountPage(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, http.StatusOK, nil, "")
}

func (s *site) showAccount(w http.ResponseWriter, r *http.Request, status int, fault *staff.Fault, wrong string) error {
	v := visitOf(r)
	sessions, err := s.Staff.Sessions(r.Context(), v.account.ID)
	if err != nil {
		return err
	}
	linked, err := s.telegramSection(r)
	if err != nil {
		return err
	}
	page := accountForm{telegramSection: linked, frame: s.frame(w, r, "account_title"), Sessions: sessions, Current: v.session.ID, Least: staff.MinPassword}
	page.Fault = fault
	page.Back = "/console/account"
	if wrong != "" {
		page.Wrong = page.T(wrong)
	}
	return s.render(w, status, "account", page)
}

func (s *site) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	v := visitOf(r)
	token, err := s.Staff.ChangePassword(r.Context(), v.account.ID, v.session.ID, r.PostForm.Get("old"), r.PostForm.Get("password"), s.from(r))
	var many *staff.TooMany
	switch fault := asFault(err); {
	case fault != nil:
		return s.showAccount(w, r, http.StatusUnprocessableEntity, fault, "")
	case errors.Is(err, staff.ErrSignIn):
		return s.showAccount(w, r, http.StatusUnprocessableEntity, nil, "account_old_wrong")
	case errors.As(err, &many):
		return s.showAccount(w, r, http.StatusTooManyRequests, nil, "account_many")
	case errors.Is(err, staff.ErrNotFound): // the session ended: of wrong passwords, or meanwhile
		s.setFlash(w, flash{Key: "signin.proof_ended", Bad: true})
		s.askToSignIn(w, r)
		return nil
	case err != nil:
		return err
	}
	s.setSession(w, r, token, v.account)
	s.setFlash(w, flash{Key: "account_changed"})
	return seeOther(w, r, "/console/account")
}

func (s *site) revokeSession(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	v := visitOf(r)
	if err := s.Staff.Revoke(r.Context(), v.account.ID, id); err != nil && !errors.Is(err, staff.ErrNotFound) {
		return err
	}
	s.setFlash(w, flash{Key: "account_revoked"})
	return seeOther(w, r, "/console/account")
}
