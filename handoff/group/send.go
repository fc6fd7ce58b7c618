package group

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/telegram"
	"orientir/deploy/postgres"
)

// sendTopic is the wake-up topic of the sender.
const sendTopic = "group-send"

const (
	sendLease = 30 * time.Second // how long a sender may be at one call before another may repeat it
	patience  = 20 * time.Second // of one call
	chatsOnce = 4                // groups called at once
)

// work is a condition on a topic p: Telegram doesn't show it as it should be.
const work = `(
	p.state = 'deleting'
	OR p.state IN ('open', 'closed') AND (
		p.thread IS NULL OR p.head IS NULL OR p.menu <> p.shown_menu OR p.name <> p.shown_name OR (p.state = 'closed') <> p.shown_closed
		OR EXISTS (SELECT FROM group_messages m WHERE m.topic = p.id AND m.sent_at IS NULL AND m.failed_at IS NULL)))`

// sendAll makes one call in each group where something is to be told and the pace allows it, until there is none.
func (d *Desk) sendAll(ctx context.Context) error {
	for ctx.Err() == nil {
		chats, err := d.groupsToCall(ctx)
		if err != nil || len(chats) == 0 {
			return err
		}
		var faults errorList
		var calls sync.WaitGroup
		slots := make(chan struct{}, chatsOnce)
		for _, chat := range chats {
			slots <- struct{}{}
			calls.Go(func() {
				faults.add(postgres.Safely(func() error { return d.sendOne(ctx, chat) }))
				<-slots
			})
		}
		calls.Wait()
		if err := faults.join(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (d *Desk) groupsToCall(ctx context.Context) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	rows, err := d.db.Query(ctx, `
		SELECT g.chat FROM telegram_groups g
		WHERE g.fault = '' AND (g.not_before IS NULL OR g.not_before <= $1) AND (g.leased_until IS NULL OR g.leased_until <= $1)
		  AND EXISTS (SELECT FROM group_topics p WHERE p.chat = g.chat AND `+work+`)
		ORDER BY g.not_before NULLS FIRST`, d.now())
	if err != nil {
		return nil, fmt.Errorf("look for groups to call: %w", err)
	}
	chats, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("look for groups to call: %w", err)
	}
	return chats, nil
}

// errorList gathers errors of several goroutines.
type errorList struct {
	mu  sync.Mutex
	all []error
}

func (l *errorList) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, err)
}

func (l *errorList) join() error { return errors.Join(l.all...) }

// call is one call to Telegram that this sender has taken up.
type call struct {
	chat  int64
	tries int
	until time.Time // of the lease: by it its taker knows it again
	act   act
	topic shownTopic
	html  string
	ids   []int64 // of the words in it
}

