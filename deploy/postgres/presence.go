package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// presenceSpace is the first half of the advisory locks that processes hold; the second is the number of the process.
const presenceSpace = 1_330_794_068

// Living selects the numbers of the processes that are present. It reads the locks as they are at that moment, not as a snapshot has them: who
// took a row that the statement sees was present before it, and is seen.
const Living = `
	SELECT objid::bigint FROM pg_locks
	WHERE locktype = 'advisory' AND classid = 1330794068 AND objsubid = 2 AND granted
	  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// presenceTimes are the beats of a presence.
type presenceTimes struct {
	ask    time.Duration // how often the connection shows that it lives, and looks who else does
	giveUp time.Duration // after which an answer isn't waited for any longer
	again  time.Duration // between two tries to connect
	grace  time.Duration // for which a process must have been absent to be taken for dead
	anew   time.Duration // after which it is looked again for what somebody left who came and died between two looks, or whose row was locked
	settle time.Duration // for which a process must have been present itself before it takes others for dead that it hasn't seen at this server
	idle   time.Duration // after the server last heard of a process, it ends its session
}

// The machine that is gone without a word is absent after idle, and dead after grace: together less than the leases of before were.
var usualPresenceTimes = presenceTimes{
	ask: time.Second, giveUp: 5 * time.Second, again: 200 * time.Millisecond, grace: 3 * time.Second, anew: 5 * time.Second, settle: 8 * time.Second, idle: 25 * time.Second,
}

// settled is how long a process that took so long to connect waits before it takes others for dead. All are absent at once when another server takes
// the old one's place, and each passes by the same silent addresses: one that asked the new server a moment too early comes a whole try later. Where
// somebody has waited for them already, since this server began to serve, nobody need wait for more than the grace again.
func (t presenceTimes) settled(took time.Duration, met bool) time.Duration {
	if met {
		return max(t.grace, 2*took)
	}
	return max(t.settle, 2*took)
}

// connectAll is how long all addresses together may keep silent: a name may stand for many.
const connectAll = 30 * time.Second

// Heir takes over what dead processes had in their hands. Whoever is in recent was present a moment ago and is not to be inherited from, and neither
// is who is among the Living when the statement runs.
type Heir func(ctx context.Context, recent []int32) error

// Presence shows other processes that this one lives, by an advisory lock on a connection of its own, and finds out who died.
//
// A process that is killed loses its lock at once: the kernel hangs up for it. What it had taken passes on when it has been absent for the grace.
// A living process that only loses the connection comes back, under the same number, within that time: it hears at once that it lost it, and
// tries five times a second. One that is cut off without a word keeps its lock for as long as the server waits for it (idle). So what a living process is
// at is given to another only where the server hung up on it and doesn't let it in again for the grace, while it serves the other; it is then as
// when a lease runs out.
//
// All are absent at once when the server itself starts anew or another takes its place: nobody is taken for dead before the one who looks has been
// present for longer than another may need to come too. Whoever was so long present notes the server's run (presence_server), so that a process
// that starts later, perhaps because all of them died, waits for the grace alone. A connection pooler in transaction mode can't hold such a lock; give the server itself.
type Presence struct {
	pool  *pgxpool.Pool
	log   *slog.Logger
	times presenceTimes
	self  int32

	mu       sync.Mutex
	held     bool
	answered time.Time // the server last answered, and may be written to
}

// NewPresence makes a presence; Run shows it. log nil: nobody is told.
func NewPresence(pool *pgxpool.Pool, log *slog.Logger) *Presence {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Presence{pool: pool, log: log, times: usualPresenceTimes, self: 1 + rand.Int32N(1<<31-2)}
}

// Self is the number under which this process may take a row; 0 while it is not present, or there is no presence: what it takes then is out of
// others' reach until its time is over, and no longer.
func (p *Presence) Self() int32 {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.held {
		return 0
	}
	return p.self
}

// Answered is when the database last answered this process and could be written to; zero: never yet. It waits for no connection of the pool.
func (p *Presence) Answered() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answered
}

// Run is present until ctx ends, and calls the heirs where somebody died.
func (p *Presence) Run(ctx context.Context, heirs ...Heir) {
	for told := false; ctx.Err() == nil; {
		began := time.Now()
		held, err := p.once(ctx, heirs)
		p.mu.Lock()
		p.held = false
		p.mu.Unlock()
		if ctx.Err() != nil {
			break
		}
		if held || !told {
			p.log.Warn("this process is not seen by the others for the moment", "err", err)
			told = true
		}
		if !held { // one that was lost is looked for at once
			sleep(ctx, p.times.again-time.Since(began))
		}
	}
}

// once is present on one connection, until it is lost.
func (p *Presence) once(ctx context.Context, heirs []Heir) (held bool, err error) {
	began := time.Now()
	conn, err := p.connect(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		conn.Close(closing)
	}()
	since, inherited, looked := time.Now(), false, time.Time{}
	run, met, err := p.server(ctx, conn)
	if err != nil {
		return false, err
	}
	settled := p.times.settled(since.Sub(began), met)
	seen := map[int32]time.Time{}
	for {
		living, err := p.look(ctx, conn)
		if err != nil {
			return held, err
		}
		if !slices.Contains(living, p.self) {
			return held, errors.New("the lock of this process is gone")
		}
		now := time.Now()
		held = true
		p.mu.Lock()
		p.held, p.answered = true, now
		p.mu.Unlock()
		for _, id := range living {
			seen[id] = now
		}
		recent := []int32{} // never NULL
		for id, at := range seen {
			if now.Sub(at) < p.times.grace {
				recent = append(recent, id)
				continue
			}
			delete(seen, id)
			inherited = false
		}
		if (!inherited || now.Sub(looked) >= p.times.anew) && now.Sub(since) >= settled {
			inherited, looked = p.inherit(ctx, heirs, recent), now
			met = met || p.meet(ctx, conn, run)
		}
		if err := p.wait(ctx, conn); err != nil {
			return true, err
		}
	}
}

// inherit calls the heirs, and says whether all could do their part.
func (p *Presence) inherit(ctx context.Context, heirs []Heir, recent []int32) bool {
	ctx, cancel := context.WithTimeout(ctx, p.times.giveUp)
	defer cancel()
	var err error
	for _, heir := range heirs {
		err = errors.Join(err, heir(ctx, recent))
	}
	if err != nil && ctx.Err() == nil {
		p.log.Warn("what dead processes had in their hands waits", "err", err)
	}
	return err == nil
}

// connect waits for each address on its own, as the pool does: it comes to the one that answers, however many before it keep silent.
func (p *Presence) connect(ctx context.Context) (*pgx.Conn, error) {
	config := p.pool.Config().ConnConfig // a copy
	config.RuntimeParams["application_name"] += " presence"
	if config.ConnectTimeout == 0 || config.ConnectTimeout > p.times.giveUp {
		config.ConnectTimeout = p.times.giveUp
	}
	connecting, connected := context.WithTimeout(ctx, connectAll)
	defer connected()
	conn, err := pgx.ConnectConfig(connecting, config)
	if err != nil {
		return nil, fmt.Errorf("connect to be present: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.times.giveUp)
	defer cancel()
	// Shared: the session of before may still have it. Not a startup parameter: poolers refuse those that they don't know.
	_, err = conn.Exec(ctx, fmt.Sprintf(`SET idle_session_timeout = %s; SELECT pg_advisory_lock_shared(%d, %d)`,
		strconv.FormatInt(p.times.idle.Milliseconds(), 10), presenceSpace, p.self))
	if err != nil {
		conn.Close(ctx)
		return nil, fmt.Errorf("be present: %w", err)
	}
	return conn, nil
}

// server names the server's run: it changes with each start, and when a standby becomes the primary. met says that all have had time to come to it.
func (p *Presence) server(ctx context.Context, conn *pgx.Conn) (run string, met bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.times.giveUp)
	defer cancel()
	err = conn.QueryRow(ctx, `
		SELECT r.run, r.run = s.run FROM presence_server s, LATERAL (
			SELECT extract(epoch FROM pg_postmaster_start_time())::text || '/' || CASE
				WHEN current_setting('transaction_read_only')::bool THEN '' -- a standby can't say; look refuses it
				ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END) AS r(run)`).Scan(&run, &met)
	if err != nil {
		return "", false, fmt.Errorf("ask which server this is: %w", err)
	}
	return run, met, nil
}

// meet notes that whoever lives has had time to come to this run of the server, and says whether it could.
func (p *Presence) meet(ctx context.Context, conn *pgx.Conn, run string) bool {
	noting, cancel := context.WithTimeout(ctx, p.times.giveUp)
	defer cancel()
	_, err := conn.Exec(noting, `UPDATE presence_server SET run = $1 WHERE run <> $1`, run)
	if err != nil && ctx.Err() == nil {
		p.log.Warn("processes that start wait longer than they need", "err", err)
	}
	return err == nil
}

// look finds who is present, and whether the server still is one that may be written to.
func (p *Presence) look(ctx context.Context, conn *pgx.Conn) (living []int32, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.times.giveUp)
	defer cancel()
	var readOnly bool
	err = conn.QueryRow(ctx, `SELECT array(`+Living+`)::integer[], current_setting('transaction_read_only')::bool`).Scan(&living, &readOnly)
	if err != nil {
		return nil, fmt.Errorf("look who is present: %w", err)
	}
	if readOnly {
		return nil, errors.New("the server only reads")
	}
	return living, nil
}

// wait sleeps until the next beat. It hears at once when the server ends the connection.
func (p *Presence) wait(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, p.times.ask)
	defer cancel()
	if _, err := conn.WaitForNotification(ctx); err != nil && (ctx.Err() == nil || conn.IsClosed()) {
		return fmt.Errorf("be present: %w", err)
	}
	return nil
}
