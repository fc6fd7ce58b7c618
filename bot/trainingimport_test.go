package bot

import (
	"fmt"
	"strings"
	"testing"

	"orientir/knowledge"
)

// Somebody takes the last place while a file that has fewer is taken: one of the two waits for the other, and nobody is left without a place.
func TestAnImportDoesNotTakeThePlaceOfWhoIsSigningUp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	n := h.lesson(7, 2)
	for _, who := range []string{"8", "9"} {
		h.gets(Incoming{ContactKey: who, Kind: Button, Data: "lang:bg"})
	}
	var contacts []int64
	if err := h.pool.QueryRow(h.ctx, `SELECT array_agg(id ORDER BY id) FROM contacts`).Scan(&contacts); err != nil || len(contacts) != 2 {
		t.Fatal(contacts, err)
	}
	join := func(contact int64) (commit func()) {
		t.Helper()
		tx, err := h.pool.Begin(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tx.Rollback(h.ctx) })
		if became, _, err := h.conversations.join(h.ctx, tx, contact, n.Number); err != nil || became != joined {
			t.Fatal(became, err)
		}
		return func() {
			if err := tx.Commit(h.ctx); err != nil {
				t.Error(err)
			}
		}
	}
	join(contacts[0])()
	commit := join(contacts[1])
	done := make(chan error, 1)
	take := func(places int) error {
		file := fmt.Sprintf("id,help_point,topic,starts,places\n%s,%s,%s,%s,%d\n", n.ID, n.HelpPoint, n.Topic, n.StartsAt.In(h.sofia).Format("2006-01-02 15:04"), places)
		_, err := h.store.ImportWith(h.ctx, "trainings", strings.NewReader(file), knowledge.ImportOptions{SignedUp: SignedUp})
		return err
	}
	go func() { done <- take(1) }()
	h.eventually("waits for who is signing up", func() bool {
		return len(done) > 0 || h.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	})
	commit()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "колона places") || !strings.Contains(err.Error(), "«2»") {
		t.Errorf("the file with one place for two people: %v", err)
	}
	if err := take(3); err != nil {
		t.Errorf("more places: %v", err)
	}
	if people, places := h.count(`SELECT count(*) FROM training_signups`), h.count(`SELECT places FROM trainings`); people != 2 || places != 3 {
		t.Errorf("%d people have %d places", people, places)
	}
}
