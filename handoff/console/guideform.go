package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// maxGuideForm is how many bytes a guide's form may have: each Cyrillic letter takes six of them.
const maxGuideForm = 1 << 20

// guideForm is the form in which a guide is written.
type guideForm struct {
	frame
	Slug           string
	Draft          knowledge.Draft // as it is kept, or what begins from the published version; its Revision is 0 then
	Live           int             // the version that is published; 0: none
	By             string          // who saved the draft last; "" where nobody did
	Was            string          // marks of the fields as the form was made of them
	Sections       []formSection
	Check          formCheck
	Municipalities []string
	Replies        []handoff.Replies // of librarians, in the conversations that led to the draft
}

// F says a phrase of the guides' form.
func (f frame) F(key string, args ...any) string { return i18n.T(f.Language, "form."+key, args...) }

// FN says one by number.
func (f frame) FN(key string, n int) string { return i18n.N(f.Language, "form."+key, n) }

// opened is a guide at work: the draft, or what a draft would begin from.
type opened struct {
	draft knowledge.Draft
	live  int   // the version that is published; 0: none
	why   flash // why it can't be kept; the zero value: nothing was refused
}

// openGuide reads the guide that the path names. A draft that nobody has begun is the published guide in revision 0.
func (s *site) openGuide(r *http.Request) (opened, error) {
	slug := r.PathValue("slug")
	g, published, err := s.Knowledge.Guide(r.Context(), slug)
	if err != nil {
		return opened{}, err
	}
	d, drafted, err := s.Knowledge.Draft(r.Context(), slug)
	switch {
	case err != nil:
		return opened{}, err
	case !published && !drafted:
		return opened{}, errNotFound
	case !drafted:
		d = knowledge.Draft{Slug: slug, Base: g.Version, Guide: g}
	}
	return opened{draft: d, live: g.Version}, nil
}

func (s *site) guideFormPage(w http.ResponseWriter, r *http.Request) error {
	o, err := s.openGuide(r)
	if err != nil {
		return err
	}
	return s.showGuideForm(w, r, o, r.URL.Query().Get("add"), http.StatusOK)
}

// showGuideForm shows the form; a list named by add gets an empty row.
func (s *site) showGuideForm(w http.ResponseWriter, r *http.Request, o opened, add string, status int) error {
	page := guideForm{frame: s.frame(w, r, "guides_title"), Slug: o.draft.Slug, Draft: o.draft, Live: o.live}
	page.Back = guidePath(page.Slug) + "/edit"
	page.Title = page.F("edit_title", page.Name())
	page.Was = marksOf(o.draft)
	if o.why.Key != "" {
		page.Flash = o.why
	}
	var err error
	if o.draft.Revision > 0 {
		if page.By, err = s.staffName(r, o.draft.ChangedBy); err != nil {
			return err
		}
		if page.Replies, err = s.Worklist.Replies(r.Context(), page.Slug); err != nil {
			return err
		}
	}
	if page.Municipalities, err = s.Knowledge.MunicipalityNames(r.Context()); err != nil {
		return err
	}
	if page.Check, err = s.checkGuide(r, page.frame, o.draft.Guide); err != nil {
		return err
	}
	titles, err := s.titlesIn(r, o.draft.Guide)
	if err != nil {
		return err
	}
	page.Sections = formSections(page.frame, o.draft, titles, page.Check, add)
	w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; frame-src 'self'")
	return s.render(w, status, "guideform", page)
}

// previewView is a way to see the guide.
type previewView struct{ On, Language, Words string }

// Views are the ways to see the guide.
func (p guideForm) Views() (list []previewView) {
	for _, on := range []string{"web", "telegram"} {
		for _, language := range []string{"bg", "en"} {
			list = append(list, previewView{on, language, p.F("preview_" + on + "_" + language)})
		}
	}
	return list
}

// Name is what the guide is called; its address where it has no name yet.
func (p guideForm) Name() string { return guideTitle(p.Draft.Guide) }

func guideTitle(g knowledge.Guide) string {
	if title := strings.TrimSpace(g.Text[knowledge.Bulgarian].Title); title != "" {
		return title
	}
	return g.Slug
}

// Path is where the guide's own pages are.
func (p guideForm) Path() string { return guidePath(p.Slug) }

// Kept says whether the form was sent a moment ago and the draft has all of it: then a browser needs no copy of its own.
func (p guideForm) Kept() bool {
	return slices.Contains([]string{"form.saved_flash", "form.unchanged", "form.clash_done"}, p.Flash.Key)
}

