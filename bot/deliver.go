package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"

	"orientir/deploy/postgres"
	"orientir/deploy/redis"
)

const (
	// sending is how long a sender may be at one message before another may send it again, where nobody can see whether the sender lives. Where they
	// can it is longer, because then it isn't for those who die (see Inherit): what was sent while the database was away is noted once it is back.
	sending     = 30 * time.Second
	sendingSeen = 2 * time.Minute
	patience    = time.Minute      // of all that one message takes: a channel limits each of its calls itself, see Channel
	noteTry     = 5 * time.Second  // of one try to note what became of it
	unseen      = 15 * time.Second // without an answer of the database, after which nothing more is begun; others may inherit after 28
	maxTries    = 20               // with pauses of up to five minutes: over an hour of a broken channel
)

// deliverAll sends what waits in the transcripts, several conversations at once, until ctx ends.
//
// The oldest waiting row of a conversation goes first and the next one waits for it, so order holds. A row that a sender took is out of others' reach
// for as long as the sender lives and has time (sendingSeen), or for half a minute; a crash between sending and noting so may therefore repeat one
// message, never lose one.
func (e *Engine) deliverAll(ctx context.Context) error {
	wake := e.conversations.redis.Subscribe(ctx, "deliver")
	slots := make(chan struct{}, e.o.Senders)
	freed := make(chan struct{}, 1) // a conversation's next row may be ready
	var sends sync.WaitGroup
	defer sends.Wait()
	swept := time.Time{}
	looked := time.Time{} // in vain
	for ctx.Err() == nil {
		if now := e.now(); now.Sub(swept) > time.Minute {
			swept = now
			err := postgres.Within(ctx, lookPatience, func(ctx context.Context) error { return e.conversations.deleteForgotten(ctx, now.Add(-time.Hour)) })
			if err != nil && ctx.Err() == nil {
				e.log.Error("delete forgotten contacts", "err", err)
			}
		}
		e.findSends(ctx)
		taken, err := e.takePending(ctx, e.o.Senders-len(slots))
		if err != nil && ctx.Err() == nil {
			e.sends.lost()
			e.log.Error("take messages to deliver", "err", err)
		}
		for _, m := range taken {
			slots <- struct{}{}
			let := e.sends.take(m.ID, m.taken.Add(m.mine))
			sends.Go(func() {
				sent, err := e.deliver(ctx, m)
				if !sent || err == nil { // else it stays in hand: only its time may give it to somebody who sends it again
					let(err != nil)
				}
				if err != nil && ctx.Err() == nil {
					e.log.Error("note a delivery", "message", m.ID, "err", err)
				}
				<-slots
				select {
				case freed <- struct{}{}:
				default:
				}
			})
		}
		if len(slots) == cap(slots) { // wake-ups come by the hundred a second: there is nothing to look for before somebody is free
			select {
			case <-ctx.Done():
			case <-freed:
			}
			continue
		}
		if len(taken) > 0 {
			continue
		}
		e.awaitPending(ctx, wake, freed)
		redis.Rest(ctx, wake, looked, lookPause)
		looked = time.Now()
	}
	return ctx.Err()
}

// awaitPending waits until there may be something to send.
func (e *Engine) awaitPending(ctx context.Context, wake <-chan string, freed <-chan struct{}) {
	pause := time.NewTimer(e.untilPending(ctx))
	defer pause.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-freed:
	case <-pause.C:
	}
}

// pending is a row that this sender has taken.
type pending struct {
	Message
	Tries int        `db:"tries"`
	Asked *time.Time `db:"asked_at"`
	Trace string     `db:"trace"`
	Until time.Time  `db:"deliver_after"` // nobody else may take it before, but from a dead process
	taken time.Time  // by the real clock, or a little earlier
	mine  time.Duration
}

