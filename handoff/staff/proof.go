package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ProofLife is for how long a proof stands for a session. What can take an account over asks for one: a session that was stolen, or a desk that was
// left open, is not enough for it.
const ProofLife = 5 * time.Minute

// Prove notes that whoever holds a session has shown that they are its account: by a code where it has a second step, else by its password.
// Errors: ErrCode, ErrSignIn, *TooMany, ErrNoKey, ErrNotFound where the session has ended.
func (s *Store) Prove(ctx context.Context, session int64, a Account, typed string, from From) error {
	if a.SecondStep {
		return s.withCode(ctx, a, typed, from, "session.prove", func(tx pgx.Tx) error { return prove(ctx, tx, session) })
	}
	known, err := s.knows(ctx, a.Email, from.Device)
	if err != nil {
		return err
	}
	limits := limitsOf(a.Email, from, known)
	if err := s.try(ctx, limits); err != nil {
		return err
	}
	var hash string
	if err := s.db.QueryRow(ctx, `SELECT coalesce(password_hash, '') FROM staff WHERE id = $1 AND active`, a.ID).Scan(&hash); err != nil {
		return fmt.Errorf("prove account %d: %w", a.ID, err)
	}
	right, err := s.look(ctx, hash, typed, limits)
	if err != nil {
		return fmt.Errorf("prove account %d: %w", a.ID, err)
	}
	if !right {
		if err := s.refuse(ctx, a.ID, "password"); err != nil {
			return err
		}
		return ErrSignIn
	}
	act := Act{By: a.ID, Verb: "session.prove", Subject: fmt.Sprintf("session:%d", session)}
	err = s.Door(ctx, act, func(tx pgx.Tx, _ *Act) error {
		if err := s.forgive(ctx, tx, limits); err != nil {
			return err
		}
		return prove(ctx, tx, session)
	})
	if err != nil {
		return fmt.Errorf("prove account %d: %w", a.ID, err)
	}
	return nil
}

func prove(ctx context.Context, tx pgx.Tx, session int64) error {
	tag, err := tx.Exec(ctx, `UPDATE staff_sessions SET proved_at = now() WHERE id = $1 AND expires_at > now()`, session)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	return err
}
