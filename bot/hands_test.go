package bot

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"orientir/deploy/postgres"
)

// present lets an engine's process be present until the returned function is called.
func present(t *testing.T, e *Engine) (die func()) {
	t.Helper()
	e.o.Presence = postgres.NewPresence(e.conversations.pool, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		e.o.Presence.Run(ctx)
		close(ended)
	}()
	for began := time.Now(); e.o.Presence.Self() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatal("the process is not present")
		}
	}
	self := e.o.Presence.Self()
	die = func() {
		cancel()
		<-ended
		for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) { // until the server has heard of it
			var living bool
			if err := e.conversations.pool.QueryRow(context.Background(), `SELECT $1 IN (`+postgres.Living+`)`, int64(self)).Scan(&living); err != nil || !living {
				return
			}
		}
	}
	t.Cleanup(die)
	return die
}

// What a process had in its hands when it died passes on at once, and what one that lives is at doesn't.
func TestWhatADeadProcessWasAtPassesOn(t *testing.T) {
	t.Parallel()
	h := setup(t)
	die := present(t, h.Engine)
	h.says("здравейте")
	h.works()
	h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", ContactKey: "8"})
	mine, err := h.takePending(h.ctx, 10)
	if err != nil || len(mine) != 1 {
		t.Fatal(mine, err)
	}
	if _, ok, err := h.lease(h.ctx); err != nil || !ok {
		t.Fatal(ok, err)
	}
	free := func() (steps, sends int) {
		if err := h.replica.Inherit(h.ctx, []int32{}); err != nil {
			t.Fatal(err)
		}
		return h.count(`SELECT count(*) FROM conversations WHERE due_at IS NOT NULL AND leased_until IS NULL`),
			h.count(`SELECT count(*) FROM messages WHERE sender <> 'person' AND taker IS NULL AND delivered_at IS NULL`)
	}
	if steps, sends := free(); steps+sends > 0 {
		t.Fatalf("a living process lost %d steps and %d messages", steps, sends)
	}
	h.clock.pass(sending + time.Second) // it has longer than one that nobody sees
	if stolen, err := h.replica.takePending(h.ctx, 10); err != nil || len(stolen) > 0 {
		t.Fatalf("%d messages of a living process are taken: %v", len(stolen), err)
	}
	h.clock.pass(-sending)
	self := h.o.Presence.Self()
	die()
	if err := h.replica.Inherit(h.ctx, []int32{self}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`SELECT count(*) FROM messages WHERE taker IS NOT NULL`); n != 1 {
		t.Error("who was present a moment ago is taken for dead")
	}
	if steps, sends := free(); steps != 1 || sends != 1 {
		t.Errorf("%d steps and %d messages of a dead process are free", steps, sends)
	}
	if again, err := h.replica.takePending(h.ctx, 10); err != nil || len(again) != 1 || again[0].ID != mine[0].ID {
		t.Errorf("taken over: %v, %v", again, err)
	}
	// It wasn't dead after all, only late: what it puts off now is another's.
	if err := h.conversations.later(h.ctx, mine[0], h.clock.now(), 0); err != nil {
		t.Fatal(err)
	}
	if third, err := h.takePending(h.ctx, 10); err != nil || len(third) > 0 {
		t.Errorf("taken while another sends it: %v, %v", third, err)
	}
}