// sendOne makes the next call in a group, or notes how long the pace asks to wait.
func (d *Desk) sendOne(ctx context.Context, chat int64) error {
	until := time.Now().Add(sendLease - 2*noteTime) // what is noted later may have been repeated by then
	c, ok, err := d.takeCall(ctx, chat)
	if err != nil || !ok {
		return err
	}
	// A call that is cut off may have been heard: a stop lets it end.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var note func(context.Context, pgx.Tx) error
	err = postgres.Safely(func() (err error) {
		note, err = d.carryOut(limited, c)
		return err
	})
	if err != nil {
		noting, done := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
		defer done()
		return d.failed(noting, c, err)
	}
	err = postgres.Insist(ctx, until, noteTime, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, d.db, func(tx pgx.Tx) error {
			if err := note(ctx, tx); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE telegram_groups SET leased_until = NULL, tries = 0 WHERE chat = $1 AND leased_until = $2`, chat, c.until)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("note a call in group %d: %w", chat, err)
	}
	return nil
}

// takeCall takes a group's turn, and finds out what to do with it. The turn counts before the call is made.
func (d *Desk) takeCall(ctx context.Context, chat int64) (c call, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c = call{chat: chat}
	err = pgx.BeginFunc(ctx, d.db, func(tx pgx.Tx) error {
		now := d.now()
		var calls []time.Time
		err := tx.QueryRow(ctx, `
			SELECT sent, tries FROM telegram_groups
			WHERE chat = $1 AND fault = '' AND (not_before IS NULL OR not_before <= $2) AND (leased_until IS NULL OR leased_until <= $2)
			FOR UPDATE SKIP LOCKED`, chat, now).Scan(&calls, &c.tries)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		recent, wait := paced(calls, now)
		if wait > 0 {
			_, err := tx.Exec(ctx, `UPDATE telegram_groups SET not_before = $2 WHERE chat = $1`, chat, now.Add(wait))
			return err
		}
		if ok, err = d.pick(ctx, tx, &c); err != nil || !ok {
			return err
		}
		return tx.QueryRow(ctx, `
			UPDATE telegram_groups SET sent = $2, leased_until = $3, not_before = NULL, taker = NULLIF($4::integer, 0), taken_until = $3
			WHERE chat = $1
			RETURNING leased_until`, chat, append(recent, now), now.Add(sendLease), d.presence.Self()).Scan(&c.until)
	})
	if err != nil {
		return c, false, fmt.Errorf("take a turn of group %d: %w", chat, err)
	}
	return c, ok, nil
}

// pick finds the topic that matters most: one to delete, then who was taken, then new ones, then what was said.
func (d *Desk) pick(ctx context.Context, tx pgx.Tx, c *call) (bool, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.id, p.ticket, p.state, p.name, p.menu, coalesce(p.thread, 0)::int AS thread, coalesce(p.head, 0)::int AS head,
			p.shown_name, p.shown_menu, p.shown_closed, p.start, first.id IS NOT NULL AS pending
		FROM group_topics p
		LEFT JOIN LATERAL (SELECT min(m.id) AS id FROM group_messages m WHERE m.topic = p.id AND m.sent_at IS NULL AND m.failed_at IS NULL) first ON true
		WHERE p.chat = $1 AND `+work+`
		ORDER BY p.state <> 'deleting', NOT (p.head IS NOT NULL AND p.menu <> p.shown_menu), p.head IS NOT NULL, first.id NULLS LAST, p.id
		LIMIT 1`, c.chat)
	if err != nil {
		return false, err
	}
	c.topic, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[shownTopic])
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch c.act = c.topic.next(); c.act {
	case actNone: // the condition «work» and next disagree: never spin on it
		d.log.Error("nothing to tell of a topic", "topic", c.topic.ID)
		_, err := tx.Exec(ctx, `UPDATE telegram_groups SET not_before = $2 WHERE chat = $1`, c.chat, d.now().Add(time.Minute))
		return false, err
	case actGone:
		return false, giveUp(ctx, tx, c.topic.ID)
	case actSay:
		rows, err := tx.Query(ctx, `
			SELECT id, who, text FROM group_messages WHERE topic = $1 AND sent_at IS NULL AND failed_at IS NULL ORDER BY id LIMIT 50`, c.topic.ID)
		if err != nil {
			return false, err
		}
		words, err := pgx.CollectRows(rows, pgx.RowToStructByName[waitingWords])
		if err != nil {
			return false, err
		}
		c.html, c.ids = together(words)
	}
	return true, nil
}

// giveUp ends a topic that Telegram doesn't have.
func giveUp(ctx context.Context, tx pgx.Tx, topic int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM group_messages WHERE topic = $1`, topic); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE group_topics SET state = 'deleted', thread = NULL, head = NULL, name = '✓', shown_name = '' WHERE id = $1`, topic)
	return err
}

// carryOut makes the call and gives what to note of it.
func (d *Desk) carryOut(ctx context.Context, c call) (note func(context.Context, pgx.Tx) error, err error) {
	p := c.topic
	update := func(set string, args ...any) func(context.Context, pgx.Tx) error {
		return func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE group_topics SET `+set+` WHERE id = $1`, append([]any{p.ID}, args...)...)
			return err
		}
	}
	switch c.act {
	case actCreate:
		thread, err := d.telegram.CreateTopic(ctx, c.chat, p.Name)
		return update(`thread = $2, shown_name = $3, shown_closed = false`, thread, p.Name), err
	case actHead:
		html, err := d.head(ctx, p.Ticket, p.Start)
		if err != nil {
			return nil, err
		}
		rows, err := d.buttons(ctx, p)
		if err != nil {
			return nil, err
		}
		message, err := d.telegram.SendTopic(ctx, c.chat, p.Thread, html, rows)
		return update(`head = $2, shown_menu = $3`, message, p.Menu), err
	case actButtons:
		rows, err := d.buttons(ctx, p)
		if err != nil {
			return nil, err
		}
		err = d.telegram.SetButtons(ctx, c.chat, p.Head, rows)
		return update(`shown_menu = $2`, p.Menu), err
	case actReopen:
		return update(`shown_closed = false`), d.telegram.ReopenTopic(ctx, c.chat, p.Thread)
	case actRename:
		return update(`shown_name = $2`, p.Name), d.telegram.RenameTopic(ctx, c.chat, p.Thread, p.Name)
	case actClose:
		return update(`shown_closed = true`), d.telegram.CloseTopic(ctx, c.chat, p.Thread)
	case actDelete:
		err := d.telegram.DeleteTopic(ctx, c.chat, p.Thread)
		return func(ctx context.Context, tx pgx.Tx) error { return giveUp(ctx, tx, p.ID) }, err
	default:
		message, err := d.telegram.SendTopic(ctx, c.chat, p.Thread, c.html, nil)
		return func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE group_messages SET sent_at = $2, message = $3, text = '' WHERE id = ANY ($1)`, c.ids, d.now(), message)
			return err
		}, err
	}
}

