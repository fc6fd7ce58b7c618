package console

import (
	"net/http"
	"testing"

	"orientir/handoff/staff"
)

// TestTwoAdministratorsAtOneAccount draws its form twice: who saves second is told of the first, and takes nothing back.
func TestTwoAdministratorsAtOneAccount(t *testing.T) {
	b := setup(t)
	w := b.proven(b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}}))
	a := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian, staff.Editor}})
	path := "/console/people/" + id(a)
	drawn := markOf.FindStringSubmatch(w.get(path).body)
	if drawn == nil {
		t.Fatal("the form doesn't know what it was made of")
	}
	if got := w.post(path, "mark", drawn[1], "email", a.Email, "name", a.Name, "role", "librarian"); got.code != http.StatusSeeOther {
		t.Fatalf("the first: %d", got.code)
	}
	for range 2 {
		second := w.post(path, "mark", drawn[1], "email", a.Email, "name", "Мария Петрова", "role", "librarian", "role", "editor")
		if second.code != http.StatusUnprocessableEntity {
			t.Errorf("the second: %d", second.code)
		}
		second.has(t, "Колега промени този профил", `value="Мария Петрова"`, `href="`+path+`"`, drawn[0])
	}
	if now, _, err := b.staff.Account(b.ctx, a.ID); err != nil || now.Is(staff.Editor) || now.Name != "Мария" {
		t.Errorf("%+v, %v", now, err)
	}
}
