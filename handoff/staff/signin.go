package staff

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrSignIn says that e-mail and password don't fit. It never says which, nor whether the account exists.
var ErrSignIn = errors.New("e-mail and password don't fit")

// TooMany says that signing in is paused.
type TooMany struct{ RetryAfter time.Duration }

func (t *TooMany) Error() string { return fmt.Sprintf("too many tries, again in %s", t.RetryAfter) }

// triesWindow is how long failed tries are remembered, counted from the first.
const triesWindow = 15 * time.Minute

// Failed tries allowed within the window. The pair of account and address is the tight one: an account alone allows
// more, so that a stranger can't easily lock a librarian out, and an address too, because a library shares one.
const (
	triesPair    = 5
	triesAccount = 30
	triesAddress = 30
)

// From says where a sign-in comes from.
type From struct {
	Address netip.Addr // of the client, behind trusted proxies
	Agent   string     // «Firefox, Linux», at most 80 characters
	Old     Token      // the browser's earlier session, which ends
}

// SignIn gives the token of a new session. Errors: ErrSignIn, *TooMany.
func (s *Store) SignIn(ctx context.Context, email, password string, from From) (Token, Account, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	limits := limitsOf(email, from.Address)
	if err := s.try(ctx, limits); err != nil {
		return "", Account{}, err
	}
	var id int64
	var hash string
	err := s.db.QueryRow(ctx, `
		SELECT id, password_hash FROM staff WHERE email = $1 AND active AND password_hash IS NOT NULL`, email).Scan(&id, &hash)
	if err != nil && err != pgx.ErrNoRows {
		return "", Account{}, fmt.Errorf("sign in: %w", err)
	}
	right, err := s.verify(ctx, hash, password)
	if err != nil {
		return "", Account{}, fmt.Errorf("sign in: %w", err)
	}
	if !right {
		act := Act{Verb: "session.refuse"}
		if id != 0 {
			act.Subject = subject(id)
		}
		if err := s.Door(ctx, act, func(pgx.Tx, *Act) error { return nil }); err != nil {
			return "", Account{}, fmt.Errorf("sign in: %w", err)
		}
		return "", Account{}, ErrSignIn
	}
	return s.open(ctx, id, from, limits)
}

// open starts a session for an account whose password was right, or just set.
func (s *Store) open(ctx context.Context, id int64, from From, limits []limit) (Token, Account, error) {
	var token Token
	var a Account
	err := s.Door(ctx, Act{By: id, Verb: "session.begin"}, func(tx pgx.Tx, act *Act) error {
		var ok bool
		var err error
		a, ok, err = account(ctx, tx, `SELECT `+accountColumns+` FROM staff s WHERE s.id = $1 AND s.active`, id)
		if err != nil {
			return err
		}
		if !ok {
			return ErrSignIn
		}
		for _, l := range limits {
			if err := l.forgive(ctx, tx); err != nil {
				return err
			}
		}
		var session int64
		token, session, err = begin(ctx, tx, id, from.Old, from.Agent)
		act.Subject = fmt.Sprintf("session:%d", session)
		return err
	})
	if err != nil {
		return "", Account{}, fmt.Errorf("sign in account %d: %w", id, err)
	}
	return token, a, nil
}

// SignInNew starts the session of somebody who has just set a password by a one-time link.
func (s *Store) SignInNew(ctx context.Context, a Account, from From) (Token, error) {
	token, _, err := s.open(ctx, a.ID, from, nil)
	return token, err
}

