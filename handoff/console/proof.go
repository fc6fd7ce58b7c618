package console

import (
	"errors"
	"net/http"
	"strings"

	"orientir/handoff/staff"
)

// proofField is what a form is sent again with by who was asked to prove themselves.
const proofField = "proof"

// proofForm asks for a code or a password before a change that could take an account over, or what it looks after, and carries the form of that change along.
type proofForm struct {
	frame
	Path     string // that the form is sent to
	Hidden   []hiddenField
	WithCode bool // the account has a second step
	Provider bool // there is an outside provider: who comes by it may have no password
	Wrong    string
	Cancel   string // where somebody goes who would rather not
}

// proved says whether whoever asks has shown in the last minutes that they are the session's account, and not only somebody who has their session:
// a thief of its cookie, or who found the desk open. Where not it answers with the page that asks.
func (s *site) proved(w http.ResponseWriter, r *http.Request) (bool, error) {
	v := visitOf(r)
	if v.session.Proved {
		return true, nil
	}
	if !r.PostForm.Has(proofField) {
		return false, s.askProof(w, r, http.StatusOK, "")
	}
	err := s.Staff.Prove(r.Context(), v.session.ID, v.account, r.PostForm.Get(proofField))
	var many *staff.TooMany
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, staff.ErrCode), errors.Is(err, staff.ErrNoSecondStep):
		return false, s.askProof(w, r, http.StatusUnprocessableEntity, "signin.code_wrong")
	case errors.Is(err, staff.ErrSignIn):
		return false, s.askProof(w, r, http.StatusUnprocessableEntity, "signin.proof_wrong")
	case errors.Is(err, staff.ErrNoKey):
		s.Log.Error("a code can't be looked at", "account", v.account.ID, "err", err)
		return false, s.askProof(w, r, http.StatusServiceUnavailable, "signin.code_no_key")
	case errors.As(err, &many):
		frame{}.tooMany(w, many)
		return false, s.askProof(w, r, http.StatusTooManyRequests, "signin.many")
	case errors.Is(err, staff.ErrNotFound): // the session ended: of wrong proofs, or meanwhile
		if len(hidden(r.PostForm)) == 0 { // else the page that keeps it says so
			s.setFlash(w, flash{Key: "signin.proof_ended", Bad: true})
		}
		s.askToSignIn(w, r)
		return false, nil
	}
	return false, err
}

func (s *site) askProof(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	a := visitOf(r).account
	page := proofForm{frame: s.frame(w, r, "account_title"), Path: r.URL.Path, WithCode: a.SecondStep, Provider: s.Provider != nil && !a.SecondStep, Cancel: cameFrom(r)}
	page.Title = page.SI("proof_title")
	if page.Cancel == secondStepPath && a.SecondStepWanted {
		page.Nav = nil // nothing else opens before it is set up
	}
	page.Back = "" // another language would lose the form
	if wrong != "" {
		page.Wrong = page.P(wrong)
	}
	page.Hidden = hidden(r.PostForm)
	return s.render(w, status, "proof", page)
}

// cameFrom is the page whose form asks for a proof.
func cameFrom(r *http.Request) string {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, secondStepPath):
		return secondStepPath
	case strings.HasPrefix(path, "/console/account/"):
		return "/console/account"
	case strings.HasPrefix(path, "/console/people/"):
		return strings.TrimSuffix("/console/people/"+r.PathValue("id"), "/") // none: a new account, or the rule of the list itself
	}
	return strings.TrimSuffix(path, "/export")
}
