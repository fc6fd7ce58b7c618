package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// ErrNotSent is what a Herald's error holds where a message surely never reached the channel's server.
var ErrNotSent = errors.New("the message never left")

// Herald is a channel that news is pushed through. One call to it sends one message or none: what it can't know it says by an error
// of its own, and that message is not sent again.
type Herald interface {
	Name() string // as in Channel
	// NewsTurn waits until a piece of news may go out to a person, behind everything else that is said. *RetryAfter where that is not soon.
	NewsTurn(ctx context.Context, c Conversation) error
	// SendNews sends a message and gives the channel's id of it. After *RetryAfter, *Refused and ErrNotSent nobody has got it;
	// after any other error nobody knows.
	SendNews(ctx context.Context, c Conversation, m Message) (externalID string, err error)
}

// When people are sent news, by the clock in Bulgaria.
const (
	newsFrom = 9 // hour
	newsTo   = 21
)

const (
	newsSweep   = 5 * time.Second  // how often the database is looked at without a wake-up
	newsLot     = 200              // recipients that are read at once
	fillLot     = 5000             // subscriptions that are looked at in one transaction
	newsCall    = 20 * time.Second // of one call to a channel: whoever may have got the news isn't sent it again
	lostAfter   = 2 * time.Minute  // an attempt of which nothing is heard for so long has an unknown end; well above newsCall
	heldPause   = 10 * time.Minute // until a person whom a librarian talks with is looked at again
	listsKept   = 30 * 24 * time.Hour
	patientOnes = 3 // faults in a row that change nothing: then fewer are tried, after growing pauses
)

// BroadcastOptions of a Broadcaster. The zero value works.
type BroadcastOptions struct {
	Log     *slog.Logger // default: nothing is logged
	Senders int          // messages sent at once; default 4
	// Registerer is where metrics go; nil: nowhere.
	Registerer prometheus.Registerer
}

// Broadcaster publishes news in its hour and sends it to those who asked for it. It works at the pace of its heralds, which answers
// share and go before. Several may run on one database; Run keeps it to one.
//
// Nobody is sent a piece of news twice: an attempt is noted before it goes out, and where its end is not heard of, because the program
// died or the line broke, it is «unknown» and stays so.
type Broadcaster struct {
	conversations *Conversations
	store         *knowledge.Store
	heralds       map[string]Herald
	log           *slog.Logger
	now           func() time.Time
	zone          *time.Location
	senders       int
	sentTo        *prometheus.CounterVec // channel, result

	faults atomic.Int64 // in a row, of the channels
	pauses pauses
}

// NewBroadcaster makes one. heralds are the channels that news is pushed through; pages fetch theirs themselves.
func NewBroadcaster(c *Conversations, store *knowledge.Store, heralds []Herald, o BroadcastOptions) (*Broadcaster, error) {
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		return nil, fmt.Errorf("make the sender of news: %w", err)
	}
	b := &Broadcaster{conversations: c, store: store, heralds: map[string]Herald{}, log: o.Log, now: c.now, zone: zone, senders: or(o.Senders, 4), sentTo: newNewsMetric(o.Registerer)}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	for _, h := range heralds {
		b.heralds[h.Name()] = h
	}
	return b, nil
}

// Run publishes and sends until ctx ends, on one replica at a time. Another takes over within seconds.
func (b *Broadcaster) Run(ctx context.Context) error {
	return postgres.Lead(ctx, b.conversations.pool, "news", func(ctx context.Context) error {
		wake := b.conversations.redis.Subscribe(ctx, newsTopic)
		for ctx.Err() == nil {
			var wait time.Duration
			err := postgres.Round(ctx, "news", func(ctx context.Context) (err error) {
				wait, err = b.Round(ctx)
				return err
			})
			if err != nil && ctx.Err() == nil {
				b.log.Error("send news", "error", err)
				wait = newsSweep
			}
			if wait == 0 {
				continue
			}
			pause := time.NewTimer(min(wait, newsSweep))
			select {
			case <-ctx.Done():
			case <-wake:
			case <-pause.C:
			}
			pause.Stop()
		}
		return nil
	})
}

// newsTopic is the wake-up topic of whoever sends news.
const newsTopic = "news"

// WakeNews tells whoever sends news that there is something to do. Call it after the commit.
func (c *Conversations) WakeNews(ctx context.Context) { c.redis.Publish(ctx, newsTopic, "") }

// Round does once what Run does, with some hundred recipients at most, and gives how long to wait for the next; 0 where there is more to do.
// A fault of one step stops no other.
func (b *Broadcaster) Round(ctx context.Context) (time.Duration, error) {
	faults := []error{b.publish(ctx), b.settle(ctx), b.fill(ctx), b.finish(ctx), b.clear(ctx)}
	wait := Quiet(b.now().In(b.zone))
	if wait == 0 {
		placed, notPlaced := b.place(ctx)
		sent, later, notSent := b.send(ctx)
		faults = append(faults, notPlaced, notSent, b.finish(ctx))
		if wait = later; placed > 0 || sent > 0 {
			wait = 0
		} else if wait == 0 { // nothing could be done
			wait = newsSweep
		}
	}
	if err := errors.Join(faults...); err != nil {
		return newsSweep, err
	}
	return wait, nil
}