// takePending takes at most n rows of pushed channels, each the oldest waiting one of its conversation.
func (e *Engine) takePending(ctx context.Context, n int) ([]pending, error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	now, began := e.now(), time.Now()
	self, mine := e.o.Presence.Self(), sending
	if self != 0 {
		mine = sendingSeen
	}
	channels := e.pauses.open(e.channels, now)
	if n <= 0 || len(channels) == 0 {
		return nil, nil
	}
	rows, err := e.conversations.pool.Query(ctx, `
		UPDATE messages SET deliver_after = $2, tries = tries + 1, taker = NULLIF($5::integer, 0), taken_until = $2
		WHERE id IN (
			SELECT m.id
			FROM messages m JOIN conversations c ON c.id = m.conversation JOIN contacts k ON k.id = c.contact
			WHERE m.sender <> 'person' AND NOT m.pulled AND m.delivered_at IS NULL AND m.failed_at IS NULL
				AND (m.deliver_after IS NULL OR m.deliver_after <= $1)
				AND k.channel = ANY($3) AND k.blocked_at IS NULL
				AND NOT EXISTS (
					SELECT 1 FROM messages older
					WHERE older.conversation = m.conversation AND older.id < m.id
						AND older.sender <> 'person' AND NOT older.pulled AND older.delivered_at IS NULL AND older.failed_at IS NULL)
			ORDER BY m.id
			LIMIT $4
			FOR UPDATE OF m SKIP LOCKED)
		RETURNING `+messageColumns+`, tries, asked_at, COALESCE(trace, '') AS trace, deliver_after`, now, now.Add(mine), channels, n, self)
	if err != nil {
		return nil, fmt.Errorf("take messages to deliver: %w", err)
	}
	taken, err := pgx.CollectRows(rows, pgx.RowToStructByName[pending])
	if err != nil {
		return nil, fmt.Errorf("take messages to deliver: %w", err)
	}
	for i := range taken {
		taken[i].taken, taken[i].mine = began, mine
	}
	return taken, nil
}

// untilPending is how long to sleep when nothing can be sent: to the end of the next pause, and no longer than a sweep.
func (e *Engine) untilPending(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	now := e.now()
	var next *time.Time
	err := e.conversations.pool.QueryRow(ctx, `
		SELECT min(deliver_after) FROM messages
		WHERE sender <> 'person' AND NOT pulled AND delivered_at IS NULL AND failed_at IS NULL AND deliver_after > $1`, now).Scan(&next)
	if err != nil || next == nil {
		return e.o.Sweep
	}
	return min(max(next.Sub(now), 10*time.Millisecond), e.o.Sweep)
}

// errUnseen is why a row that was taken isn't sent.
var errUnseen = errors.New("not begun: others may not have seen this process for long")

// deliver sends one row and notes what became of it. sent says that the channel took it, also where that could not be noted.
func (e *Engine) deliver(ctx context.Context, m pending) (sent bool, err error) {
	reading, read := context.WithTimeout(ctx, lookPatience)
	c, ok, err := e.conversations.Conversation(reading, m.Conversation)
	read()
	if ctx.Err() != nil { // the program stops: another may begin it at once
		return false, e.putOff(ctx, m, e.now(), m.Tries-1)
	}
	if err != nil || !ok {
		return false, err
	}
	if m.mine == sendingSeen && time.Since(e.o.Presence.Answered()) > unseen { // a process that stood still: another may be sending this by now
		return false, errUnseen
	}
	ctx, span := e.deliverSpan(ctx, m)
	defer span.End()
	channel := e.channels[c.Channel]
	until := m.taken.Add(m.mine - 2*noteTry)
	limited, cancel := context.WithTimeout(ctx, min(patience, time.Until(until)))
	began := e.now()
	var id string
	err = e.safely(func() (err error) {
		id, err = channel.Send(limited, c, m.Message)
		return err
	})
	cancel()
	var half *Half
	if errors.As(err, &half) {
		m.ExternalID = half.Mark
	}
	noting, done := context.WithTimeout(context.WithoutCancel(ctx), noteTry)
	defer done()
	var wait *RetryAfter
	var refused *Refused
	result := "sent"
	switch {
	case err == nil:
		sent = true
		err = e.noteSent(ctx, c, m.ID, id, until)
		e.conversations.replied(c.Channel, m.Asked)
		e.metrics.delivery.WithLabelValues(c.Channel).Observe(max(0, e.now().Sub(m.At).Seconds()))
	case errors.As(err, &wait):
		result = "later"
		wait.D = max(wait.D, 100*time.Millisecond)
		if wait.All {
			e.pauses.pause(c.Channel, e.now().Add(wait.D))
		}
		err = e.putOff(ctx, m, e.now().Add(wait.D), m.Tries-1)
	case errors.As(err, &refused):
		result = "failed"
		if refused.Blocked {
			result = "blocked"
		}
		e.log.WarnContext(ctx, "message refused", "message", m.ID, "channel", c.Channel, "reason", refused.Reason, "blocked", refused.Blocked)
		err = e.conversations.failed(noting, c, m.ID, refused)
	case ctx.Err() != nil:
		return false, e.putOff(ctx, m, e.now(), m.Tries-1)
	case m.Tries >= maxTries:
		result = "failed"
		e.log.WarnContext(ctx, "message given up", "message", m.ID, "channel", c.Channel, "tries", m.Tries, "err", err)
		err = e.conversations.failed(noting, c, m.ID, &Refused{Reason: "no answer from the channel"})
	default:
		result = "error"
		pause := min(time.Second<<min(m.Tries-1, 9), 5*time.Minute) // from the try's beginning: one that was given up late has paused already
		e.log.WarnContext(ctx, "message not sent", "message", m.ID, "channel", c.Channel, "tries", m.Tries, "err", err)
		err = e.putOff(ctx, m, began.Add(pause), m.Tries)
	}
	span.SetAttributes(attribute.String("channel", c.Channel), attribute.String("result", result))
	e.metrics.delivered.WithLabelValues(c.Channel, result).Inc()
	return sent, err
}

