package console

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// What becomes of a door that was saved.
const (
	doorSame      = "did_door_same"
	doorPublished = "did_door"
	doorSent      = "did_door_sent"
	doorJoined    = "did_door_joined" // to a colleague's draft, with which it will be published
)

// errDoorSame keeps what changed nothing out of the log of changes.
var errDoorSame = errors.New("the door is as it was")

// errDoorChanged means that the door isn't any more as its editor saw it.
var errDoorChanged = errors.New("the door was changed meanwhile")

// doorLengths are how many characters the fields may have.
var doorLengths = map[string]int{"link": 500, "contact": 200, "office": 300, "fee_bg": 200, "fee_en": 200, "note_bg": 400, "note_en": 400}

// doorWay is how a door goes out.
type doorWay string

const (
	doorAlone  doorWay = "alone"  // by itself: nobody is at the guide's next version, or only the municipality
	doorBeside doorWay = "beside" // by itself, beside a draft in which other municipalities have put their doors
	doorJoins  doorWay = "joins"  // with a colleague's draft
)

// wayOf says how a municipality's door goes out. A draft in which anybody else had a hand is a colleague's, even where its text is as it is
// published: its notes, its dates and its why are work too. Only where municipalities alone were at it, and with nothing but doors, nobody waits.
func (s *site) wayOf(r *http.Request, db postgres.DB, m knowledge.Municipality, g knowledge.Guide, d knowledge.Draft) (doorWay, error) {
	if d.Revision == 0 {
		return doorAlone, nil
	}
	base, ok, err := knowledge.NewStore(db).GuideAt(r.Context(), d.Slug, d.Base)
	if err != nil || !ok || d.Notes != "" {
		return doorJoins, err
	}
	hands := append([]string{d.BegunBy, d.ChangedBy}, d.Writers...)
	ids := make([]int64, len(hands))
	for i, id := range hands {
		ids[i] = accountID(id)
	}
	codes, err := s.Staff.MunicipalitiesOf(r.Context(), db, ids)
	if err != nil {
		return "", err
	}
	all := func(ours func(id int64) bool) bool {
		return !slices.ContainsFunc(ids, func(id int64) bool { return !ours(id) })
	}
	onlyDoors := func(from knowledge.Guide) bool {
		return !slices.ContainsFunc(knowledge.Diff(from, d.Guide), func(c knowledge.GuideChange) bool { return c.Field != "local" })
	}
	visitor := visitOf(r).account
	switch {
	case m.Alone(base, d.Guide) && all(func(id int64) bool { return codes[id] == m.Code }): // who may not change its dates
		return doorAlone, nil
	case m.Alone(base, d.Guide) && all(func(id int64) bool { return codes[id] == m.Code || id == visitor.ID }) && (onlyDoors(base) || onlyDoors(g)):
		return doorAlone, nil
	case m.OtherDoors(base, d.Guide) && all(func(id int64) bool { return codes[id] != "" }):
		return doorBeside, nil
	}
	return doorJoins, nil
}

// accountID is the account behind an opaque staff id; 0 where it is none.
func accountID(id string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, "staff:"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// saveLocalDoor keeps a municipality's door, and publishes it or sends it for review, as the editors' rules have it. Where a colleague is
// at the guide it is put into the colleague's draft; a door that others put into the draft waits for nobody, and nobody for it.
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
	refuse := func(status int, clash bool, faults ...fieldFault) error {
		typed := &doorTyped{&door, faults, clash}
		if r.PostForm.Get("do") == "remove" {
			typed.door = nil
		}
		return s.showLocalDoor(w, r, typed, status)
	}
	if len(faults) > 0 {
		return refuse(http.StatusUnprocessableEntity, false, faults...)
	}
	slug := r.PathValue("slug")
	done := ""
	act := staff.Act{By: visitOf(r).account.ID, Verb: "guide.local", Subject: "guide:" + slug, Detail: map[string]any{"municipality": m.Code}}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, act *staff.Act) (err error) {
		var version int
		if done, version, err = s.putDoor(tx, r, m, door); err != nil {
			return err
		}
		act.Detail["done"] = done
		if version > 0 {
			act.Detail["version"] = version
		}
		return nil
	})
	if errors.Is(err, errDoorSame) {
		done, err = doorSame, nil
	}
	var all knowledge.Faults
	var fault *knowledge.Fault
	if !errors.As(err, &all) && errors.As(err, &fault) {
		all = knowledge.Faults{fault}
	}
	switch {
	case errors.Is(err, errDoorChanged):
		return refuse(http.StatusConflict, true, fieldFault{"", f.S("local_clash")})
	case errors.Is(err, knowledge.ErrStaleDraft), errors.Is(err, knowledge.ErrStale):
		return refuse(http.StatusConflict, true, fieldFault{"", f.S("local_stale")})
	case errors.As(err, &fault) && fault.Key == "fault.not_yours":
		return refuse(http.StatusForbidden, false, fieldFault{"", f.S("not_yours", f.fieldName(fault.Field))})
	case len(all) > 0:
		return refuse(http.StatusUnprocessableEntity, false, f.doorFaults(all)...)
	case err != nil:
		return err
	}
	s.setFlash(w, flash{Key: "sources." + done})
	return seeOther(w, r, localPath("", m, free, nil))
}

