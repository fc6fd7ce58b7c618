package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DeviceLife is how long a browser is known after the last sign-in in it.
const DeviceLife = 180 * 24 * time.Hour

// Remember gives the token by which a browser is known from now on as one in which an account has signed in; device is the one that it has,
// which stays where anybody's sign-in is remembered by it: colleagues share a library's computer, and none is forgotten for another. It lets nobody
// in: it only keeps guesses from elsewhere from being counted against this browser.
func (s *Store) Remember(ctx context.Context, id int64, device Token) (Token, error) {
	// Only a token that we gave, so that nobody can plant one of their own.
	tag, err := s.db.Exec(ctx, `
		INSERT INTO staff_devices (token_hash, staff)
		SELECT $1, $2 WHERE EXISTS (SELECT FROM staff_devices WHERE token_hash = $1 AND seen_at > now() - $3::interval)
		ON CONFLICT (token_hash, staff) DO UPDATE SET seen_at = now()`, device.hash(), id, DeviceLife)
	if err == nil && tag.RowsAffected() == 0 {
		device = newToken()
		_, err = s.db.Exec(ctx, `INSERT INTO staff_devices (token_hash, staff) VALUES ($1, $2)`, device.hash(), id)
	}
	if err != nil {
		return "", fmt.Errorf("remember a browser of account %d: %w", id, err)
	}
	return device, nil
}

// knows says whether an account has signed in before in a browser.
func (s *Store) knows(ctx context.Context, email string, device Token) (bool, error) {
	if device == "" {
		return false, nil
	}
	var known bool
	err := s.db.QueryRow(ctx, `
		SELECT true FROM staff_devices d JOIN staff s ON s.id = d.staff
		WHERE d.token_hash = $1 AND s.email = $2 AND d.seen_at > now() - $3::interval`, device.hash(), email, DeviceLife).Scan(&known)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a browser: %w", err)
	}
	return known, nil
}
