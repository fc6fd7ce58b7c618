package console

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// libraryList is the list of the libraries that an account looks after.
type libraryList struct {
	frame
	Libraries []libraryRow
	All       bool // the account looks after every library, and so searches
	Find      string
}

// libraryRow is a library in the list.
type libraryRow struct {
	knowledge.HelpPoint
	Where string
	Old   bool // nobody has confirmed it for a year
}

// mostLibraries is how many of a search are shown.
const mostLibraries = 30

func (s *site) librariesPage(w http.ResponseWriter, r *http.Request) error {
	a := visitOf(r).account
	page := libraryList{frame: s.frame(w, r, "libraries_title"), All: keepsAll(a), Find: strings.TrimSpace(r.URL.Query().Get("find"))}
	points, err := s.Knowledge.HelpPointsByID(r.Context(), a.Libraries)
	if err != nil {
		return err
	}
	if page.All && page.Find != "" {
		if points, err = s.Knowledge.SearchHelpPoints(r.Context(), page.Find, mostLibraries); err != nil {
			return err
		}
	}
	if len(points) == 1 && !page.All {
		return seeOther(w, r, "/console/libraries/"+points[0].ID)
	}
	for _, h := range points {
		page.Libraries = append(page.Libraries, libraryRow{h, bot.PlaceWords(h.Place, page.Language), old(h, time.Now())})
	}
	return s.render(w, http.StatusOK, "libraries", page)
}

// keepsAll says whether an account looks after every library.
func keepsAll(a staff.Account) bool { return a.Is(staff.Supervisor, staff.Admin) }

// old says whether what a help point says was last confirmed too long ago, or never.
func old(h knowledge.HelpPoint, now time.Time) bool {
	return h.ConfirmedAt.Before(now.Add(-handoff.ConfirmEvery))
}

// stale are the visitor's own libraries that are to be confirmed, where the page is one to say so on: the queue, with which the day begins.
func (s *site) stale(r *http.Request) (list []knowledge.HelpPoint) {
	if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/console/queue") {
		return nil
	}
	points, err := s.Knowledge.HelpPointsByID(r.Context(), visitOf(r).account.Libraries)
	if err != nil {
		s.Log.Warn("libraries to confirm not read", "error", err) // the queue matters more
		return nil
	}
	for _, h := range points {
		if old(h, time.Now()) {
			list = append(list, h)
		}
	}
	return list
}

// library is the library that the path names, as the database has it now, where the visitor looks after it: a librarian after those
// that they serve, a supervisor and an administrator after all.
func (s *site) library(r *http.Request) (knowledge.HelpPoint, error) {
	id := r.PathValue("id")
	h, ok, err := s.Knowledge.ReadHelpPoint(r.Context(), id)
	if err == nil && !ok {
		err = errNotFound
	}
	if err != nil {
		return h, err
	}
	if a := visitOf(r).account; !keepsAll(a) && !a.Serves(id) {
		return h, errForbidden
	}
	return h, nil
}

// libraryFrame is what all pages of one library have in common.
type libraryFrame struct {
	frame
	Library knowledge.HelpPoint
	Where   string
	Faults  []fieldFault
	Conflict
}

// fieldFault is something wrong in a form, beside its field.
type fieldFault struct{ Field, Words string }

// Conflict is what somebody else saved while this form was open.
type Conflict struct {
	Changes []change // what is saved now and what was typed
	By      string   // who saved it
	At      time.Time
}

// change is one field of a conflict, in words.
type change struct{ Label, Saved, Typed string }

func (s *site) libraryFrame(w http.ResponseWriter, r *http.Request, title string, h knowledge.HelpPoint) libraryFrame {
	f := libraryFrame{frame: s.frame(w, r, "libraries_title"), Library: h}
	f.Title = f.L(title) + " – " + h.Name
	f.Where = bot.PlaceWords(h.Place, f.Language)
	if r.Method != http.MethodGet {
		f.Back = r.URL.Path
	}
	return f
}

// L says a phrase about libraries.
func (f frame) L(key string, args ...any) string { return i18n.T(f.Language, "library."+key, args...) }

// LN says one by number.
func (f frame) LN(key string, n int, args ...any) string {
	return i18n.N(f.Language, "library."+key, n, args...)
}

// Wrong is what is wrong in a field; "" where nothing is.
func (f libraryFrame) Wrong(field string) string {
	for _, fault := range f.Faults {
		if fault.Field == field {
			return fault.Words
		}
	}
	return ""
}

// status is that of a page that shows a form again.
func (f libraryFrame) status() int {
	switch {
	case len(f.Faults) > 0:
		return http.StatusUnprocessableEntity
	case len(f.Changes) > 0:
		return http.StatusConflict
	}
	return http.StatusOK
}

