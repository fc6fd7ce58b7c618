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

// localDoor is the form for a municipality's door in a guide of the whole country.
type localDoor struct {
	frame
	Municipality knowledge.Municipality
	Guide        knowledge.Guide
	Door         knowledge.Local // as it is typed, or as it is
	There        bool            // it has one
	Revision     int             // of the guide's draft; 0: there is none
	Colleague    bool            // somebody else's changes wait in the draft
	Review       bool            // and were sent for review
	Second       bool
	Faults       []fieldFault
	free         bool
}

// What becomes of a door that was saved.
const (
	doorSame      = "did_door_same"
	doorPublished = "did_door"
	doorSent      = "did_door_sent"
	doorJoined    = "did_door_joined" // to a colleague's draft, with which it will be published
)

// errInReview means that a guide waits for review with somebody else's changes: it isn't taken out of a colleague's hands.
var errInReview = errors.New("the guide is in review with somebody else's changes")

// doorLengths are how many characters the fields may have.
var doorLengths = map[string]int{"link": 500, "contact": 200, "office": 300, "fee_bg": 200, "fee_en": 200, "note_bg": 400, "note_en": 400}

// localGuide reads a guide of the whole country that is in force, with its draft.
func localGuide(r *http.Request, store *knowledge.Store) (g knowledge.Guide, d knowledge.Draft, err error) {
	slug := r.PathValue("slug")
	g, ok, err := store.Guide(r.Context(), slug)
	if err != nil {
		return g, d, err
	}
	if !ok || g.Status != knowledge.Active || g.Municipality != "" {
		return g, d, errNotFound
	}
	d, _, err = store.Draft(r.Context(), slug)
	return g, d, err
}

// colleagues says whether a draft holds more than the municipality's own.
func colleagues(r *http.Request, store *knowledge.Store, m knowledge.Municipality, d knowledge.Draft) (bool, error) {
	if d.Revision == 0 {
		return false, nil
	}
	base, ok, err := store.GuideAt(r.Context(), d.Slug, d.Base)
	if err != nil || !ok {
		return true, err
	}
	return !m.Alone(base, d.Guide), nil
}

func (s *site) localDoorPage(w http.ResponseWriter, r *http.Request) error {
	return s.showLocalDoor(w, r, nil, nil, http.StatusOK)
}

// showLocalDoor shows the form; typed is what was typed and not taken, nil where nothing was.
func (s *site) showLocalDoor(w http.ResponseWriter, r *http.Request, typed *knowledge.Local, faults []fieldFault, status int) error {
	page := localDoor{frame: s.frame(w, r, "local_title"), Faults: faults}
	var err error
	if page.Municipality, page.free, err = s.municipalityOf(r); err != nil {
		return err
	}
	if page.Municipality.Code == "" {
		return errNotFound
	}
	var d knowledge.Draft
	if page.Guide, d, err = localGuide(r, s.Knowledge); err != nil {
		return err
	}
	if page.Colleague, err = colleagues(r, s.Knowledge, page.Municipality, d); err != nil {
		return err
	}
	rules, err := s.Knowledge.EditingRules(r.Context())
	if err != nil {
		return err
	}
	page.Revision, page.Review, page.Second = d.Revision, page.Colleague && d.Stage == knowledge.InReview, rules.SecondEditor
	shown := page.Guide
	if d.Revision > 0 {
		shown = d.Guide
	}
	page.Door, page.There = page.Municipality.DoorIn(shown)
	if typed != nil {
		page.Door = *typed
	}
	page.Title = page.S("local_door_title", page.Municipality.Local(), page.BG(page.Guide).Title)
	page.Back = page.Action()
	return s.render(w, status, "localdoor", page)
}

// Action is where the form is sent.
func (p localDoor) Action() string { return localPath(p.Guide.Slug, p.Municipality, p.free, nil) }

// Up is the municipality's page.
func (p localDoor) Up() string { return localPath("", p.Municipality, p.free, nil) }

// Wrong is what is wrong in a field; "" where nothing is.
func (p localDoor) Wrong(field string) string {
	for _, f := range p.Faults {
		if f.Field == field {
			return f.Words
		}
	}
	return ""
}

// Fee and Note are what the door says in a language, and nothing of another.
func (p localDoor) Fee(language string) string { return p.Door.Fee[knowledge.Language(language)] }

// Note is the sentence on what differs there.
func (p localDoor) Note(language string) string { return p.Door.Note[knowledge.Language(language)] }

