package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"orientir/handoff"
	"orientir/knowledge"
)

// guideRoom is where one guide stands: what is published, the draft of its next version, and what may be done now.
type guideRoom struct {
	frame
	roomFaults
	Slug      string
	Guide     knowledge.Guide // the published version; Version 0 where there is none
	Published bool
	Draft     knowledge.Draft       // Revision 0 where there is none
	Missing   []fieldFault          // what keeps the draft from being published
	Changes   []guideChange         // from the published version to the draft
	Successor knowledge.Guide       // that does the work of a closed service now; Version 0 where there is none
	Pointing  []knowledge.GuideLine // closed services whose guides point here
	Replies   []handoff.Replies     // of librarians, in the conversations that led to the draft
	Approvers []string              // names of who may approve the draft, where the rules ask for a second editor
	rules     knowledge.EditingRules
	names     map[string]string
	by        knowledge.Editor
}

// roomFaults is what was typed in a guide's room and not taken.
type roomFaults struct {
	Faults    []fieldFault
	TypedWhy  string
	TypedWord string
	Retiring  retiring
}

func (s *site) guideRoomPage(w http.ResponseWriter, r *http.Request) error {
	return s.showGuideRoom(w, r, roomFaults{}, http.StatusOK)
}

func (s *site) showGuideRoom(w http.ResponseWriter, r *http.Request, typed roomFaults, status int) error {
	page, err := s.guideRoom(w, r)
	if err != nil {
		return err
	}
	page.roomFaults = typed
	if page.Drafted() {
		hosts, err := s.Knowledge.AllowedHosts(r.Context())
		if err != nil {
			return err
		}
		if page.Replies, err = s.Worklist.Replies(r.Context(), page.Slug); err != nil {
			return err
		}
		if page.rules.SecondEditor {
			if page.Approvers, err = s.approvers(r, page.Draft); err != nil {
				return err
			}
		}
		faults := knowledge.Faults(nil)
		errors.As(page.Draft.Guide.Validate(hosts), &faults)
		page.Missing = page.guideFaults(faults)
		if page.Changes, err = s.guideChanges(r, page.frame, page.Guide, page.Draft.Guide); err != nil {
			return err
		}
	}
	if page.Guide.ReplacedBy != "" {
		if page.Successor, _, err = s.Knowledge.Guide(r.Context(), page.Guide.ReplacedBy); err != nil {
			return err
		}
	}
	if page.Published {
		if page.Pointing, err = s.Knowledge.PointingAt(r.Context(), page.Slug); err != nil {
			return err
		}
	}
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
	page.names, err = s.staffNames(r, []string{page.Draft.ChangedBy, page.Draft.BegunBy, page.Draft.SentBy, page.Draft.ReturnedBy, page.Guide.PublishedBy})
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

// Mine says whether the visitor had a hand in the draft.
func (p guideRoom) Mine() bool { return p.Draft.WrittenBy(p.by.ID) }

// Sent says whether the visitor sent the draft for review.
func (p guideRoom) Sent() bool { return p.by.ID == p.Draft.SentBy }

// MayPublish says whether the visitor may publish the draft by the editors' rules.
func (p guideRoom) MayPublish() bool {
	return p.Drafted() && !p.Overtaken() && (!p.rules.SecondEditor || p.InReview() && !p.Mine())
}

// Whole says whether the visitor may change all of the guide: a municipality's editor may in the guides that it owns.
func (p guideRoom) Whole() bool {
	g := p.Guide
	if !p.Published {
		g = p.Draft.Guide
	}
	return p.by.Municipality == "" || p.by.Municipality == g.Municipality
}

// Why is the note for colleagues as it stands in the form: what was typed, or the draft's own, but not that of the version before.
func (p guideRoom) Why() string {
	switch {
	case p.TypedWhy != "":
		return p.TypedWhy
	case p.Draft.Guide.Why == p.Guide.Why:
		return ""
	}
	return p.Draft.Guide.Why
}

// Stages are the steps of a guide's life, for the line on top.
func (p guideRoom) Stages() (list []guideStage) {
	life := p.Life()
	for _, st := range []struct {
		key  string
		here bool
	}{
		{"stage_draft", p.Drafted() && !p.InReview()},
		{"stage_review", p.Drafted() && p.InReview()},
		{"life_published", life == knowledge.Current},
		{"life_renew", life == knowledge.Renewing},
		{"life_retired", life == knowledge.Retired},
	} {
		list = append(list, guideStage{p.E(st.key), st.here})
	}
	return list
}

// guideStage is a step of a guide's life.
type guideStage struct {
	Name string
	Here bool
}

// Silent says whether the guide is so long past its date that it only points at its source.
func (p guideRoom) Silent() bool {
	return p.Life() == knowledge.Renewing && p.rules.Silent(p.Guide.ReviewBy, p.site.today())
}

// Checked is when a source of the published version was last opened; zero where never.
func (p guideRoom) Checked() time.Time {
	at, _ := p.Guide.Checked()
	return at
}

// Wrong is what is wrong in a field of the room's forms; "" where nothing is.
func (p guideRoom) Wrong(field string) string {
	for _, f := range p.Faults {
		if f.Field == field {
			return f.Words
		}
	}
	return ""
}

// Second says whether the editors' rules ask for a second editor.
func (p guideRoom) Second() bool { return p.rules.SecondEditor }

// By names who is behind an opaque id.
func (p guideRoom) By(id string) string { return p.staffWords(id, p.names) }

func guidePath(slug string) string { return "/console/guides/" + url.PathEscape(slug) }

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
