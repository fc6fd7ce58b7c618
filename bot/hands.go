package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"orientir/deploy/postgres"
)

// doubt is how long after a failure rows are looked for that this process took and knows nothing of: a statement that was given up may still be
// carried out by a server that was slow.
const doubt = 15 * time.Second

// hands are the rows that one loop of this process has taken and hasn't let go of. Only that loop takes, so that between two takes of its own a row
// of this process that isn't in its hands is in nobody's: the answer to the take was lost, or it could not be given back.
type hands struct {
	mu      sync.Mutex
	held    map[*holding]struct{}
	unsure  time.Time // until then rows may have been lost; zero: none were
	checked time.Time
}

// holding is a row in hand, for as long as nobody else may take it. A row whose time was over may be taken again, and is in hand twice then.
type holding struct {
	id    int64
	until time.Time // by the real clock
}

// take takes a row in hand until a time. let lets it go before that; failed says that the database may not know.
func (h *hands) take(id int64, until time.Time) (let func(failed bool)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil {
		h.held = map[*holding]struct{}{}
	}
	row := &holding{id, until}
	h.held[row] = struct{}{}
	return func(failed bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.held, row)
		if failed {
			h.unsure = time.Now().Add(doubt)
		}
	}
}

// lost says that a take failed, and may have been carried out all the same.
func (h *hands) lost() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unsure = time.Now().Add(doubt)
}

// look gives what is held where it is time to look for what was lost.
func (h *hands) look() (held []int64, due bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if now.After(h.unsure) || now.Sub(h.checked) < time.Second/2 {
		return nil, false
	}
	h.checked = now
	held = make([]int64, 0, len(h.held))
	for row := range h.held {
		if now.After(row.until) {
			delete(h.held, row)
			continue
		}
		held = append(held, row.id)
	}
	return held, true
}

// A row goes back to those who wait by these: $1 chooses it, $2 is now, $3 are the tries that it gets back. A lease that a program took that knows of no takers changes
// deliver_after, so that its row is not the dead taker's any more. A row that is locked is left for the next time: who is gone may have locked it, and the
// others need not wait for it. Of a conversation, where such a program leaves the leaser as it was, only the newest
// lease may save, whoever has it: hence whoever frees one takes the leaser out.
const (
	freeMessages = `
		UPDATE messages m SET deliver_after = $2, taker = NULL, taken_until = NULL, tries = GREATEST(m.tries - $3::int, 0)
		FROM (
			SELECT id, taker, taken_until FROM messages
			WHERE sender <> 'person' AND NOT pulled AND delivered_at IS NULL AND failed_at IS NULL
			  AND taker IS NOT NULL AND taken_until = deliver_after AND deliver_after > $2 AND %s
			FOR NO KEY UPDATE SKIP LOCKED) AS d
		WHERE m.id = d.id AND m.taker = d.taker AND m.taken_until = d.taken_until AND m.deliver_after = d.taken_until`
	freeConversations = `
		UPDATE conversations c SET leased_until = NULL, leaser = NULL, tries = GREATEST(c.tries - $3::int, 0)
		FROM (
			SELECT id, leaser, lease FROM conversations
			WHERE due_at IS NOT NULL AND leaser IS NOT NULL AND leased_until > $2 AND %s
			FOR NO KEY UPDATE SKIP LOCKED) AS d
		WHERE c.id = d.id AND c.leaser = d.leaser AND c.lease = d.lease`
)

// Inherit gives back what dead processes had in their hands; see postgres.Heir. What such a process was sending may come twice; a step that it
// was making counts as tried: it may be what brought the process down.
func (e *Engine) Inherit(ctx context.Context, recent []int32) error {
	pool, now := e.conversations.pool, e.now()
	steps, err := pool.Exec(ctx, fmt.Sprintf(`WITH living AS MATERIALIZED (`+postgres.Living+`)`+freeConversations,
		`leaser <> ALL ($1::integer[]) AND leaser NOT IN (SELECT objid FROM living)`), recent, now, 0)
	if err != nil {
		err = fmt.Errorf("take over the steps of dead processes: %w", err)
	}
	sends, fault := pool.Exec(ctx, fmt.Sprintf(`WITH living AS MATERIALIZED (`+postgres.Living+`)`+freeMessages,
		`taker <> ALL ($1::integer[]) AND taker NOT IN (SELECT objid FROM living)`), recent, now, 0)
	if fault != nil {
		err = errors.Join(err, fmt.Errorf("take over the messages of dead processes: %w", fault))
	}
	if steps.RowsAffected()+sends.RowsAffected() > 0 {
		e.log.Info("took over from a process that died", "steps", steps.RowsAffected(), "messages", sends.RowsAffected())
		e.conversations.redis.Publish(ctx, "work", "")
		e.conversations.redis.Publish(ctx, "deliver", "")
	}
	return err
}

// findSteps gives conversations back that this process leased without knowing of it. Only the loop that leases calls it.
func (e *Engine) findSteps(ctx context.Context) {
	held, due := e.steps.look()
	if !due || e.o.Presence == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	_, err := e.conversations.pool.Exec(ctx, fmt.Sprintf(freeConversations, `leaser = $4 AND id <> ALL ($1)`), held, e.now(), 1, e.o.Presence.Self())
	if err != nil && ctx.Err() == nil {
		e.log.Warn("look for leases of this process", "err", err)
	}
}

// findSends gives messages back that this process took without knowing of it. Only the loop that takes calls it.
func (e *Engine) findSends(ctx context.Context) {
	held, due := e.sends.look()
	if !due || e.o.Presence == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	_, err := e.conversations.pool.Exec(ctx, fmt.Sprintf(freeMessages, `taker = $4 AND id <> ALL ($1)`), held, e.now(), 1, e.o.Presence.Self())
	if err != nil && ctx.Err() == nil {
		e.log.Warn("look for messages that this process took", "err", err)
	}
}
