package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// guideRoom is where one guide stands: what is published, the draft of its next version, and what may be done now.
type guideRoom struct {
	frame
	Slug      string
	Guide     knowledge.Guide // the published version; Version 0 where there is none
	Draft     knowledge.Draft // Revision 0 where there is none
	Faults    []fieldFault    // what keeps the draft from being published
	rules     knowledge.EditingRules
	names     map[string]string
	by        knowledge.Editor
	Published bool
}

func (s *site) guideRoomPage(w http.ResponseWriter, r *http.Request) error {
	return s.showGuideRoom(w, r, nil, http.StatusOK)
}

func (s *site) showGuideRoom(w http.ResponseWriter, r *http.Request, faults knowledge.Faults, status int) error {
	page, err := s.guideRoom(w, r)
	if err != nil {
		return err
	}
	if faults == nil && page.Draft.Revision > 0 {
		hosts, err := s.Knowledge.AllowedHosts(r.Context())
		if err != nil {
			return err
		}
		errors.As(page.Draft.Guide.Validate(hosts), &faults)
	}
	page.Faults = page.guideFaults(faults)
	return s.render(w, status, "guideroom", page)
}

// guideRoom reads the guide that the path names, with its draft.
func (s *site) guideRoom(w http.ResponseWriter, r *http.Request) (page guideRoom, err error) {
	page = guideRoom{frame: s.frame(w, r, "guides_title"), Slug: r.PathValue("slug"), by: s.editor(visitOf(r))}
	page.Back = guidePath(page.Slug)
	if page.Guide, page.Published, err = s.Knowledge.Guide(r.Context(), page.Slug); err != nil {
		return page, err
	}
	drafted := false
	if page.Draft, drafted, err = s.Knowledge.Draft(r.Context(), page.Slug); err != nil {
		return page, err
	}
	if !page.Published && !drafted {
		return page, errNotFound
	}
	if page.rules, err = s.Knowledge.EditingRules(r.Context()); err != nil {
		return page, err
	}
	page.names, err = s.staffNames(r, []string{page.Draft.ChangedBy, page.Draft.BegunBy, page.Draft.SentBy, page.Guide.PublishedBy})
	page.Title = page.Name()
	return page, err
}

// Name is what the guide is called: as published, else as its draft has it, else its address.
func (p guideRoom) Name() string {
	for _, g := range []knowledge.Guide{p.Guide, p.Draft.Guide} {
		if title := g.Text[knowledge.Bulgarian].Title; title != "" {
			return title
		}
	}
	return p.Slug
}

// Life says where the guide stands today.
func (p guideRoom) Life() knowledge.Life { return p.Guide.Life(p.site.today()) }

// Drafted says whether somebody is at a draft.
func (p guideRoom) Drafted() bool { return p.Draft.Revision > 0 }

// Overtaken says whether the guide was published since its draft was begun.
func (p guideRoom) Overtaken() bool { return p.Drafted() && p.Draft.Base != p.Guide.Version }

// InReview says whether the draft was sent for review.
func (p guideRoom) InReview() bool { return p.Draft.Stage == knowledge.InReview }

// Mine says whether the visitor had a hand in the draft as it was sent.
func (p guideRoom) Mine() bool { return p.by.ID == p.Draft.ChangedBy || p.by.ID == p.Draft.SentBy }

// MayPublish says whether the visitor may publish the draft by the editors' rules.
func (p guideRoom) MayPublish() bool {
	return p.Drafted() && !p.Overtaken() && (!p.rules.SecondEditor || p.InReview() && !p.Mine())
}

// Second says whether the editors' rules ask for a second editor.
func (p guideRoom) Second() bool { return p.rules.SecondEditor }

// By names who is behind an opaque id.
func (p guideRoom) By(id string) string { return p.staffWords(id, p.names) }

func guidePath(slug string) string { return "/console/guides/" + url.PathEscape(slug) }

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
		if refused := refusedStep(err); refused != "" {
			s.setFlash(w, flash{Key: "editor." + refused, Bad: true})
			return seeOther(w, r, guidePath(slug))
		}
		if faults := (knowledge.Faults)(nil); errors.As(err, &faults) {
			return s.showGuideRoom(w, r, faults, http.StatusUnprocessableEntity)
		}
		if err != nil {
			return err
		}
		s.setFlash(w, flash{Key: "editor.did_" + verb})
		return seeOther(w, r, guidePath(slug))
	}
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

// withWhy keeps the note for colleagues that was typed beside the button, and gives the draft's revision after it.
func withWhy(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor) (int, error) {
	why := strings.TrimSpace(r.PostFormValue("why"))
	d, ok, err := store.Draft(r.Context(), slug)
	if err != nil || !ok || d.Revision != revision || why == "" || why == d.Guide.Why {
		return revision, err // what is stale is told by the step itself
	}
	d.Guide.Why = why
	d, err = store.SaveDraft(r.Context(), tx, d, by)
	return d.Revision, err
}

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

// guideFaults puts what is wrong in a guide into words, once for each field and fault.
func (f frame) guideFaults(faults knowledge.Faults) (list []fieldFault) {
	seen := map[string]bool{}
	for _, fault := range faults {
		words := f.fieldName(fault.Field) + ": " + f.E(strings.ReplaceAll(fault.Key, ".", "_"))
		if fault.Value != "" {
			words += " – " + fault.Value
		}
		if !seen[words] {
			seen[words] = true
			list = append(list, fieldFault{fault.Field, words})
		}
	}
	return list
}

// fieldName is what a field of a guide is called, with its language where it is of a text: «Стъпки (на английски)».
func (f frame) fieldName(field string) string {
	name, isText := strings.CutPrefix(field, "text.")
	language := ""
	if isText {
		language, name, _ = strings.Cut(name, ".")
	}
	words := f.E("field_text")
	if name != "" {
		words = f.E("field_" + strings.ReplaceAll(name, ".", "_"))
	}
	if language == "en" {
		words = f.E("in_english", words)
	}
	return words
}
