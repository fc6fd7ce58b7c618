package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"orientir/deploy/postgres"
)

// A code of the second step is good for half a minute, and for the ones beside it: clocks differ, and people type slowly (RFC 6238, section 5.2).
const (
	codeSeconds = 30
	codeDrift   = 1  // codes before and after
	codeSecret  = 20 // bytes, as long as the hash (RFC 4226, section 4)
)

// setUpLife is how long a secret waits for its first code.
const setUpLife = 15 * time.Minute

// halfLife is how long a sign-in waits for its second step.
const halfLife = 10 * time.Minute

// recoveryCodes is how many one-time codes stand in for a lost phone.
const recoveryCodes = 10

var (
	// ErrCode says that the code is not the account's, not of now, or was used already.
	ErrCode = errors.New("the code doesn't fit")
	// ErrNoSecondStep says that there is no second step to confirm, to use or to change, or that there is one already.
	ErrNoSecondStep = errors.New("no second step in that state")
	// ErrNoKey says that an account's codes can't be looked at: the key that their secret was sealed with is missing. Recovery codes work without it.
	ErrNoKey = errors.New("no secret key opens the second step")
)

// RecoveryCode stands in for a phone once: sixteen characters of 31, 79 bits. The database holds its hash.
type RecoveryCode string

const recoveryLength = 16

func newRecoveryCode() RecoveryCode { return RecoveryCode(NewCode() + NewCode()) }

func readRecoveryCode(typed string) (RecoveryCode, bool) {
	typed = typedAs.Replace(strings.ToUpper(strings.TrimSpace(typed)))
	return RecoveryCode(typed), len(typed) == recoveryLength && strings.Trim(typed, codeAlphabet) == ""
}

// hash binds the code to its account; nothing slower is needed for so many bits.
func (c RecoveryCode) hash(id int64) []byte {
	h := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, uint64(id)), c...))
	return h[:]
}

// String parts the code in four, as people read it.
func (c RecoveryCode) String() string {
	if len(c) != recoveryLength {
		return string(c)
	}
	return string(c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:])
}

// LogValue keeps codes out of logs.
func (c RecoveryCode) LogValue() slog.Value { return slog.StringValue("…") }

// SecondStep is how an account's second step stands.
type SecondStep struct {
	On    bool
	Since time.Time // zero while it is off
	Codes int       // recovery codes left
}

// SecondStep gives how an account's second step stands.
func (s *Store) SecondStep(ctx context.Context, id int64) (SecondStep, error) {
	var step SecondStep
	err := s.db.QueryRow(ctx, `
		SELECT true, on_since, (SELECT count(*) FROM staff_recovery_codes c WHERE c.staff = t.staff)
		FROM staff_second_steps t WHERE t.staff = $1 AND t.on_since IS NOT NULL`, id).Scan(&step.On, &step.Since, &step.Codes)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return SecondStep{}, fmt.Errorf("read the second step of account %d: %w", id, err)
	}
	return step, nil
}

// SecondStepWorks says whether second steps can be turned on: without a key to seal their secrets they can't.
func (s *Store) SecondStepWorks() bool { return s.vault != nil }

