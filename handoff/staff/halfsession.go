package staff

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// halfSession keeps, for a few minutes, that the first step of a sign-in was right. Whoever has the token may try the second: it goes into
// the cookie of that one browser.
// limits are those that counted the first step: an address is forgiven its try, what counts for the account waits for the second step.
func (s *Store) halfSession(ctx context.Context, id int64, limits []limit) (Token, error) {
	token := newToken()
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		address, _ := ofAddress(limits)
		if err := s.forgive(ctx, tx, address); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO staff_half_sessions (token_hash, staff, expires_at) VALUES ($1, $2, now() + $3::interval)`, token.hash(), id, halfLife)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("begin a half session: %w", err)
	}
	return token, nil
}

// HalfSignedIn says whether a token's sign-in still waits for its second step.
func (s *Store) HalfSignedIn(ctx context.Context, half Token) (bool, error) {
	_, err := s.halfSigned(ctx, half)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) halfSigned(ctx context.Context, half Token) (Account, error) {
	if half == "" {
		return Account{}, ErrNotFound
	}
	a, ok, err := account(ctx, s.db, `
		SELECT `+accountColumns+` FROM staff s JOIN staff_half_sessions h ON h.staff = s.id
		WHERE h.token_hash = $1 AND h.expires_at > now() AND s.active`, half.hash())
	if err == nil && !ok {
		err = ErrNotFound
	}
	return a, err
}

// FinishSignIn takes the second step of a sign-in, a code of the phone or a recovery code, and gives the token of a new session.
// Errors: ErrCode, *TooMany, ErrNotFound where the first step was too long ago, ErrNoKey.
func (s *Store) FinishSignIn(ctx context.Context, half Token, typed string, from From) (Token, Account, error) {
	a, err := s.halfSigned(ctx, half)
	if err != nil {
		return "", Account{}, fmt.Errorf("finish a sign-in: %w", err)
	}
	known, err := s.knows(ctx, a.Email, from.Device)
	if err != nil {
		return "", Account{}, err
	}
	limits := codeLimitsOf(a.ID, from, known)
	if err := s.try(ctx, limits); err != nil {
		return "", Account{}, err
	}
	_, first := ofAddress(limitsOf(a.Email, from, known)) // the address has forgiven the first step when it was right
	token, a, err := s.open(ctx, a.ID, "code", from, append(limits, first...), func(tx pgx.Tx, a Account, act *Act) error {
		tag, err := tx.Exec(ctx, `DELETE FROM staff_half_sessions WHERE token_hash = $1 AND staff = $2 AND expires_at > now()`, half.hash(), a.ID)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		way, err := s.takeAny(ctx, tx, a.ID, typed)
		if err != nil {
			return err
		}
		if way == "" {
			return ErrCode // and the half session stays
		}
		act.Detail["way"] = way
		return nil
	})
	if errors.Is(err, ErrCode) {
		if err := s.refuse(ctx, a.ID, "code"); err != nil {
			return "", Account{}, err
		}
		return "", Account{}, ErrCode
	}
	return token, a, err
}