// Quiet is how long nobody is sent news yet at an hour, by its clock; 0 where they may be.
func Quiet(now time.Time) time.Duration {
	day := now.Day()
	switch {
	case now.Hour() >= newsTo:
		day++
	case now.Hour() >= newsFrom:
		return 0
	}
	return time.Date(now.Year(), now.Month(), day, newsFrom, 0, 0, 0, now.Location()).Sub(now)
}

// publish marks published what has come to its hour, and begins to send what is to be sent.
func (b *Broadcaster) publish(ctx context.Context) error {
	return pgx.BeginFunc(ctx, b.conversations.pool, func(tx pgx.Tx) error {
		due, err := knowledge.NewStore(tx).PublishDueNews(ctx, b.now())
		if err != nil {
			return err
		}
		for _, n := range due {
			if !n.Send {
				continue
			}
			if _, err := tx.Exec(ctx, `
				INSERT INTO broadcasts (news, state, begun_at) VALUES ($1, 'filling', $2)
				ON CONFLICT (news) DO NOTHING`, n.ID, b.now()); err != nil {
				return fmt.Errorf("begin to send news %d: %w", n.ID, err)
			}
		}
		return nil
	})
}

// fill lists who is to be sent each new piece of news, so many at a time, each time in one transaction: a crash loses no place.
func (b *Broadcaster) fill(ctx context.Context) error {
	for {
		more := false
		err := pgx.BeginFunc(ctx, b.conversations.pool, func(tx pgx.Tx) (err error) {
			more, err = b.fillSome(ctx, tx)
			return err
		})
		if err != nil {
			return fmt.Errorf("list who is sent news: %w", err)
		}
		if !more {
			return nil
		}
	}
}

func (b *Broadcaster) fillSome(ctx context.Context, tx pgx.Tx) (more bool, err error) {
	var news, from int64
	err = tx.QueryRow(ctx, `
		SELECT news, filled FROM broadcasts WHERE state = 'filling' ORDER BY news LIMIT 1 FOR UPDATE SKIP LOCKED`).Scan(&news, &from)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var seen, added int
	var last int64
	err = tx.QueryRow(ctx, `
		WITH lot AS (
			SELECT contact, topics, role, district, municipality FROM subscriptions WHERE contact > $2 ORDER BY contact LIMIT $3),
		added AS (
			INSERT INTO broadcast_recipients (news, contact, channel)
			SELECT n.id, s.contact, k.channel
			FROM lot s JOIN contacts k ON k.id = s.contact, news n
			WHERE n.id = $1 AND k.forgotten_at IS NULL AND `+wanted+`
			ON CONFLICT DO NOTHING
			RETURNING 1)
		SELECT (SELECT count(*) FROM lot), (SELECT coalesce(max(contact), 0) FROM lot), (SELECT count(*) FROM added)`, news, from, fillLot).Scan(&seen, &last, &added)
	if err != nil {
		return false, err
	}
	state := "filling"
	if seen < fillLot {
		state, last = "sending", max(last, from)
	}
	_, err = tx.Exec(ctx, `UPDATE broadcasts SET filled = $2, recipients = recipients + $3, state = $4 WHERE news = $1`, news, last, added, state)
	return true, err
}

// settle gives up attempts of which nothing was heard: whoever made them has died.
func (b *Broadcaster) settle(ctx context.Context) error {
	tag, err := b.conversations.pool.Exec(ctx, `
		UPDATE broadcast_recipients SET state = 'unknown', failure = 'the sender ended' WHERE state = 'sending' AND attempted_at < $1`, b.now().Add(-lostAfter))
	if err != nil {
		return fmt.Errorf("settle attempts to send news: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		b.log.Warn("attempts to send news have an unknown end", "attempts", n)
	}
	return nil
}

// finish ends what has been sent to all, what has expired meanwhile and what was withdrawn.
func (b *Broadcaster) finish(ctx context.Context) error {
	_, err := b.conversations.pool.Exec(ctx, `
		UPDATE broadcasts b SET ended_at = $1, state = CASE WHEN n.expires_at <= $1 OR n.state = 'withdrawn' THEN 'expired' ELSE 'done' END
		FROM news n
		WHERE n.id = b.news AND b.state IN ('filling', 'sending', 'stopped')
		  AND NOT EXISTS (SELECT 1 FROM broadcast_recipients WHERE news = b.news AND state = 'sending')
		  AND (n.expires_at <= $1 OR n.state = 'withdrawn'
		    OR b.state = 'sending' AND NOT EXISTS (SELECT 1 FROM broadcast_recipients WHERE news = b.news AND state = 'waiting'))`, b.now())
	if err != nil {
		return fmt.Errorf("end what was sent: %w", err)
	}
	return nil
}

// clear deletes the list of who was sent what, a month after; the numbers stay.
func (b *Broadcaster) clear(ctx context.Context) error {
	_, err := b.conversations.pool.Exec(ctx, `
		WITH old AS (
			UPDATE broadcasts b SET counts = (
				SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM (SELECT state, count(*) AS n FROM broadcast_recipients WHERE news = b.news GROUP BY state) c)
			WHERE ended_at < $1 AND counts IS NULL
			RETURNING news)
		DELETE FROM broadcast_recipients WHERE news IN (SELECT news FROM old)`, b.now().Add(-listsKept))
	if err != nil {
		return fmt.Errorf("delete old lists of recipients: %w", err)
	}
	return nil
}
