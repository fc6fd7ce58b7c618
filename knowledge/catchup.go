package knowledge

import "slices"

// CatchUp puts what a draft changed since its base on what was published meanwhile. Where both changed a field to different ends, it is in conflict: theirs says
// whether the published one stands there; otherwise the draft's does. It is pure.
func CatchUp(base, published, draft Guide, theirs func(field string) bool) (merged Guide, conflicts []string) {
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
