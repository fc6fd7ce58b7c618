package staff

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrSignIn says that e-mail and password don't fit. It never says which, nor whether the account exists.
var ErrSignIn = errors.New("e-mail and password don't fit")

// CodeWanted says that the first step of a sign-in was right and that the account has a second one: FinishSignIn goes on from here.
type CodeWanted struct{ Half Token }

func (*CodeWanted) Error() string { return "the second step of the sign-in is wanted" }

// From says where a sign-in comes from.
type From struct {
	Address netip.Addr // of the client, behind trusted proxies
	Agent   string     // «Firefox, Linux», at most 80 characters
	Old     Token      // the browser's earlier session, which ends
	Device  Token      // that Remember gave to the browser; "": it is not known
}

// SignIn gives the token of a new session. Errors: ErrSignIn, *TooMany, *CodeWanted.
func (s *Store) SignIn(ctx context.Context, email, password string, from From) (Token, Account, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	known, err := s.knows(ctx, email, from.Device)
	if err != nil {
		return "", Account{}, err
	}
	limits := limitsOf(email, from, known)
	if err := s.try(ctx, limits); err != nil {
		return "", Account{}, err
	}
	var id int64
	var hash string
	err = s.db.QueryRow(ctx, `
		SELECT id, password_hash FROM staff WHERE email = $1 AND active AND password_hash IS NOT NULL`, email).Scan(&id, &hash)
	if err != nil && err != pgx.ErrNoRows {
		return "", Account{}, fmt.Errorf("sign in: %w", err)
	}
	right, err := s.look(ctx, hash, password, limits)
	if err != nil {
		return "", Account{}, fmt.Errorf("sign in: %w", err)
	}
	if !right {
		if id == 0 {
			err = s.pretend(ctx, limits)
		}
		if err == nil {
			err = s.refuse(ctx, id, "password")
		}
		if err != nil {
			return "", Account{}, err
		}
		return "", Account{}, ErrSignIn
	}
	if s.weaker(hash) {
		if err := s.rehash(ctx, id, hash, password); err != nil {
			return "", Account{}, err
		}
	}
	return s.enter(ctx, id, "password", from, limits)
}

// refuse records a sign-in that was refused; id 0 is an account that there isn't: it is counted and no more, or a stranger could fill the audit
// log, from which nothing is deleted for years. Tries at an account are few, because they wait for each other.
func (s *Store) refuse(ctx context.Context, id int64, step string) error {
	if id == 0 {
		s.refused.WithLabelValues(step, "unknown").Inc()
		return nil
	}
	s.refused.WithLabelValues(step, "known").Inc()
	act := Act{Verb: "session.refuse", Subject: subject(id), Detail: map[string]any{"step": step}}
	if err := s.Door(ctx, act, func(pgx.Tx, *Act) error { return nil }); err != nil {
		return fmt.Errorf("refuse a sign-in: %w", err)
	}
	return nil
}

// pretend commits for an account that there isn't as refuse does for one that there is, or the time of the answer would tell them apart. It writes again
// what the try has counted, so that nothing grows.
func (s *Store) pretend(ctx context.Context, limits []limit) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE staff_sign_in_tries SET tries = tries WHERE key = $1`, s.keyOf(limits[len(limits)-1]))
		return err
	})
	if err != nil {
		return fmt.Errorf("refuse a sign-in: %w", err)
	}
	return nil
}

// rehash replaces a hash that was made with weaker parameters; of two at once the first one's stays.
func (s *Store) rehash(ctx context.Context, id int64, old, password string) error {
	fresh, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, `UPDATE staff SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, id, old, fresh); err != nil {
		return fmt.Errorf("strengthen the password's hash of account %d: %w", id, err)
	}
	return nil
}

// enter goes on after a first step that was right: to a session, or with *CodeWanted to the second step. way is what the first step was.
func (s *Store) enter(ctx context.Context, id int64, way string, from From, limits []limit) (Token, Account, error) {
	a, ok, err := s.Account(ctx, id)
	if err == nil && (!ok || !a.Active) {
		err = ErrSignIn
	}
	if err == nil && a.SecondStep {
		var half Token
		if half, err = s.halfSession(ctx, id, limits); err == nil {
			err = &CodeWanted{Half: half}
		}
	}
	if err != nil {
		return "", Account{}, fmt.Errorf("sign in account %d: %w", id, err)
	}
	return s.open(ctx, id, way, from, limits, nil)
}

