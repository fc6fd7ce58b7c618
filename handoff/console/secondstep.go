package console

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"orientir/bot/i18n"
	"orientir/bot/webchat"
	"orientir/handoff/staff"
)

const secondStepPath = "/console/account/second-step"

// secondStepForm sets up, shows and turns off one's own second step.
type secondStepForm struct {
	frame
	staff.SecondStep
	Works  bool          // there is a key to seal secrets with
	Wanted bool          // a role asks for it
	Square template.HTML // the secret that waits for its first code, as a QR code
	Secret string        // the same, to be typed
	Codes  []staff.RecoveryCode
	Again  bool // the codes replace others
	Wrong  string
	At     string // the form that is wrong
}

func (s *site) secondStepPage(w http.ResponseWriter, r *http.Request) error {
	return s.showSecondStep(w, r, http.StatusOK, secondStepForm{})
}

func (s *site) showSecondStep(w http.ResponseWriter, r *http.Request, status int, page secondStepForm) error {
	a := visitOf(r).account
	var err error
	if page.SecondStep, err = s.Staff.SecondStep(r.Context(), a.ID); err != nil {
		return err
	}
	page.frame, page.Works, page.Wanted = s.frame(w, r, "account_title"), s.Staff.SecondStepWorks(), a.SecondStepWanted
	page.Title, page.Back = page.SI("title"), secondStepPath
	if page.Wanted && !page.On {
		page.Nav = nil // nothing else opens before it is set up
	}
	if page.Wrong != "" {
		page.Wrong = page.P(page.Wrong)
	}
	if !page.On {
		key, ok, err := s.Staff.SetUpKey(r.Context(), a, visitOf(r).session.ID, page.P("common.product"))
		if err != nil {
			return err
		}
		if ok {
			square, err := webchat.QR(key.URL())
			if err != nil {
				return err
			}
			page.Square, page.Secret = template.HTML(square), inFours(key.Secret())
		}
	}
	return s.render(w, status, "secondstep", page)
}

func (s *site) beginSecondStep(w http.ResponseWriter, r *http.Request) error {
	if !s.Staff.SecondStepWorks() {
		return s.showSecondStep(w, r, http.StatusConflict, secondStepForm{})
	}
	// Else whoever found the desk open would bind the account to their own phone.
	if !visitOf(r).session.Young {
		if ok, err := s.proved(w, r); !ok {
			return err
		}
	}
	err := s.Staff.BeginSecondStep(r.Context(), visitOf(r).account.ID, visitOf(r).session.ID)
	if err != nil && !errors.Is(err, staff.ErrNoSecondStep) { // it is on already, which the page shows
		return err
	}
	return seeOther(w, r, secondStepPath)
}

func (s *site) confirmSecondStep(w http.ResponseWriter, r *http.Request) error {
	a := visitOf(r).account
	token, codes, err := s.Staff.ConfirmSecondStep(r.Context(), a.ID, visitOf(r).session.ID, r.PostFormValue("code"), s.from(r))
	switch {
	case errors.Is(err, staff.ErrCode):
		return s.showSecondStep(w, r, http.StatusUnprocessableEntity, secondStepForm{Wrong: "signin.code_wrong", At: "confirm"})
	case errors.Is(err, staff.ErrNoSecondStep): // it waited too long, was begun elsewhere, or is on already
		return seeOther(w, r, secondStepPath)
	case err != nil:
		return err
	}
	s.setSession(w, r, token, a)
	return s.showCodes(w, r, secondStepForm{Codes: codes})
}

// showCodes shows new recovery codes, this once. It answers the form itself and leads nowhere: they must not travel in an address or a cookie.
func (s *site) showCodes(w http.ResponseWriter, r *http.Request, page secondStepForm) error {
	page.frame = s.frame(w, r, "account_title")
	page.Title, page.Back = page.SI("codes_title"), secondStepPath
	return s.render(w, http.StatusOK, "secondstep", page)
}

func (s *site) newRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	codes, err := s.Staff.NewRecoveryCodes(r.Context(), visitOf(r).account, visitOf(r).session.ID, r.PostFormValue("codes-code"))
	if done, err := s.secondStepFault(w, r, err, "codes-code"); done {
		return err
	}
	return s.showCodes(w, r, secondStepForm{Codes: codes, Again: true})
}

func (s *site) turnOffSecondStep(w http.ResponseWriter, r *http.Request) error {
	a := visitOf(r).account
	token, err := s.Staff.TurnOffSecondStep(r.Context(), a, visitOf(r).session.ID, r.PostFormValue("off-code"), s.from(r))
	if done, err := s.secondStepFault(w, r, err, "off-code"); done {
		return err
	}
	s.setSession(w, r, token, a)
	s.setFlash(w, flash{Key: "signin.turned_off"})
	return seeOther(w, r, "/console/account")
}

// secondStepFault answers a form of the second step that was not taken; false where it was.
func (s *site) secondStepFault(w http.ResponseWriter, r *http.Request, err error, at string) (bool, error) {
	fault := asFault(err)
	switch {
	case err == nil:
		return false, nil
	case fault != nil:
		return true, s.showSecondStep(w, r, http.StatusUnprocessableEntity, secondStepForm{Wrong: fault.Key, At: at})
	case errors.Is(err, staff.ErrCode):
		return true, s.showSecondStep(w, r, http.StatusUnprocessableEntity, secondStepForm{Wrong: "signin.code_wrong", At: at})
	case errors.Is(err, staff.ErrNotFound): // the session ended: of wrong codes, or meanwhile
		s.setFlash(w, flash{Key: "signin.proof_ended", Bad: true})
		s.askToSignIn(w, r)
		return true, nil
	case errors.Is(err, staff.ErrNoKey):
		s.Log.Error("a code can't be looked at", "account", visitOf(r).account.ID, "err", err)
		return true, s.showSecondStep(w, r, http.StatusServiceUnavailable, secondStepForm{Wrong: "signin.code_no_key", At: at})
	case errors.Is(err, staff.ErrNoSecondStep):
		return true, seeOther(w, r, secondStepPath)
	}
	return true, err
}

// inFours parts a long word, so that it can be typed.
func inFours(word string) string {
	var parts []string
	for len(word) > 4 {
		parts, word = append(parts, word[:4]), word[4:]
	}
	return strings.Join(append(parts, word), " ")
}

// SIN says a phrase of signing in by number.
func (f frame) SIN(key string, n int) string { return i18n.N(f.Language, "signin."+key, n) }

// SI says a phrase of signing in.
func (f frame) SI(key string, args ...any) string { return i18n.T(f.Language, "signin."+key, args...) }
