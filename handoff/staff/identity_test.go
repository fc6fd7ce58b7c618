package staff

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestANewAddressComesBeforeTheProvider changes an account's e-mail address between a provider's look and its link.
func TestANewAddressComesBeforeTheProvider(t *testing.T) {
	ctx, s, pool := setup(t)
	a := add(t, s, "a@example.bg", Librarian)
	tx, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, `UPDATE staff SET email = 'new@example.bg' WHERE id = $1`, a.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := s.SignInIdentity(ctx, Identity{Issuer: "https://p", Subject: "1", Email: "a@example.bg", EmailVerified: true}, From{})
		done <- err
	}()
	for waits := false; !waits; {
		err := pool.QueryRow(ctx, `
			SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			t.Fatalf("it doesn't wait for the administrator: %v", err)
		default:
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrNoAccount) {
		t.Errorf("the old address is let in: %v", err)
	}
	if err := pool.QueryRow(ctx, `SELECT 1 FROM staff_identities`).Scan(new(int)); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("it is linked: %v", err)
	}
}

// TestAnOldSignInAtTheProviderProvesNothing comes in with what a browser holds that was left open, and with a provider that tells no time.
func TestAnOldSignInAtTheProviderProvesNothing(t *testing.T) {
	ctx, s, _ := setup(t)
	a := add(t, s, "a@example.bg", Librarian)
	for name, c := range map[string]struct {
		at    time.Time
		fresh bool
	}{
		"a moment ago":         {s.now().Add(-time.Minute), true},
		"its clock is ahead":   {s.now().Add(30 * time.Second), true},
		"an hour ago":          {s.now().Add(-time.Hour), false},
		"in an hour":           {s.now().Add(time.Hour), false},
		"it doesn't say, ever": {time.Time{}, false},
	} {
		token, _, err := s.SignInIdentity(ctx, Identity{Issuer: "https://p", Subject: "1", Email: a.Email, EmailVerified: true, At: c.at}, From{})
		if err != nil {
			t.Fatal(name, err)
		}
		session, _, ok, err := s.Session(ctx, token)
		if err != nil || !ok || session.Proved != c.fresh || session.Young != c.fresh {
			t.Errorf("%s: proved %v, young %v, %v", name, session.Proved, session.Young, err)
		}
		if err := s.Prove(ctx, session.ID, a, goodPassword); err != nil {
			t.Errorf("%s: the password proves nothing: %v", name, err)
		}
		if session, _, _, err := s.Session(ctx, token); err != nil || !session.Proved || !session.Young {
			t.Errorf("%s: after a proof: %+v, %v", name, session, err)
		}
	}
}
