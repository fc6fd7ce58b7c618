package handoff

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
)

const madeUpPhone = "0888 765 432"

// withVault lets the bundle's desk keep contacts; its clock stands at now.
func (b *bundle) withVault(now *time.Time) {
	b.Helper()
	v, err := NewVault(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		b.Fatal(err)
	}
	b.desk.vault, b.desk.now = v, func() time.Time { return *now }
}

func (b *bundle) leaves(conversation int64, value string) bool {
	b.Helper()
	var kept bool
	err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
		kept, err = b.desk.KeepContact(b.ctx, tx, conversation, bot.CallMe{Kind: "phone", Value: value})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return kept
}

// sealed gives what the database holds of a ticket's contact.
func (b *bundle) sealed(ticket int64) []byte {
	b.Helper()
	var sealed []byte
	if err := b.pool.QueryRow(b.ctx, `SELECT contact FROM tickets WHERE id = $1`, ticket).Scan(&sealed); err != nil {
		b.Fatal(err)
	}
	return sealed
}

func TestContactIsSealedAndSeenByTheHolderAlone(t *testing.T) {
	b := setup(t)
	now := time.Now()
	b.withVault(&now)
	maria, other := b.librarian("maria@example.bg", "vratsa"), b.librarian("ivan@example.bg", "vratsa")
	boss := b.account(staff.Profile{Email: "boss@example.bg", Roles: []staff.Role{staff.Supervisor}})
	conversation := b.person("a")
	if b.leaves(conversation, madeUpPhone) {
		t.Error("kept without a ticket")
	}
	ticket := b.open(b.wish(conversation))
	if !b.leaves(conversation, "0888 000 000") || !b.leaves(conversation, madeUpPhone) {
		t.Fatal("not kept")
	}
	sealed := b.sealed(ticket.ID)
	for _, plain := range []string{madeUpPhone, "765", "0888"} {
		if bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("the database holds %q", plain)
		}
	}
	for _, a := range []staff.Account{maria, boss} { // nobody holds it yet
		if _, err := b.desk.Contact(b.ctx, ticket.ID, a); !errors.Is(err, ErrNotYours) {
			t.Error(a.Email, err)
		}
	}
	if err := b.desk.Claim(b.ctx, ticket.ID, maria); err != nil {
		t.Fatal(err)
	}
	for _, a := range []staff.Account{other, boss} {
		if _, err := b.desk.Contact(b.ctx, ticket.ID, a); !errors.Is(err, ErrNotYours) {
			t.Error(a.Email, err)
		}
	}
	if seen, ok, err := b.desk.Ticket(b.ctx, boss, ticket.ID); err != nil || !ok || seen.Contact != "phone" {
		t.Error(seen.Contact, err)
	}
	if value, err := b.desk.Contact(b.ctx, ticket.ID, maria); err != nil || value != madeUpPhone {
		t.Errorf("the holder sees %q, %v", value, err)
	}
	var looks int
	err := b.pool.QueryRow(b.ctx, `SELECT count(*) FROM audit_log WHERE verb = 'ticket.contact' AND staff = $1 AND subject = $2`, maria.ID, fmt.Sprintf("ticket:%d", ticket.ID)).Scan(&looks)
	if err != nil || looks != 1 {
		t.Errorf("%d looks in the audit log, %v", looks, err)
	}
	if err := b.desk.Return(b.ctx, ticket.ID, maria); err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Contact(b.ctx, ticket.ID, maria); !errors.Is(err, ErrNotYours) {
		t.Error("who gave the ticket back still sees it:", err)
	}
}

