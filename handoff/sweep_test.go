package handoff

import (
	"context"
	"testing"
	"time"

	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

func TestSilentHolderLosesTheTicket(t *testing.T) {
	b := setup(t)
	a := b.librarian("a@example.bg", "vratsa")
	c := b.person("a")
	ticket := b.open(b.wish(c))
	sweep := func() string {
		t.Helper()
		if err := b.desk.Sweep(b.ctx); err != nil {
			t.Fatal(err)
		}
		state, _, _, _ := b.state(ticket.ID)
		return state
	}
	age := func(minutes int) {
		b.exec(`UPDATE tickets SET claimed_at = claimed_at - make_interval(mins => $1), active_at = active_at - make_interval(mins => $1)`, minutes)
		b.exec(`UPDATE messages SET created_at = created_at - make_interval(mins => $1)`, minutes)
	}
	claim := func() {
		t.Helper()
		if err := b.desk.Claim(b.ctx, ticket.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	claim()
	age(4)
	if got := sweep(); got != "claimed" {
		t.Errorf("after four silent minutes: %s", got)
	}
	age(2)
	if got := sweep(); got != "waiting" || b.holder(c) != "" {
		t.Errorf("after six silent minutes: %s, holder %q", got, b.holder(c))
	}
	if heard := b.heard(c); heard[len(heard)-1] != i18n.T("bg", "console.notice_gone") {
		t.Errorf("the person reads %q", heard)
	}
	// Who has the last word and waits for the person is not silent.
	claim()
	if _, err := b.desk.Reply(b.ctx, ticket.ID, a, "Имате ли КЕП?"); err != nil {
		t.Fatal(err)
	}
	age(20)
	if got := sweep(); got != "claimed" {
		t.Errorf("the person is silent, not the librarian: %s", got)
	}
	b.says(c, "нямам")
	age(6)
	if err := b.desk.Busy(b.ctx, ticket.ID, a); err != nil {
		t.Fatal(err)
	}
	if got := sweep(); got != "claimed" {
		t.Errorf("who types is not silent: %s", got)
	}
	age(6)
	if got := sweep(); got != "waiting" {
		t.Errorf("the person waits for an answer: %s", got)
	}
	// An hour in which nobody says anything ends it.
	claim()
	if _, err := b.desk.Reply(b.ctx, ticket.ID, a, "Заповядайте"); err != nil {
		t.Fatal(err)
	}
	age(61)
	if got := sweep(); got != "closed" || b.holder(c) != "" {
		t.Errorf("after an hour: %s", got)
	}
}

func TestTicketFollowsTheStaff(t *testing.T) {
	b := setup(t)
	v, m := b.librarian("v@example.bg", "vratsa"), b.librarian("m@example.bg", "mezdra")
	c := b.person("a")
	ticket := b.open(b.wish(c))
	off := func(a staff.Account) {
		t.Helper()
		if err := b.staff.SetActive(b.ctx, 0, a.ID, false); err != nil {
			t.Fatal(err)
		}
		if err := b.desk.Sweep(b.ctx); err != nil {
			t.Fatal(err)
		}
	}
	b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}})
	if err := b.desk.Sweep(b.ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, _, at := b.state(ticket.ID); at != "vratsa" {
		t.Errorf("a served ticket moved to %q", at)
	}
	off(v)
	if _, _, _, at := b.state(ticket.ID); at != "mezdra" {
		t.Errorf("went to %q", at)
	}
	off(m)
	if state, outcome, _, _ := b.state(ticket.ID); state != "closed" || outcome != "unstaffed" {
		t.Errorf("with nobody left: %s %s", state, outcome)
	}
	if heard := b.heard(c); len(heard) != 1 || heard[0] != i18n.T("bg", "console.notice_unstaffed") {
		t.Errorf("the person reads %q", heard)
	}
}

// The database doesn't answer one of the looks: the others go on.
func TestALookThatHangsHoldsUpNoOther(t *testing.T) {
	b := setup(t)
	v := b.librarian("v@example.bg", "vratsa")
	tx, err := b.pool.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(b.ctx))
	if _, err := tx.Exec(b.ctx, `LOCK TABLE ticket_events`); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.ctx)
	done := make(chan error, 1)
	go func() { done <- b.desk.Run(ctx) }()
	until := func(what string, so func() bool) {
		for began := time.Now(); !so(); time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > 2*lookTime+10*time.Second {
				t.Fatalf("never: %s", what)
			}
		}
	}
	until("a look that waits", func() bool {
		var waits int
		err := b.pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits)
		return err == nil && waits > 0
	})
	until("somebody at the desk", func() bool {
		b.desk.Here(ctx, v)
		return b.desk.Present(v.ID)
	})
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunWakesTheQueue(t *testing.T) {
	b := setup(t)
	b.librarian("v@example.bg", "vratsa")
	ctx, stop := context.WithCancel(b.ctx)
	done := make(chan error, 1)
	go func() { done <- b.desk.Run(ctx) }()
	wake := b.redis.Subscribe(ctx, "queue")
	b.open(b.wish(b.person("a"))) // in the caller's transaction: the desk itself can't publish
	select {
	case <-wake:
	case <-time.After(10 * time.Second):
		t.Error("the queue was not woken")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
