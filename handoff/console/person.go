package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// personForm adds an account or changes one.
type personForm struct {
	frame
	Person staff.Account // ID 0: a new one
	Roles  []staff.Role
	Chosen []libraryOption // libraries that the account serves
	Find   string          // words of a search for a library
	Found  []libraryOption
	Self   bool   // it is one's own account
	Mark   string // of the profile as the form was made of it

	Municipalities []knowledge.Municipality // to choose from
	Sessions       []staff.Session          // where the person is signed in
}

// libraryOption is a library to tick.
type libraryOption struct{ ID, Name string }

func (s *site) newPersonPage(w http.ResponseWriter, r *http.Request) error {
	return s.showPerson(w, r, staff.Account{Active: true, Roles: []staff.Role{staff.Librarian}}, nil, "")
}

func (s *site) personPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.person(r)
	if err != nil {
		return err
	}
	return s.showPerson(w, r, a, nil, "")
}

// person is the account that the path names.
func (s *site) person(r *http.Request) (staff.Account, error) {
	id, err := pathID(r)
	if err != nil {
		return staff.Account{}, err
	}
	a, ok, err := s.Staff.Account(r.Context(), id)
	if err == nil && !ok {
		err = errNotFound
	}
	return a, err
}

func (s *site) showPerson(w http.ResponseWriter, r *http.Request, a staff.Account, fault *staff.Fault, find string) error {
	title := "person_title"
	if a.ID == 0 {
		title = "person_new_title"
	}
	page := personForm{frame: s.frame(w, r, title), Person: a, Roles: staff.Roles(), Find: find, Self: a.ID == visitOf(r).account.ID}
	page.Fault = fault
	page.Back = "/console/people"
	if page.Mark = r.PostForm.Get("mark"); page.Mark == "" {
		page.Mark = a.Mark()
	}
	names, err := s.libraryNames(r, a.Libraries)
	if err != nil {
		return err
	}
	for _, id := range a.Libraries {
		name := names[id]
		if name == "" {
			name = id
		}
		page.Chosen = append(page.Chosen, libraryOption{id, name})
	}
	if a.ID != 0 {
		if page.Sessions, err = s.Staff.Sessions(r.Context(), a.ID); err != nil {
			return err
		}
	}
	if page.Municipalities, err = s.Knowledge.Municipalities(r.Context()); err != nil {
		return err
	}
	if find != "" {
		if page.Found, err = s.findLibraries(r, find, a.Libraries); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "person", page)
}

// findLibraries looks for help points by id, name or settlement.
func (s *site) findLibraries(r *http.Request, words string, without []string) ([]libraryOption, error) {
	rows, err := s.DB.Query(r.Context(), `
		SELECT h.id FROM help_points h JOIN places p ON p.ekatte = h.ekatte
		WHERE h.id <> ALL (coalesce($2::text[], '{}')) AND (h.id = lower($1) OR h.name ILIKE $3 OR p.name ILIKE $3 OR p.municipality ILIKE $3)
		ORDER BY (h.id = lower($1)) DESC, (lower(p.name) = lower($1)) DESC, h.kind = 'chitalishte', h.name
		LIMIT 20`, words, without, "%"+likeEscape(words)+"%")
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	names, err := s.libraryNames(r, ids)
	if err != nil {
		return nil, err
	}
	var found []libraryOption
	for _, id := range ids {
		found = append(found, libraryOption{id, names[id]})
	}
	return found, nil
}

// typedPerson reads the form. The second result is set where the button pressed was that of the library search.
func typedPerson(r *http.Request) (staff.Account, string, error) {
	if err := r.ParseForm(); err != nil {
		return staff.Account{}, "", err
	}
	f := r.PostForm
	a := staff.Account{
		Email: f.Get("email"), Name: f.Get("name"), Roles: roles(f), Municipality: f.Get("municipality"), Active: true,
		Libraries: slices.DeleteFunc(slices.Clone(f["library"]), func(id string) bool { return id == "" }),
	}
	if f.Has("find") {
		return a, strings.TrimSpace(f.Get("words")), nil
	}
	return a, "", nil
}

