package console

import (
	"errors"
	"net/http"

	"orientir/handoff/staff"
)

// resetSecondStep takes away the second step of somebody who has lost the phone; their sessions end.
func (s *site) resetSecondStep(w http.ResponseWriter, r *http.Request) error {
	a, err := s.person(r)
	if err != nil {
		return err
	}
	if ok, err := s.proved(w, r); !ok {
		return err
	}
	err = s.Staff.ResetSecondStep(r.Context(), visitOf(r).account.ID, a.ID)
	if fault := asFault(err); fault != nil {
		s.setFlash(w, flash{Key: fault.Key, Bad: true})
		return seeOther(w, r, "/console/people/"+r.PathValue("id"))
	}
	if err != nil && !errors.Is(err, staff.ErrNoSecondStep) { // a colleague was faster
		return err
	}
	s.Desk.Gone(r.Context(), a.ID)
	s.setFlash(w, flash{Key: "signin.was_reset", Args: []string{a.Name}})
	return seeOther(w, r, "/console/people")
}

// endSessions ends all that somebody is signed in with.
func (s *site) endSessions(w http.ResponseWriter, r *http.Request) error {
	a, err := s.person(r)
	if err != nil {
		return err
	}
	if a.Is(staff.Admin) && a.ID != visitOf(r).account.ID { // who could undo what a thief does
		if ok, err := s.proved(w, r); !ok {
			return err
		}
	}
	if err := s.Staff.EndSessions(r.Context(), visitOf(r).account.ID, a.ID); err != nil {
		return err
	}
	s.Desk.Gone(r.Context(), a.ID)
	s.setFlash(w, flash{Key: "signin.sessions_ended", Args: []string{a.Name}})
	return seeOther(w, r, "/console/people")
}

// setSecondStepRoles says whose accounts must have a second step.
func (s *site) setSecondStepRoles(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if ok, err := s.proved(w, r); !ok {
		return err
	}
	err := s.Staff.SetSecondStepRoles(r.Context(), visitOf(r).account.ID, roles(r.PostForm))
	said := flash{Key: "signin.roles_kept"}
	if fault := asFault(err); fault != nil { // only a form that isn't ours
		said = flash{Key: fault.Key, Bad: true}
	} else if err != nil {
		return err
	}
	s.setFlash(w, said)
	return seeOther(w, r, "/console/people")
}
