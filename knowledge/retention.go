package knowledge

import "orientir/deploy/postgres"

// Retention is how long this floor keeps what is not knowledge itself.
func Retention() []postgres.Rule {
	return []postgres.Rule{{
		Kind: "guide_imports", Table: "guide_imports", Owner: "knowledge", Keep: stagedLife, Effect: postgres.Deleted,
		Oldest: `SELECT min(begun_at) FROM guide_imports`,
		End:    `DELETE FROM guide_imports WHERE id IN (SELECT id FROM guide_imports WHERE begun_at < @before LIMIT @most)`,
	}}
}
