package knowledge

import (
	"context"
	"fmt"
	"time"

	"orientir/deploy/postgres"
)

// EditingRules are what the editors have agreed on.
type EditingRules struct {
	SecondEditor bool          // a guide is published by another editor than who wrote it
	Grace        time.Duration // how long after its review date a guide still answers, with a warning; later it only points at its source. Whole days, at most ten years
}

// EditingRules gives the rules in force.
func (s *Store) EditingRules(ctx context.Context) (EditingRules, error) {
	return editingRules(ctx, s.db)
}

func editingRules(ctx context.Context, db postgres.DB) (EditingRules, error) {
	var r EditingRules
	var days int
	if err := db.QueryRow(ctx, `SELECT second_editor, grace_days FROM editing_rules`).Scan(&r.SecondEditor, &days); err != nil {
		return EditingRules{}, fmt.Errorf("read the editing rules: %w", err)
	}
	r.Grace = time.Duration(days) * 24 * time.Hour
	return r, nil
}

// SetEditingRules changes the rules. Errors: *Fault where the time is negative or over ten years.
func (s *Store) SetEditingRules(ctx context.Context, tx postgres.DB, r EditingRules) error {
	days := int(r.Grace / (24 * time.Hour))
	if days < 0 || days > 3650 {
		return fmt.Errorf("set the editing rules: %w", &Fault{Field: "grace", Key: "fault.number", Value: fmt.Sprint(days)})
	}
	_, err := tx.Exec(ctx, `UPDATE editing_rules SET second_editor = $1, grace_days = $2`, r.SecondEditor, days)
	return wrap("set the editing rules", err)
}

// Silent says whether a guide with this review date, none being zero, is so long past it on a day that it no longer answers, but only points at its source.
func (r EditingRules) Silent(reviewBy, today time.Time) bool {
	return !reviewBy.IsZero() && reviewBy.Add(r.Grace).Format(time.DateOnly) < today.Format(time.DateOnly)
}
