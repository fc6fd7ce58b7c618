package console

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// retiring is what was typed to close a guide's service.
type retiring struct {
	Open    bool   // the form is shown open
	Find    string // the successor: a title, an everyday name or a slug
	Why     string
	Found   []knowledge.GuideLine // to choose the successor from
	None    bool                  // nothing was found
	Chosen  string                // slug
	Nothing bool                  // nobody does its work now
}

// mostSuccessors is how many guides a search for a successor shows.
const mostSuccessors = 8

// retireGuide closes the service of a guide, with the guide that does its work now. Where the rules ask for a second editor it is sent for review,
// otherwise it is published at once.
func (s *site) retireGuide(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	typed := retiring{Open: true, Find: strings.TrimSpace(r.PostFormValue("find")), Why: strings.TrimSpace(r.PostFormValue("why")),
		Chosen: r.PostFormValue("successor"), Nothing: r.PostFormValue("nothing") == "yes"}
	if typed.Nothing {
		typed.Chosen = ""
	} else if err := s.findSuccessor(r, slug, &typed); err != nil {
		return err
	}
	if typed.Chosen == "" && !typed.Nothing {
		return s.showGuideRoom(w, r, roomFaults{Retiring: typed}, http.StatusUnprocessableEntity)
	}
	sent := false
	act := staff.Act{By: visitOf(r).account.ID, Verb: "guide.retire", Subject: "guide:" + slug, Detail: map[string]any{"successor": typed.Chosen}}
	err := s.Staff.Door(r.Context(), act, func(tx pgx.Tx, _ *staff.Act) (err error) {
		sent, err = closeService(tx, r, slug, typed, s.editor(visitOf(r)))
		return err
	})
	done := "did_retire"
	if sent {
		done = "did_retire_sent"
	}
	return s.afterGuideStep(w, r, slug, done, err)
}

// findSuccessor takes what was typed for a successor where it is one guide's slug or title, and otherwise finds guides to choose from.
func (s *site) findSuccessor(r *http.Request, slug string, typed *retiring) error {
	if typed.Chosen != "" && typed.Chosen != slug {
		g, ok, err := s.Knowledge.Guide(r.Context(), typed.Chosen)
		if err != nil || ok && g.Status == knowledge.Active {
			return err
		}
	}
	typed.Chosen = ""
	if typed.Find == "" {
		return nil
	}
	list, err := s.Knowledge.ListGuides(r.Context(), knowledge.GuideFilter{
		Find: typed.Find, View: knowledge.InForce, By: s.editor(visitOf(r)), Today: s.today(), Limit: mostSuccessors + 1,
	})
	if err != nil {
		return err
	}
	typed.Found = slices.DeleteFunc(list.Lines, func(l knowledge.GuideLine) bool { return l.Slug == slug })
	for _, l := range typed.Found {
		if l.Slug == typed.Find || strings.EqualFold(l.Title, typed.Find) {
			typed.Chosen = l.Slug
		}
	}
	typed.None = len(typed.Found) == 0
	typed.Found = typed.Found[:min(len(typed.Found), mostSuccessors)]
	return nil
}

// closeService makes the draft of a closed service, and publishes it, or sends it for review where the rules ask for a second editor.
func closeService(tx pgx.Tx, r *http.Request, slug string, typed retiring, by knowledge.Editor) (sent bool, err error) {
	store := knowledge.NewStore(tx)
	now, ok, err := store.Guide(r.Context(), slug)
	if err != nil {
		return false, err
	}
	if !ok || now.Status == knowledge.Closed {
		return false, errNotFound
	}
	g := now
	g.Status, g.ReplacedBy, g.Why = knowledge.Closed, typed.Chosen, typed.Why
	if g.Why == "" {
		g.Why = phrasesFor(r).E("retired_why")
	}
	d, err := beginDraft(tx, r, store, now, g, by)
	if err != nil {
		return false, err
	}
	rules, err := store.EditingRules(r.Context())
	if err != nil {
		return false, err
	}
	if rules.SecondEditor {
		return true, store.SendDraft(r.Context(), tx, slug, d.Revision, by)
	}
	_, err = store.PublishDraft(r.Context(), tx, slug, d.Revision, by)
	return false, err
}

// reopenGuide makes a draft in which a closed service works again.
func reopenGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, _ int, by knowledge.Editor, _ *staff.Act) error {
	now, ok, err := store.Guide(r.Context(), slug)
	if err != nil {
		return err
	}
	if !ok || now.Status != knowledge.Closed {
		return errNotFound
	}
	g := now
	g.Status, g.ReplacedBy, g.Why = knowledge.Active, "", phrasesFor(r).E("reopened_why")
	_, err = beginDraft(tx, r, store, now, g, by)
	return err
}
