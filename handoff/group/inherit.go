package group

import (
	"context"
	"errors"
	"fmt"

	"orientir/deploy/postgres"
)

// Inherit gives back the updates that dead processes were dealing with, and the groups that they were calling; see postgres.Heir. What such a process
// was telling a group may come twice.
func (d *Desk) Inherit(ctx context.Context, recent []int32) error {
	freed, faults := int64(0), error(nil)
	for _, table := range []struct{ name, key, waits string }{
		{"group_updates", "id", "done_at IS NULL"},
		{"telegram_groups", "chat", "true"},
	} {
		tag, err := d.db.Exec(ctx, `
			WITH living AS MATERIALIZED (`+postgres.Living+`)
			UPDATE `+table.name+` t SET leased_until = NULL, taker = NULL, taken_until = NULL
			FROM (
				SELECT `+table.key+` AS key, taker, taken_until FROM `+table.name+`
				WHERE `+table.waits+` AND taker IS NOT NULL AND taken_until = leased_until AND leased_until > $2
				  AND taker <> ALL ($1::integer[]) AND taker NOT IN (SELECT objid FROM living)
				FOR NO KEY UPDATE SKIP LOCKED) AS d
			WHERE t.`+table.key+` = d.key AND t.taker = d.taker AND t.taken_until = d.taken_until AND t.leased_until = d.taken_until`, recent, d.now())
		if err != nil {
			faults = errors.Join(faults, fmt.Errorf("take over %s of dead processes: %w", table.name, err))
		}
		freed += tag.RowsAffected()
	}
	if freed > 0 {
		d.redis.Publish(ctx, wakeTopic, "")
		d.redis.Publish(ctx, sendTopic, "")
	}
	return faults
}
