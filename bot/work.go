package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/deploy/redis"
)

// errMoved says that the turn or the holder changed, or the lease ran out, while a step was being made. The step is thrown away.
var errMoved = errors.New("the conversation moved on")

// errNotYet says that the program has only just started and can't answer yet. It costs no try.
var errNotYet = errors.New("not ready to answer yet")

// startUp is how long a message waits for a program that has only just started, before trying counts.
const startUp = 10 * time.Minute

// askPatience tells a person once that the program is only just starting.
func (e *Engine) askPatience(ctx context.Context, conversation int64) {
	first, _ := e.conversations.redis.Allow(ctx, "starting:"+digits(conversation), 1, startUp)
	if !first {
		return
	}
	if _, err := e.conversations.noticeNow(ctx, conversation, "bot.starting"); err != nil {
		e.log.Error("ask for patience", "conversation", conversation, "err", err)
	}
}

// lookPatience is how long one look at the database may take. A server that hangs, or is gone without a word, never answers: the connection is given
// up then, and the next look takes another.
const lookPatience = 8 * time.Second

// answerAll leases conversations that wait and answers several at once, until ctx ends.
func (e *Engine) answerAll(ctx context.Context) error {
	wake := e.conversations.redis.Subscribe(ctx, "work")
	slots := make(chan struct{}, e.o.Workers)
	var steps sync.WaitGroup
	defer steps.Wait()
	looked := time.Time{} // in vain
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case slots <- struct{}{}:
		}
		e.findSteps(ctx)
		e.together.goFirst(ctx)
		l, ok, err := e.lease(ctx)
		if ok {
			let := e.steps.take(l.conversation, l.at.Add(e.o.Lease))
			steps.Go(func() {
				defer func() { <-slots }()
				given, err := e.answerOne(ctx, l)
				let(!given)
				if err != nil && ctx.Err() == nil {
					e.log.Error("answer", "conversation", l.conversation, "err", err)
				}
			})
			continue
		}
		<-slots
		if err != nil && ctx.Err() == nil {
			e.steps.lost()
			e.log.Error("lease a conversation", "err", err)
		}
		rest := e.untilDue(ctx)
		if err != nil { // a database that refuses is not asked a hundred times a second
			rest = max(rest, time.Second/2)
		}
		pause := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-pause.C:
		}
		pause.Stop()
		redis.Rest(ctx, wake, looked, lookPause)
		looked = time.Now()
	}
}

// lookPause is between two looks at most, where wake-ups come without end and most are for what isn't due yet. Nobody notices it.
const lookPause = 20 * time.Millisecond

// untilDue is how long to sleep when nothing is due: to the end of the next debounce or pause, and no longer than a sweep.
func (e *Engine) untilDue(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	now := e.now()
	var next *time.Time
	err := e.conversations.pool.QueryRow(ctx, `
		SELECT min(GREATEST(due_at, COALESCE(leased_until, due_at))) FROM conversations
		WHERE due_at <= $1`, now.Add(e.o.Sweep)).Scan(&next)
	if err != nil || next == nil {
		return e.o.Sweep
	}
	return min(max(next.Sub(now), 10*time.Millisecond), e.o.Sweep)
}

// lease is the right to make one step of a conversation, until it runs out.
type lease struct {
	conversation int64
	number       int64
	tries        int       // leases since the last step that was saved, this one too
	breaks       int       // of them that the database broke off
	at           time.Time // when it was taken, by the real clock
}

// lease takes the conversation that has waited longest; false where none waits.
func (e *Engine) lease(ctx context.Context) (l lease, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	now := e.now()
	err = e.conversations.pool.QueryRow(ctx, `
		UPDATE conversations SET lease = lease + 1, leased_until = $2, tries = tries + 1, leaser = NULLIF($3::integer, 0)
		WHERE id = (
			SELECT id FROM conversations
			WHERE due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
			ORDER BY due_at
			LIMIT 1
			FOR UPDATE SKIP LOCKED)
		RETURNING id, lease, tries, breaks`, now, now.Add(e.o.Lease), e.o.Presence.Self()).Scan(&l.conversation, &l.number, &l.tries, &l.breaks)
	if errors.Is(err, pgx.ErrNoRows) {
		return lease{}, false, nil
	}
	if err != nil {
		return lease{}, false, fmt.Errorf("lease a conversation: %w", err)
	}
	l.at = time.Now()
	return l, true, nil
}

// breaksForgiven is how often the database may break off the steps of a conversation before it counts as tries. While the database is away nothing can be
// leased, so that an outage of hours costs one or two; what breaks it off each time may be the message's own doing, which brings a server down or
// runs out of its memory, and is not to be tried without an end. The pauses rise to a minute: those whom it only dragged along get through between.
const breaksForgiven = 8

// answerOne makes one step of a leased conversation and saves it. What goes wrong is tried again after a pause, by whoever
// comes first; after the last try the person is told. A step that was overtaken is thrown away and made anew. given says that the database knows that
// the conversation is free.
func (e *Engine) answerOne(ctx context.Context, l lease) (given bool, err error) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, e.o.Lease*3/4)
	defer cancel()
	var w waiting
	var asked *askGuides
	err = e.safely(func() (err error) {
		w, asked, err = e.step(limited, l)
		return err
	})
	if err == nil {
		e.phrase(ctx, w, asked)
		return true, nil
	}
	pause, tries, breaks := time.Duration(0), l.tries, l.breaks
	switch {
	case errors.Is(err, errMoved) || ctx.Err() != nil:
		tries-- // nobody's fault
	case errors.Is(err, errNotYet):
		pause, tries = time.Second, tries-1
		e.askPatience(ctx, l.conversation)
	case limited.Err() == nil && postgres.Away(err) && breaks < breaksForgiven: // nor this message's, it seems
		pause, tries, breaks = min(time.Second/2<<breaks, time.Minute), tries-1, breaks+1
	default:
		pause = min(time.Second<<min(l.tries-1, 6), time.Minute)
	}
	// After a stop too, and once a database that was away is back: nobody then needs to wait for the lease to run out.
	fault := postgres.Insist(ctx, began.Add(e.o.Lease), noteTry, func(ctx context.Context) error {
		_, err := e.conversations.pool.Exec(ctx, `
			UPDATE conversations SET leased_until = NULL, leaser = NULL, tries = $3, due_at = GREATEST(due_at, $4), breaks = $5
			WHERE id = $1 AND lease = $2`, l.conversation, l.number, max(tries, 0), e.now().Add(pause), breaks)
		return err
	})
	e.conversations.redis.Publish(context.WithoutCancel(ctx), "work", "")
	if errors.Is(err, errMoved) || errors.Is(err, errNotYet) {
		err = nil
	}
	return fault == nil, errors.Join(err, fault)
}

// safely makes an error of a panic: one strange message must not take down what serves everybody.
func (e *Engine) safely(act func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			e.metrics.panics.Inc()
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	return act()
}
