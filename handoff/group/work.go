package group

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/bot/telegram"
	"orientir/deploy/postgres"
)

const (
	workLease = time.Minute     // how long one update may take before another worker takes it over
	workTries = 8               // with pauses of up to two minutes
	noteTime  = 5 * time.Second // of a try to note what became of something
)

// update is a stored update that this worker has taken up.
type update struct {
	ID       int64
	Chat     int64
	Thread   int
	Kind     telegram.GroupKind
	Actor    int64
	Language string
	Title    string
	Message  int
	Text     string
	Hidden   []string
	Data     string
	Callback string
	CodeHash []byte `db:"code_hash"`
	Rights   []byte
	TriedAt  time.Time `db:"tried_at"`
	Tries    int
	Until    time.Time `db:"leased_until"`
}

// again says that an earlier try may have got to its end without noting so.
func (u update) again() bool { return u.Tries > 1 }

// t says a phrase to who did it.
func (u update) t(key string, args ...any) string {
	return i18n.T(languageOf(u.Language), "group."+key, args...)
}

// workAll deals with all updates that wait. Those of one group are dealt with in order.
func (d *Desk) workAll(ctx context.Context) error {
	for ctx.Err() == nil {
		u, ok, err := d.takeUpdate(ctx)
		if err != nil || !ok {
			return err
		}
		if err := d.deal(ctx, u); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (d *Desk) takeUpdate(ctx context.Context) (update, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	now := d.now()
	rows, err := d.db.Query(ctx, `
		UPDATE group_updates SET leased_until = $2, tries = tries + 1, tried_at = coalesce(tried_at, $1), taker = NULLIF($3::integer, 0), taken_until = $2
		WHERE id = (
			SELECT u.id FROM group_updates u
			WHERE u.done_at IS NULL AND (u.leased_until IS NULL OR u.leased_until <= $1)
			  AND NOT EXISTS (SELECT FROM group_updates o WHERE o.chat = u.chat AND o.id < u.id AND o.done_at IS NULL)
			ORDER BY u.id
			LIMIT 1
			FOR UPDATE SKIP LOCKED)
		RETURNING id, chat, thread::int, kind, actor, language, title, message::int, text, hidden, data, callback, code_hash, rights, tried_at, tries, leased_until`,
		now, now.Add(workLease), d.presence.Self())
	if err != nil {
		return update{}, false, fmt.Errorf("take up an update of a group: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[update])
	if errors.Is(err, pgx.ErrNoRows) {
		return update{}, false, nil
	}
	if err != nil {
		return update{}, false, fmt.Errorf("take up an update of a group: %w", err)
	}
	return u, true, nil
}

// deal does what an update asks for and notes that it is done, or when to try again.
func (d *Desk) deal(ctx context.Context, u update) error {
	until := time.Now().Add(workLease - 2*noteTime) // what is noted later may be another's by then
	err := postgres.Within(ctx, time.Until(until), func(ctx context.Context) error { return d.do(ctx, u) })
	if err != nil && ctx.Err() != nil {
		return nil // another will take it over
	}
	now := d.now()
	if err != nil && u.Tries < workTries {
		d.log.Warn("update of a group not dealt with", "update", u.ID, "kind", string(u.Kind), "tries", u.Tries, "error", err)
		pause := min(time.Second<<u.Tries, 2*time.Minute)
		err := postgres.Insist(ctx, until, noteTime, func(ctx context.Context) error {
			_, err := d.db.Exec(ctx, `UPDATE group_updates SET leased_until = $2 WHERE id = $1 AND leased_until = $3`, u.ID, now.Add(pause), u.Until)
			return err
		})
		if err != nil {
			return fmt.Errorf("put update %d of a group off: %w", u.ID, err)
		}
		return nil
	}
	if err != nil {
		d.log.Error("update of a group given up", "update", u.ID, "kind", string(u.Kind), "tries", u.Tries, "error", err)
	}
	// Whoever else deals with it by now notes so: the group's next update waits for them. The words stay where the mirror has still to pass them
	// over; it erases them then.
	err = postgres.Insist(ctx, until, noteTime, func(ctx context.Context) error {
		_, err := d.db.Exec(ctx, `
			UPDATE group_updates SET done_at = $2, leased_until = NULL, text = CASE WHEN author IS NULL THEN '' ELSE text END
			WHERE id = $1 AND (leased_until IS NULL OR leased_until = $3)`, u.ID, now, u.Until)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that update %d of a group is done: %w", u.ID, err)
	}
	return nil
}

func (d *Desk) do(ctx context.Context, u update) error {
	switch u.Kind {
	case telegram.GroupCommand:
		return d.connect(ctx, u)
	case telegram.GroupMember:
		var rights telegram.Rights
		if err := json.Unmarshal(u.Rights, &rights); err != nil {
			return fmt.Errorf("read rights: %w", err)
		}
		if rights.Admin && !rights.Forum {
			return d.check(ctx, u.Chat) // some servers leave «is_forum» out here
		}
		return d.setFault(ctx, u.Chat, faultOf(rights))
	case telegram.GroupPressed:
		return d.pressed(ctx, u)
	default:
		return d.said(ctx, u)
	}
}

// forgetUpdates deletes what was dealt with two days ago: Telegram repeats nothing for longer than one.
func (d *Desk) forgetUpdates(ctx context.Context) error {
	if _, err := d.db.Exec(ctx, `DELETE FROM group_updates WHERE done_at < $1`, d.now().Add(-48*time.Hour)); err != nil {
		return fmt.Errorf("forget updates of groups: %w", err)
	}
	return nil
}