// saveLocalDoor keeps a municipality's door, and publishes it or sends it for review, as the editors' rules have it. Where a colleague is
// at the guide it is put into the colleague's draft.
func (s *site) saveLocalDoor(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	m, free, err := s.municipalityOf(r)
	if err == nil && m.Code == "" {
		err = errNotFound
	}
	if err != nil {
		return err
	}
	t := typed{r.PostForm}
	door := knowledge.Local{Municipality: m.Local()}
	if r.PostForm.Get("do") != "remove" {
		door.Link, door.Contact, door.Office = address(t.line("link")), t.line("contact"), t.line("office")
		door.Fee, door.Note = inBoth(t.line("fee_bg"), t.line("fee_en")), inBoth(t.line("note_bg"), t.line("note_en"))
	}
	f := phrasesFor(r)
	var faults []fieldFault
	for _, field := range []string{"link", "contact", "office", "fee_bg", "fee_en", "note_bg", "note_en"} {
		if len([]rune(t.line(field))) > doorLengths[field] {
			faults = append(faults, fieldFault{field, f.S("local_long", doorLengths[field])})
		}
	}
	for _, field := range []string{"fee", "note"} {
		if t.line(field+"_en") != "" && t.line(field+"_bg") == "" {
			faults = append(faults, fieldFault{field + "_bg", f.S("local_bulgarian_first")})
		}
	}
	if len(faults) > 0 {
		return s.showLocalDoor(w, r, &door, faults, http.StatusUnprocessableEntity)
	}
	slug := r.PathValue("slug")
	done := ""
	act := staff.Act{By: visitOf(r).account.ID, Verb: "guide.local", Subject: "guide:" + slug, Detail: map[string]any{"municipality": m.Code}}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, _ *staff.Act) (err error) {
		done, err = s.putDoor(tx, r, m, door)
		return err
	})
	var all knowledge.Faults
	var fault *knowledge.Fault
	if !errors.As(err, &all) && errors.As(err, &fault) {
		all = knowledge.Faults{fault}
	}
	switch {
	case errors.Is(err, errInReview):
		return s.showLocalDoor(w, r, &door, []fieldFault{{"link", f.S("local_in_review")}}, http.StatusConflict)
	case errors.Is(err, knowledge.ErrStaleDraft), errors.Is(err, knowledge.ErrStale):
		return s.showLocalDoor(w, r, &door, []fieldFault{{"link", f.S("local_stale")}}, http.StatusConflict)
	case errors.As(err, &fault) && fault.Key == "fault.not_yours":
		return s.showLocalDoor(w, r, &door, []fieldFault{{"link", f.S("not_yours", f.fieldName(fault.Field))}}, http.StatusForbidden)
	case len(all) > 0:
		return s.showLocalDoor(w, r, &door, f.doorFaults(all), http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	s.setFlash(w, flash{Key: "sources." + done})
	return seeOther(w, r, localPath("", m, free, nil))
}

// doorFaults puts what is wrong beside the fields of the form.
func (f frame) doorFaults(faults knowledge.Faults) []fieldFault {
	list := f.guideFaults(faults)
	for i, l := range list {
		if list[i].Field = strings.TrimPrefix(l.Field, "local."); list[i].Field != "link" {
			list[i].Field = "link" // of the guide itself, and nothing that this form can mend
		}
	}
	return list
}

// putDoor puts a door into the guide's draft, and publishes it where nothing else waits in there.
func (s *site) putDoor(tx pgx.Tx, r *http.Request, m knowledge.Municipality, door knowledge.Local) (done string, err error) {
	store, by := knowledge.NewStore(tx), s.editor(visitOf(r))
	g, d, err := localGuide(r, store)
	if err != nil {
		return "", err
	}
	if revision, err := strconv.Atoi(r.PostForm.Get("revision")); err != nil || revision != d.Revision {
		return "", knowledge.ErrStaleDraft
	}
	joined, err := colleagues(r, store, m, d)
	if err != nil {
		return "", err
	}
	switch {
	case joined && d.Stage == knowledge.InReview:
		return "", errInReview
	case d.Revision > 0 && !joined && d.Base != g.Version: // a door of before, and the guide was published meanwhile
		if err := store.DropDraft(r.Context(), tx, d.Slug, d.Revision, by); err != nil {
			return "", err
		}
		d = knowledge.Draft{}
	}
	if d.Revision == 0 {
		d = knowledge.Draft{Slug: g.Slug, Base: g.Version, Guide: g}
	}
	d.Guide = m.WithDoor(d.Guide, door)
	if !joined {
		d.Guide.Why = phrasesFor(r).S("local_why", m.Local())
	}
	if d.Revision == 0 && len(knowledge.Diff(g, d.Guide)) == 0 {
		return doorSame, nil
	}
	if d, err = store.SaveDraft(r.Context(), tx, d, by); err != nil {
		return "", err
	}
	if joined {
		return doorJoined, nil
	}
	rules, err := store.EditingRules(r.Context())
	if err != nil {
		return "", err
	}
	if rules.SecondEditor {
		return doorSent, store.SendDraft(r.Context(), tx, d.Slug, d.Revision, by)
	}
	_, err = store.PublishDraft(r.Context(), tx, d.Slug, d.Revision, by)
	return doorPublished, err
}
