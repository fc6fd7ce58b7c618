package staff

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// TooMany says that signing in is paused.
type TooMany struct{ RetryAfter time.Duration }

func (t *TooMany) Error() string { return fmt.Sprintf("too many tries, again in %s", t.RetryAfter) }

// limit is a counter of failed tries. After most of them each further one has to wait: a minute, then twice as long each time, up to longest.
// One try is forgotten in each stretch of forget. A success forgives all of an account's, but only its own one try of an address's: otherwise
// somebody with an account could guess others' passwords for ever.
//
// Tries are counted in the database and not in Redis, which may be wiped or away: a guesser gets no fresh start from either. Where the
// database is away nobody signs in at all.
type limit struct {
	of      []string // what it counts for: its kind, and whose tries
	most    int
	forget  time.Duration
	longest time.Duration
	address bool
}

// firstWait is how long the first try beyond the free ones waits.
const firstWait = time.Minute

// The pair of account and address is the tight one. An account alone allows more, so that a stranger can't easily lock a librarian out, and an
// address too, because a library shares one. A browser in which the account signed in before has a counter of its own, so that an attack from
// elsewhere doesn't keep its owner out (OWASP, «Slow Down Online Guessing Attacks with Device Cookies»).
func pairLimit(email, network string) limit {
	return limit{of: []string{"pair", email, network}, most: 5, forget: 15 * time.Minute, longest: 15 * time.Minute}
}

func accountLimit(email string) limit {
	return limit{of: []string{"account", email}, most: 30, forget: 5 * time.Minute, longest: 15 * time.Minute}
}

func addressLimit(network string) limit {
	return limit{of: []string{"address", network}, most: 30, forget: time.Minute, longest: 15 * time.Minute, address: true}
}

func deviceLimit(device Token, email string) limit {
	return limit{of: []string{"device", string(device), email}, most: 10, forget: 15 * time.Minute, longest: 15 * time.Minute}
}

// codeLimit is for the codes of a second step, which only those try who know the password.
func codeLimit(id int64) limit {
	return limit{of: []string{"code", strconv.FormatInt(id, 10)}, most: 5, forget: time.Hour, longest: time.Hour}
}

func deviceCodeLimit(device Token, id int64) limit {
	return limit{of: []string{"device-code", string(device), strconv.FormatInt(id, 10)}, most: 5, forget: time.Hour, longest: time.Hour}
}

// proofLimit is for the proofs that a session's holder is asked for. It counts for the session alone: whoever has stolen it must not keep its owner,
// who signs in again, from theirs. A session ends with the last of them.
func proofLimit(session int64) limit {
	return limit{of: []string{"proof", strconv.FormatInt(session, 10)}, most: 5, forget: SessionLife, longest: SessionLife}
}

// telegramTries limits the codes that one Telegram user may try.
func telegramTries(telegram int64) limit {
	return limit{of: []string{"telegram", strconv.FormatInt(telegram, 10)}, most: 5, forget: 15 * time.Minute, longest: time.Hour}
}

// keyOf is by what a limit is kept: no address and no mistyped e-mail. An address could be found out from a plain hash by trying all there are, so it
// is made with the secret key, which isn't in the database. Without one the hash is plain.
func (s *Store) keyOf(l limit) []byte {
	words := strings.Join(l.of, "\x00")
	if s.vault != nil {
		return s.vault.Fingerprint(words)
	}
	h := sha256.Sum256([]byte(words))
	return h[:]
}

