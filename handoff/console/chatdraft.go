package console

import (
	"cmp"
	"errors"
	"net/http"

	"orientir/handoff"
	"orientir/handoff/staff"
)

// draftFromChat begins a guide's draft from a conversation that the librarian has closed.
func (s *site) draftFromChat(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, title, words := visitOf(r), r.PostFormValue("guide-title"), r.PostFormValue("words")
	slug := cmp.Or(slugOf(title), "guide")
	err = s.Worklist.SuggestGuide(r.Context(), v.account, s.editor(v), id, slug, title, words)
	fault := asFault(err)
	if errors.Is(err, handoff.ErrProblemState) {
		fault = &staff.Fault{Field: "draft", Key: "worklist.draft_taken"}
	}
	if fault != nil {
		return s.drawChat(w, r, chat{DraftTitle: title, DraftWords: words}, fault)
	}
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "worklist.did_suggest"})
	return seeOther(w, r, chatPath(id))
}