// State says in words where the guide stands.
func (p guideForm) State() string {
	switch {
	case p.Draft.Stage == knowledge.InReview:
		return p.F("state_review")
	case p.Draft.Revision == 0:
		return p.F("state_published", p.Live)
	case p.Draft.Base == 0:
		return p.F("state_draft_new")
	}
	return p.F("state_draft", p.Draft.Base)
}

// Behind says whether the guide was published since its draft was begun.
func (p guideForm) Behind() bool { return p.Draft.Base != p.Live }

// Bound says whether the visitor may change what is local alone.
func (p guideForm) Bound() bool { return p.Account.Municipality != "" }

// marksOf gives the marks of a draft's fields, its notes among them, as a form carries them.
func marksOf(d knowledge.Draft) string {
	marks := d.Guide.Marks()
	marks["why"], marks["notes"] = knowledge.MarkOf(d.Guide.Why), knowledge.MarkOf(d.Notes)
	data, _ := json.Marshal(marks) // strings always marshal
	return string(data)
}

// guideSaved is what became of a saved form.
type guideSaved struct {
	opened
	mine    knowledge.Draft // as it was typed
	changed bool
}

// errGuideClash means that somebody else saved the draft since the form was made, or published or dropped it.
var errGuideClash = errors.New("the draft was changed by somebody else meanwhile")

// saveGuideForm keeps what was typed, in the revision that the form was made of. With errGuideClash comes what is kept now.
func (s *site) saveGuideForm(r *http.Request, values url.Values) (guideSaved, error) {
	o, err := s.openGuide(r)
	if err != nil {
		return guideSaved{}, err
	}
	mine, err := s.typedGuide(r, values, o.draft)
	if err != nil {
		return guideSaved{}, err
	}
	out := guideSaved{opened: o, mine: mine}
	if len(draftChanges(o.draft, mine)) == 0 { // nothing new; or it was kept, and only the answer was lost on its way
		return out, nil
	}
	if mine.Revision != o.draft.Revision || mine.Base != o.draft.Base {
		return out, errGuideClash
	}
	out.draft, err = s.keepGuide(r, o.draft, mine)
	if errors.Is(err, knowledge.ErrStaleDraft) { // in this moment
		if out.opened, err = s.openGuide(r); err == nil {
			err = errGuideClash
		}
		return out, err
	}
	out.changed = err == nil
	return out, err
}

// keepGuide saves a draft through the door. The log names the fields, not their words.
func (s *site) keepGuide(r *http.Request, was, d knowledge.Draft) (kept knowledge.Draft, err error) {
	act := staff.Act{By: visitOf(r).account.ID, Verb: "guide.write", Subject: "guide:" + d.Slug}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, act *staff.Act) error {
		kept, err = knowledge.NewStore(tx).SaveDraft(r.Context(), tx, d, s.editor(visitOf(r)))
		act.Detail = map[string]any{"fields": draftChanges(was, d)}
		return err
	})
	return kept, err
}

// draftChanges names the fields in which two drafts differ, «why» and «notes» among them.
func draftChanges(a, b knowledge.Draft) (fields []string) {
	for _, c := range knowledge.Diff(a.Guide, b.Guide) {
		fields = append(fields, c.Field)
	}
	// An empty row that was moved is a change of the form, though not of the guide.
	for _, language := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
		before, after := a.Guide.Text[language], b.Guide.Text[language]
		for _, list := range []struct {
			name string
			a, b []string
		}{
			{"exceptions", before.Exceptions, after.Exceptions}, {"steps", before.Steps, after.Steps}, {"needed", before.Needed, after.Needed},
			{"deadlines", before.Deadlines, after.Deadlines}, {"good_to_know", before.GoodToKnow, after.GoodToKnow},
		} {
			if field := "text." + string(language) + "." + list.name; !slices.Equal(list.a, list.b) && !slices.Contains(fields, field) {
				fields = append(fields, field)
			}
		}
	}
	if a.Guide.Why != b.Guide.Why {
		fields = append(fields, "why")
	}
	if a.Notes != b.Notes {
		fields = append(fields, "notes")
	}
	return fields
}

