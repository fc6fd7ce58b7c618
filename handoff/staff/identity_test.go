package staff

import (
	"errors"
	"testing"

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