// BeginSecondStep makes the secret of an account's second step, in place of one that was not confirmed. It is shown and confirmed in this session
// alone: whoever has stolen another one doesn't get to see it. Errors: ErrNoSecondStep where it is on.
func (s *Store) BeginSecondStep(ctx context.Context, id, session int64) error {
	if s.vault == nil {
		return fmt.Errorf("begin the second step of account %d: no secret key", id)
	}
	secret := make([]byte, codeSecret)
	rand.Read(secret)
	err := s.Door(ctx, Act{By: id, Verb: "account.second-step-begin", Subject: subject(id)}, func(tx pgx.Tx, _ *Act) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO staff_second_steps AS t (staff, secret, session) VALUES ($1, $2, $3)
			ON CONFLICT (staff) DO UPDATE SET secret = EXCLUDED.secret, session = EXCLUDED.session, created_at = now(), last_step = 0 WHERE t.on_since IS NULL`,
			id, s.vault.Seal(string(secret), secretOf(id)), session)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNoSecondStep
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("begin the second step of account %d: %w", id, err)
	}
	return nil
}

// SetUpKey gives the secret that waits for its first code, as authenticator programs read it; false where none waits in this session. issuer is how
// they call us.
func (s *Store) SetUpKey(ctx context.Context, a Account, session int64, issuer string) (*otp.Key, bool, error) {
	var sealed []byte
	err := s.db.QueryRow(ctx, `
		SELECT secret FROM staff_second_steps
		WHERE staff = $1 AND session = $3 AND on_since IS NULL AND created_at > now() - $2::interval`, a.ID, setUpLife, session).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && s.vault == nil {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the second step of account %d: %w", a.ID, err)
	}
	secret, err := s.vault.Open(sealed, secretOf(a.ID))
	if err != nil {
		return nil, false, fmt.Errorf("read the second step of account %d: %w", a.ID, err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: a.Email, Secret: []byte(secret), Period: codeSeconds})
	if err != nil {
		return nil, false, fmt.Errorf("write the second step of account %d: %w", a.ID, err)
	}
	return key, true, nil
}

// ConfirmSecondStep turns the second step on with its first code. All sessions of the account end; the token is of a new one, and the recovery
// codes are shown this once. Errors: ErrCode, ErrNoSecondStep.
func (s *Store) ConfirmSecondStep(ctx context.Context, id, session int64, typed string, from From) (Token, []RecoveryCode, error) {
	var token Token
	var codes []RecoveryCode
	err := s.Door(ctx, Act{By: id, Verb: "account.second-step-on", Subject: subject(id)}, func(tx pgx.Tx, _ *Act) error {
		var mine bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM staff_second_steps WHERE staff = $1 AND session = $2 AND on_since IS NULL)`, id, session).Scan(&mine)
		if err == nil && !mine {
			err = ErrNoSecondStep
		}
		if err != nil {
			return err
		}
		fits, err := s.takeCode(ctx, tx, id, typed, false)
		if err != nil {
			return err
		}
		if !fits {
			return ErrCode
		}
		tag, err := tx.Exec(ctx, `
			UPDATE staff_second_steps SET on_since = now()
			WHERE staff = $1 AND session = $3 AND on_since IS NULL AND created_at > now() - $2::interval`, id, setUpLife, session)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNoSecondStep
		}
		if codes, err = replaceRecoveryCodes(ctx, tx, id); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, id); err != nil {
			return err
		}
		token, _, err = begin(ctx, tx, id, from.Old, from.Agent)
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("turn on the second step of account %d: %w", id, err)
	}
	return token, codes, nil
}

// NewRecoveryCodes replaces an account's recovery codes, for somebody who has a code. Errors: as of withCode.
func (s *Store) NewRecoveryCodes(ctx context.Context, a Account, session int64, typed string) ([]RecoveryCode, error) {
	var codes []RecoveryCode
	err := s.withCode(ctx, a, session, typed, "account.recovery-codes", func(tx pgx.Tx) (err error) {
		codes, err = replaceRecoveryCodes(ctx, tx, a.ID)
		return err
	})
	return codes, err
}

// TurnOffSecondStep turns an account's second step off, for somebody who has a code. Its other sessions end. Errors: as of withCode, and *Fault
// where a role of the account asks for it.
func (s *Store) TurnOffSecondStep(ctx context.Context, a Account, session int64, typed string, from From) (Token, error) {
	if a.SecondStepWanted {
		return "", &Fault{Field: "off-code", Key: "signin.fault_wanted"}
	}
	var token Token
	err := s.withCode(ctx, a, session, typed, "account.second-step-off", func(tx pgx.Tx) (err error) {
		if err := dropSecondStep(ctx, tx, a.ID); err != nil {
			return err
		}
		token, _, err = begin(ctx, tx, a.ID, from.Old, from.Agent)
		return err
	})
	return token, err
}

