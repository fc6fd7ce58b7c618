package staff

import (
	"time"

	"orientir/deploy/postgres"
)

// Retention is how long is kept who signed in and who did what. audit is for the audit log, whose rows the database gives up only to this rule, and only
// when they are a year old.
func Retention(audit time.Duration) []postgres.Rule {
	return []postgres.Rule{
		{Kind: "staff_sessions", Table: "staff_sessions", Owner: "handoff/staff", Keep: SessionLife, Effect: postgres.Deleted, Swept: "handoff/staff.Sweep",
			Oldest: `SELECT min(created_at) FROM staff_sessions`},
		{Kind: "sign_in_tries", Table: "staff_sign_in_tries", Owner: "handoff/staff", Keep: triesKept, Effect: postgres.Deleted, Swept: "handoff/staff.Sweep",
			Oldest: `SELECT min(since) FROM staff_sign_in_tries`},
		{Kind: "staff_devices", Table: "staff_devices", Owner: "handoff/staff", Keep: DeviceLife, Effect: postgres.Deleted, Swept: "handoff/staff.Sweep",
			Oldest: `SELECT min(seen_at) FROM staff_devices`},
		{Kind: "audit", Table: "audit_log", Owner: "handoff/staff", Keep: audit, Effect: postgres.Deleted,
			Oldest: `SELECT at FROM audit_log ORDER BY id LIMIT 1`,
			End: `
				WITH allowed AS MATERIALIZED (SELECT set_config('orientir.audit_retention', 'on', true))
				DELETE FROM audit_log WHERE id IN (
					SELECT id FROM (SELECT id, at FROM audit_log ORDER BY id LIMIT @most) o, allowed WHERE at < @before)`},
	}
}
