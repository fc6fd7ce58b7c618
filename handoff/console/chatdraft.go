package console

import (
	"cmp"
	"errors"
	"net/http"

	"orientir/bot"
	"orientir/handoff"
)

// draftFromChat begins a guide's draft from a conversation that the librarian has closed.
func (s *site) draftFromChat(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, title, words := visitOf(r), r.PostFormValue("guide-title"), r.PostFormValue("words")
	slug := cmp.Or(slugOf(bot.Latin(title)), "guide")
	err = s.Worklist.SuggestGuide(r.Context(), v.account, s.editor(v), id, slug, title, words)
	if fault := asFault(err); fault != nil {
		return s.drawChat(w, r, chat{DraftTitle: title, DraftWords: words}, fault)
	}
	said := flash{Key: "worklist.did_suggest"}
	if errors.Is(err, handoff.ErrProblemState) {
		said, err = flash{Key: "worklist.moved_on", Bad: true}, nil
	}
	if err != nil {
		return err
	}
	s.setFlash(w, said)
	return seeOther(w, r, chatPath(id))
}