// failed notes what became of a call that Telegram did not carry out.
func (d *Desk) failed(ctx context.Context, c call, err error) error {
	var later *bot.RetryAfter
	var refused *telegram.GroupError
	switch {
	case errors.As(err, &later):
		return d.release(ctx, c, max(later.D, 50*time.Millisecond), c.tries)
	case errors.As(err, &refused):
		d.log.Warn("refused in a group", "group", c.chat, "topic", c.topic.ID, "act", string(c.act), "reason", refused.Reason)
		return d.refused(ctx, c, refused)
	}
	pause := min(time.Second<<min(c.tries, 9), 5*time.Minute)
	d.log.Warn("group not reached", "group", c.chat, "act", string(c.act), "tries", c.tries+1, "error", err)
	return d.release(ctx, c, pause, c.tries+1)
}

// release gives the group's turn back and waits, unless somebody else has the turn by now: who was missed and lives must not free it for a third.
func (d *Desk) release(ctx context.Context, c call, pause time.Duration, tries int) error {
	_, err := d.db.Exec(ctx, `
		UPDATE telegram_groups SET leased_until = NULL, not_before = $2, tries = $3
		WHERE chat = $1 AND leased_until = $4`, c.chat, d.now().Add(pause), tries, c.until)
	if err != nil {
		return fmt.Errorf("put group %d off: %w", c.chat, err)
	}
	return nil
}

// refused acts on a refusal for good. What it means for the whole group is asked of Telegram itself.
func (d *Desk) refused(ctx context.Context, c call, why *telegram.GroupError) error {
	if why.Trouble == telegram.TroubleClosed { // somebody without our rights closed it; we may write again once it is open
		if err := d.telegram.ReopenTopic(ctx, c.chat, c.topic.Thread); err != nil {
			d.log.Info("topic not reopened", "group", c.chat, "error", err)
		}
		return d.release(ctx, c, between, c.tries+1)
	}
	rights, err := d.telegram.Rights(ctx, c.chat)
	if err != nil {
		return d.release(ctx, c, 5*time.Second, c.tries+1)
	}
	f := faultOf(rights)
	if f != "" && !(f == NoDelete && c.act != actDelete) {
		if err := d.setFault(ctx, c.chat, f); err != nil {
			return err
		}
		return d.release(ctx, c, 0, 0)
	}
	if why.Trouble == telegram.TroubleTopic { // deleted by hand: an open ticket gets another
		_, err := d.db.Exec(ctx, `
			UPDATE group_topics SET thread = NULL, head = NULL, shown_name = '', shown_menu = '', shown_closed = false WHERE id = $1`, c.topic.ID)
		if err != nil {
			return fmt.Errorf("note that topic %d is gone: %w", c.topic.ID, err)
		}
		return d.release(ctx, c, 0, 0)
	}
	if why.Trouble != telegram.TroubleOther || c.act == actCreate || c.act == actDelete { // the rights may be on their way back
		return d.release(ctx, c, time.Minute, c.tries+1)
	}
	return d.passOver(ctx, c, why)
}

// passOver goes on without what Telegram refuses for good, so that it holds up nothing else.
func (d *Desk) passOver(ctx context.Context, c call, why *telegram.GroupError) error {
	var err error
	switch c.act {
	case actSay:
		_, err = d.db.Exec(ctx, `
			UPDATE group_messages SET failed_at = $2, failure = left($3, 200), text = '' WHERE id = ANY ($1)`, c.ids, d.now(), why.Reason)
	case actHead:
		return d.release(ctx, c, time.Minute, c.tries+1)
	default:
		_, err = d.db.Exec(ctx, `
			UPDATE group_topics SET shown_menu = $2, shown_name = $3, shown_closed = (state = 'closed') WHERE id = $1`, c.topic.ID, c.topic.Menu, c.topic.Name)
	}
	if err != nil {
		return fmt.Errorf("pass over what group %d refuses: %w", c.chat, err)
	}
	return d.release(ctx, c, 0, 0)
}
