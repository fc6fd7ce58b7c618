package bot

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"orientir/deploy/postgres"
)

func TestForgetErasesAtOnceAndTheContactAfterTheGoodbye(t *testing.T) {
	t.Parallel()
	var asked []int64
	h := setup(t, func(o *EngineOptions) {
		o.Forget = append(o.Forget, func(_ context.Context, _ postgres.DB, contact int64) error {
			asked = append(asked, contact)
			return nil
		})
	})
	h.says("трябва ми съдебно")
	h.works()
	h.presses("rate:bad:1")
	h.presses("near:12259")
	h.works()
	contact := h.conversation().Contact
	for h.sends() {
	}
	h.gets(Incoming{Kind: Command, Command: "forget"})
	h.works()
	if !slices.Equal(asked, []int64{contact}) {
		t.Errorf("the other floors forgot %v", asked)
	}
	h.wants("only the goodbye is left", bg("bot.forgotten"))
	if h.conversation().Place != "" {
		t.Error("the place is still known")
	}
	if h.count(`SELECT count(*) FROM feedback`) != 0 {
		t.Error("feedback is left")
	}
	for h.sends() {
	}
	if got := h.telegram.sent[len(h.telegram.sent)-1]; got != "7: "+bg("bot.forgotten") {
		t.Errorf("the last words are %q", got)
	}
	if h.count(`SELECT count(*) FROM contacts`) != 0 {
		t.Error("the contact is left")
	}
}

// TestARoundThatFailedIsMadeUpFor: those whom it looked at are looked at again by the next one.
func TestARoundThatFailedIsMadeUpFor(t *testing.T) {
	t.Parallel()
	calls := 0
	h := setup(t, func(o *EngineOptions) {
		o.Waits = func(context.Context, int64) (bool, error) {
			if calls++; calls == 2 {
				return false, errors.New("the database is away")
			}
			return calls == 1, nil // only in the first round does somebody wait
		}
	})
	for _, contact := range []string{"7", "8"} {
		h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", ContactKey: contact})
	}
	h.works()
	rules := h.Retention(time.Hour, "false", "false")
	silent := rules[slices.IndexFunc(rules, func(r postgres.Rule) bool { return r.Kind == "conversations" })]
	before := h.clock.now().Add(time.Hour)
	if _, err := silent.EndWith(h.ctx, before, 500); err == nil {
		t.Fatal("the round doesn't fail")
	}
	if ended, err := silent.EndWith(h.ctx, before, 500); err != nil || ended != 2 {
		t.Errorf("the next round forgets %d people, %v; want both", ended, err)
	}
}

func TestForgottenContactGoesEvenWhereTheGoodbyeDoesNotArrive(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Command, Command: "forget", Channel: "web"})
	h.works()
	if err := h.conversations.deleteForgotten(h.ctx, h.clock.now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if h.count(`SELECT count(*) FROM contacts`) != 1 {
		t.Error("gone too early")
	}
	h.clock.pass(2 * time.Hour)
	if err := h.conversations.deleteForgotten(h.ctx, h.clock.now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if h.count(`SELECT count(*) FROM contacts`) != 0 {
		t.Error("the contact is left")
	}
}

func TestWhoWritesAgainAfterForgettingStays(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Command, Command: "forget"})
	h.works()
	h.says("трябва ми съдебно")
	for h.sends() {
	}
	h.works()
	h.wants("answered anew", bg("bot.forgotten"), "criminal-record")
	h.clock.pass(2 * time.Hour)
	if err := h.conversations.deleteForgotten(h.ctx, h.clock.now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	h.wants("still known", bg("bot.forgotten"), "criminal-record")
}

func (h *house) count(sql string) (n int) {
	h.t.Helper()
	if err := h.pool.QueryRow(h.ctx, sql).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}
