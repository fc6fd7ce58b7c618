package handoff

import (
	"context"
	"strconv"
	"time"

	"orientir/handoff/staff"
)

// PresenceLife is how long somebody counts as at the desk after an open queue or chat was last heard of.
const PresenceLife = 75 * time.Second

// Here notes that an account has the desk open.
func (d *Desk) Here(ctx context.Context, a staff.Account) {
	d.redis.Seen(ctx, presenceKey(a.ID), PresenceLife)
}

// Gone notes that an account left the desk.
func (d *Desk) Gone(ctx context.Context, account int64) { d.redis.Gone(ctx, presenceKey(account)) }

// Present says who of the accounts is at the desk, as of a few seconds ago.
func (d *Desk) Present(account int64) bool { return (*d.here.Load())[account] }

// look asks Redis who is here, so that routing, which runs inside transactions, needs no network for it.
func (d *Desk) look(ctx context.Context) error {
	accounts, err := d.staff.Serving(ctx, d.db)
	if err != nil {
		return err
	}
	keys := make([]string, len(accounts))
	for i, a := range accounts {
		keys[i] = presenceKey(a.ID)
	}
	here := make(map[int64]bool, len(accounts))
	for i, present := range d.redis.Present(ctx, keys...) {
		if present {
			here[accounts[i].ID] = true
		}
	}
	d.here.Store(&here)
	return nil
}

func presenceKey(account int64) string { return "desk:" + strconv.FormatInt(account, 10) }
