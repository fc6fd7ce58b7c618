package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"orientir/handoff/staff"
)

// peopleList is the list of accounts.
type peopleList struct {
	frame
	People    []staff.Account
	Libraries map[string]string // names by id

	Roles  []staff.Role
	Wanted []staff.Role // whose accounts must have a second step
	Works  bool         // there is a key to seal second steps with
}

func (s *site) peoplePage(w http.ResponseWriter, r *http.Request) error {
	people, err := s.Staff.Accounts(r.Context())
	if err != nil {
		return err
	}
	var ids []string
	for _, p := range people {
		ids = append(ids, p.Libraries...)
	}
	names, err := s.libraryNames(r, ids)
	if err != nil {
		return err
	}
	wanted, err := s.Staff.SecondStepRoles(r.Context(), s.DB)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "people", peopleList{frame: s.frame(w, r, "people_title"), People: people, Libraries: names,
		Roles: staff.Roles(), Wanted: wanted, Works: s.Staff.SecondStepWorks()})
}

// Asks says whether a role's accounts must have a second step.
func (p peopleList) Asks(role staff.Role) bool { return slices.Contains(p.Wanted, role) }

func (s *site) libraryNames(r *http.Request, ids []string) (map[string]string, error) {
	points, err := s.Knowledge.HelpPointsByID(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range points {
		names[p.ID] = p.Name + " (" + p.Place.Kind + " " + p.Place.Name + ")"
	}
	return names, nil
}

// Present says whether somebody is at the desk now.
func (p peopleList) Present(a staff.Account) bool { return p.site.Desk.Present(a.ID) }

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errNotFound
	}
	return id, nil
}

func roles(form url.Values) []staff.Role {
	var all []staff.Role
	for _, v := range form["role"] {
		if r := staff.Role(v); !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}
