package handoff

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
)

// Who counts as present. Who has the desk open does, everywhere they serve, until PresenceLife after it was last heard of. Telegram tells
// nobody who is reading, so who works in a group is known by what they do there alone: a button pressed, words to the person, a note. That
// counts at the group's library for GroupPresenceLife, as long as the library is open, or may be: outside its hours nobody is taken to wait
// for the next topic. At other libraries, whose tickets that group doesn't show, it never counts. Who holds a ticket and works in a group,
// or has the desk open, as a supervisor may who serves nowhere, is with their person, at whatever library and hour; to the routing that
// says nothing. Holding alone is no sign: who left with a ticket open would keep colleagues from taking it over, and a holder who keeps a
// person waiting loses it anyway (sweepheld.go).
const (
	// PresenceLife is how long somebody counts as at the desk after an open queue or chat was last heard of.
	PresenceLife = 75 * time.Second
	// GroupPresenceLife is how long somebody counts as present after they last did something in their library's group.
	GroupPresenceLife = 10 * time.Minute
)

// presence is who is there, as of a few seconds ago.
type presence struct {
	desk    map[int64]bool   // by account: has the desk open
	group   map[station]bool // was at work in the group of a library that is not closed
	holding map[int64]bool   // by account: holds a ticket, and has the desk open or was at work in a group
}

// station is an account where it serves: at a library, or the national pool, "".
type station struct {
	account   int64
	helpPoint string
}

// at says whether an account is there to take a ticket of a queue.
func (p presence) at(account int64, helpPoint string) bool {
	return p.desk[account] || p.group[station{account, helpPoint}]
}

// Here notes that an account has the desk open.
func (d *Desk) Here(ctx context.Context, a staff.Account) {
	d.redis.Seen(ctx, presenceKey(a.ID), PresenceLife)
}

// HereInGroup notes that an account did something in the group of a library, or of the national pool, "".
func (d *Desk) HereInGroup(ctx context.Context, a staff.Account, helpPoint string) {
	d.redis.Seen(ctx, workKey(a.ID), GroupPresenceLife)
	d.redis.Seen(ctx, station{a.ID, helpPoint}.key(), GroupPresenceLife)
}

// Gone notes that an account left the desk. Who works in a group still does.
func (d *Desk) Gone(ctx context.Context, account int64) { d.redis.Gone(ctx, presenceKey(account)) }

// Present says who of the accounts is at the desk, or at work in a group, as of a few seconds ago.
func (d *Desk) Present(account int64) bool {
	here := d.here.Load()
	if here.desk[account] || here.holding[account] {
		return true
	}
	for s := range here.group {
		if s.account == account {
			return true
		}
	}
	return false
}

// PresentAt says whether an account is there for the tickets of a library, or of the national pool, "", as of a few seconds ago. Whether it
// serves there is for the caller to ask.
func (d *Desk) PresentAt(account int64, helpPoint string) bool {
	return d.here.Load().at(account, helpPoint)
}

// look asks Redis who is here, so that routing, which runs inside transactions, needs no network for it.
func (d *Desk) look(ctx context.Context) error {
	accounts, err := d.staff.Serving(ctx, d.db)
	if err != nil {
		return err
	}
	holders, err := d.holders(ctx)
	if err != nil {
		return err
	}
	var stations []station
	var keys []string
	for _, a := range accounts {
		keys = append(keys, presenceKey(a.ID))
		for _, id := range a.Libraries {
			stations = append(stations, station{a.ID, id})
		}
		if a.ServesPool() {
			stations = append(stations, station{a.ID, ""})
		}
	}
	for _, s := range stations {
		keys = append(keys, s.key())
	}
	for _, account := range holders {
		keys = append(keys, workKey(account), presenceKey(account)) // a supervisor is none of those who serve
	}
	seen := map[string]bool{}
	for i, is := range d.redis.Present(ctx, keys...) {
		seen[keys[i]] = is
	}
	here := presence{desk: map[int64]bool{}, holding: map[int64]bool{}}
	for _, a := range accounts {
		here.desk[a.ID] = seen[presenceKey(a.ID)]
	}
	open := 0
	for _, there := range here.desk {
		if there {
			open++
		}
	}
	d.metrics.here.Set(float64(open))
	for _, account := range holders {
		here.holding[account] = seen[workKey(account)] || seen[presenceKey(account)]
	}
	working := slices.DeleteFunc(stations, func(s station) bool { return !seen[s.key()] })
	if here.group, err = d.notShut(ctx, working); err != nil {
		return err
	}
	d.here.Store(&here)
	return nil
}

// holders are the accounts that hold a ticket: a colleague of another library, or a supervisor, may have accepted one.
func (d *Desk) holders(ctx context.Context) ([]int64, error) {
	rows, err := d.db.Query(ctx, `SELECT DISTINCT claimed_by FROM tickets WHERE state = 'claimed' AND claimed_by IS NOT NULL`)
	if err != nil {
		return nil, fmt.Errorf("look who holds tickets: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("look who holds tickets: %w", err)
	}
	return all, nil
}

// notShut picks the stations whose library is open, or may be.
func (d *Desk) notShut(ctx context.Context, all []station) (map[station]bool, error) {
	if len(all) == 0 {
		return nil, nil
	}
	var ids []string
	for _, s := range all {
		ids = append(ids, s.helpPoint)
	}
	known, err := libraries(ctx, d.db, ids, d.now())
	if err != nil {
		return nil, fmt.Errorf("look who works in groups: %w", err)
	}
	open := map[string]opening{"": openingOf(nil, d.now())}
	for _, q := range known {
		open[q.id()] = q.open
	}
	at := map[station]bool{}
	for _, s := range all {
		if open[s.helpPoint] != isShut {
			at[s] = true
		}
	}
	return at, nil
}

func presenceKey(account int64) string { return "desk:" + strconv.FormatInt(account, 10) }

// workKey is of who did something in a group, whichever.
func workKey(account int64) string { return "group:" + strconv.FormatInt(account, 10) }

func (s station) key() string { return fmt.Sprintf("group:%d:%s", s.account, s.helpPoint) }