// ResetSecondStep takes somebody's second step away, who has lost the phone and the recovery codes. Everything of theirs that is signed in ends.
// Nobody does it to themselves, or a stolen session would do without the code. Errors: ErrNoSecondStep, a *Fault.
func (s *Store) ResetSecondStep(ctx context.Context, by, id int64) error {
	if by == id {
		return &Fault{Field: "second_step", Key: "signin.reset_self"}
	}
	err := s.Door(ctx, Act{By: by, Verb: "account.second-step-reset", Subject: subject(id)}, func(tx pgx.Tx, _ *Act) error {
		return dropSecondStep(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("reset the second step of account %d: %w", id, err)
	}
	return nil
}

// ResetSecondStepOf is ResetSecondStep on the terminal, by e-mail address: where the last administrator has lost the phone nobody else can.
// Errors: ErrNotFound, ErrNoSecondStep.
func (s *Store) ResetSecondStepOf(ctx context.Context, email string) error {
	a, ok, err := account(ctx, s.db, `SELECT `+accountColumns+` FROM staff s WHERE s.email = $1`, strings.ToLower(strings.TrimSpace(email)))
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("reset a second step: %w", ErrNotFound)
	}
	return s.ResetSecondStep(ctx, 0, a.ID)
}

// withCode runs a change of an account's own for somebody who has a code. Errors: ErrCode, ErrNoSecondStep, ErrNoKey, ErrNotFound where the
// session has ended, as it does with the fifth wrong code.
func (s *Store) withCode(ctx context.Context, a Account, session int64, typed, verb string, change func(pgx.Tx) error) error {
	if !a.SecondStep { // no try to guess anything
		return fmt.Errorf("%s %d: %w", verb, a.ID, ErrNoSecondStep)
	}
	limits, err := s.tryProof(ctx, session)
	if err != nil {
		return err
	}
	err = s.Door(ctx, Act{By: a.ID, Verb: verb, Subject: subject(a.ID)}, func(tx pgx.Tx, _ *Act) error {
		way, err := s.takeAny(ctx, tx, a.ID, typed)
		if err != nil {
			return err
		}
		if way == "" {
			return ErrCode
		}
		if err := s.forgive(ctx, tx, limits); err != nil {
			return err
		}
		return change(tx)
	})
	if errors.Is(err, ErrCode) {
		err = s.refuseProof(ctx, a.ID, session, "code", err)
	}
	if err != nil {
		return fmt.Errorf("%s %d: %w", verb, a.ID, err)
	}
	return nil
}

// takeAny uses a code of the phone or a recovery code, and says which it was: "code", "recovery", or "" where it is neither.
func (s *Store) takeAny(ctx context.Context, tx pgx.Tx, id int64, typed string) (string, error) {
	if code, ok := readRecoveryCode(typed); ok {
		tag, err := tx.Exec(ctx, `DELETE FROM staff_recovery_codes WHERE staff = $1 AND code_hash = $2`, id, code.hash(id))
		if err != nil || tag.RowsAffected() == 0 {
			return "", err
		}
		return "recovery", nil
	}
	fits, err := s.takeCode(ctx, tx, id, typed, true)
	if err != nil || !fits {
		return "", err
	}
	return "code", nil
}

// takeCode uses a code of the phone: the same one, and any before it, is refused from then on.
func (s *Store) takeCode(ctx context.Context, tx pgx.Tx, id int64, typed string, on bool) (bool, error) {
	var sealed []byte
	var last int64
	err := tx.QueryRow(ctx, `
		SELECT secret, last_step FROM staff_second_steps WHERE staff = $1 AND (on_since IS NOT NULL) = $2 FOR UPDATE`, id, on).Scan(&sealed, &last)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, ErrNoSecondStep
	}
	if err != nil {
		return false, err
	}
	if s.vault == nil {
		return false, ErrNoKey
	}
	secret, err := s.vault.Open(sealed, secretOf(id))
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	step, err := stepOf([]byte(secret), typed, s.now())
	if err != nil || step <= last {
		return false, err
	}
	// Under the newest key from now on: whoever turns keys need only wait until everybody has signed in.
	tag, err := tx.Exec(ctx, `UPDATE staff_second_steps SET last_step = $2, secret = $3 WHERE staff = $1 AND last_step < $2`, id, step, s.vault.Seal(secret, secretOf(id)))
	return err == nil && tag.RowsAffected() == 1, err
}

