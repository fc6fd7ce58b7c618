package bot

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// CodeLife is how long a code to take a conversation along works; it works once.
	CodeLife = 10 * time.Minute
	// CodeTries is how many wrong typed codes an address or a contact may give within CodeLife.
	CodeTries = 5
	// CodeLength is how many letters a typed code has.
	CodeLength = 8

	linkBytes = 16

	// codeLetters look the same in Latin and in Cyrillic, and none looks like another or like a digit: a code is typed as it is
	// read, whatever the keyboard. Eight of these eighteen make 11 thousand million codes.
	codeLetters    = "ACEHKMPTXY23456789"
	codeLikeLatin  = "ACEHKMPTXY"
	codeLikeSlavic = "АСЕНКМРТХУ"
)

// Code is the right to take a conversation along to another device, in two forms. Whoever uses one of them uses up both.
type Code struct {
	Link  string // 128 random bits for an address, base64url
	Typed string // CodeLength letters and digits to type
	Until time.Time
}

// The faults of using a code.
var (
	ErrNoCode    = errors.New("no such code") // wrong, used, or too old: nobody is told which
	ErrCodeTries = errors.New("too many wrong codes")
)

// NewCode makes a code for a conversation. An earlier one stops working. Only hashes are kept.
func (c *Conversations) NewCode(ctx context.Context, conversation int64) (Code, error) {
	for range 5 { // a typed code that another conversation has at the moment is drawn anew
		link := make([]byte, linkBytes)
		_, _ = rand.Read(link) // never fails (crypto/rand)
		code := Code{Link: base64.RawURLEncoding.EncodeToString(link), Typed: newTypedCode(), Until: c.now().Add(CodeLife)}
		_, err := c.pool.Exec(ctx, `
			INSERT INTO conversation_codes (conversation, link, typed, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (conversation) DO UPDATE SET link = EXCLUDED.link, typed = EXCLUDED.typed, expires_at = EXCLUDED.expires_at`,
			conversation, hashed("link", code.Link), hashed("typed", code.Typed), code.Until)
		var taken *pgconn.PgError
		if errors.As(err, &taken) && taken.Code == "23505" {
			continue
		}
		if err != nil {
			return Code{}, fmt.Errorf("make a code of conversation %d: %w", conversation, err)
		}
		return code, nil
	}
	return Code{}, fmt.Errorf("make a code of conversation %d: no free one", conversation)
}

// TypedCode reads a code as people type it: in small or Cyrillic letters, with spaces and dashes. False where it can be none.
func TypedCode(text string) (string, bool) {
	var code strings.Builder
	for _, r := range strings.ToUpper(text) {
		if i := slices.Index([]rune(codeLikeSlavic), r); i >= 0 {
			r = rune(codeLikeLatin[i])
		}
		switch {
		case strings.ContainsRune(" -–—\u00a0", r):
		case strings.ContainsRune(codeLetters, r):
			code.WriteRune(r)
		default:
			return "", false
		}
	}
	return code.String(), code.Len() == CodeLength
}

// TakeByLink gives the conversation of a link's code to the web contact of a key, and takes it from whoever had it. ErrNoCode where
// the code does not work.
func (c *Conversations) TakeByLink(ctx context.Context, link, key string) (conversation int64, err error) {
	err = pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) (err error) {
		conversation, err = c.take(ctx, tx, `link`, hashed("link", link), key)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take a conversation along: %w", err)
	}
	c.Wake(ctx, conversation) // where it was, its stream ends
	return conversation, nil
}

// TakeByTyped is TakeByLink for a typed code, as TypedCode gives it. who are the address and the contact that try: after CodeTries
// wrong codes of one of them within CodeLife it is ErrCodeTries, whatever the code. They are kept hashed, for as long.
func (c *Conversations) TakeByTyped(ctx context.Context, typed, key string, who ...string) (conversation int64, err error) {
	var triers [][]byte
	for _, w := range who {
		triers = append(triers, hashed("trier", w))
	}
	slices.SortFunc(triers, slices.Compare) // in one order, so that nobody waits for each other
	fault := error(nil)                     // that is kept: a wrong try must not be rolled back
	err = pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		for _, t := range triers { // one try after the other: a hundred at once are a hundred
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))`, t); err != nil {
				return err
			}
		}
		var worst int
		err := tx.QueryRow(ctx, `
			SELECT COALESCE(max(n), 0) FROM (
				SELECT count(*) AS n FROM code_tries WHERE trier = ANY($1) AND tried_at > $2 GROUP BY trier) tries`,
			triers, c.now().Add(-CodeLife)).Scan(&worst)
		if err != nil {
			return err
		}
		if worst >= CodeTries {
			fault = ErrCodeTries
			return nil
		}
		conversation, err = c.take(ctx, tx, `typed`, hashed("typed", typed), key)
		if !errors.Is(err, ErrNoCode) || errors.Is(err, errTakenMeanwhile) {
			return err
		}
		fault = ErrNoCode
		_, err = tx.Exec(ctx, `INSERT INTO code_tries (trier, tried_at) SELECT unnest($1::bytea[]), $2`, triers, c.now())
		return err
	})
	if err = errors.Join(err, fault); err != nil {
		return 0, fmt.Errorf("take a conversation along: %w", err)
	}
	c.Wake(ctx, conversation)
	return conversation, nil
}

// take uses a code up and gives its conversation away. The contact is locked before the code, as by whoever forgets it.
func (c *Conversations) take(ctx context.Context, tx pgx.Tx, column string, hash []byte, key string) (conversation int64, err error) {
	err = tx.QueryRow(ctx, `
		UPDATE contacts k SET key = $2, terminal_at = NULL, left_at = NULL
		FROM conversations c JOIN conversation_codes q ON q.conversation = c.id
		WHERE q.`+column+` = $1 AND q.expires_at > $3 AND k.id = c.contact AND k.channel = 'web' AND k.forgotten_at IS NULL
		RETURNING c.id`, hash, key, c.now()).Scan(&conversation)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNoCode
	}
	if err != nil {
		return 0, err
	}
	used, err := tx.Exec(ctx, `DELETE FROM conversation_codes WHERE `+column+` = $1`, hash)
	if err != nil {
		return 0, err
	}
	if used.RowsAffected() == 0 {
		return 0, errTakenMeanwhile
	}
	return conversation, nil
}

// errTakenMeanwhile rolls back what a second use of the same code would have changed.
var errTakenMeanwhile = fmt.Errorf("somebody was quicker: %w", ErrNoCode)

// dropCodes deletes what is too old to count.
func (c *Conversations) dropCodes(ctx context.Context, now time.Time) error {
	if _, err := c.pool.Exec(ctx, `DELETE FROM conversation_codes WHERE expires_at <= $1`, now); err != nil {
		return fmt.Errorf("delete old codes: %w", err)
	}
	if _, err := c.pool.Exec(ctx, `DELETE FROM code_tries WHERE tried_at <= $1`, now.Add(-CodeLife)); err != nil {
		return fmt.Errorf("delete old tries of codes: %w", err)
	}
	return nil
}

// hashed is what is kept of a secret: a use of its own keeps one kind from passing for another.
func hashed(use, secret string) []byte {
	sum := sha256.Sum256([]byte("orientir code " + use + "\x00" + secret))
	return sum[:]
}

func newTypedCode() string {
	code := make([]byte, CodeLength)
	for i := range code {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(codeLetters))))
		if err != nil {
			panic(err) // crypto/rand never fails
		}
		code[i] = codeLetters[n.Int64()]
	}
	return string(code)
}
