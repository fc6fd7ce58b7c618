package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// How long a session lasts: a working day at most, and two hours unused, because a library's computer is shared.
const (
	SessionLife = 12 * time.Hour
	SessionIdle = 2 * time.Hour
)

// Session is a signed-in browser.
type Session struct {
	ID        int64
	Staff     int64
	Agent     string // «Firefox, Linux»
	CreatedAt time.Time
	SeenAt    time.Time // to the minute
	ExpiresAt time.Time
	Proved    bool // its owner has shown a moment ago that they are the account's: within ProofLife
	Young     bool // they have just signed in, and shown who they are
}

// freshness are the columns of a session that tell how fresh the proof of its owner is, by the database's clock; $3 is ProofLife. A sign-in that showed
// nothing of who came was proved at -infinity.
const freshness = `coalesce(proved_at > now() - $3::interval, false) AS proved,
	created_at > now() - $3::interval AND proved_at IS DISTINCT FROM '-infinity' AS young`

// Session gives the session of a cookie and its account; false where it ended or the account is kept out.
func (s *Store) Session(ctx context.Context, token Token) (Session, Account, bool, error) {
	if token == "" {
		return Session{}, Account{}, false, nil
	}
	rows, err := s.db.Query(ctx, `
		SELECT id, staff, agent, created_at, seen_at, expires_at, `+freshness+`
		FROM staff_sessions
		WHERE token_hash = $1 AND expires_at > now() AND seen_at > now() - $2::interval`, token.hash(), SessionIdle, ProofLife)
	if err != nil {
		return Session{}, Account{}, false, fmt.Errorf("read session: %w", err)
	}
	session, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Session])
	if err == pgx.ErrNoRows {
		return Session{}, Account{}, false, nil
	}
	if err != nil {
		return Session{}, Account{}, false, fmt.Errorf("read session: %w", err)
	}
	a, ok, err := s.Account(ctx, session.Staff)
	if err != nil || !ok || !a.Active {
		return Session{}, Account{}, false, err
	}
	// Once a minute is enough to know that a session lives, and spares a write with each request.
	_, err = s.db.Exec(ctx, `
		UPDATE staff_sessions SET seen_at = now() WHERE id = $1 AND seen_at < now() - interval '1 minute'`, session.ID)
	if err != nil {
		return Session{}, Account{}, false, fmt.Errorf("touch session %d: %w", session.ID, err)
	}
	return session, a, true, nil
}

// Sessions lists an account's living sessions, the newest first.
func (s *Store) Sessions(ctx context.Context, id int64) ([]Session, error) {
	rows, err := s.db.Query(ctx, `
		SELECT id, staff, agent, created_at, seen_at, expires_at, `+freshness+`
		FROM staff_sessions
		WHERE staff = $1 AND expires_at > now() AND seen_at > now() - $2::interval
		ORDER BY id DESC`, id, SessionIdle, ProofLife)
	if err != nil {
		return nil, fmt.Errorf("list sessions of account %d: %w", id, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Session])
	if err != nil {
		return nil, fmt.Errorf("list sessions of account %d: %w", id, err)
	}
	return all, nil
}

// Revoke ends one of the account's own sessions.
func (s *Store) Revoke(ctx context.Context, by, session int64) error {
	act := Act{By: by, Verb: "session.revoke", Subject: fmt.Sprintf("session:%d", session)}
	err := s.Door(ctx, act, func(tx pgx.Tx, _ *Act) error {
		tag, err := tx.Exec(ctx, `DELETE FROM staff_sessions WHERE id = $1 AND staff = $2`, session, by)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke session %d: %w", session, err)
	}
	return nil
}

// EndSessions ends all that somebody is signed in with, at an administrator's wish.
func (s *Store) EndSessions(ctx context.Context, by, id int64) error {
	err := s.Door(ctx, Act{By: by, Verb: "session.end-all", Subject: subject(id)}, func(tx pgx.Tx, _ *Act) error {
		return endSessions(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("end the sessions of account %d: %w", id, err)
	}
	return nil
}

// endSessions ends all sessions of an account, and the sign-ins that wait for their second step.
func endSessions(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM staff_half_sessions WHERE staff = $1`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM staff_sessions WHERE staff = $1`, id)
	return err
}

// SignOut ends the session of a cookie. One that ended already is no error.
func (s *Store) SignOut(ctx context.Context, token Token) error {
	session, a, ok, err := s.Session(ctx, token)
	if err != nil || !ok {
		return err
	}
	act := Act{By: a.ID, Verb: "session.end", Subject: fmt.Sprintf("session:%d", session.ID)}
	return s.Door(ctx, act, func(tx pgx.Tx, _ *Act) error {
		_, err := tx.Exec(ctx, `DELETE FROM staff_sessions WHERE id = $1`, session.ID)
		return err
	})
}

// begin starts a session in place of the one that the browser had: a token from before the sign-in is never kept.
func begin(ctx context.Context, tx pgx.Tx, id int64, old Token, agent string) (Token, int64, error) {
	if _, err := tx.Exec(ctx, `
		DELETE FROM staff_sessions
		WHERE token_hash = $1 OR expires_at < now() OR seen_at < now() - $2::interval`, old.hash(), SessionIdle); err != nil {
		return "", 0, err
	}
	token := newToken()
	var session int64
	err := tx.QueryRow(ctx, `
		INSERT INTO staff_sessions (token_hash, staff, agent, expires_at)
		VALUES ($1, $2, left($3, 80), now() + $4) RETURNING id`, token.hash(), id, agent, SessionLife).Scan(&session)
	return token, session, err
}