// doorFaults puts what is wrong beside the fields of the form, what is wrong in the guide itself above them.
func (f frame) doorFaults(faults knowledge.Faults) []fieldFault {
	list := f.guideFaults(faults)
	for i, l := range list {
		if !strings.HasPrefix(l.Field, "local.") { // of the guide itself, and nothing that this form can mend
			list[i] = fieldFault{"", f.S("local_guide_fault", l.Words)}
			continue
		}
		list[i].Field = "link"
	}
	return list
}

// putDoor puts a door where it goes out from, and publishes it where nothing of anybody else waits there. version is what was published; 0: nothing was.
func (s *site) putDoor(tx pgx.Tx, r *http.Request, m knowledge.Municipality, door knowledge.Local) (done string, version int, err error) {
	store, by := knowledge.NewStore(tx), s.editor(visitOf(r))
	g, d, err := localGuide(r, store)
	if err != nil {
		return "", 0, err
	}
	way, err := s.wayOf(r, tx, m, g, d)
	if err != nil {
		return "", 0, err
	}
	if err := seenStill(r, store, m, g, d, way); err != nil {
		return "", 0, err
	}
	rules, err := store.EditingRules(r.Context())
	if err != nil {
		return "", 0, err
	}
	kept := shownGuide(g, d)
	if same := len(knowledge.Diff(kept, m.WithDoor(kept, door))) == 0; same && (way == doorJoins || d.Stage == knowledge.InReview || len(knowledge.Diff(g, m.WithDoor(g, door))) == 0) {
		return "", 0, errDoorSame
	}
	why := phrasesFor(r).S("local_why", m.Local())
	switch {
	case way == doorBeside && !rules.SecondEditor:
		version, err = store.PublishDoor(r.Context(), tx, g, d, m, door, why, by)
		return doorPublished, version, err
	case way == doorBeside, way == doorJoins && d.Stage == knowledge.InReview:
		return doorSent, 0, store.ReviewDoor(r.Context(), tx, d, m, door, by)
	case way == doorJoins:
		d.Guide = m.WithDoor(d.Guide, door)
		_, err = store.SaveDraft(r.Context(), tx, d, by)
		return doorJoined, 0, err
	}
	return s.putAlone(tx, r, rules, m, g, d, door, why)
}

// seenStill checks that the editor saw what the door would take the place of, and how it would go out. Other municipalities' doors may come
// out meanwhile. Errors: errDoorChanged, knowledge.ErrStale, knowledge.ErrStaleDraft.
func seenStill(r *http.Request, store *knowledge.Store, m knowledge.Municipality, g knowledge.Guide, d knowledge.Draft, way doorWay) error {
	seen := seenDoor(r)
	if kept, _ := m.DoorIn(shownGuide(g, d)); kept.Mark() != seen.Door {
		return errDoorChanged
	}
	if (seen.Joins == "1") != (way == doorJoins) {
		return knowledge.ErrStaleDraft
	}
	if seen.Version == strconv.Itoa(g.Version) {
		return nil
	}
	version, err := strconv.Atoi(seen.Version)
	if err != nil {
		return knowledge.ErrStale
	}
	before, ok, err := store.GuideAt(r.Context(), g.Slug, version)
	if err == nil && (!ok || !m.Alone(before, g) && !m.OtherDoors(before, g)) {
		err = knowledge.ErrStale
	}
	return err
}

// putAlone publishes a door by itself, or sends it for review. d is the municipality's own draft, where it has one.
func (s *site) putAlone(tx pgx.Tx, r *http.Request, rules knowledge.EditingRules, m knowledge.Municipality, g knowledge.Guide, d knowledge.Draft, door knowledge.Local, why string) (done string, version int, err error) {
	store, by := knowledge.NewStore(tx), s.editor(visitOf(r))
	own := d.Guide.Why                         // which its editor may have written in the guide's form
	if d.Revision > 0 && d.Base != g.Version { // a door of before, and the guide was published meanwhile
		if err := store.DropDraft(r.Context(), tx, d.Slug, d.Revision, by); err != nil {
			return "", 0, err
		}
		d = knowledge.Draft{}
	}
	if d.Revision == 0 {
		d = knowledge.Draft{Slug: g.Slug, Base: g.Version, Guide: g}
	}
	d.Guide = m.WithDoor(d.Guide, door)
	if d.Guide.Why = why; own != "" && own != g.Why {
		d.Guide.Why = own
	}
	if d, err = store.SaveDraft(r.Context(), tx, d, by); err != nil {
		return "", 0, err
	}
	if rules.SecondEditor {
		return doorSent, 0, store.SendDraft(r.Context(), tx, d.Slug, d.Revision, by)
	}
	version, err = store.PublishDraft(r.Context(), tx, d.Slug, d.Revision, by)
	return doorPublished, version, err
}
