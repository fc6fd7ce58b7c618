package group

import (
	"testing"
	"time"
)

// heirs passes what everybody has in hand on, as postgres.Presence does where its taker is dead, and a moment goes by.
func (b *bundle) heirs(table string) {
	b.Helper()
	b.exec(`UPDATE ` + table + ` SET leased_until = NULL, taker = NULL, taken_until = NULL`)
	b.clock.add(2 * time.Second)
}

// Who was missed and lives all the same leaves the heir's turn alone, whatever became of its own call.
func TestWhoWasMissedLeavesTheHeirsTurnAlone(t *testing.T) {
	b := connected(t)
	b.open()
	b.person("p", "помощ")
	if err := b.desk.plan(b.ctx); err != nil {
		t.Fatal(err)
	}
	late, ok, err := b.desk.takeCall(b.ctx, chat)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	b.heirs("telegram_groups")
	heir, ok, err := b.desk.takeCall(b.ctx, chat)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := b.desk.release(b.ctx, late, 0, 1); err != nil {
		t.Fatal(err)
	}
	b.clock.add(2 * time.Second)
	if _, ok, err := b.desk.takeCall(b.ctx, chat); err != nil || ok {
		t.Fatalf("a third one calls while the heir does: %v", err)
	}
	if err := b.desk.release(b.ctx, heir, 0, 0); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := b.desk.takeCall(b.ctx, chat); err != nil || !ok {
		t.Errorf("the heir's own turn isn't given back: %v", err)
	}
}

// An update that an heir deals with is neither put off nor done by who was missed; one that nobody has by now is done.
func TestWhoWasMissedLeavesTheHeirsUpdateAlone(t *testing.T) {
	b := connected(t)
	b.mariaT.SayIn(b.group, 0, "/connect не е код")
	b.arrive()
	late, ok, err := b.desk.takeUpdate(b.ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	b.heirs("group_updates")
	heir, ok, err := b.desk.takeUpdate(b.ctx)
	if err != nil || !ok || heir.ID != late.ID {
		t.Fatal(ok, err)
	}
	if err := b.desk.deal(b.ctx, late); err != nil {
		t.Fatal(err)
	}
	if n := b.count(`SELECT count(*) FROM group_updates WHERE id = $1 AND done_at IS NULL AND leased_until = $2`, heir.ID, heir.Until); n != 1 {
		t.Error("the heir's update was taken out of its hands")
	}
	b.heirs("group_updates")
	if err := b.desk.deal(b.ctx, heir); err != nil {
		t.Fatal(err)
	}
	if n := b.count(`SELECT count(*) FROM group_updates WHERE done_at IS NULL`); n != 0 {
		t.Error("what is done is not noted where nobody else has it")
	}
}
