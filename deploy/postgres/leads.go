package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// leadTimes are the beats of a connection that holds leads. The server frees the locks of one that it hears nothing from for idle;
// its holder has given up before, so that work has idle-giveUp to stop.
type leadTimes struct {
	ask    time.Duration // how often a follower asks whether a lead is free, and a leader whether the connection lives
	giveUp time.Duration // after the server last answered, a leader takes its leads for lost
	idle   time.Duration // after the server last heard of us, it ends the session
	grace  time.Duration // how long who follows a leader that did not say good-bye waits before it begins
}

var usualLeadTimes = leadTimes{ask: 2 * time.Second, giveUp: 7 * time.Second, idle: 10 * time.Second, grace: time.Second}

// goodbye is how long the last to leave waits for a server that does not answer; the end of the connection frees the locks anyway.
const goodbye = time.Second

// leadChannel carries the name of a lead that was given back, so that a follower needs not wait to ask.
const leadChannel = "orientir_lead"

// leads holds the locks of several jobs on one connection, which lives as long as there is a job: the first to join starts the
// goroutine that owns it, and the last to leave waits for its end.
type leads struct {
	pool  *pgxpool.Pool
	times leadTimes
	log   *slog.Logger

	mu      sync.Mutex
	members []*member
	running bool
	poked   bool               // a member came or goes
	unwait  context.CancelFunc // ends the wait for the next beat; nil while nothing waits
	abort   context.CancelFunc // ends what only a connection is waited for; nil while there is one
}

// member is one job's try to lead.
type member struct {
	name  string
	state memberState
	after bool          // somebody led a moment ago
	grace bool          // set before held is closed: who led may not have stopped yet
	held  chan struct{} // closed once it leads
	lost  context.Context
	lose  context.CancelFunc
	left  chan struct{} // closed once it has left
}

type memberState int

const (
	waiting memberState = iota
	leading
	lost    // its lock is gone; its work may still be stopping
	leaving // its work has stopped
)

func newLeads(pool *pgxpool.Pool, log *slog.Logger, times leadTimes) *leads {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &leads{pool: pool, log: log, times: times}
}

func (l *leads) join(name string, after bool) *member {
	m := &member{name: name, after: after, held: make(chan struct{}), left: make(chan struct{})}
	m.lost, m.lose = context.WithCancel(context.Background())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members = append(l.members, m)
	if !l.running {
		l.running = true
		go l.run()
	}
	l.poke()
	return m
}

// leave returns when the member's lock is free, and where it was the last member, when the connection is closed.
func (l *leads) leave(m *member) {
	l.mu.Lock()
	m.state = leaving
	l.poke()
	if l.abort != nil && l.deserted() {
		l.abort()
	}
	l.mu.Unlock()
	<-m.left
	m.lose()
}

// poke makes the loop look at its members. The lock is held.
func (l *leads) poke() {
	l.poked = true
	if l.unwait != nil {
		l.unwait()
	}
}

// deserted says that everybody is leaving. The lock is held.
func (l *leads) deserted() bool {
	return !slices.ContainsFunc(l.members, func(m *member) bool { return m.state != leaving })
}

// run keeps a connection for as long as there are members.
func (l *leads) run() {
	for {
		began := time.Now()
		conn, err := l.connect()
		if err == nil {
			err = l.keep(conn)
			l.loseAll(err) // before the server may hear of it
			closing, cancel := context.WithTimeout(context.Background(), goodbye)
			conn.Close(closing) // frees every lock, whatever state the connection is in
			cancel()
		}
		if l.over() {
			return
		}
		// A server that can't be had, or at once no more, is not asked in a tight loop.
		l.rest(l.times.ask - time.Since(began))
	}
}

// loseAll tells all who lead that they lead no more.
func (l *leads) loseAll(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, m := range l.members {
		if m.state == leading {
			m.state = lost
			m.lose()
			names = append(names, m.name)
		}
	}
	if len(names) > 0 {
		l.log.Warn("lost the connection that holds the leads: jobs start again in their turn", "jobs", names, "err", err)
	}
}

// over lets those who leave go when there is no connection. True where nobody remains.
func (l *leads) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dismiss(func(m *member) bool { return m.state == leaving })
	l.running = len(l.members) > 0
	return !l.running
}

// dismiss lets members go. The lock is held.
func (l *leads) dismiss(which func(*member) bool) {
	l.members = slices.DeleteFunc(l.members, func(m *member) bool {
		if !which(m) {
			return false
		}
		close(m.left)
		return true
	})
}

// abortable makes a context that ends after d, or when everybody leaves.
func (l *leads) abortable(d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deserted() {
		cancel()
	}
	l.abort = cancel
	return ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.abort = nil
		cancel()
	}
}

func (l *leads) rest(d time.Duration) {
	ctx, done := l.abortable(max(0, d))
	defer done()
	<-ctx.Done()
}