// Who died without a word had two rows locked: what else it was at passes on at once, and these as soon as the server has ended its session.
func TestLockedRowsOfADeadProcessHoldUpNoOthers(t *testing.T) {
	t.Parallel()
	h := setup(t)
	die := present(t, h.Engine)
	for _, key := range []string{"7", "8"} {
		h.gets(Incoming{Kind: Text, Text: "здравейте", ContactKey: key})
	}
	h.works()
	messages, err := h.takePending(h.ctx, 10)
	if err != nil || len(messages) != 2 {
		t.Fatal(messages, err)
	}
	var steps []lease
	for _, key := range []string{"7", "8"} {
		h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", ContactKey: key})
		l, ok, err := h.lease(h.ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		steps = append(steps, l)
	}
	zombie, err := h.pool.Begin(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer zombie.Rollback(context.WithoutCancel(h.ctx))
	if _, err := zombie.Exec(h.ctx, `UPDATE conversations SET leased_until = NULL, leaser = NULL WHERE id = $1`, steps[0].conversation); err != nil {
		t.Fatal(err)
	}
	if _, err := zombie.Exec(h.ctx, `UPDATE messages SET delivered_at = now() WHERE id = $1`, messages[0].ID); err != nil {
		t.Fatal(err)
	}
	die()
	inherits := func(want int) {
		t.Helper()
		soon, cancel := context.WithTimeout(h.ctx, 10*time.Second)
		defer cancel()
		if err := h.replica.Inherit(soon, []int32{}); err != nil {
			t.Fatal(err)
		}
		steps, sends := h.count(`SELECT count(*) FROM conversations WHERE due_at IS NOT NULL AND leased_until IS NULL`), h.count(`SELECT count(*) FROM messages WHERE sender <> 'person' AND taker IS NULL`)
		if steps != want || sends != want {
			t.Errorf("%d steps and %d messages of a dead process are free, not %d", steps, sends, want)
		}
	}
	inherits(1)
	zombie.Rollback(h.ctx)
	inherits(2)
}

// A program that knows of no takers takes a row that a dead one had: the row is its own then.
func TestWhatAnOlderProgramTookIsNotADeadOnes(t *testing.T) {
	t.Parallel()
	h := setup(t)
	die := present(t, h.Engine)
	h.says("здравейте")
	h.works()
	if _, err := h.takePending(h.ctx, 10); err != nil {
		t.Fatal(err)
	}
	die()
	h.exec(`UPDATE messages SET deliver_after = $1, tries = tries + 1 WHERE sender <> 'person'`, h.clock.now().Add(sending))
	if err := h.replica.Inherit(h.ctx, []int32{}); err != nil {
		t.Fatal(err)
	}
	if taken, err := h.replica.takePending(h.ctx, 10); err != nil || len(taken) > 0 {
		t.Errorf("taken from a program that lives: %v, %v", taken, err)
	}
}

// The database took the rows for this process, and the answer was lost: they are found again, and what is in its hands stays there.
func TestALostAnswerToATakeIsFoundAgain(t *testing.T) {
	t.Parallel()
	h := setup(t)
	present(t, h.Engine)
	for _, key := range []string{"7", "8"} {
		h.gets(Incoming{Kind: Text, Text: "здравейте", ContactKey: key})
	}
	h.works()
	for _, key := range []string{"7", "8"} {
		h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", ContactKey: key})
	}
	messages, err := h.takePending(h.ctx, 10)
	if err != nil || len(messages) != 2 {
		t.Fatal(messages, err)
	}
	h.Engine.sends.take(messages[0].ID, time.Now().Add(time.Hour))
	h.Engine.sends.lost()
	first, _, _ := h.lease(h.ctx)
	if _, ok, err := h.lease(h.ctx); err != nil || !ok {
		t.Fatal(ok, err)
	}
	h.Engine.steps.take(first.conversation, time.Now().Add(time.Hour))
	h.Engine.steps.lost()
	h.findSends(h.ctx)
	h.findSteps(h.ctx)
	if again, err := h.takePending(h.ctx, 10); err != nil || len(again) != 1 || again[0].ID != messages[1].ID || again[0].Tries != 1 {
		t.Errorf("found again: %v, %v", again, err)
	}
	l, ok, err := h.lease(h.ctx)
	if err != nil || !ok || l.conversation == first.conversation || l.tries != 1 {
		t.Errorf("found again: %v %v, %v", l, ok, err)
	}
	if _, ok, _ := h.lease(h.ctx); ok {
		t.Error("what is in its hands was given away")
	}
}

// What was sent and could not be noted is in hand for its time, and no longer; a conversation that is leased again is in hand for as long as the later step.
func TestHandsHoldForTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h hands
		h.take(1, time.Now().Add(time.Minute))
		first := h.take(2, time.Now().Add(time.Minute))
		h.take(2, time.Now().Add(time.Hour))
		first(true)
		held, due := h.look()
		if slices.Sort(held); !due || !slices.Equal(held, []int64{1, 2}) {
			t.Errorf("in hand: %v, %v", held, due)
		}
		time.Sleep(2 * time.Minute)
		h.lost()
		if held, due = h.look(); !due || !slices.Equal(held, []int64{2}) {
			t.Errorf("in hand after its time: %v, %v", held, due)
		}
		if len(h.held) != 1 {
			t.Errorf("%d are remembered", len(h.held))
		}
	})
}

// A message is edited while a process makes the step: what an older program leases then isn't the first one's, should that one die.
func TestAnEditTakesTheLeaserOut(t *testing.T) {
	t.Parallel()
	h := setup(t)
	die := present(t, h.Engine)
	h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", MessageID: "m1"})
	if _, ok, err := h.lease(h.ctx); err != nil || !ok {
		t.Fatal(ok, err)
	}
	h.gets(Incoming{Kind: Edited, Text: "трябва ми съдебно минало", Replaces: "m1"})
	h.exec(`UPDATE conversations SET lease = lease + 1, leased_until = $1 WHERE due_at IS NOT NULL`, h.clock.now().Add(time.Minute))
	die()
	if err := h.replica.Inherit(h.ctx, []int32{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`SELECT count(*) FROM conversations WHERE due_at IS NOT NULL AND leased_until IS NULL`); n > 0 {
		t.Error("the step of a program that lives is given to another")
	}
}
