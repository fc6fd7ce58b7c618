package handoff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis"
	"orientir/deploy/redis/redistest"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// bundle is a desk on a fresh database with two libraries: Vratsa, open Mondays 9 to 17, and Mezdra next to it.
type bundle struct {
	*testing.T
	ctx           context.Context
	pool          *pgxpool.Pool
	redis         *redis.Client
	conversations *bot.Conversations
	staff         *staff.Store
	desk          *Desk
}

// sunday is a moment at which no library is open.
var sunday = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{T: t, ctx: t.Context(), pool: postgrestest.New(t), redis: redistest.New(t)}
	b.exec(`
		INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, origin) VALUES
			('12259', 'гр.', 'Враца', 'Vratsa', 'Враца', 'Враца', 43.20, 23.55, 'starter'),
			('47714', 'гр.', 'Мездра', 'Mezdra', 'Мездра', 'Враца', 43.14, 23.71, 'starter')`)
	b.exec(`
		INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, hours, offers, source, origin, changed_by) VALUES
			('vratsa', 'regional', 'Библиотека Враца', 'враца', '12259', '', '', '', '',
			 '{"week": [[[540, 1020]], [], [], [], [], [], []]}', '{}', 'test', 'starter', 'test'),
			('mezdra', 'municipal', 'Библиотека Мездра', 'мездра', '47714', '', '', '', '', NULL, '{}', 'test', 'starter', 'test')`)
	store := knowledge.NewStore(b.pool)
	b.conversations = bot.NewConversations(b.pool, b.redis, bot.Options{})
	b.staff = staff.NewStore(b.pool)
	b.desk = NewDesk(b.pool, store, b.conversations, b.staff, b.redis, Options{Now: func() time.Time { return sunday }})
	return b
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(b.ctx, sql, args...); err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) librarian(email string, libraries ...string) staff.Account {
	b.Helper()
	return b.account(staff.Profile{Email: email, Roles: []staff.Role{staff.Librarian}, Libraries: libraries})
}

