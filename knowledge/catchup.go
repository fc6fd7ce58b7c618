package knowledge

import "slices"

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