// stepOf gives the half minute whose code was typed, or 0 where it is none of those around now.
func stepOf(secret []byte, typed string, now time.Time) (int64, error) {
	typed = strings.Join(strings.Fields(typed), "") // «123 456»
	current, found := now.Unix()/codeSeconds, int64(0)
	for step := current - codeDrift; step <= current+codeDrift; step++ {
		code, err := hotp.GenerateCodeCustom(base32Of(secret), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, fmt.Errorf("make a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 {
			found = step
		}
	}
	return found, nil
}

// base32Of is how the library and authenticator programs write a secret.
func base32Of(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

func replaceRecoveryCodes(ctx context.Context, tx pgx.Tx, id int64) ([]RecoveryCode, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM staff_recovery_codes WHERE staff = $1`, id); err != nil {
		return nil, err
	}
	var codes []RecoveryCode
	var hashes [][]byte
	for range recoveryCodes {
		code := newRecoveryCode()
		codes, hashes = append(codes, code), append(hashes, code.hash(id))
	}
	_, err := tx.Exec(ctx, `INSERT INTO staff_recovery_codes (staff, code_hash) SELECT $1, unnest($2::bytea[])`, id, hashes)
	return codes, err
}

// dropSecondStep takes a second step away with its recovery codes, and ends what is signed in.
func dropSecondStep(ctx context.Context, tx pgx.Tx, id int64) error {
	tag, err := tx.Exec(ctx, `DELETE FROM staff_second_steps WHERE staff = $1 AND on_since IS NOT NULL`, id)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return ErrNoSecondStep
	}
	if _, err := tx.Exec(ctx, `DELETE FROM staff_recovery_codes WHERE staff = $1`, id); err != nil {
		return err
	}
	if err := dropTelegramCode(ctx, tx, id); err != nil {
		return err
	}
	return endSessions(ctx, tx, id)
}

// SecondStepRoles gives the roles whose accounts must have a second step.
func (s *Store) SecondStepRoles(ctx context.Context, db postgres.DB) ([]Role, error) {
	var roles []Role
	if err := db.QueryRow(ctx, `SELECT second_step_roles FROM staff_rules`).Scan(&roles); err != nil {
		return nil, fmt.Errorf("read the rules of signing in: %w", err)
	}
	return roles, nil
}

// SetSecondStepRoles says whose accounts must have a second step. Who has none yet sets it up with the next page that they open. Errors: *Fault.
func (s *Store) SetSecondStepRoles(ctx context.Context, by int64, roles []Role) error {
	roles, ok := orderedRoles(roles)
	if !ok {
		return &Fault{Field: "second-step-roles", Key: "console.fault_roles"}
	}
	if len(roles) > 0 && s.vault == nil {
		return &Fault{Field: "second-step-roles", Key: "signin.fault_no_key"}
	}
	act := Act{By: by, Verb: "rules.second-step", Subject: "rules:sign-in", Detail: map[string]any{"roles": roles}}
	err := s.Door(ctx, act, func(tx pgx.Tx, _ *Act) error {
		_, err := tx.Exec(ctx, `UPDATE staff_rules SET second_step_roles = $1`, roles)
		return err
	})
	if err != nil {
		return fmt.Errorf("set the rules of signing in: %w", err)
	}
	return nil
}

// secretOf is what a second step's secret is bound to when it is sealed.
func secretOf(id int64) string { return fmt.Sprintf("staff second step:%d", id) }
