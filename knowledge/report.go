package knowledge

import (
	"fmt"
	"strings"
)

// Report says what a load or an import did.
type Report struct {
	Added     int
	Changed   int
	Unchanged int
	Kept      int // left as editors have them, though the file says otherwise
	Removed   int
	Ambiguous int // not taken: it may be one that we have
	Faults    int // not taken: it can't be read, in a file that is somebody else's
}

// String tells what happened in Bulgarian, without what did not.
func (r Report) String() string {
	var parts []string
	for _, part := range []struct {
		words string
		count int
	}{
		{"нови: %d", r.Added}, {"променени: %d", r.Changed}, {"без промяна: %d", r.Unchanged},
		{"оставени, както са ги редактирали хората: %d", r.Kept}, {"премахнати: %d", r.Removed},
		{"неясни, не са внесени: %d", r.Ambiguous}, {"грешни, не са внесени: %d", r.Faults},
	} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf(part.words, part.count))
		}
	}
	if parts == nil {
		return "няма какво да се внесе"
	}
	return strings.Join(parts, ", ")
}

func (r *Report) add(other Report) {
	r.Added += other.Added
	r.Changed += other.Changed
	r.Unchanged += other.Unchanged
	r.Kept += other.Kept
	r.Removed += other.Removed
	r.Ambiguous += other.Ambiguous
	r.Faults += other.Faults
}