// noteSent notes that the channel took a message. While the database is away it insists, for as long as nobody else may take the row: what was sent and
// not noted comes twice. A try that begins at until has ended before that. Once the program stops it tries once more.
func (e *Engine) noteSent(ctx context.Context, c Conversation, message int64, externalID string, until time.Time) error {
	return postgres.Insist(ctx, until, noteTry, func(ctx context.Context) error { return e.conversations.sent(ctx, c, message, externalID) })
}

// putOff puts a message off. Where the first parts of it were sent it insists as noteSent does: they would come twice.
func (e *Engine) putOff(ctx context.Context, m pending, at time.Time, tries int) error {
	until := time.Now()
	if m.ExternalID != "" {
		until = m.taken.Add(m.mine - 2*noteTry)
	}
	return postgres.Insist(ctx, until, noteTry, func(ctx context.Context) error { return e.conversations.later(ctx, m, at, tries) })
}

// sent notes that the channel took a message.
func (c *Conversations) sent(ctx context.Context, conversation Conversation, message int64, externalID string) error {
	_, err := c.pool.Exec(ctx, `
		UPDATE messages SET delivered_at = $2, external_id = NULLIF($3, ''), deliver_after = NULL, taker = NULL, taken_until = NULL
		WHERE id = $1`, message, c.now(), externalID)
	if err != nil {
		return fmt.Errorf("note that message %d was sent: %w", message, err)
	}
	c.redis.Publish(ctx, Topic(conversation.ID), digits(message))
	return c.sayGoodbye(ctx, []int64{conversation.Contact})
}

// later puts a message off, while nobody else has taken it, and keeps what the channel noted of its first parts.
func (c *Conversations) later(ctx context.Context, m pending, at time.Time, tries int) error {
	_, err := c.pool.Exec(ctx, `
		UPDATE messages SET deliver_after = $2, tries = $3, external_id = NULLIF($5, ''), taker = NULL, taken_until = NULL
		WHERE id = $1 AND deliver_after = $4`, m.ID, at, max(tries, 0), m.Until, m.ExternalID)
	if err != nil {
		return fmt.Errorf("put message %d off: %w", m.ID, err)
	}
	return nil
}

// failed gives a message up, so that the next one is free. Where the person blocked us, all that waits is given up.
func (c *Conversations) failed(ctx context.Context, conversation Conversation, message int64, why *Refused) error {
	err := pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		if why.Blocked { // the contact before its messages, as whoever deletes it does
			if _, err := tx.Exec(ctx, `UPDATE contacts SET blocked_at = $2 WHERE id = $1`, conversation.Contact, c.now()); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `
			UPDATE messages SET failed_at = $2, failure = left($3, 200), deliver_after = NULL, taker = NULL, taken_until = NULL
			WHERE (id = $1 OR $4 AND conversation = $5) AND sender <> 'person' AND delivered_at IS NULL AND failed_at IS NULL`,
			message, c.now(), why.Reason, why.Blocked, conversation.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("give message %d up: %w", message, err)
	}
	c.redis.Publish(ctx, Topic(conversation.ID), digits(message))
	return c.sayGoodbye(ctx, []int64{conversation.Contact})
}

// pauses are channels that asked to be left alone, as this process knows them. Another replica learns it by being asked too.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (p *pauses) pause(channel string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	if until.After(p.until[channel]) {
		p.until[channel] = until
	}
}

// open lists the channels that may be sent to.
func (p *pauses) open(channels map[string]Channel, now time.Time) (names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name := range channels {
		if !p.until[name].After(now) {
			names = append(names, name)
		}
	}
	return names
}
