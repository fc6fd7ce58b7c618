package staff

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of a store; the zero value works.
type Options struct {
	Vault Sealer           // seals the secrets of second steps; nil: nobody can turn one on
	Now   func() time.Time // the clock that the codes of second steps go by; default time.Now
}

// Sealer is what the store needs of handoff.Vault: about says what a text belongs to, and only with the same words it opens again.
type Sealer interface {
	Seal(text, about string) []byte
	Open(sealed []byte, about string) (string, error)
}

// Store keeps accounts, sessions and the audit log.
type Store struct {
	db    *pgxpool.Pool
	vault Sealer
	now   func() time.Time
	// hashing limits how many passwords are hashed at once: each takes 19 MiB, and anybody may ask for one.
	hashing chan struct{}
	waiting atomic.Int64 // hashings asked for and not done yet
}

// NewStore gives a store over the pool.
func NewStore(db *pgxpool.Pool, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{db: db, vault: o.Vault, now: o.Now, hashing: make(chan struct{}, hashingAtOnce)}
}

// ErrNotFound says that there is no such account, session or link, or that it is not the caller's.
var ErrNotFound = errors.New("not found")

// Fault is something wrong in what was typed: the field, and the phrase that says it.
type Fault struct {
	Field string
	Key   string
	Args  []any // of the phrase
}

func (f *Fault) Error() string { return fmt.Sprintf("%s: %s", f.Field, f.Key) }