// faultsOf puts faults of the knowledge into words. form turns the names of its fields into those of the form, where they differ.
func (f frame) faultsOf(faults knowledge.Faults, form map[string]string) (out []fieldFault) {
	for _, fault := range faults {
		field := fault.Field
		if there, ok := form[field]; ok {
			field = there
		}
		key := "wrong_" + strings.TrimPrefix(fault.Key, "fault.")
		// What a field wants is said better than what is wrong in general; but not of a number that is right by itself.
		if fault.Key != "fault.oversold" && i18n.Has(f.Language, "library.wrong_"+fault.Field) {
			key = "wrong_" + fault.Field
		}
		words := f.L(key)
		if strings.Contains(words, "%s") {
			words = f.L(key, fault.Value)
		}
		out = append(out, fieldFault{field, words})
	}
	return out
}

// seal is a mark of some fields of a help point: a form carries the one that it was made from.
func seal(h knowledge.HelpPoint, fields []string) string {
	data, _ := json.Marshal(knowledge.Differences(knowledge.HelpPoint{}, h, fields...)) // strings always marshal
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}

// errConflict means that a field of the form was changed by somebody else since it was shown.
var errConflict = errors.New("the field was changed meanwhile")

// saveLibrary changes some fields of a library through the door, where they still are what the form was made from (mark; "" doesn't ask).
// change puts what was typed into the record that it is given. errConflict comes with the record as it is now.
func (s *site) saveLibrary(r *http.Request, id, mark string, fields []string, change func(h *knowledge.HelpPoint) error) (now knowledge.HelpPoint, changed bool, err error) {
	act := staff.Act{By: visitOf(r).account.ID, Verb: "library.change", Subject: "library:" + id}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, act *staff.Act) error {
		store := knowledge.NewStore(tx)
		for range 3 {
			h, ok, err := store.ReadHelpPoint(r.Context(), id)
			if err != nil {
				return err
			}
			if !ok {
				return errNotFound
			}
			now = h
			if mark != "" && mark != seal(h, fields) {
				return errConflict
			}
			typed := h
			if err := change(&typed); err != nil {
				return err
			}
			names, err := store.SaveHelpPoint(r.Context(), actor(r), typed)
			if errors.Is(err, knowledge.ErrChanged) { // another field, in this moment: once more with what it says now
				continue
			}
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return errUnchanged
			}
			after, _, err := store.ReadHelpPoint(r.Context(), id)
			changed = true
			act.Detail = map[string]any{"changes": knowledge.Differences(h, after)}
			now = after
			return err
		}
		return fmt.Errorf("save library %q: it changes all the time", id)
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	if changed {
		s.Knowledge.Refresh()
	}
	return now, changed, err
}

// errUnchanged ends the door without a row in the audit log: nothing was changed.
var errUnchanged = errors.New("nothing was changed")

// conflict tells what is saved now beside what was typed, and who saved it.
func (s *site) conflict(r *http.Request, f frame, saved, typed knowledge.HelpPoint, fields []string) (Conflict, error) {
	c := Conflict{}
	for _, d := range knowledge.Differences(saved, typed, fields...) {
		c.Changes = append(c.Changes, change{f.L("field_" + d.Field), f.fieldWords(d.Field, d.Before), f.fieldWords(d.Field, d.After)})
	}
	if len(c.Changes) == 0 { // both wrote the same
		return c, nil
	}
	err := s.DB.QueryRow(r.Context(), `
		SELECT coalesce(s.name, ''), a.at FROM audit_log a LEFT JOIN staff s ON s.id = a.staff
		WHERE a.subject = $1 AND a.verb = 'library.change' ORDER BY a.id DESC LIMIT 1`, "library:"+saved.ID).Scan(&c.By, &c.At)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return c, err
}

// fieldWords writes a field's value for people.
func (f frame) fieldWords(field, value string) string {
	if value == "" {
		return f.L("nothing")
	}
	name := map[string]func(one, language string) string{"offers": bot.OfferName, "languages": bot.LanguageName}[field]
	if name == nil {
		return value
	}
	var words []string
	for one := range strings.SplitSeq(value, "; ") {
		words = append(words, name(one, f.Language))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// staffName names who is behind an id of the floors below; "" where it is nobody of the staff.
func (s *site) staffName(r *http.Request, by string) (string, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(by, "staff:"), 10, 64)
	if err != nil {
		return "", nil
	}
	a, _, err := s.Staff.Account(r.Context(), id)
	return a.Name, err
}
