package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ProofLife is for how long a proof stands for a session. What can take an account over asks for one: a session that was stolen, or a desk that was
// left open, is not enough for it.
const ProofLife = 5 * time.Minute

// Prove notes that whoever holds a session has shown that they are its account: by a code where it has a second step, else by its password.
// Errors: ErrCode, ErrSignIn, *TooMany where too many passwords are looked at, ErrNoKey, ErrNotFound where the session has ended, as it does with
// the fifth wrong proof.
func (s *Store) Prove(ctx context.Context, session int64, a Account, typed string) error {
	if a.SecondStep {
		return s.withCode(ctx, a, session, typed, "session.prove", func(tx pgx.Tx) error { return prove(ctx, tx, session) })
	}
	limits, err := s.tryProof(ctx, session)
	if err != nil {
		return err
	}
	var hash string
	err = s.db.QueryRow(ctx, `SELECT coalesce(password_hash, '') FROM staff WHERE id = $1 AND active`, a.ID).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) { // kept out meanwhile, and their sessions with them
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("prove account %d: %w", a.ID, err)
	}
	right, err := s.look(ctx, hash, typed, limits)
	if err != nil {
		return fmt.Errorf("prove account %d: %w", a.ID, err)
	}
	if !right {
		return s.refuseProof(ctx, a.ID, session, "password", ErrSignIn)
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

// tryProof counts a try to prove oneself in a session, before it is made. Errors: ErrNotFound where there were too many: the session ends.
func (s *Store) tryProof(ctx context.Context, session int64) ([]limit, error) {
	limits := []limit{proofLimit(session)}
	err := s.try(ctx, limits)
	if many := (*TooMany)(nil); errors.As(err, &many) {
		err = s.endDoubted(ctx, session)
	}
	return limits, err
}

// refuseProof records a proof that was wrong, and gives wrong back. With the last that a session outlives it ends, and the error is ErrNotFound.
func (s *Store) refuseProof(ctx context.Context, id, session int64, step string, wrong error) error {
	if err := s.refuse(ctx, id, step); err != nil {
		return err
	}
	var many bool
	err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM staff_sign_in_tries WHERE key = $1 AND until > now())`, s.keyOf(proofLimit(session))).Scan(&many)
	if err != nil {
		return fmt.Errorf("read the tries of session %d: %w", session, err)
	}
	if many {
		return s.endDoubted(ctx, session)
	}
	return wrong
}

// endDoubted ends a session whose holder couldn't prove themselves. It gives ErrNotFound.
func (s *Store) endDoubted(ctx context.Context, session int64) error {
	err := s.Door(ctx, Act{Verb: "session.doubt", Subject: fmt.Sprintf("session:%d", session)}, func(tx pgx.Tx, _ *Act) error {
		tag, err := tx.Exec(ctx, `DELETE FROM staff_sessions WHERE id = $1`, session)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound // and nothing to record
		}
		return err
	})
	if err == nil {
		err = ErrNotFound
	}
	return fmt.Errorf("end session %d after wrong proofs: %w", session, err)
}

func prove(ctx context.Context, tx pgx.Tx, session int64) error {
	tag, err := tx.Exec(ctx, `UPDATE staff_sessions SET proved_at = now() WHERE id = $1 AND expires_at > now()`, session)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	return err
}