func (l *leads) connect() (*pgx.Conn, error) {
	ctx, done := l.abortable(l.times.giveUp)
	defer done()
	config := l.pool.Config().ConnConfig // a copy
	config.RuntimeParams["application_name"] += " leads"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect for the leads: %w", err)
	}
	// Not startup parameters: poolers refuse those that they don't know.
	_, err = conn.Exec(ctx, `SET idle_session_timeout = `+strconv.FormatInt(l.times.idle.Milliseconds(), 10)+`; LISTEN `+leadChannel)
	if err != nil {
		conn.Close(ctx)
		return nil, fmt.Errorf("connect for the leads: %w", err)
	}
	return conn, nil
}

// keep holds leads by a connection until it is lost, or nobody is left.
func (l *leads) keep(conn *pgx.Conn) error {
	k := &keeper{leads: l, conn: conn, answered: time.Now(), owned: map[string]*member{}, freed: map[string]bool{}}
	for {
		if err := k.release(); err != nil {
			return err
		}
		if k.alone() {
			return nil
		}
		if err := k.try(); err != nil {
			return err
		}
		clear(k.freed)
		if err := k.wait(); err != nil {
			return err
		}
	}
}

// keeper is one connection and the locks on it.
type keeper struct {
	*leads
	conn     *pgx.Conn
	answered time.Time          // the server has answered what was asked then
	owned    map[string]*member // the locks; of nil nobody wanted it any more
	freed    map[string]bool    // the leads that others have just given back
}

// query asks the server for one row, and gives up when the leads are to be taken for lost.
func (k *keeper) query(sql string, args []any, into ...any) error {
	asked := time.Now()
	until := k.answered.Add(k.times.giveUp)
	if k.alone() && until.After(asked.Add(goodbye)) {
		until = asked.Add(goodbye)
	}
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	if err := k.conn.QueryRow(ctx, sql, args...).Scan(into...); err != nil {
		return fmt.Errorf("ask for the leads: %w", err)
	}
	k.answered = asked
	return nil
}

// alone says that everybody is leaving.
func (k *keeper) alone() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.deserted()
}

// release gives back the locks of those that leave, and tells the followers.
func (k *keeper) release() error {
	k.mu.Lock()
	var names []string
	for name, m := range k.owned {
		if m == nil || m.state == leaving {
			names = append(names, name)
		}
	}
	k.mu.Unlock()
	if len(names) > 0 {
		var unlocked, told int
		err := k.query(`
			SELECT count(pg_advisory_unlock(hashtextextended('lead ' || name, 0))), count(pg_notify($2, name))
			FROM unnest($1::text[]) AS name`, []any{names, leadChannel}, &unlocked, &told)
		if err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range names {
		delete(k.owned, name)
	}
	if !k.deserted() { // the last ones leave when the connection is closed
		k.dismiss(func(m *member) bool { return m.state == leaving && k.owned[m.name] != m })
	}
	return nil
}

// try asks for every lock that somebody waits for. It is also the sign of life of the connection, and finds out where the server has
// become one that only reads.
func (k *keeper) try() error {
	k.mu.Lock()
	names := []string{}
	for _, m := range k.members {
		if _, owned := k.owned[m.name]; !owned && m.state == waiting && !slices.Contains(names, m.name) && !k.busy(m.name) {
			names = append(names, m.name)
		}
	}
	k.mu.Unlock()
	var got []string
	var readOnly bool
	err := k.query(`
		SELECT coalesce(array_agg(name) FILTER (WHERE pg_try_advisory_lock(hashtextextended('lead ' || name, 0))), '{}'),
		       current_setting('transaction_read_only')::bool
		FROM unnest($1::text[]) AS name`, []any{names}, &got, &readOnly)
	if err != nil {
		return err
	}
	if readOnly {
		return errors.New("the server of the leads only reads")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range got {
		k.owned[name] = nil
	}
	for _, m := range k.members {
		if m.state != waiting {
			continue
		}
		if holder, owned := k.owned[m.name]; !owned || holder != nil {
			m.after = true
			continue
		}
		k.owned[m.name] = m
		m.state, m.grace = leading, m.after && !k.freed[m.name]
		close(m.held)
	}
	for _, m := range k.owned {
		if m == nil {
			k.poked = true // who wanted it has just left
		}
	}
	return nil
}

// busy says that a job of this process that lost this lead may not have stopped. The lock is held.
func (k *keeper) busy(name string) bool {
	return slices.ContainsFunc(k.members, func(m *member) bool { return m.name == name && m.state == lost })
}

// wait sleeps until the next beat, a lead given back, or a member that comes or goes. It hears at once when the server ends the connection.
func (k *keeper) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), k.times.ask)
	defer cancel()
	k.mu.Lock()
	poked := k.poked
	k.poked = false
	if !poked {
		k.unwait = cancel
	}
	k.mu.Unlock()
	if poked {
		return nil
	}
	n, err := k.conn.WaitForNotification(ctx)
	k.mu.Lock()
	k.unwait, k.poked = nil, false
	k.mu.Unlock()
	if err != nil && (ctx.Err() == nil || k.conn.IsClosed()) {
		return fmt.Errorf("wait for the leads: %w", err)
	}
	if n != nil {
		k.freed[n.Payload] = true
	}
	return nil
}