// networkOf is what counts as one address: a household or an office has a whole /64 of IPv6 addresses to try from.
func networkOf(address netip.Addr) string {
	network := address.Unmap()
	if network.Is6() {
		if p, err := network.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return network.String()
}

// limitsOf are the limits of a password's try.
// Always in this order, so that two sign-ins never wait for each other in a circle.
func limitsOf(email string, from From, known bool) []limit {
	if known {
		return []limit{deviceLimit(from.Device, email)}
	}
	network := networkOf(from.Address)
	return []limit{addressLimit(network), accountLimit(email), pairLimit(email, network)}
}

// codeLimitsOf are the limits of a code's try.
func codeLimitsOf(id int64, from From, known bool) []limit {
	if known {
		return []limit{deviceCodeLimit(from.Device, id)}
	}
	return []limit{addressLimit(networkOf(from.Address)), codeLimit(id)}
}

// try counts a try before it is made, so that many at once don't slip through. What was refused isn't counted on.
func (s *Store) try(ctx context.Context, limits []limit) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		for _, l := range limits {
			if err := s.count(ctx, tx, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count try to sign in: %w", err)
	}
	return nil
}

func (s *Store) count(ctx context.Context, tx pgx.Tx, l limit) error {
	key := s.keyOf(l)
	var tries int
	var left time.Duration
	// «since» moves on by whole stretches, so that those who come often are forgiven as fast as those who come seldom.
	err := tx.QueryRow(ctx, `
		INSERT INTO staff_sign_in_tries AS t (key, tries) VALUES ($1, 1)
		ON CONFLICT (key) DO UPDATE SET
			tries = CASE WHEN t.until > now() THEN t.tries ELSE greatest(0, t.tries - floor(extract(epoch FROM now() - t.since) / $2)::int) + 1 END,
			since = CASE WHEN t.until > now() THEN t.since ELSE now() - make_interval(secs => mod(extract(epoch FROM now() - t.since), $2)::float) END
		RETURNING t.tries, greatest(coalesce(t.until, now()) - now(), interval '0')`, key, int(l.forget.Seconds())).Scan(&tries, &left)
	if err != nil {
		return err
	}
	if left > 0 {
		return &TooMany{RetryAfter: max(left, time.Second)}
	}
	if tries < l.most {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE staff_sign_in_tries SET until = now() + $2::interval WHERE key = $1`, key, l.wait(tries))
	return err
}

// wait is how long the next try waits after so many.
func (l limit) wait(tries int) time.Duration {
	over := min(tries-l.most, 20)
	return min(l.longest, firstWait<<max(over, 0))
}

// forgive forgets the tries of a sign-in that was right.
func (s *Store) forgive(ctx context.Context, tx pgx.Tx, limits []limit) error {
	for _, l := range limits {
		if l.address {
			if err := s.takeBack(ctx, tx, l); err != nil {
				return err
			}
		} else if _, err := tx.Exec(ctx, `DELETE FROM staff_sign_in_tries WHERE key = $1`, s.keyOf(l)); err != nil {
			return err
		}
	}
	return nil
}

// takeBack takes one try off what is counted.
func (s *Store) takeBack(ctx context.Context, tx pgx.Tx, l limit) error {
	_, err := tx.Exec(ctx, `
		UPDATE staff_sign_in_tries
		SET tries = greatest(tries - 1, 0), until = CASE WHEN tries > $2 THEN until END
		WHERE key = $1`, s.keyOf(l), l.most)
	return err
}

// look says whether a password fits. limits have counted the try; where so many passwords are looked at that this one has no turn it wasn't one.
func (s *Store) look(ctx context.Context, phc, password string, limits []limit) (bool, error) {
	right, err := s.verify(ctx, phc, password)
	if many := (*TooMany)(nil); errors.As(err, &many) {
		back := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
			for _, l := range limits {
				if err := s.takeBack(ctx, tx, l); err != nil {
					return err
				}
			}
			return nil
		})
		if back != nil {
			return false, fmt.Errorf("take a try back: %w", back)
		}
	}
	return right, err
}

// ofAddress are those of limits that count for an address, and the others.
func ofAddress(limits []limit) (address, others []limit) {
	for _, l := range limits {
		if l.address {
			address = append(address, l)
		} else {
			others = append(others, l)
		}
	}
	return address, others
}
