package handoff

import (
	"testing"

	"orientir/handoff/staff"
)

// TestOneReadingOfTheQueueShowsEachDeskItsOwn holds the rule in Go to the one in SQL.
func TestOneReadingOfTheQueueShowsEachDeskItsOwn(t *testing.T) {
	b := setup(t)
	accounts := []staff.Account{
		b.librarian("v@example.bg", "vratsa"), b.librarian("m@example.bg", "mezdra"), b.librarian("b@example.bg", "vratsa", "mezdra"), b.librarian("p@example.bg"),
		b.account(staff.Profile{Email: "s@example.bg", Roles: []staff.Role{staff.Supervisor}}), b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}}),
	}
	for i, key := range []string{"a", "c", "d", "e", "f"} {
		w := b.wish(b.person(key))
		switch i {
		case 1:
			w.HelpPoint = "mezdra"
		case 2:
			w.Pool = true
		}
		id := b.open(w).ID
		switch i {
		case 3: // held by the pool's librarian, another joins, a third is asked
			b.exec(`UPDATE tickets SET state = 'claimed', claimed_by = $2, claimed_at = now(), joined_by = $3, joined_at = now() WHERE id = $1`, id, accounts[3].ID, accounts[1].ID)
		case 4:
			b.exec(`UPDATE tickets SET state = 'claimed', claimed_by = $2, claimed_at = now(), asked_of = $3, asked_at = now() WHERE id = $1`, id, accounts[0].ID, accounts[3].ID)
		}
	}
	all, err := b.desk.AllOpen(b.ctx)
	if err != nil || len(all) != 5 {
		t.Fatalf("%d, %v", len(all), err)
	}
	for _, a := range accounts {
		queue, err := b.desk.Queue(b.ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int64]bool{}
		for _, q := range queue {
			want[q.ID] = true
		}
		for _, one := range all {
			if one.SeenBy(a) != want[one.ID] {
				t.Errorf("%s: ticket %d is seen: %v, by the database: %v", a.Email, one.ID, one.SeenBy(a), want[one.ID])
			}
		}
	}
}