func TestContactGoesSevenDaysAfterClosing(t *testing.T) {
	b := setup(t)
	now := time.Now()
	b.withVault(&now)
	maria := b.librarian("maria@example.bg", "vratsa")
	open, closed := b.open(b.wish(b.person("a"))), b.person("b")
	ticket := b.open(b.wish(closed))
	b.leaves(closed, madeUpPhone)
	if err := b.desk.Claim(b.ctx, ticket.ID, maria); err != nil {
		t.Fatal(err)
	}
	if err := b.desk.Close(b.ctx, ticket.ID, maria, helped); err != nil {
		t.Fatal(err)
	}
	now = now.Add(ContactKept - time.Minute)
	if err := b.desk.sweepContacts(b.ctx); err != nil {
		t.Fatal(err)
	}
	if value, err := b.desk.Contact(b.ctx, ticket.ID, maria); err != nil || value != madeUpPhone {
		t.Errorf("a minute before its time: %q, %v", value, err)
	}
	now = now.Add(2 * time.Minute)
	for range 2 { // as of two replicas
		if err := b.desk.sweepContacts(b.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if b.sealed(ticket.ID) != nil {
		t.Error("it is still there after seven days")
	}
	if _, err := b.desk.Contact(b.ctx, ticket.ID, maria); !errors.Is(err, ErrNoContact) {
		t.Error(err)
	}
	events, err := b.desk.Events(b.ctx, ticket.ID)
	gone := 0
	for _, e := range events {
		if e.Kind == "contact-gone" {
			gone++
		}
	}
	if err != nil || gone != 1 {
		t.Errorf("%d times gone, %v", gone, err)
	}
	if state, _, _, _ := b.state(open.ID); state != "waiting" {
		t.Error("another ticket is", state)
	}
}

func TestContactGoesAtOnceWithThePersonsWord(t *testing.T) {
	b := setup(t)
	now := time.Now()
	b.withVault(&now)
	maria := b.librarian("maria@example.bg", "vratsa")
	conversation := b.person("a")
	closed := b.open(b.wish(conversation))
	b.leaves(conversation, madeUpPhone)
	if err := b.desk.Claim(b.ctx, closed.ID, maria); err != nil {
		t.Fatal(err)
	}
	if err := b.desk.Close(b.ctx, closed.ID, maria, helped); err != nil {
		t.Fatal(err)
	}
	withdrawn := b.open(b.wish(conversation))
	b.leaves(conversation, madeUpPhone)
	in := func(do func(tx pgx.Tx) error) {
		t.Helper()
		if err := pgx.BeginFunc(b.ctx, b.pool, do); err != nil {
			t.Fatal(err)
		}
	}
	in(func(tx pgx.Tx) error { return b.desk.Cancel(b.ctx, tx, conversation) })
	if b.sealed(withdrawn.ID) != nil {
		t.Error("kept after the ticket was withdrawn")
	}
	dropped := b.open(b.wish(conversation))
	b.leaves(conversation, madeUpPhone)
	in(func(tx pgx.Tx) error {
		ok, err := b.desk.DropContact(b.ctx, tx, conversation)
		if again, _ := b.desk.DropContact(b.ctx, tx, conversation); !ok || again {
			t.Error("dropped", ok, again)
		}
		return err
	})
	for _, ticket := range []int64{closed.ID, dropped.ID} { // a closed ticket keeps it for a week, but not against the person's word
		if b.sealed(ticket) != nil {
			t.Errorf("ticket %d keeps it after it was taken back", ticket)
		}
	}
	b.leaves(conversation, madeUpPhone)
	var contact int64
	if err := b.pool.QueryRow(b.ctx, `SELECT contact FROM conversations WHERE id = $1`, conversation).Scan(&contact); err != nil {
		t.Fatal(err)
	}
	in(func(tx pgx.Tx) error { return b.desk.Forget(b.ctx, tx, contact) })
	for _, ticket := range []int64{closed.ID, withdrawn.ID, dropped.ID} {
		if b.sealed(ticket) != nil {
			t.Errorf("ticket %d keeps it after /forget", ticket)
		}
	}
}

func TestVaultOpensWithOldKeysAndForNothingElse(t *testing.T) {
	t.Parallel()
	vault := func(keys ...byte) *Vault {
		var secrets [][]byte
		for _, k := range keys {
			secrets = append(secrets, bytes.Repeat([]byte{k}, 32))
		}
		v, err := NewVault(secrets...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	sealed := vault(1).Seal(madeUpPhone, "ticket:1")
	if again := vault(1).Seal(madeUpPhone, "ticket:1"); bytes.Equal(sealed, again) {
		t.Error("the same contact is sealed the same twice")
	}
	if text, err := vault(2, 1).Open(sealed, "ticket:1"); err != nil || text != madeUpPhone {
		t.Error("with the old key behind a new one:", text, err)
	}
	if fresh := vault(2, 1).Seal(madeUpPhone, "ticket:1"); string(fresh[:5]) == string(sealed[:5]) {
		t.Error("sealed with the old key")
	}
	for name, open := range map[string]func() (string, error){
		"another key":    func() (string, error) { return vault(2).Open(sealed, "ticket:1") },
		"another ticket": func() (string, error) { return vault(1).Open(sealed, "ticket:2") },
		"changed": func() (string, error) {
			return vault(1).Open(append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1), "ticket:1")
		},
		"cut off": func() (string, error) { return vault(1).Open(sealed[:4], "ticket:1") },
		"nothing": func() (string, error) { return vault(1).Open(nil, "ticket:1") },
	} {
		if text, err := open(); !errors.Is(err, errSealed) || strings.Contains(text, "0888") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := NewVault(); err == nil {
		t.Error("a vault without a key")
	}
	if _, err := NewVault([]byte("short")); err == nil {
		t.Error("a vault with a short key")
	}
}
