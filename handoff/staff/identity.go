package staff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Identity is a person as an OpenID Connect provider knows them.
type Identity struct {
	Issuer, Subject string // together they name the person for ever
	Email           string
	EmailVerified   bool      // the provider has seen that the address is theirs
	At              time.Time // when the provider saw who it was; zero: it doesn't say
}

// The ways over a provider, as the audit log has them. Who comes by the first has shown it who they are a moment ago, which is a proof of the session:
// they may have no password to prove themselves with. Who comes by the second may sit at a desk that was left open, signed in with the provider for
// hours: they come in, and prove nothing.
const (
	byProvider    = "provider"
	byOldProvider = "provider-old"
)

// providerAhead is how much a provider's clock may be ahead of ours.
const providerAhead = time.Minute

var (
	// ErrNoAccount says that there is no account for somebody whom a provider knows, that it is kept out, or that it is linked with somebody else there.
	ErrNoAccount = errors.New("no account for this person")
	// ErrUnverified says that the provider doesn't vouch for the e-mail address of somebody who isn't linked yet.
	ErrUnverified = errors.New("the provider has not verified the e-mail address")
)

// SignInIdentity gives the token of a new session for somebody whom a provider has recognised. The first time it links them, by their verified
// e-mail address, with an account that is there already; from then on the provider's own number counts. It makes no accounts and gives no roles.
// Errors: ErrNoAccount, ErrUnverified, *CodeWanted.
func (s *Store) SignInIdentity(ctx context.Context, who Identity, from From) (Token, Account, error) {
	var id int64
	var active bool
	err := s.db.QueryRow(ctx, `
		SELECT s.id, s.active FROM staff_identities i JOIN staff s ON s.id = i.staff
		WHERE i.issuer = $1 AND i.subject = $2`, who.Issuer, who.Subject).Scan(&id, &active)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		if id, err = s.linkIdentity(ctx, who); err != nil {
			return "", Account{}, err
		}
	case err != nil:
		return "", Account{}, fmt.Errorf("sign in by a provider: %w", err)
	case !active:
		return "", Account{}, s.refuseIdentity(ctx, id)
	}
	way := byProvider
	if age := s.now().Sub(who.At); age > ProofLife || age < -providerAhead {
		way = byOldProvider
	}
	token, a, err := s.enter(ctx, id, way, from, nil)
	if errors.Is(err, ErrSignIn) { // kept out a moment ago
		err = ErrNoAccount
	}
	return token, a, err
}

// linkIdentity links an account with somebody who comes from a provider for the first time.
func (s *Store) linkIdentity(ctx context.Context, who Identity) (int64, error) {
	if !who.EmailVerified { // before we look: the answer mustn't tell whether there is such an account
		return 0, ErrUnverified
	}
	var id int64
	var hasPassword bool
	email := strings.ToLower(strings.TrimSpace(who.Email))
	err := s.db.QueryRow(ctx, `SELECT id, password_hash IS NOT NULL FROM staff WHERE email = $1 AND active`, email).Scan(&id, &hasPassword)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, s.refuseIdentity(ctx, 0)
	}
	if err != nil {
		return 0, fmt.Errorf("find the account of a provider's person: %w", err)
	}
	unguessable := ""
	if !hasPassword {
		// The invitation is accepted this way. The account gets a password that nobody knows, so that it counts as one that signs in.
		if unguessable, err = s.hash(ctx, string(newToken())); err != nil {
			return 0, err
		}
	}
	act := Act{By: id, Verb: "account.identity-link", Subject: subject(id), Detail: map[string]any{"issuer": who.Issuer}}
	err = s.Door(ctx, act, func(tx pgx.Tx, _ *Act) error {
		// Locked, and still of that address: an administrator who changes it cuts the provider off, and mustn't come between.
		tag, err := tx.Exec(ctx, `
			INSERT INTO staff_identities (issuer, subject, staff)
			SELECT $1, $2, s.id FROM staff s WHERE s.id = $3 AND s.email = $4 AND s.active FOR UPDATE
			ON CONFLICT DO NOTHING`, who.Issuer, who.Subject, id, email)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNoAccount
		}
		if unguessable == "" {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE staff SET password_hash = $2 WHERE id = $1 AND password_hash IS NULL`, id, unguessable); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM staff_links WHERE staff = $1`, id)
		return err
	})
	if errors.Is(err, ErrNoAccount) {
		return 0, s.refuseIdentity(ctx, id)
	}
	if err != nil {
		return 0, fmt.Errorf("link account %d with a provider: %w", id, err)
	}
	return id, nil
}

func (s *Store) refuseIdentity(ctx context.Context, id int64) error {
	if err := s.refuse(ctx, id, "provider"); err != nil {
		return err
	}
	return ErrNoAccount
}