func profile(a staff.Account) staff.Profile {
	return staff.Profile{Email: a.Email, Name: a.Name, Roles: a.Roles, Libraries: a.Libraries, Municipality: a.Municipality}
}

func personPath(id int64) string { return "/console/people/" + strconv.FormatInt(id, 10) }

func (s *site) addPerson(w http.ResponseWriter, r *http.Request) error {
	a, find, err := typedPerson(r)
	if err != nil {
		return err
	}
	if r.PostForm.Has("find") {
		return s.showPerson(w, r, a, nil, find)
	}
	if ok, err := s.proved(w, r); !ok {
		return err
	}
	added, token, err := s.Staff.Invite(r.Context(), visitOf(r).account.ID, profile(a))
	if fault := asFault(err); fault != nil {
		return s.showPerson(w, r, a, fault, "")
	}
	if err != nil {
		return err
	}
	s.sendLink(w, r, added, token)
	return seeOther(w, r, "/console/people")
}

func (s *site) changePerson(w http.ResponseWriter, r *http.Request) error {
	before, err := s.person(r)
	if err != nil {
		return err
	}
	a, find, err := typedPerson(r)
	if err != nil {
		return err
	}
	a.ID, a.Active, a.HasPassword, a.SecondStep = before.ID, before.Active, before.HasPassword, before.SecondStep
	if r.PostForm.Has("find") {
		return s.showPerson(w, r, a, nil, find)
	}
	if mark := r.PostForm.Get("mark"); mark != "" && mark != before.Mark() {
		return s.showPerson(w, r, a, &staff.Fault{Field: "mark", Key: "console.fault_person_changed"}, "")
	}
	if staff.Reaches(before, profile(a)) {
		if ok, err := s.proved(w, r); !ok {
			return err
		}
	}
	lost, err := s.Staff.Change(r.Context(), visitOf(r).account.ID, before, profile(a))
	if fault := asFault(err); fault != nil {
		return s.showPerson(w, r, a, fault, "")
	}
	if err != nil {
		return err
	}
	s.tellUnlinked(r, lost, before.Name)
	s.setFlash(w, flash{Key: "person_changed", Args: []string{a.Name}})
	return seeOther(w, r, "/console/people")
}

func (s *site) linkPerson(w http.ResponseWriter, r *http.Request) error {
	a, err := s.person(r)
	if err != nil {
		return err
	}
	if ok, err := s.proved(w, r); !ok {
		return err
	}
	token, err := s.Staff.Link(r.Context(), visitOf(r).account.ID, a.ID)
	if err != nil {
		return err
	}
	s.sendLink(w, r, a, token)
	return seeOther(w, r, "/console/people")
}

func (s *site) activatePerson(w http.ResponseWriter, r *http.Request) error {
	a, err := s.person(r)
	if err != nil {
		return err
	}
	active := r.PostFormValue("active") == "yes"
	if active || a.Is(staff.Admin) { // keeping somebody out must go at once, but for those who could undo what a thief does
		if ok, err := s.proved(w, r); !ok {
			return err
		}
	}
	err = s.Staff.SetActive(r.Context(), visitOf(r).account.ID, a.ID, active)
	if fault := asFault(err); fault != nil {
		return s.showPerson(w, r, a, fault, "")
	}
	if err != nil {
		return err
	}
	key := "person_deactivated"
	if active {
		key = "person_activated"
	} else {
		s.Desk.Gone(r.Context(), a.ID)
	}
	s.setFlash(w, flash{Key: key})
	return seeOther(w, r, personPath(a.ID))
}

// Has says whether the account has a role.
func (p personForm) Has(r staff.Role) bool { return p.Person.Is(r) }

// likeEscape makes words safe for LIKE.
func likeEscape(words string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(words)
}
