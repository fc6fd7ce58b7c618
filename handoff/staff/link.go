package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Lifetimes of one-time links. An invitation travels by hand or mail and may wait for a holiday to end.
const (
	firstAdminLife = time.Hour
	invitationLife = 7 * 24 * time.Hour
	resetLife      = 24 * time.Hour
)

// Purpose is what a one-time link does.
type Purpose string

// The purposes of one-time links.
const (
	FirstAdmin Purpose = "first-admin" // creates the first administrator
	Invitation Purpose = "invitation"  // sets the first password of an account
	Reset      Purpose = "reset"       // sets a new password
)

// FirstAdminLink makes a link, good for an hour, that creates the first administrator.
// It says false, and makes none, where an administrator can sign in already.
func (s *Store) FirstAdminLink(ctx context.Context) (string, bool, error) {
	has, err := hasAdmin(ctx, s.db)
	if err != nil {
		return "", false, fmt.Errorf("make first administrator's link: %w", err)
	}
	if has {
		return "", false, nil
	}
	token := newToken()
	// Links of other replicas stay good: each printed its own.
	err = s.Door(ctx, Act{Verb: "account.first-admin-link"}, func(tx pgx.Tx, _ *Act) error {
		if _, err := tx.Exec(ctx, `DELETE FROM staff_links WHERE expires_at < now()`); err != nil {
			return err
		}
		return insertLink(ctx, tx, token, FirstAdmin, 0, firstAdminLife)
	})
	if err != nil {
		return "", false, fmt.Errorf("make first administrator's link: %w", err)
	}
	return string(token), true, nil
}

// Link makes a one-time link that sets an account's password: an invitation, good for a week, where it has none yet,
// else a reset, good for a day. Earlier links of the account stop working.
func (s *Store) Link(ctx context.Context, by, id int64) (Token, error) {
	token := newToken()
	err := s.Door(ctx, Act{By: by, Verb: "account.link", Subject: subject(id)}, func(tx pgx.Tx, act *Act) error {
		a, ok, err := account(ctx, tx, `SELECT `+accountColumns+` FROM staff s WHERE s.id = $1 AND s.active`, id)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNotFound
		}
		purpose, life := Invitation, invitationLife
		if a.HasPassword {
			purpose, life = Reset, resetLife
		}
		act.Detail = map[string]any{"purpose": purpose}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_links WHERE staff = $1`, id); err != nil {
			return err
		}
		return insertLink(ctx, tx, token, purpose, id, life)
	})
	if err != nil {
		return "", fmt.Errorf("make link for account %d: %w", id, err)
	}
	return token, nil
}

// LinkPurpose says what a link does and, but for the first administrator's, for whom; false where it is not good any more.
func (s *Store) LinkPurpose(ctx context.Context, token Token) (Purpose, Account, bool, error) {
	var purpose Purpose
	var id int64
	err := s.db.QueryRow(ctx, `
		SELECT purpose, coalesce(staff, 0) FROM staff_links WHERE token_hash = $1 AND expires_at > now()`, token.hash()).Scan(&purpose, &id)
	if err == pgx.ErrNoRows {
		return "", Account{}, false, nil
	}
	if err != nil {
		return "", Account{}, false, fmt.Errorf("read link: %w", err)
	}
	if purpose == FirstAdmin {
		has, err := hasAdmin(ctx, s.db)
		if err != nil {
			return "", Account{}, false, fmt.Errorf("read link: %w", err)
		}
		return purpose, Account{}, !has, nil
	}
	a, ok, err := s.Account(ctx, id)
	return purpose, a, ok && a.Active, err
}

// CreateFirstAdmin uses the first administrator's link. ErrNotFound says that the link was used, is too old,
// or that there is an administrator already; a *Fault leaves the link good.
func (s *Store) CreateFirstAdmin(ctx context.Context, token Token, p Profile, password string) (Account, error) {
	// First, so that a guessed link costs no hashing of a password.
	purpose, _, ok, err := s.LinkPurpose(ctx, token)
	if err != nil {
		return Account{}, err
	}
	if !ok || purpose != FirstAdmin {
		return Account{}, fmt.Errorf("create first administrator: %w", ErrNotFound)
	}
	p.Roles = append(p.Roles, Admin)
	if p, err = p.check(); err != nil {
		return Account{}, err
	}
	hash, err := s.newPassword(ctx, password, p.Email)
	if err != nil {
		return Account{}, err
	}
	var a Account
	err = s.Door(ctx, Act{Verb: "account.first-admin", Detail: p.detail()}, func(tx pgx.Tx, act *Act) error {
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		if err := useLink(ctx, tx, token, FirstAdmin); err != nil {
			return err
		}
		has, err := hasAdmin(ctx, tx)
		if err != nil {
			return err
		}
		if has {
			return ErrNotFound
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_links WHERE purpose = 'first-admin'`); err != nil {
			return err
		}
		if a, err = insertAccount(ctx, tx, p, hash); err != nil {
			return err
		}
		act.By, act.Subject = a.ID, subject(a.ID)
		return nil
	})
	if err != nil {
		return Account{}, fmt.Errorf("create first administrator: %w", err)
	}
	return a, nil
}

// SetPassword uses an invitation or a reset. It ends the account's sessions, the code for Telegram that waits, and the counters of browsers that it
// was signed in with: one of them may be a thief's. ErrNotFound says that the link is not good.
func (s *Store) SetPassword(ctx context.Context, token Token, password string) (Account, error) {
	purpose, a, ok, err := s.LinkPurpose(ctx, token)
	if err != nil {
		return Account{}, err
	}
	if !ok || purpose == FirstAdmin {
		return Account{}, fmt.Errorf("set password: %w", ErrNotFound)
	}
	hash, err := s.newPassword(ctx, password, a.Email)
	if err != nil {
		return Account{}, err
	}
	act := Act{By: a.ID, Verb: "account.password", Subject: subject(a.ID), Detail: map[string]any{"purpose": purpose}}
	err = s.Door(ctx, act, func(tx pgx.Tx, _ *Act) error {
		if err := useLink(ctx, tx, token, purpose); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE staff SET password_hash = $2 WHERE id = $1 AND active`, a.ID, hash)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		if err := dropTelegramCode(ctx, tx, a.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_devices WHERE staff = $1`, a.ID); err != nil {
			return err
		}
		return endSessions(ctx, tx, a.ID)
	})
	if err != nil {
		return Account{}, fmt.Errorf("set password: %w", err)
	}
	a.HasPassword = true
	return a, nil
}

func insertLink(ctx context.Context, tx pgx.Tx, token Token, purpose Purpose, id int64, life time.Duration) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO staff_links (token_hash, purpose, staff, expires_at)
		VALUES ($1, $2, NULLIF($3::bigint, 0), now() + $4)`, token.hash(), purpose, id, life)
	return err
}

// useLink takes the link away; of two who hold it, one wins.
func useLink(ctx context.Context, tx pgx.Tx, token Token, purpose Purpose) error {
	tag, err := tx.Exec(ctx, `
		DELETE FROM staff_links WHERE token_hash = $1 AND purpose = $2 AND expires_at > now()`, token.hash(), purpose)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return ErrNotFound
	}
	return nil
}
