package console

import (
	"net/http"
	"strconv"

	"orientir/handoff/staff"
)

// setDesk keeps how one works at the desk: messages when somebody waits, and how many people at once.
func (s *site) setDesk(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	chats, err := strconv.Atoi(r.PostForm.Get("chats"))
	if err != nil {
		chats = 0 // a fault, as any number out of bounds
	}
	if a := visitOf(r).account; !a.Is(staff.Librarian) {
		chats = a.ChatLimit // an editor's form doesn't have it
	}
	err = s.Staff.SetDesk(r.Context(), visitOf(r).account.ID, r.PostForm.Get("notices") == "yes", chats)
	if fault := asFault(err); fault != nil {
		return s.showAccount(w, r, http.StatusUnprocessableEntity, fault, "")
	}
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "desk_kept"})
	return seeOther(w, r, "/console/account")
}

// Answers says whether the account answers people, so that the desk's settings mean something to it.
func (p accountForm) Answers() bool { return p.Account.Is(staff.Librarian) }

// Edits says whether the account is reminded of guides.
func (p accountForm) Edits() bool { return p.Account.Is(staff.Editor) }

// MostChats is the most people at once that may be set.
func (accountForm) MostChats() int { return staff.MostChats }

// NoticesHint says how the account would be written to.
func (p accountForm) NoticesHint() string {
	switch {
	case p.Linked:
		return p.T("desk_by_telegram")
	case p.site.Mail.Works():
		return p.T("desk_by_mail", p.Account.Email)
	}
	if p.OnTelegram {
		return p.T("desk_by_nothing")
	}
	return p.T("desk_only")
}
