package staff

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// lightHash is how many KiB hashing a password takes in tests, which make accounts by the hundred.
const lightHash = 256

// NewLightStore gives a store whose passwords are cheap to guess, for tests of this package and of those that stand on it. Anywhere else it panics.
func NewLightStore(db *pgxpool.Pool, o Options) *Store {
	if !testing.Testing() {
		panic("staff: a store with light hashes outside of a test")
	}
	s := NewStore(db, o)
	s.memory = lightHash
	return s
}
