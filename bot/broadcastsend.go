package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// recipient is a person on the list of a piece of news.
type recipient struct {
	News         int64
	Conversation int64
	Contact      int64
	Channel      string
	Key          string
	Language     string
	Blocked      bool
	Held         bool // a librarian talks with them
	Gone         bool // they want no news any more
}

// waitingNews reads recipients who wait, of some channels, in order.
const waitingNews = `
	SELECT r.news, c.id AS conversation, r.contact, r.channel, k.key, k.language, k.blocked_at IS NOT NULL AS blocked, c.holder IS NOT NULL AS held,
		NOT EXISTS (SELECT 1 FROM subscriptions WHERE contact = r.contact) AS gone
	FROM broadcasts b JOIN broadcast_recipients r ON r.news = b.news JOIN news n ON n.id = b.news
		JOIN contacts k ON k.id = r.contact JOIN conversations c ON c.contact = r.contact
	WHERE b.state = 'sending' AND r.state = 'waiting' AND (r.not_before IS NULL OR r.not_before <= $1)
	  AND n.state = 'published' AND n.expires_at > $1 AND r.channel = ANY ($2)
	ORDER BY r.news, r.contact
	LIMIT $3`

func (b *Broadcaster) waiting(ctx context.Context, db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, suffix string, channels []string, most int) ([]recipient, error) {
	rows, err := db.Query(ctx, waitingNews+suffix, b.now(), channels, most)
	if err != nil {
		return nil, fmt.Errorf("read who is sent news: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[recipient])
	if err != nil {
		return nil, fmt.Errorf("read who is sent news: %w", err)
	}
	return list, nil
}

// items reads the pieces of news that recipients are sent.
func (b *Broadcaster) items(ctx context.Context, list []recipient) (map[int64]knowledge.NewsItem, error) {
	var ids []int64
	for _, r := range list {
		if len(ids) == 0 || ids[len(ids)-1] != r.News {
			ids = append(ids, r.News)
		}
	}
	items, err := b.store.NewsItems(ctx, ids)
	byID := map[int64]knowledge.NewsItem{}
	for _, n := range items {
		byID[n.ID] = n
	}
	return byID, err
}

// place puts news into the conversations of pages, which show them at once where they are open, and else when the person is back. The
// row and its note are of one transaction. It gives how many were placed or put off.
func (b *Broadcaster) place(ctx context.Context) (int, error) {
	var list []recipient
	err := pgx.BeginFunc(ctx, b.conversations.pool, func(tx pgx.Tx) (err error) {
		// The conversation is locked, so that the ids of its messages rise in the order of commits.
		if list, err = b.waiting(ctx, tx, ` FOR UPDATE OF r, c SKIP LOCKED`, b.conversations.pulled, newsLot); err != nil || len(list) == 0 {
			return err
		}
		items, err := b.items(ctx, list)
		if err != nil {
			return err
		}
		var batch pgx.Batch
		for _, r := range list {
			if r.Gone {
				batch.Queue(`UPDATE broadcast_recipients SET state = 'left' WHERE news = $1 AND contact = $2`, r.News, r.Contact)
				continue
			}
			if r.Held {
				batch.Queue(`UPDATE broadcast_recipients SET not_before = $3 WHERE news = $1 AND contact = $2`, r.News, r.Contact, b.now().Add(heldPause))
				continue
			}
			body := NewsBody(items[r.News], r.Language)
			batch.Queue(`
				WITH noted AS (
					UPDATE broadcast_recipients SET state = 'sent', attempted_at = $3 WHERE news = $1 AND contact = $2)
				INSERT INTO messages (conversation, sender, kind, text, body, turn, pulled, created_at)
				SELECT id, 'system', 'notice', $5, $6, turn, true, $3 FROM conversations WHERE id = $4`, r.News, r.Contact, b.now(), r.Conversation, body.Plain(), body)
		}
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("place news in conversations: %w", err)
	}
	for _, r := range list {
		result := "sent"
		switch {
		case r.Gone:
			result = "left"
		case r.Held:
			result = "later"
		}
		b.sentTo.WithLabelValues(r.Channel, result).Inc()
		b.conversations.redis.Publish(ctx, Topic(r.Conversation), "")
	}
	return len(list), nil
}

// send sends to the next recipients, several at once. It gives how many were dealt with, and how long to wait where none was.
func (b *Broadcaster) send(ctx context.Context) (dealt int, wait time.Duration, err error) {
	channels := make(map[string]Channel, len(b.heralds))
	for name := range b.heralds {
		channels[name] = nil
	}
	open := b.pauses.open(channels, b.now())
	if len(open) == 0 {
		return 0, b.pauses.next(b.now()), nil
	}
	most, senders := newsLot, b.senders
	if b.faults.Load() >= patientOnes { // one finds out whether the channel works again
		most, senders = 1, 1
	}
	list, err := b.waiting(ctx, b.conversations.pool, "", open, most)
	if err != nil {
		return 0, 0, err
	}
	if len(list) == 0 {
		return 0, newsSweep, nil
	}
	items, err := b.items(ctx, list)
	if err != nil {
		return 0, 0, err
	}
	queue := make(chan recipient)
	var workers sync.WaitGroup
	var mu sync.Mutex
	for range senders {
		workers.Go(func() {
			for r := range queue {
				// What has begun is brought to its end when the program stops: an attempt that is cut off would be unknown.
				done, fault := b.sendOne(ctx, items[r.News], r)
				mu.Lock()
				if done {
					dealt++
				}
				err = errors.Join(err, fault)
				mu.Unlock()
			}
		})
	}
	for _, r := range list {
		if ctx.Err() != nil || len(b.pauses.open(channels, b.now())) < len(open) {
			break
		}
		queue <- r
	}
	close(queue)
	workers.Wait()
	return dealt, b.pauses.next(b.now()), err
}

// sendOne sends a piece of news to one recipient: it waits for a turn, notes the attempt, sends and notes what became of it. False where
// nothing could be tried.
func (b *Broadcaster) sendOne(ctx context.Context, n knowledge.NewsItem, r recipient) (bool, error) {
	switch {
	case r.Gone:
		return true, b.note(ctx, r, "left", "")
	case r.Blocked:
		return true, b.note(ctx, r, "blocked", "blocked by the person")
	case r.Held:
		return true, b.putOff(ctx, r, heldPause)
	}
	herald := b.heralds[r.Channel]
	c := Conversation{ID: r.Conversation, Contact: r.Contact, Channel: r.Channel, Key: r.Key, Language: r.Language}
	if err := herald.NewsTurn(ctx, c); err != nil {
		return b.denied(ctx, r, err)
	}
	if ctx.Err() != nil || Quiet(b.now().In(b.zone)) > 0 {
		return false, nil
	}
	tag, err := b.conversations.pool.Exec(ctx, `
		UPDATE broadcast_recipients r SET state = 'sending', attempted_at = $3
		WHERE news = $1 AND contact = $2 AND state = 'waiting'
		  AND EXISTS (SELECT 1 FROM subscriptions WHERE contact = $2)
		  AND EXISTS (SELECT 1 FROM broadcasts b JOIN news n ON n.id = b.news WHERE b.news = $1 AND b.state = 'sending' AND n.state = 'published' AND n.expires_at > $3)`,
		r.News, r.Contact, b.now())
	if err != nil {
		return false, fmt.Errorf("note an attempt to send news %d: %w", r.News, err)
	}
	if tag.RowsAffected() == 0 { // stopped, or they have left, which the next round sees, or another is at it
		return true, nil
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), newsCall)
	var id string
	err = postgres.Safely(func() (err error) {
		body := NewsBody(n, r.Language)
		id, err = herald.SendNews(limited, c, Message{Conversation: r.Conversation, From: System, Kind: "notice", Text: body.Plain(), Body: &body, At: b.now()})
		return err
	})
	cancel()
	noting, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	return true, b.outcome(noting, n, r, id, err)
}

// denied deals with a turn that was not given.
func (b *Broadcaster) denied(ctx context.Context, r recipient, err error) (bool, error) {
	var later *RetryAfter
	switch {
	case ctx.Err() != nil:
		return false, nil
	case !errors.As(err, &later):
		return false, fmt.Errorf("wait to send news %d: %w", r.News, err)
	case later.All:
		b.pauses.pause(r.Channel, b.now().Add(later.D))
		return false, nil
	}
	return true, b.putOff(ctx, r, later.D)
}

// outcome notes what became of an attempt.
func (b *Broadcaster) outcome(ctx context.Context, n knowledge.NewsItem, r recipient, externalID string, err error) error {
	var later *RetryAfter
	var refused *Refused
	switch {
	case err == nil:
		b.faults.Store(0)
		return b.sent(ctx, n, r, externalID)
	case errors.As(err, &later):
		if later.All {
			b.pauses.pause(r.Channel, b.now().Add(later.D))
		}
		return b.putOff(ctx, r, later.D)
	case errors.As(err, &refused):
		b.faults.Store(0)
		if refused.Blocked {
			return b.note(ctx, r, "blocked", refused.Reason)
		}
		b.log.Warn("news refused", "news", r.News, "contact", r.Contact, "reason", refused.Reason)
		return b.note(ctx, r, "failed", refused.Reason)
	}
	// The channel is in trouble. A fault alone means little; with several in a row each further try may cost a person their news.
	if n := b.faults.Add(1); n >= patientOnes {
		b.pauses.pause(r.Channel, b.now().Add(min(time.Second<<min(n-patientOnes, 9), 5*time.Minute)))
	}
	b.log.Warn("news not sent", "news", r.News, "contact", r.Contact, "err", err)
	if errors.Is(err, ErrNotSent) {
		return b.putOff(ctx, r, 0)
	}
	return b.note(ctx, r, "unknown", "no answer from the channel")
}

// sent notes that a person got the news, and what they got in their transcript: its title, for whoever reads on from there.
func (b *Broadcaster) sent(ctx context.Context, n knowledge.NewsItem, r recipient, externalID string) error {
	title, _, _ := n.In(knowledge.Language(r.Language))
	_, err := b.conversations.pool.Exec(ctx, `
		WITH noted AS (
			UPDATE broadcast_recipients SET state = 'sent' WHERE news = $1 AND contact = $2 AND state IN ('sending', 'unknown') RETURNING contact)
		INSERT INTO messages (conversation, sender, kind, text, body, turn, created_at, delivered_at, external_id)
		SELECT c.id, 'system', 'notice', $4, $5, c.turn, $3, $3, NULLIF($6, '') FROM conversations c JOIN noted ON noted.contact = c.contact`,
		r.News, r.Contact, b.now(), title, Body{Title: title, Language: r.Language}, externalID)
	if err != nil {
		return fmt.Errorf("note that news %d was sent: %w", r.News, err)
	}
	b.sentTo.WithLabelValues(r.Channel, "sent").Inc()
	return nil
}

// note ends a recipient's wait otherwise. Who has blocked us is sent nothing until they write again.
func (b *Broadcaster) note(ctx context.Context, r recipient, state, failure string) error {
	err := pgx.BeginFunc(ctx, b.conversations.pool, func(tx pgx.Tx) error {
		if state == "blocked" && !r.Blocked { // the contact first, as whoever deletes it does
			if _, err := tx.Exec(ctx, `UPDATE contacts SET blocked_at = $2 WHERE id = $1 AND blocked_at IS NULL`, r.Contact, b.now()); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `
			UPDATE broadcast_recipients SET state = $3, failure = left($4, 200) WHERE news = $1 AND contact = $2 AND state IN ('waiting', 'sending')`,
			r.News, r.Contact, state, failure)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that news %d is %s: %w", r.News, state, err)
	}
	b.sentTo.WithLabelValues(r.Channel, state).Inc()
	return nil
}

// putOff has a recipient wait, of whom it is sure that they got nothing.
func (b *Broadcaster) putOff(ctx context.Context, r recipient, d time.Duration) error {
	_, err := b.conversations.pool.Exec(ctx, `
		UPDATE broadcast_recipients SET state = 'waiting', not_before = $3 WHERE news = $1 AND contact = $2 AND state IN ('waiting', 'sending')`,
		r.News, r.Contact, b.now().Add(d))
	if err != nil {
		return fmt.Errorf("put news %d off: %w", r.News, err)
	}
	b.sentTo.WithLabelValues(r.Channel, "later").Inc()
	return nil
}

// next is how long until the first channel may be sent to again; 0 where one may be.
func (p *pauses) next(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var wait time.Duration
	for _, until := range p.until {
		if d := until.Sub(now); d > 0 && (wait == 0 || d < wait) {
			wait = d
		}
	}
	return wait
}
