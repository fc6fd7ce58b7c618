package handoff

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
)

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
	if !offer.Staffed || offer.HelpPoint != "vratsa" || offer.Name != "Библиотека Враца" || !offer.Pool || offer.Why.Key != "console.why_own" {
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

func TestWhoWorksInAGroupIsThereWhileTheLibraryIsOpen(t *testing.T) {
	b := setup(t)
	v := b.librarian("v@example.bg", "vratsa", "mezdra")
	m := b.librarian("m@example.bg", "mezdra")
	pool := b.librarian("p@example.bg")
	b.desk.HereInGroup(b.ctx, v, "vratsa")
	b.desk.HereInGroup(b.ctx, m, "mezdra")
	b.desk.HereInGroup(b.ctx, m, "vratsa") // whose group it is, and whom they serve, are two things
	b.desk.HereInGroup(b.ctx, pool, "")
	for _, c := range []struct {
		at   string
		want string
	}{
		{"2026-11-23 10:00", "vratsa:free mezdra:free pool:free v m p"}, // Monday: Vratsa is open; nobody knows Mezdra's hours, and office hours stand in
		{"2026-11-24 10:00", "vratsa:none mezdra:free pool:free m p"},   // Vratsa is closed on Tuesdays
		{"2026-11-22 22:00", "vratsa:none mezdra:none pool:none"},
	} {
		b.clock(c.at)
		if err := b.desk.look(b.ctx); err != nil {
			t.Fatal(err)
		}
		s, _, err := b.desk.situation(b.ctx, b.pool, "12259")
		if err != nil {
			t.Fatal(err)
		}
		rooms := map[string]string{}
		for _, q := range append(s.libraries, s.pool) {
			rooms[q.id()] = map[room]string{roomNone: "none", roomFree: "free", roomBusy: "busy"}[q.room]
		}
		got := fmt.Sprintf("vratsa:%s mezdra:%s pool:%s", rooms["vratsa"], rooms["mezdra"], rooms[""])
		for _, a := range []staff.Account{v, m, pool} {
			if b.desk.Present(a.ID) {
				got += " " + a.Email[:1]
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.at, got, c.want)
		}
	}
	// In the group of Vratsa one does not hear of Mezdra's tickets.
	b.clock("2026-11-23 10:00")
	if err := b.desk.look(b.ctx); err != nil {
		t.Fatal(err)
	}
	if here := b.desk.here.Load(); !here.at(v.ID, "vratsa") || here.at(v.ID, "mezdra") || here.at(m.ID, "vratsa") {
		t.Errorf("there: %+v", here)
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

func TestWhoAskedForAPersonFirstIsSeenByWhatTheyWroteNext(t *testing.T) {
	b := setup(t)
	a := b.librarian("a@example.bg", "vratsa")
	c := b.person("a")
	wish := b.wish(c)
	wish.Summary = ""
	b.open(wish)
	seen := func() string {
		t.Helper()
		queue, err := b.desk.Queue(b.ctx, a)
		if err != nil || len(queue) != 1 {
			t.Fatalf("queue %+v, %v", queue, err)
		}
		return queue[0].Summary
	}
	if s := seen(); s != "" {
		t.Errorf("before a word: %q", s)
	}
	b.says(c, "имам ли глоби")
	b.says(c, "за колата")
	if s := seen(); s != "имам ли глоби" {
		t.Errorf("after two: %q", s)
	}
}
