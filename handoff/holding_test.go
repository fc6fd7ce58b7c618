package handoff

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

func TestOneClaimWins(t *testing.T) {
	b := setup(t)
	c := b.person("a")
	var accounts []staff.Account
	for i := range 6 {
		accounts = append(accounts, b.librarian(fmt.Sprintf("l%d@example.bg", i), "vratsa"))
	}
	ticket := b.open(b.wish(c))
	if b.holder(c) != "" {
		t.Fatal("the bot still holds while a ticket waits")
	}
	var mu sync.Mutex
	var winner staff.Account
	var told []string
	var wg sync.WaitGroup
	for _, a := range accounts {
		wg.Go(func() {
			err := b.desk.Claim(b.ctx, ticket.ID, a)
			mu.Lock()
			defer mu.Unlock()
			var taken *Taken
			switch {
			case err == nil && winner.ID == 0:
				winner = a
			case errors.As(err, &taken):
				told = append(told, taken.Name)
			default:
				t.Errorf("%s: %v", a.Email, err)
			}
		})
	}
	wg.Wait()
	if winner.ID == 0 || len(told) != 5 || slices.ContainsFunc(told, func(n string) bool { return n != winner.Name }) {
		t.Errorf("winner %+v, the others read %v", winner, told)
	}
	if b.holder(c) != holderName(winner.ID) {
		t.Errorf("holder %q", b.holder(c))
	}
	if heard := b.heard(c); len(heard) != 1 || !strings.Contains(heard[0], winner.Name) {
		t.Errorf("the person reads %q", heard)
	}
	if s, ok, _ := b.desk.Status(b.ctx, b.pool, c); !ok || !s.Claimed || s.Position != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestReplyCloseAndHandBack(t *testing.T) {
	b := setup(t)
	a, other := b.librarian("a@example.bg", "vratsa"), b.librarian("b@example.bg", "vratsa")
	c := b.person("a")
	ticket := b.open(b.wish(c))
	if _, err := b.desk.Reply(b.ctx, ticket.ID, a, "рано"); !errors.Is(err, ErrNotYours) {
		t.Errorf("a reply before the claim: %v", err)
	}
	if err := b.desk.Claim(b.ctx, ticket.ID, a); err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Reply(b.ctx, ticket.ID, other, "не аз"); !errors.Is(err, ErrNotYours) {
		t.Errorf("a reply to another's ticket: %v", err)
	}
	var fault *staff.Fault
	for _, bad := range []string{"", " \n ", strings.Repeat("я", MaxReply+1)} {
		if _, err := b.desk.Reply(b.ctx, ticket.ID, a, bad); !errors.As(err, &fault) {
			t.Errorf("reply %.10q: %v", bad, err)
		}
	}
	if _, err := b.desk.Reply(b.ctx, ticket.ID, a, "Добър ден!\r\nЕто връзката."); err != nil {
		t.Fatal(err)
	}
	if err := b.desk.Close(b.ctx, ticket.ID, a, Closing{Outcome: "nonsense", Effort: 1, Guide: Fine}); !errors.As(err, &fault) {
		t.Errorf("an unknown outcome: %v", err)
	}
	if err := b.desk.Close(b.ctx, ticket.ID, other, helped); !errors.Is(err, ErrNotYours) {
		t.Errorf("another closes it: %v", err)
	}
	if err := b.desk.Close(b.ctx, ticket.ID, a, helped); err != nil {
		t.Fatal(err)
	}
	if b.holder(c) != "" {
		t.Error("the bot does not hold it again")
	}
	want := []string{i18n.T("bg", "console.notice_claimed", a.Name), "Добър ден!\nЕто връзката.", bot.HandedBack("bg", ticket.ID, a.Name).Text}
	if heard := b.heard(c); !slices.Equal(heard, want) {
		t.Errorf("the person reads %q, want %q", heard, want)
	}
	if state, outcome, summary, _ := b.state(ticket.ID); state != "closed" || outcome != "answered" || summary != "" {
		t.Errorf("ticket is %s %s %q", state, outcome, summary)
	}
	// The transcript ends with the ticket: what is said to the bot afterwards is not the desk's.
	b.exec(`UPDATE tickets SET closed_at = closed_at - interval '1 minute', claimed_at = claimed_at - interval '1 minute'`)
	b.exec(`UPDATE messages SET created_at = created_at - interval '1 minute'`)
	b.says(c, "нещо лично")
	messages, err := b.desk.Transcript(b.ctx, ticket.ID, 0)
	if err != nil || len(messages) != 4 || messages[3].Text != want[2] {
		t.Errorf("transcript %+v, %v", messages, err)
	}
	entries, err := b.staff.Audit(b.ctx, staff.AuditFilter{Area: "ticket"})
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, e := range entries {
		verbs = append(verbs, e.Verb)
		if e.By != a.ID {
			t.Errorf("entry %+v", e)
		}
	}
	if !slices.Equal(verbs, []string{"ticket.close", "ticket.reply", "ticket.claim"}) {
		t.Errorf("audit log %v", verbs)
	}
}

func TestReturnKeepsThePlaceInTheQueue(t *testing.T) {
	b := setup(t)
	a := b.librarian("a@example.bg", "vratsa")
	first, second := b.person("a"), b.person("b")
	ticket := b.open(b.wish(first))
	b.open(b.wish(second))
	if err := b.desk.Claim(b.ctx, ticket.ID, a); err != nil {
		t.Fatal(err)
	}
	if err := b.desk.Return(b.ctx, ticket.ID, a); err != nil {
		t.Fatal(err)
	}
	if s, _, _ := b.desk.Status(b.ctx, b.pool, first); s.Claimed || s.Position != 1 {
		t.Errorf("status %+v", s)
	}
	if b.holder(first) != "" {
		t.Error("the bot does not hold it")
	}
	if err := b.desk.Claim(b.ctx, ticket.ID, a); err != nil {
		t.Errorf("taken again: %v", err)
	}
}

func TestWhoSeesWhat(t *testing.T) {
	b := setup(t)
	v, m, pool := b.librarian("v@example.bg", "vratsa"), b.librarian("m@example.bg", "mezdra"), b.librarian("p@example.bg")
	boss := b.account(staff.Profile{Email: "s@example.bg", Roles: []staff.Role{staff.Supervisor}})
	admin := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}})
	own := b.open(b.wish(b.person("a"))).ID
	w := b.wish(b.person("b"))
	w.Pool = true
	pooled := b.open(w).ID
	for _, c := range []struct {
		who  staff.Account
		want []int64
	}{{v, []int64{own}}, {m, nil}, {pool, []int64{pooled}}, {boss, []int64{own, pooled}}, {admin, nil}} {
		queue, err := b.desk.Queue(b.ctx, c.who)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, q := range queue {
			ids = append(ids, q.ID)
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s sees %v, want %v", c.who.Email, ids, c.want)
		}
		for _, id := range []int64{own, pooled} {
			_, ok, err := b.desk.Ticket(b.ctx, c.who, id)
			if err != nil || ok != slices.Contains(c.want, id) {
				t.Errorf("%s opens ticket %d: %v, %v", c.who.Email, id, ok, err)
			}
			if !slices.Contains(c.want, id) {
				if err := b.desk.Claim(b.ctx, id, c.who); !errors.Is(err, ErrNotFound) {
					t.Errorf("%s claims ticket %d: %v", c.who.Email, id, err)
				}
			}
		}
	}
	if err := b.desk.Claim(b.ctx, own, boss); err != nil {
		t.Errorf("a supervisor steps in: %v", err)
	}
}

// The bot holds the lock of the conversation when it cancels or opens a ticket; the desk must take the two in the same order.
func TestDeskAndBotDoNotWaitForEachOther(t *testing.T) {
	b := setup(t)
	c := b.person("a")
	a := b.librarian("l@example.bg", "vratsa")
	ticket := b.open(b.wish(c))
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"claim", func() error { return b.desk.Claim(b.ctx, ticket.ID, a) }},
		{"reply", func() error { _, err := b.desk.Reply(b.ctx, ticket.ID, a, "Добър ден"); return err }},
		{"return", func() error { return b.desk.Return(b.ctx, ticket.ID, a) }},
	} {
		bot, err := b.pool.Begin(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bot.Exec(b.ctx, `UPDATE conversations SET updated_at = now() WHERE id = $1`, c); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- step.do() }()
		for waits := 0; waits == 0 && len(done) == 0; {
			if err := b.pool.QueryRow(b.ctx, `
				SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := bot.Exec(b.ctx, `UPDATE tickets SET why = why WHERE conversation = $1`, c); err != nil {
			t.Errorf("%s: the bot: %v", step.name, err)
		}
		if err := bot.Commit(b.ctx); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}