func (b *bundle) account(p staff.Profile) staff.Account {
	b.Helper()
	a, err := b.staff.Add(b.ctx, p, "шест зелени круши")
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// person makes a conversation in which a question was asked.
func (b *bundle) person(key string) int64 {
	b.Helper()
	var id int64
	err := b.pool.QueryRow(b.ctx, `
		WITH k AS (INSERT INTO contacts (channel, key, created_at) VALUES ('web', $1, now()) RETURNING id)
		INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM k RETURNING id`, key).Scan(&id)
	if err != nil {
		b.Fatal(err)
	}
	b.says(id, "трябва ми съдебно")
	return id
}

func (b *bundle) says(conversation int64, text string) {
	b.Helper()
	b.exec(`INSERT INTO messages (conversation, sender, kind, text, turn, created_at) VALUES ($1, 'person', 'text', $2, 1, now())`, conversation, text)
}

func (b *bundle) wish(conversation int64) bot.Wish {
	return bot.Wish{Conversation: conversation, Place: "12259", Reason: "asked", Language: "bg", Summary: "трябва ми съдебно"}
}

func (b *bundle) open(w bot.Wish) bot.Ticket {
	b.Helper()
	var t bot.Ticket
	err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
		t, err = b.desk.Open(b.ctx, tx, w)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func (b *bundle) holder(conversation int64) string {
	b.Helper()
	c, ok, err := b.conversations.Conversation(b.ctx, conversation)
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	return c.Holder
}

// heard gives the system's notices and the librarian's words, as the person reads them.
func (b *bundle) heard(conversation int64) []string {
	b.Helper()
	messages, err := b.conversations.Messages(b.ctx, conversation, 0, 100)
	if err != nil {
		b.Fatal(err)
	}
	var texts []string
	for _, m := range messages {
		if m.From != bot.Person {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func (b *bundle) state(ticket int64) (state, outcome, summary, helpPoint string) {
	b.Helper()
	err := b.pool.QueryRow(b.ctx, `
		SELECT state, coalesce(outcome, ''), summary, coalesce(help_point, '') FROM tickets WHERE id = $1`, ticket).Scan(&state, &outcome, &summary, &helpPoint)
	if err != nil {
		b.Fatal(err)
	}
	return
}

func TestNobodyOnTheStaff(t *testing.T) {
	b := setup(t)
	c := b.person("a")
	// An account that is kept out, one that never chose a password and one that doesn't answer people are nobody.
	b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin, staff.Editor}})
	off := b.librarian("off@example.bg", "vratsa")
	if err := b.staff.SetActive(b.ctx, 0, off.ID, false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.staff.Invite(b.ctx, 0, staff.Profile{Email: "new@example.bg", Roles: []staff.Role{staff.Librarian}}); err != nil {
		t.Fatal(err)
	}
	offer, err := b.desk.Offer(b.ctx, b.pool, b.wish(c))
	if err != nil || offer.Staffed {
		t.Errorf("offer %+v, %v", offer, err)
	}
	if _, err := b.desk.Open(b.ctx, b.pool, b.wish(c)); !errors.Is(err, ErrUnstaffed) {
		t.Errorf("open: %v", err)
	}
	if _, ok, err := b.desk.Status(b.ctx, b.pool, c); ok || err != nil {
		t.Errorf("a ticket was opened: %v, %v", ok, err)
	}
}

func TestOfferSaysWhereAndWhen(t *testing.T) {
	b := setup(t)
	b.librarian("v@example.bg", "vratsa")
	b.librarian("m@example.bg", "mezdra")
	b.librarian("pool@example.bg")
	offer, err := b.desk.Offer(b.ctx, b.pool, b.wish(b.person("a")))
	if err != nil {
		t.Fatal(err)
	}
	if !offer.Staffed || offer.HelpPoint != "vratsa" || offer.Name != "Библиотека Враца" || !offer.Pool || offer.WhyHere != "console.why_own" {
		t.Errorf("offer %+v", offer)
	}
	if offer.OpenNow == nil || *offer.OpenNow || !offer.NextOpen.Equal(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)) {
		t.Errorf("closed on Sunday, opens on Monday at 9:00 in Sofia: %v, %v", offer.OpenNow, offer.NextOpen)
	}
	if !slices.Equal(offer.Others, []bot.OfferedTo{{ID: "mezdra", Name: "Библиотека Мездра"}}) {
		t.Errorf("others %+v", offer.Others)
	}
}

func TestPresencePrefersAndIsForgotten(t *testing.T) {
	b := setup(t)
	b.exec(`INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, offers, source, origin, changed_by)
		VALUES ('branch', 'branch', 'Филиал', 'филиал', '12259', '', '', '', '', '{}', 'test', 'starter', 'test')`)
	b.librarian("v@example.bg", "vratsa")
	branch := b.librarian("b@example.bg", "branch")
	where := func() string {
		t.Helper()
		if err := b.desk.look(b.ctx); err != nil {
			t.Fatal(err)
		}
		offer, err := b.desk.Offer(b.ctx, b.pool, b.wish(1))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(offer.HelpPoint, " ", offer.Present)
	}
	if got := where(); got != "vratsa false" {
		t.Error(got)
	}
	b.desk.Here(b.ctx, branch)
	if got := where(); got != "branch true" {
		t.Error(got)
	}
	b.desk.Gone(b.ctx, branch.ID)
	if got := where(); got != "vratsa false" {
		t.Error(got)
	}
}

func TestOneOpenTicketPerConversation(t *testing.T) {
	b := setup(t)
	b.librarian("v@example.bg", "vratsa")
	a, c := b.person("a"), b.person("c")
	first, again := b.open(b.wish(a)), b.open(b.wish(a))
	if first.ID != again.ID || first.Position != 1 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if second := b.open(b.wish(c)); second.Position != 2 {
		t.Errorf("second %+v", second)
	}
	if err := b.desk.Cancel(b.ctx, b.pool, a); err != nil {
		t.Fatal(err)
	}
	if now, ok, err := b.desk.Status(b.ctx, b.pool, c); err != nil || !ok || now.Position != 1 {
		t.Errorf("moved up: %+v, %v", now, err)
	}
	if third := b.open(b.wish(a)); third.ID == first.ID || third.Position != 2 {
		t.Errorf("after a withdrawal: %+v", third)
	}
}

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
	if err := b.desk.Close(b.ctx, ticket.ID, a, "nonsense"); !errors.As(err, &fault) {
		t.Errorf("an unknown outcome: %v", err)
	}
	if err := b.desk.Close(b.ctx, ticket.ID, other, Solved); !errors.Is(err, ErrNotYours) {
		t.Errorf("another closes it: %v", err)
	}
	if err := b.desk.Close(b.ctx, ticket.ID, a, Solved); err != nil {
		t.Fatal(err)
	}
	if b.holder(c) != "" {
		t.Error("the bot does not hold it again")
	}
	want := []string{i18n.T("bg", "console.notice_claimed", a.Name), "Добър ден!\nЕто връзката.", i18n.T("bg", "console.notice_closed")}
	if heard := b.heard(c); !slices.Equal(heard, want) {
		t.Errorf("the person reads %q, want %q", heard, want)
	}
	if state, outcome, summary, _ := b.state(ticket.ID); state != "closed" || outcome != "solved" || summary != "" {
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

func TestForgetLeavesNothingOfThePerson(t *testing.T) {
	b := setup(t)
	a := b.librarian("a@example.bg", "vratsa")
	c := b.person("a")
	ticket := b.open(b.wish(c))
	if err := b.desk.Claim(b.ctx, ticket.ID, a); err != nil {
		t.Fatal(err)
	}
	found, _, _ := b.conversations.Conversation(b.ctx, c)
	err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		if err := b.desk.Forget(b.ctx, tx, found.Contact); err != nil {
			return err
		}
		return b.conversations.Forget(b.ctx, tx, found.Contact)
	})
	if err != nil {
		t.Fatal(err)
	}
	var left int
	if err := b.pool.QueryRow(b.ctx, `
		SELECT count(*) FROM tickets WHERE conversation IS NOT NULL OR summary <> '' OR place <> '' OR state <> 'closed'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tickets still tell of the person: %v", left, err)
	}
	if b.holder(c) != "" {
		t.Error("still held")
	}
	if queue, err := b.desk.Queue(b.ctx, a); err != nil || len(queue) != 0 {
		t.Errorf("queue %+v, %v", queue, err)
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