// open starts the session of an account that has proved itself. last is the last check, in the same transaction; nil is none.
func (s *Store) open(ctx context.Context, id int64, way string, from From, limits []limit, last func(pgx.Tx, Account, *Act) error) (Token, Account, error) {
	var token Token
	var a Account
	act := Act{By: id, Verb: "session.begin", Detail: map[string]any{"way": way}}
	err := s.Door(ctx, act, func(tx pgx.Tx, act *Act) error {
		var ok bool
		var err error
		a, ok, err = account(ctx, tx, `SELECT `+accountColumns+` FROM staff s WHERE s.id = $1 AND s.active`, id)
		if err != nil {
			return err
		}
		if !ok {
			return ErrSignIn
		}
		if last != nil {
			err = last(tx, a, act)
		} else if a.SecondStep { // turned on since the first step
			err = ErrSignIn
		}
		if err != nil {
			return err
		}
		if err := s.forgive(ctx, tx, limits); err != nil {
			return err
		}
		var session int64
		token, session, err = begin(ctx, tx, id, from.Old, from.Agent)
		switch {
		case err != nil:
		case way == byProvider:
			err = prove(ctx, tx, session)
		case way == byOldProvider:
			_, err = tx.Exec(ctx, `UPDATE staff_sessions SET proved_at = '-infinity' WHERE id = $1`, session)
		}
		act.Subject = fmt.Sprintf("session:%d", session)
		return err
	})
	if err != nil {
		return "", Account{}, fmt.Errorf("sign in account %d: %w", id, err)
	}
	return token, a, nil
}

// SignInNew starts the session of somebody who has just set a password by a one-time link. Errors: *CodeWanted: who reads somebody's mail
// doesn't have their phone.
func (s *Store) SignInNew(ctx context.Context, a Account, from From) (Token, error) {
	token, _, err := s.enter(ctx, a.ID, "link", from, nil)
	return token, err
}

// ChangePassword sets a new password for somebody who knows the old one, ends all the account's sessions, and gives the token of a new one. The old
// one counts as a proof of the session that it is typed in. Errors: ErrSignIn, *TooMany, *Fault, ErrNotFound where the session has ended, as it does
// with the fifth wrong one.
func (s *Store) ChangePassword(ctx context.Context, id, session int64, old, fresh string, from From) (Token, error) {
	var email, hash string
	err := s.db.QueryRow(ctx, `SELECT email, coalesce(password_hash, '') FROM staff WHERE id = $1 AND active`, id).Scan(&email, &hash)
	if err != nil {
		return "", fmt.Errorf("change password of account %d: %w", id, err)
	}
	limits, err := s.tryProof(ctx, session)
	if err != nil {
		return "", err
	}
	right, err := s.look(ctx, hash, old, limits)
	if err != nil {
		return "", fmt.Errorf("change password of account %d: %w", id, err)
	}
	if !right {
		return "", s.refuseProof(ctx, id, session, "password", ErrSignIn)
	}
	// At once: a new one that isn't taken makes the right old one no wrong proof.
	if err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error { return s.forgive(ctx, tx, limits) }); err != nil {
		return "", fmt.Errorf("change password of account %d: %w", id, err)
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
		if err := endSessions(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_links WHERE staff = $1`, id); err != nil {
			return err
		}
		if err := dropTelegramCode(ctx, tx, id); err != nil {
			return err
		}
		token, _, err = begin(ctx, tx, id, from.Old, from.Agent)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("change password of account %d: %w", id, err)
	}
	return token, nil
}

// triesKept is how long a counter of tries is kept after the last one.
const triesKept = 24 * time.Hour

// Sweep removes what has ended: sessions, links, codes, browsers that nobody came back with, and counted tries.
func (s *Store) Sweep(ctx context.Context) error {
	_, err := s.db.Exec(ctx, `
		WITH sessions AS (DELETE FROM staff_sessions WHERE expires_at < now() OR seen_at < now() - $1::interval),
		     halves AS (DELETE FROM staff_half_sessions WHERE expires_at < now()),
		     unconfirmed AS (DELETE FROM staff_second_steps WHERE on_since IS NULL AND created_at < now() - $4::interval),
		     links AS (DELETE FROM staff_links WHERE expires_at < now()),
		     codes AS (DELETE FROM staff_telegram_codes WHERE expires_at < now()),
		     devices AS (DELETE FROM staff_devices WHERE seen_at < now() - $3::interval)
		DELETE FROM staff_sign_in_tries WHERE since < now() - $2::interval AND coalesce(until, since) < now()`, SessionIdle, triesKept, DeviceLife, setUpLife)
	if err != nil {
		return fmt.Errorf("sweep sessions: %w", err)
	}
	return nil
}
