package staff

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Store keeps accounts, sessions and the audit log.
type Store struct {
	db *pgxpool.Pool
	// hashing limits how many passwords are hashed at once: each takes 19 MiB, and anybody may ask for one.
	hashing chan struct{}
}

// NewStore gives a store over the pool.
func NewStore(db *pgxpool.Pool) *Store {
	return &Store{db: db, hashing: make(chan struct{}, 4)}
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