// saveGuide answers the form's buttons, and its script, which asks for JSON.
func (s *site) saveGuide(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if wantsJSON(r) {
		return s.autosaveGuide(w, r)
	}
	path := guidePath(r.PathValue("slug"))
	do, list, row := wish(r.PostForm.Get("do"))
	if do == "merge" || do == "mine" || do == "theirs" {
		return s.mergeGuide(w, r, do)
	}
	moveRow(r.PostForm, do, list, row)
	saved, err := s.saveGuideForm(r, r.PostForm)
	var fault *knowledge.Fault
	switch {
	case errors.Is(err, errGuideClash):
		return s.showGuideClash(w, r, saved.opened, saved.mine)
	case errors.As(err, &fault):
		return s.refuseGuide(w, r, saved.mine, saved.live, fault)
	case err != nil:
		return err
	}
	switch {
	case do == "done":
		return seeOther(w, r, path)
	case do == "add":
		return seeOther(w, r, path+"/edit?add="+url.QueryEscape(list)+"#"+fieldID(list))
	case list != "":
		return seeOther(w, r, path+"/edit#"+fieldID(list))
	case saved.changed:
		s.setFlash(w, flash{Key: "form.saved_flash"})
	default:
		s.setFlash(w, flash{Key: "form.unchanged"})
	}
	return seeOther(w, r, path+"/edit")
}

// refuseGuide shows what was typed again, with why it can't be kept.
func (s *site) refuseGuide(w http.ResponseWriter, r *http.Request, mine knowledge.Draft, live int, fault *knowledge.Fault) error {
	s.Log.Info("draft refused", "guide", mine.Slug, "field", fault.Field, "fault", fault.Key)
	key, args := refusedWords(phrasesFor(r), fault)
	return s.showGuideForm(w, r, opened{mine, live, flash{Key: key, Args: args, Bad: true}}, "", http.StatusUnprocessableEntity)
}

// refusedWords is the phrase of why a draft can't be kept, with its arguments.
func refusedWords(f frame, fault *knowledge.Fault) (key string, args []string) {
	switch fault.Key {
	case "fault.long":
		return "form.too_long", nil
	case "fault.not_yours":
		return "sources.not_yours", []string{f.fieldName(fault.Field)}
	}
	return "form.refused", nil
}

// autosaved is what the form's script is told.
type autosaved struct {
	Revision int    `json:"revision"`
	Base     int    `json:"base"`
	Was      string `json:"was"`
	Said     string `json:"said"` // for the person
	State    string `json:"state"`
}

// autosaveGuide keeps what is typed while somebody writes. 409 says that somebody else saved, 422 that it can't be kept.
func (s *site) autosaveGuide(w http.ResponseWriter, r *http.Request) error {
	saved, err := s.saveGuideForm(r, r.PostForm)
	f := frame{Language: visitOf(r).language, site: s}
	var fault *knowledge.Fault
	switch {
	case errors.Is(err, errGuideClash):
		name, err := s.staffName(r, saved.draft.ChangedBy)
		if err != nil {
			return err
		}
		words := f.F("collided_somebody")
		if name != "" && saved.draft.ChangedBy != actor(r) {
			words = f.F("collided", name)
		}
		return sendJSON(w, http.StatusConflict, autosaved{Said: words})
	case errors.As(err, &fault):
		return sendJSON(w, http.StatusUnprocessableEntity, autosaved{Said: f.refusal(fault)})
	case err != nil:
		return err
	}
	page := guideForm{frame: f, Draft: saved.draft, Live: saved.live}
	return sendJSON(w, http.StatusOK, autosaved{saved.draft.Revision, saved.draft.Base, marksOf(saved.draft), f.F("saved", f.Clock(s.today())), page.State()})
}

// refusal says why a draft can't be kept.
func (f frame) refusal(fault *knowledge.Fault) string {
	key, args := refusedWords(f, fault)
	f.Flash = flash{Key: key, Args: args}
	return f.FlashText()
}

func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

func sendJSON(w http.ResponseWriter, status int, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("answer a script: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(data)
	return err
}

// wish takes the value of a button apart: «up:steps:2» moves the third step up.
func wish(do string) (act, list string, row int) {
	parts := strings.SplitN(do, ":", 3)
	act = parts[0]
	if len(parts) > 1 {
		list = parts[1]
	}
	if len(parts) > 2 {
		row, _ = strconv.Atoi(parts[2])
	}
	return act, list, row
}

// moveRow moves or removes one row of a list, in all the columns that it has.
func moveRow(values url.Values, act, list string, row int) {
	for _, name := range columnsOf(list) {
		v := values[name]
		if row < 0 || row >= len(v) {
			continue
		}
		switch {
		case act == "remove":
			values[name] = slices.Delete(slices.Clone(v), row, row+1)
		case act == "up" && row > 0:
			v[row-1], v[row] = v[row], v[row-1]
		}
	}
}
