package staff

import (
	"errors"
	"testing"
)

// TestAnotherAddressEndsWhatTheOldOneOpened gives an account to somebody else while a link, a code and a Telegram of its holder before are about.
func TestAnotherAddressEndsWhatTheOldOneOpened(t *testing.T) {
	ctx, s, pool := setup(t)
	admin, a := add(t, s, "admin@example.bg", Admin), add(t, s, "maria@exmaple.bg", Librarian)
	link, err := s.Link(ctx, admin.ID, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	code := func() Code {
		code, err := s.TelegramCode(ctx, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if _, _, err := s.LinkTelegram(ctx, 70, string(code())); err != nil {
		t.Fatal(err)
	}
	waiting := code()
	p := Profile{Email: a.Email, Name: "Мария", Roles: a.Roles}
	if lost, err := s.Change(ctx, admin.ID, a, p); err != nil || lost != 0 {
		t.Fatal(lost, err)
	}
	if _, _, ok, err := s.LinkPurpose(ctx, link); !ok || err != nil {
		t.Errorf("another name ends a link: %v", err)
	}
	a.Name, p.Email = p.Name, "maria@example.bg"
	if lost, err := s.Change(ctx, admin.ID, a, p); err != nil || lost != 70 {
		t.Errorf("who is told that the link with Telegram has ended: %d, %v", lost, err)
	}
	if _, err := s.SetPassword(ctx, link, "друга дълга парола"); !errors.Is(err, ErrNotFound) {
		t.Errorf("what was sent to the old address sets a password: %v", err)
	}
	if _, ok, err := s.TelegramOf(ctx, pool, a.ID); ok || err != nil {
		t.Errorf("the old holder's Telegram is linked: %v", err)
	}
	if _, _, err := s.LinkTelegram(ctx, 71, string(waiting)); !errors.Is(err, ErrNotFound) {
		t.Errorf("the old holder's code links: %v", err)
	}
}

// TestAChangeOfWhatWasNotSeenIsRefused changes an account as it was before a colleague took a role from it.
func TestAChangeOfWhatWasNotSeenIsRefused(t *testing.T) {
	ctx, s, _ := setup(t)
	admin, seen := add(t, s, "admin@example.bg", Admin), add(t, s, "m@example.bg", Admin, Librarian)
	if _, err := s.Change(ctx, admin.ID, seen, Profile{Email: seen.Email, Name: seen.Name, Roles: []Role{Librarian}}); err != nil {
		t.Fatal(err)
	}
	var fault *Fault
	if _, err := s.Change(ctx, seen.ID, seen, Profile{Email: seen.Email, Name: seen.Name, Roles: seen.Roles}); !errors.As(err, &fault) || fault.Field != "mark" {
		t.Errorf("the role is given back: %v", err)
	}
	if now, _, err := s.Account(ctx, seen.ID); err != nil || now.Is(Admin) {
		t.Errorf("%v, %v", now.Roles, err)
	}
}
