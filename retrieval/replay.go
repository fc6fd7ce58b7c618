package retrieval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// ReplayOptions of Replays; the zero value works.
type ReplayOptions struct {
	Log     *slog.Logger  // default: nothing is logged
	Workers int           // questions asked at once; default: half of the processors, so that people are answered beside it
	Every   time.Duration // between looks for a replay that waits; default half a second
	Most    int           // questions of a replay; default 20,000

	batch int // questions between two notes of how far a replay is
}

// Replays asks all known questions against drafts, and keeps for all editors, whoever's the draft is, what would change: the knowledge base's sample questions, and what people
// asked in the last thirty days. People's questions are masked, but masked is not anonymous: a replay keeps no word of them, only
// which answer gave them, and nothing of a replay is shown or kept when that is older than thirty days.
type Replays struct {
	pool     *pgxpool.Pool
	answerer *Answerer
	options  ReplayOptions
}

// ReplayState says how far a replay is.
type ReplayState string

// The states. The last three are final.
const (
	ReplayWaits     ReplayState = "waiting"
	ReplayRuns      ReplayState = "running"
	ReplayDone      ReplayState = "done"
	ReplayCancelled ReplayState = "cancelled"
	ReplayFailed    ReplayState = "failed"
)

// Replay is how far the replay of a guide is, and what it found.
type Replay struct {
	ID        int64
	Slug      string
	Base      int // published version that the draft was compared with; 0: none
	Revision  int // of the draft
	State     ReplayState
	Total     int // questions; 0 until they are gathered
	LeftOut   int // questions beyond the most that a replay takes
	Done      int // questions
	Counts    map[ReplayKind]int
	AskedBy   string // opaque staff id
	AskedAt   time.Time
	StartedAt *time.Time
	EndedAt   *time.Time
}

// Over says that nothing more will come.
func (r Replay) Over() bool { return r.State != ReplayWaits && r.State != ReplayRuns }

// Changed is how many questions get another answer, or the same in other words.
func (r Replay) Changed() int {
	n := 0
	for _, kind := range ReplayKinds() {
		n += r.Counts[kind]
	}
	return n
}

const replayColumns = `id, slug, base, revision, state, total, left_out, done, counts, asked_by, asked_at, started_at, ended_at`

// NewReplays gives the replays on a migrated database.
func NewReplays(pool *pgxpool.Pool, answerer *Answerer, o ReplayOptions) *Replays {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Workers <= 0 {
		o.Workers = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if o.Every <= 0 {
		o.Every = 500 * time.Millisecond
	}
	if o.Most <= 0 {
		o.Most = 20_000
	}
	if o.batch <= 0 {
		o.batch = replayBatch
	}
	return &Replays{pool, answerer, o}
}

// Start asks for a replay of a draft, in place of the guide's last one. Run does it. by is an opaque staff id.
func (r *Replays) Start(ctx context.Context, tx postgres.DB, d knowledge.Draft, by string) error {
	guide, err := json.Marshal(d.Guide.AsPublished())
	if err != nil {
		return fmt.Errorf("start replay of %q: %w", d.Slug, err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM replays WHERE slug = $1`, d.Slug); err != nil {
		return fmt.Errorf("start replay of %q: %w", d.Slug, err)
	}
	// Of two editors who start it at once, one is enough.
	_, err = tx.Exec(ctx, `
		INSERT INTO replays (slug, guide, base, revision, asked_by)
		VALUES ($1, $2, coalesce((SELECT version FROM guides WHERE slug = $1), 0), $3, $4)
		ON CONFLICT (slug) DO NOTHING`, d.Slug, guide, d.Revision, by)
	if err != nil {
		return fmt.Errorf("start replay of %q: %w", d.Slug, err)
	}
	return nil
}

// Cancel stops the replay of a guide where it is; what it has found so far stays. False where none is under way.
func (r *Replays) Cancel(ctx context.Context, tx postgres.DB, slug string) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE replays SET state = 'cancelled', ended_at = now() WHERE slug = $1 AND state IN ('waiting', 'running')`, slug)
	if err != nil {
		return false, fmt.Errorf("cancel replay of %q: %w", slug, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Of gives the newest replay of a guide; false where there is none.
func (r *Replays) Of(ctx context.Context, slug string) (Replay, bool, error) {
	rows, err := r.pool.Query(ctx, `SELECT `+replayColumns+` FROM replays WHERE slug = $1`, slug)
	if err != nil {
		return Replay{}, false, fmt.Errorf("read replay of %q: %w", slug, err)
	}
	replay, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Replay])
	if errors.Is(err, pgx.ErrNoRows) {
		return Replay{}, false, nil
	}
	if err != nil {
		return Replay{}, false, fmt.Errorf("read replay of %q: %w", slug, err)
	}
	return replay, true, nil
}
