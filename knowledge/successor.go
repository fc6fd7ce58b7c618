package knowledge

// Successor is the guide that does a closed one's work now: where what replaced it is closed too, the one that replaced that, to
// the end. It is false where there is none. A circle of guides ends where it closes. find reads a published guide.
func Successor(closed Guide, find func(slug string) (Guide, bool, error)) (Guide, bool, error) {
	g, seen := closed, map[string]bool{closed.Slug: true}
	for g.ReplacedBy != "" && !seen[g.ReplacedBy] {
		next, ok, err := find(g.ReplacedBy)
		if err != nil {
			return Guide{}, false, err
		}
		if !ok {
			break
		}
		seen[next.Slug], g = true, next
	}
	return g, g.Slug != closed.Slug, nil
}
