package console

import (
	"net/http"
	"strconv"

	"orientir/knowledge"
)

// localDoor is the form for a municipality's door in a guide of the whole country.
type localDoor struct {
	frame
	Municipality knowledge.Municipality
	Guide        knowledge.Guide
	Door         knowledge.Local // as it is typed, or as it is
	There        bool            // it has one
	Seen         doorSeen
	Kept         *knowledge.Local // what stands there where it isn't what was typed over; nil where that is so
	Colleague    bool             // somebody else's changes wait in the draft
	Review       bool             // and were sent for review
	Second       bool
	Faults       []fieldFault
	free         bool
}

// doorSeen is what the editor saw when the door was written: two people never overwrite each other.
type doorSeen struct {
	Version string // of the guide
	Door    string // mark of the door, as it is kept
	Joins   string // "1": a colleague was at the guide's next version
}

// seenDoor is what a form says that its editor saw.
func seenDoor(r *http.Request) doorSeen {
	return doorSeen{r.PostForm.Get("version"), r.PostForm.Get("seen"), r.PostForm.Get("joins")}
}

// doorTyped is what was typed and not taken.
type doorTyped struct {
	door   *knowledge.Local // nil: the line was to go
	faults []fieldFault
	clash  bool // something else is kept than what was seen: both are shown
}

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

func (s *site) localDoorPage(w http.ResponseWriter, r *http.Request) error {
	return s.showLocalDoor(w, r, nil, http.StatusOK)
}

// showLocalDoor shows the form; typed is nil where nothing was.
func (s *site) showLocalDoor(w http.ResponseWriter, r *http.Request, typed *doorTyped, status int) error {
	page := localDoor{frame: s.frame(w, r, "local_title")}
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
	way, err := s.wayOf(r, s.DB, page.Municipality, page.Guide, d)
	if err != nil {
		return err
	}
	page.Colleague = way == doorJoins
	rules, err := s.Knowledge.EditingRules(r.Context())
	if err != nil {
		return err
	}
	page.Review, page.Second = page.Colleague && d.Stage == knowledge.InReview, rules.SecondEditor
	page.Door, page.There = page.Municipality.DoorIn(shownGuide(page.Guide, d))
	page.Seen = doorSeen{Version: strconv.Itoa(page.Guide.Version), Door: page.Door.Mark()}
	if page.Colleague {
		page.Seen.Joins = "1"
	}
	if typed != nil {
		page.Faults = typed.faults
		kept := page.Door
		if typed.door != nil {
			page.Door = *typed.door
		}
		switch {
		case !typed.clash:
			page.Seen = seenDoor(r) // nobody has shown anything newer
		case typed.door != nil && seenDoor(r).Door != kept.Mark():
			page.Kept = &kept
		}
	}
	page.Title = page.S("local_door_title", page.Municipality.Local(), page.BG(page.Guide).Title)
	page.Back = page.Action()
	return s.render(w, status, "localdoor", page)
}

// shownGuide is the guide whose door the form shows: as the draft has it, where there is one.
func shownGuide(g knowledge.Guide, d knowledge.Draft) knowledge.Guide {
	if d.Revision > 0 {
		return d.Guide
	}
	return g
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

// Facts are what a door says, by the names of the form's fields.
func (p localDoor) Facts(l knowledge.Local) (list []detail) {
	add := func(label, words string) {
		if words != "" {
			list = append(list, detail{label, words})
		}
	}
	add(p.S("local_link"), l.Link)
	add(p.S("local_office_name"), l.Office)
	add(p.S("local_contact"), l.Contact)
	add(p.S("local_fee_name"), l.Fee[knowledge.Bulgarian])
	add(p.S("local_fee_name")+" · "+p.S("local_en"), l.Fee[knowledge.English])
	add(p.S("local_note"), l.Note[knowledge.Bulgarian])
	add(p.S("local_note")+" · "+p.S("local_en"), l.Note[knowledge.English])
	return list
}
