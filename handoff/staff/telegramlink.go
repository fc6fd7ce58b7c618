package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// ErrLinked says that the Telegram user is linked with another account already.
var ErrLinked = errors.New("this Telegram is linked with another account")

// TelegramLink is an account's link with Telegram.
type TelegramLink struct {
	Telegram int64 // user id
	LinkedAt time.Time
}

// TelegramCode makes the code that links an account with the Telegram from which it is sent. A new one replaces the one before.
func (s *Store) TelegramCode(ctx context.Context, id int64) (Code, error) {
	code := NewCode()
	err := s.Door(ctx, Act{By: id, Verb: "account.telegram-code", Subject: subject(id)}, func(tx pgx.Tx, _ *Act) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO staff_telegram_codes (staff, code_hash, expires_at) VALUES ($1, $2, now() + $3::interval)
			ON CONFLICT (staff) DO UPDATE SET code_hash = EXCLUDED.code_hash, expires_at = EXCLUDED.expires_at, used_by = NULL`,
			id, code.Hash(), CodeLife)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make Telegram code of account %d: %w", id, err)
	}
	return code, nil
}

// LinkTelegram links the account of a code with a Telegram user. The same user may send it again and gets the same answer: a message
// may come twice. lost is the user with whom it was linked before, to be told; 0 is none.
// Errors: ErrNotFound where the code is not good, *TooMany after five tries, ErrLinked.
func (s *Store) LinkTelegram(ctx context.Context, telegram int64, typed string) (a Account, lost int64, err error) {
	tries := telegramTries(telegram)
	if err := s.try(ctx, []limit{tries}); err != nil {
		return Account{}, 0, err
	}
	code, ok := ReadCode(typed)
	if !ok {
		return Account{}, 0, fmt.Errorf("link Telegram: %w", ErrNotFound)
	}
	err = s.Door(ctx, Act{Verb: "account.telegram-link"}, func(tx pgx.Tx, act *Act) error {
		var id int64
		err := tx.QueryRow(ctx, `
			UPDATE staff_telegram_codes SET used_by = $2
			WHERE code_hash = $1 AND expires_at > now() AND (used_by IS NULL OR used_by = $2)
			RETURNING staff`, code.Hash(), telegram).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if a, ok, err = account(ctx, tx, `SELECT `+accountColumns+` FROM staff s WHERE s.id = $1 AND s.active`, id); err != nil {
			return err
		}
		if !ok {
			return ErrNotFound
		}
		err = tx.QueryRow(ctx, `SELECT telegram FROM staff_telegram WHERE staff = $1 AND telegram <> $2 FOR UPDATE`, id, telegram).Scan(&lost)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO staff_telegram AS t (staff, telegram)
			SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM staff_telegram WHERE telegram = $2 AND staff <> $1)
			ON CONFLICT (staff) DO UPDATE SET telegram = EXCLUDED.telegram,
				linked_at = CASE WHEN t.telegram = EXCLUDED.telegram THEN t.linked_at ELSE now() END`, id, telegram)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrLinked
		}
		act.By, act.Subject = id, subject(id)
		return s.forgive(ctx, tx, []limit{tries})
	})
	if err != nil {
		return Account{}, 0, fmt.Errorf("link Telegram: %w", err)
	}
	return a, lost, nil
}

// UnlinkTelegram ends an account's link. lost is the user with whom it was linked, to be told: whoever has stolen a session unlinks first, and links
// then. 0: it was not linked, which is no error.
func (s *Store) UnlinkTelegram(ctx context.Context, by, id int64) (lost int64, err error) {
	err = s.Door(ctx, Act{By: by, Verb: "account.telegram-unlink", Subject: subject(id)}, func(tx pgx.Tx, _ *Act) (err error) {
		lost, err = dropTelegram(ctx, tx, id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("unlink Telegram of account %d: %w", id, err)
	}
	return lost, nil
}

// dropTelegram ends an account's link, and its code that waits. It gives the user with whom it was linked; 0 is none.
func dropTelegram(ctx context.Context, tx pgx.Tx, id int64) (lost int64, err error) {
	if err := dropTelegramCode(ctx, tx, id); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `DELETE FROM staff_telegram WHERE staff = $1 RETURNING telegram`, id).Scan(&lost)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return lost, err
}

// dropTelegramCode ends an account's code that waits to be sent: whoever asked for it may be the one who is shut out now.
func dropTelegramCode(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM staff_telegram_codes WHERE staff = $1`, id)
	return err
}

// TelegramLink gives an account's link; false where there is none.
func (s *Store) TelegramLink(ctx context.Context, id int64) (TelegramLink, bool, error) {
	var l TelegramLink
	err := s.db.QueryRow(ctx, `SELECT telegram, linked_at FROM staff_telegram WHERE staff = $1`, id).Scan(&l.Telegram, &l.LinkedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return TelegramLink{}, false, nil
	}
	if err != nil {
		return TelegramLink{}, false, fmt.Errorf("read Telegram link of account %d: %w", id, err)
	}
	return l, true, nil
}

// TelegramOf gives the private chat with an account's person; false where it is not linked, or is kept out.
func (s *Store) TelegramOf(ctx context.Context, db postgres.DB, id int64) (chat int64, ok bool, err error) {
	err = db.QueryRow(ctx, `
		SELECT t.telegram FROM staff_telegram t JOIN staff s ON s.id = t.staff WHERE t.staff = $1 AND s.active`, id).Scan(&chat)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read Telegram of account %d: %w", id, err)
	}
	return chat, true, nil
}

// AccountByTelegram gives the account that a Telegram user is linked with; false where there is none, or it is kept out.
func (s *Store) AccountByTelegram(ctx context.Context, telegram int64) (Account, bool, error) {
	return account(ctx, s.db, `
		SELECT `+accountColumns+` FROM staff s JOIN staff_telegram t ON t.staff = s.id WHERE t.telegram = $1 AND s.active`, telegram)
}

// TryCode counts a Telegram user's try at any one-time code, and says with *TooMany that it was one too many.
func (s *Store) TryCode(ctx context.Context, telegram int64) error {
	return s.try(ctx, []limit{telegramTries(telegram)})
}

// ForgiveCode forgets a Telegram user's tries after one that was right.
func (s *Store) ForgiveCode(ctx context.Context, telegram int64) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error { return s.forgive(ctx, tx, []limit{telegramTries(telegram)}) })
	if err != nil {
		return fmt.Errorf("forgive tries of a Telegram user: %w", err)
	}
	return nil
}
