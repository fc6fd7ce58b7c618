package knowledge

import (
	"context"
	"fmt"
	"slices"

	"orientir/deploy/postgres"
)

// CatchUp puts what a draft changed since its base on what was published meanwhile. Where both changed a field to different ends, it is in conflict: theirs says
// whether the published one stands there; otherwise the draft's does. It is pure.
func CatchUp(base, published, draft Guide, theirs func(field string) bool) (merged Guide, conflicts []string) {
	base, draft = base.checkedAs(published), draft.checkedAs(published)
	changed := func(to Guide) (fields []string) {
		for _, c := range Diff(base, to) {
			fields = append(fields, c.Field)
		}
		return fields
	}
	merged = published
	merged.Why = draft.Why
	apart := Diff(published, draft)
	meanwhile := changed(published)
	for _, field := range changed(draft) {
		inConflict := slices.Contains(meanwhile, field) && slices.ContainsFunc(apart, func(c GuideChange) bool { return c.Field == field })
		if inConflict {
			conflicts = append(conflicts, field)
		}
		if !inConflict || !theirs(field) {
			merged = merged.Take(draft, field)
		}
	}
	return merged, conflicts
}

// checkedAs gives the guide with the days on which another's sources were last opened, where those are later: that is no change of anybody's.
func (g Guide) checkedAs(other Guide) Guide {
	g.Sources = slices.Clone(g.Sources)
	for i := range g.Sources {
		for _, o := range other.Sources {
			if c := &g.Sources[i]; o.URL == c.URL && o.Checked.After(c.Checked) {
				c.Checked = o.Checked
			}
		}
	}
	return g
}

// SaveCaughtUp saves a draft that CatchUp has put on what is published now, and rebases it. plain is what CatchUp makes of it where nothing is chosen: who takes
// that over has written nothing. Errors: as of SaveDraft and Rebase.
func (s *Store) SaveCaughtUp(ctx context.Context, tx postgres.DB, d Draft, plain Guide, by Editor) error {
	d, err := s.saveDraft(ctx, tx, d, by, &plain)
	if err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	return s.Rebase(ctx, tx, d.Slug, d.Revision, by)
}
