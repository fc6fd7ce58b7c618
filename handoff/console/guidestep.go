package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// guideStep runs one step in a guide's life through the door: the draft of the path's guide, in the revision that the form was made of.
func (s *site) guideStep(verb string, step func(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor, act *staff.Act) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		slug := r.PathValue("slug")
		revision, err := strconv.Atoi(r.PostFormValue("revision"))
		if err != nil {
			revision = 0
		}
		err = s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "guide." + verb, Subject: "guide:" + slug}, func(tx pgx.Tx, act *staff.Act) error {
			return step(tx, r, knowledge.NewStore(tx), slug, revision, s.editor(visitOf(r)), act)
		})
		return s.afterGuideStep(w, r, slug, "did_"+verb, err)
	}
}

// afterGuideStep says what became of a step: done is the phrase where it was made, err why it was not.
func (s *site) afterGuideStep(w http.ResponseWriter, r *http.Request, slug, done string, err error) error {
	if errors.Is(err, errChooseFirst) {
		s.setFlash(w, flash{Key: "editor.choose_first", Bad: true})
		return seeOther(w, r, guidePath(slug)+"/merge")
	}
	if refused := refusedStep(err); refused != "" {
		s.setFlash(w, flash{Key: "editor." + refused, Bad: true})
		return seeOther(w, r, guidePath(slug))
	}
	var faults knowledge.Faults
	var fault *knowledge.Fault
	if !errors.As(err, &faults) && errors.As(err, &fault) {
		faults = knowledge.Faults{fault}
	}
	if fault != nil && fault.Key == "fault.not_yours" {
		f := phrasesFor(r)
		words := f.S("not_yours", f.fieldName(fault.Field))
		return s.showGuideRoom(w, r, roomFaults{Faults: []fieldFault{{fault.Field, words}}, TypedWhy: r.PostFormValue("why"), TypedWord: r.PostFormValue("word")}, http.StatusForbidden)
	}
	if len(faults) > 0 {
		typed := roomFaults{TypedWhy: r.PostFormValue("why"), TypedWord: r.PostFormValue("word")}
		typed.Faults = phrasesFor(r).guideFaults(faults)
		return s.showGuideRoom(w, r, typed, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "editor." + done})
	return seeOther(w, r, guidePath(slug))
}

// refusedStep gives the phrase of why a step was not made; "" where that is not known.
func refusedStep(err error) string {
	switch {
	case errors.Is(err, knowledge.ErrStaleDraft):
		return "stale_draft"
	case errors.Is(err, knowledge.ErrStale):
		return "stale"
	case errors.Is(err, knowledge.ErrNeedsSecond):
		return "needs_second"
	case errors.Is(err, knowledge.ErrNotInReview):
		return "not_in_review"
	case errors.Is(err, errHasDraft):
		return "has_draft"
	}
	return ""
}

// sendGuide sends a draft for review.
func sendGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor, _ *staff.Act) error {
	revision, err := withWhy(tx, r, store, slug, revision, by)
	if err != nil {
		return err
	}
	return store.SendDraft(r.Context(), tx, slug, revision, by)
}

// withWhy keeps the note for colleagues that was typed beside the button, and gives the draft's revision after it. A change to what is published needs one
// of its own: that of the version before says nothing about it.
func withWhy(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor) (int, error) {
	why := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("why"), "\r\n", "\n"))
	d, ok, err := store.Draft(r.Context(), slug)
	if err != nil || !ok || d.Revision != revision {
		return revision, err // what is stale is told by the step itself
	}
	switch {
	case len([]rune(why)) > mostWhy:
		return 0, &knowledge.Fault{Field: "why", Key: "fault.long"}
	case why == "" && d.New():
		why = phrasesFor(r).E("new_why")
	case why == "":
		return 0, &knowledge.Fault{Field: "why", Key: "fault.empty"}
	}
	if why == d.Guide.Why {
		return revision, nil
	}
	d.Guide.Why = why
	d, err = store.SaveDraft(r.Context(), tx, d, by)
	return d.Revision, err
}

// mostWhy is how many characters a note for colleagues may have.
const mostWhy = 500

// publishGuide publishes a draft: one's own, or a colleague's that waits for it.
func publishGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor, act *staff.Act) error {
	d, ok, err := store.Draft(r.Context(), slug)
	if err != nil {
		return err
	}
	if ok && d.Stage == knowledge.Drafting {
		if revision, err = withWhy(tx, r, store, slug, revision, by); err != nil {
			return err
		}
	}
	version, err := store.PublishDraft(r.Context(), tx, slug, revision, by)
	act.Detail = map[string]any{"version": version}
	return err
}

// recallGuide takes a draft back from review.
func recallGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor, _ *staff.Act) error {
	return store.RecallDraft(r.Context(), tx, slug, revision, by)
}

// dropGuide throws a draft away.
func dropGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor, _ *staff.Act) error {
	return store.DropDraft(r.Context(), tx, slug, revision, by)
}

// returnGuide gives a draft back from review with a word for who wrote it.
func returnGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor, _ *staff.Act) error {
	return store.ReturnDraft(r.Context(), tx, slug, revision, by, r.PostFormValue("word"))
}

// errChooseFirst means that an editor has not chosen between what both changed.
var errChooseFirst = errors.New("a choice is missing")
