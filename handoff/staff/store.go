package staff

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Options of a store; the zero value works.
type Options struct {
	Vault Sealer           // seals the secrets of second steps, and hides addresses; nil: nobody can turn one on
	Now   func() time.Time // the clock that the codes of second steps go by; default time.Now

	Registerer prometheus.Registerer // where metrics go; default: nowhere
}

// Sealer is what the store needs of handoff.Vault: about says what a text belongs to, and only with the same words it opens again.
type Sealer interface {
	Seal(text, about string) []byte
	Open(sealed []byte, about string) (string, error)
	Fingerprint(words string) []byte // 32 bytes, which only the holder of the key can make
}

// Store keeps accounts, sessions and the audit log.
type Store struct {
	db    *pgxpool.Pool
	vault Sealer
	now   func() time.Time
	// hashing limits how many passwords are hashed at once: each takes 19 MiB, and anybody may ask for one.
	hashing chan struct{}
	memory  uint32       // KiB, of one of them
	waiting atomic.Int64 // hashings asked for and not done yet
	refused *prometheus.CounterVec
}

// NewStore gives a store over the pool.
func NewStore(db *pgxpool.Pool, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orientir_staff_sign_in_refused_total", Help: "Sign-ins of staff that were refused, by step and by whether there is such an account."}, []string{"step", "account"})
	for _, step := range []string{"password", "code", "provider"} {
		refused.WithLabelValues(step, "known")
	}
	for _, step := range []string{"password", "provider"} {
		refused.WithLabelValues(step, "unknown")
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(refused)
	}
	return &Store{db: db, vault: o.Vault, now: o.Now, hashing: make(chan struct{}, hashingAtOnce), memory: argonMemory, refused: refused}
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