// ChangePassword sets a new password for somebody who knows the old one, ends all the account's sessions,
// and gives the token of a new one. Errors: ErrSignIn, *TooMany, *Fault.
func (s *Store) ChangePassword(ctx context.Context, id int64, old, fresh string, from From) (Token, error) {
	var email, hash string
	err := s.db.QueryRow(ctx, `SELECT email, coalesce(password_hash, '') FROM staff WHERE id = $1 AND active`, id).Scan(&email, &hash)
	if err != nil {
		return "", fmt.Errorf("change password of account %d: %w", id, err)
	}
	limits := limitsOf(email, from.Address)
	if err := s.try(ctx, limits); err != nil {
		return "", err
	}
	right, err := s.verify(ctx, hash, old)
	if err != nil {
		return "", fmt.Errorf("change password of account %d: %w", id, err)
	}
	if !right {
		return "", ErrSignIn
	}
	freshHash, err := s.newPassword(ctx, fresh, email)
	if err != nil {
		return "", err
	}
	var token Token
	err = s.Door(ctx, Act{By: id, Verb: "account.password", Subject: subject(id)}, func(tx pgx.Tx, _ *Act) error {
		tag, err := tx.Exec(ctx, `UPDATE staff SET password_hash = $2 WHERE id = $1 AND active AND password_hash = $3`, id, freshHash, hash)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrSignIn
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_sessions WHERE staff = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_links WHERE staff = $1`, id); err != nil {
			return err
		}
		for _, l := range limits {
			if err := l.forgive(ctx, tx); err != nil {
				return err
			}
		}
		token, _, err = begin(ctx, tx, id, from.Old, from.Agent)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("change password of account %d: %w", id, err)
	}
	return token, nil
}

// limit is a counter of tries. A success forgives all of an account's, but only its own one try of an address's:
// otherwise somebody with an account could guess others' passwords for ever.
type limit struct {
	key     []byte
	most    int
	address bool
}

func limitsOf(email string, address netip.Addr) []limit {
	// A household or an office has a whole /64 of IPv6 addresses to try from.
	network := address.Unmap()
	where := network.String()
	if network.Is6() {
		if p, err := network.WithZone("").Prefix(64); err == nil {
			where = p.String()
		}
	}
	key := func(parts ...string) []byte {
		h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
		return h[:]
	}
	// Always in this order, so that two sign-ins never wait for each other in a circle.
	return []limit{
		{key: key("address", where), most: triesAddress, address: true},
		{key: key("account", email), most: triesAccount},
		{key: key("pair", email, where), most: triesPair},
	}
}

// try counts a try before it is made, so that many at once don't slip through. What was refused isn't counted on.
func (s *Store) try(ctx context.Context, limits []limit) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		for _, l := range limits {
			var tries int
			var left time.Duration
			err := tx.QueryRow(ctx, `
				INSERT INTO staff_sign_in_tries AS t (key, tries) VALUES ($1, 1)
				ON CONFLICT (key) DO UPDATE SET
					tries = CASE WHEN t.since < now() - $2::interval THEN 1 ELSE t.tries + 1 END,
					since = CASE WHEN t.since < now() - $2::interval THEN now() ELSE t.since END
				RETURNING t.tries, t.since + $2::interval - now()`, l.key, triesWindow).Scan(&tries, &left)
			if err != nil {
				return err
			}
			if tries > l.most {
				return &TooMany{RetryAfter: max(left, time.Second)}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count try to sign in: %w", err)
	}
	return nil
}

func (l limit) forgive(ctx context.Context, tx pgx.Tx) error {
	var err error
	if l.address {
		_, err = tx.Exec(ctx, `UPDATE staff_sign_in_tries SET tries = greatest(tries - 1, 0) WHERE key = $1`, l.key)
	} else {
		_, err = tx.Exec(ctx, `DELETE FROM staff_sign_in_tries WHERE key = $1`, l.key)
	}
	return err
}

// Sweep removes what has ended: sessions, links, codes and counted tries.
func (s *Store) Sweep(ctx context.Context) error {
	_, err := s.db.Exec(ctx, `
		WITH sessions AS (DELETE FROM staff_sessions WHERE expires_at < now() OR seen_at < now() - $1::interval),
		     links AS (DELETE FROM staff_links WHERE expires_at < now()),
		     codes AS (DELETE FROM staff_telegram_codes WHERE expires_at < now())
		DELETE FROM staff_sign_in_tries WHERE since < now() - $2::interval`, SessionIdle, triesWindow)
	if err != nil {
		return fmt.Errorf("sweep sessions: %w", err)
	}
	return nil
}
