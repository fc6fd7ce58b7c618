package group

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/telegram"
	"orientir/handoff/staff"
)

// Fault is what the bot lacks in a group, so that nobody can work there; "" is nothing.
type Fault string

// The faults.
const (
	Removed  Fault = "removed"
	NotAdmin Fault = "not-admin"
	NoTopics Fault = "no-topics" // may not manage topics
	NoDelete Fault = "no-delete" // may not delete messages, and so no topic of who asks to be forgotten
	NotForum Fault = "not-forum"
)

// probeEvery is how often a group with a fault is asked whether it is over: Telegram doesn't tell that topics were turned on.
const probeEvery = 5 * time.Minute

// faultsOf lists what rights lack, the first being the one to name.
func faultsOf(r telegram.Rights) []Fault {
	switch {
	case !r.Member:
		return []Fault{Removed}
	case !r.Admin && !r.Forum:
		return []Fault{NotForum, NotAdmin}
	case !r.Admin:
		return []Fault{NotAdmin}
	}
	var faults []Fault
	if !r.Forum {
		faults = append(faults, NotForum)
	}
	if !r.Topics {
		faults = append(faults, NoTopics)
	}
	if !r.Delete {
		faults = append(faults, NoDelete)
	}
	return faults
}

func faultOf(r telegram.Rights) Fault {
	if faults := faultsOf(r); len(faults) > 0 {
		return faults[0]
	}
	return ""
}

// Group is a group that is connected with a library.
type Group struct {
	Chat          int64
	Title         string
	HelpPoint     string // id; "" is the national pool
	HelpPointName string
	ConnectedBy   string // name
	ConnectedAt   time.Time
	Fault         Fault
	FaultAt       *time.Time
}

const groupSQL = `
	SELECT g.chat, g.title, coalesce(g.help_point, '') AS help_point, coalesce(h.name, '') AS help_point_name,
		s.name AS connected_by, g.connected_at, g.fault, g.fault_at
	FROM telegram_groups g JOIN staff s ON s.id = g.connected_by LEFT JOIN help_points h ON h.id = g.help_point
	WHERE g.disconnected_at IS NULL`

// Groups lists the connected groups, by library.
func (d *Desk) Groups(ctx context.Context) ([]Group, error) {
	rows, err := d.db.Query(ctx, groupSQL+` ORDER BY h.name NULLS FIRST, g.chat`)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Group])
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return all, nil
}

// Faulty lists the groups in which the bot can't work, of the libraries that an account serves; a supervisor's are all.
func (d *Desk) Faulty(ctx context.Context, a staff.Account) ([]Group, error) {
	libraries := append([]string{}, a.Libraries...)
	rows, err := d.db.Query(ctx, groupSQL+` AND g.fault <> '' AND ($1 OR g.help_point = ANY ($2) OR g.help_point IS NULL AND $3)
		ORDER BY g.chat`, a.Is(staff.Supervisor), libraries, a.ServesPool())
	if err != nil {
		return nil, fmt.Errorf("list faulty groups: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Group])
	if err != nil {
		return nil, fmt.Errorf("list faulty groups: %w", err)
	}
	return all, nil
}

// Code makes the code that connects a group with a library, "" being the national pool, when it is sent there as «/connect CODE».
// It is good for staff.CodeLife, once. Errors: staff.ErrNotFound.
func (d *Desk) Code(ctx context.Context, by int64, helpPoint string) (staff.Code, error) {
	code := staff.NewCode()
	act := staff.Act{By: by, Verb: "group.code", Subject: "library:" + helpPoint}
	err := d.staff.Door(ctx, act, func(tx pgx.Tx, _ *staff.Act) error {
		now := d.now()
		if _, err := tx.Exec(ctx, `DELETE FROM telegram_group_codes WHERE expires_at <= $1`, now); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO telegram_group_codes (code_hash, help_point, staff, expires_at)
			SELECT $1, NULLIF($2, ''), $3, $4 WHERE $2 = '' OR EXISTS (SELECT FROM help_points WHERE id = $2)`, code.Hash(), helpPoint, by, now.Add(staff.CodeLife))
		if err == nil && tag.RowsAffected() == 0 {
			return staff.ErrNotFound
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make a code for a group of %q: %w", helpPoint, err)
	}
	return code, nil
}

// Disconnect ends a group's work. Its topics are closed, and deleted in time. Errors: staff.ErrNotFound.
func (d *Desk) Disconnect(ctx context.Context, by, chat int64) error {
	act := staff.Act{By: by, Verb: "group.disconnect", Subject: fmt.Sprintf("group:%d", chat)}
	err := d.staff.Door(ctx, act, func(tx pgx.Tx, act *staff.Act) error {
		var helpPoint string
		err := tx.QueryRow(ctx, `
			UPDATE telegram_groups SET disconnected_at = $2 WHERE chat = $1 AND disconnected_at IS NULL
			RETURNING coalesce(help_point, '')`, chat, d.now()).Scan(&helpPoint)
		if errors.Is(err, pgx.ErrNoRows) {
			return staff.ErrNotFound
		}
		act.Detail = map[string]any{"library": helpPoint}
		return err
	})
	if err != nil {
		return fmt.Errorf("disconnect group %d: %w", chat, err)
	}
	d.redis.Publish(ctx, wakeTopic, "")
	return nil
}

// setFault notes what the bot lacks in a group, or "" that it lacks nothing any more. What stays the same changes nothing but the
// time of the next question.
func (d *Desk) setFault(ctx context.Context, chat int64, f Fault) error {
	now := d.now()
	var was Fault
	err := d.db.QueryRow(ctx, `
		UPDATE telegram_groups g SET fault = $2, probe_at = CASE WHEN $2 <> '' THEN $4::timestamptz END,
			fault_at = CASE WHEN $2 = '' THEN NULL WHEN g.fault = $2 THEN g.fault_at ELSE $3 END,
			not_before = CASE WHEN $2 = '' THEN NULL ELSE g.not_before END, tries = 0
		FROM (SELECT chat, fault FROM telegram_groups WHERE chat = $1 FOR UPDATE) old
		WHERE g.chat = old.chat
		RETURNING old.fault`, chat, f, now, now.Add(probeEvery)).Scan(&was)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("note the fault of group %d: %w", chat, err)
	}
	if was != f {
		d.log.Warn("the bot's rights in a group changed", "group", chat, "lacks", string(f), "lacked", string(was))
		d.redis.Publish(ctx, "queue", "") // the desk says so
		d.redis.Publish(ctx, wakeTopic, "")
	}
	return nil
}

// probe asks the groups with a fault whether it is over.
func (d *Desk) probe(ctx context.Context) error {
	rows, err := d.db.Query(ctx, `SELECT chat FROM telegram_groups WHERE fault <> '' AND probe_at <= $1`, d.now())
	if err != nil {
		return fmt.Errorf("probe groups: %w", err)
	}
	chats, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("probe groups: %w", err)
	}
	for _, chat := range chats {
		if err := d.check(ctx, chat); err != nil {
			return err
		}
	}
	return nil
}

// check asks Telegram what the bot may do in a group, and notes it.
func (d *Desk) check(ctx context.Context, chat int64) error {
	rights, err := d.telegram.Rights(ctx, chat)
	if err != nil {
		return err
	}
	return d.setFault(ctx, chat, faultOf(rights))
}
