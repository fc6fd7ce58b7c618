package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"orientir/knowledge"
)

// guideChange is a field that differs between two guides, as editors read it.
type guideChange struct {
	Field string // as knowledge.Diff calls it
	Name  string
	Lang  string // of the words; "" that of the page
	Lines []knowledge.Line
	Left  []int // for each line, how many unchanged ones stand before it and are left out
}

// wholeFields are those whose value is exchanged as a whole.
var wholeFields = []string{"audience", "status", "replaced_by", "review_by", "municipality", "link"}

// guideChanges puts what differs from a to b into words.
func (s *site) guideChanges(r *http.Request, f frame, a, b knowledge.Guide) ([]guideChange, error) {
	titles, err := s.guideTitles(r.Context(), pointedAt(a, b), f.Language)
	if err != nil {
		return nil, err
	}
	for _, code := range []string{a.Municipality, b.Municipality} { // codes are in capitals, slugs are not
		if code == "" {
			continue
		}
		m, ok, err := s.Knowledge.Municipality(r.Context(), code)
		if err != nil {
			return nil, err
		}
		if ok {
			titles[code] = m.Local()
		}
	}
	var list []guideChange
	for _, c := range knowledge.Diff(a, b) {
		change := guideChange{Field: c.Field, Name: f.fieldName(c.Field), Lang: fieldLanguage(c.Field)}
		change.Lines, change.Left = shorten(knowledge.Lines(f.fieldValues(c.Field, c.Before, titles), f.fieldValues(c.Field, c.After, titles)))
		if slices.Contains(wholeFields, c.Field) { // their words are names: one is exchanged for another
			for i := range change.Lines {
				if l := &change.Lines[i]; l.Kind == knowledge.ChangedLine {
					l.Kind = knowledge.Rewritten
				}
			}
		}
		list = append(list, change)
	}
	return list, nil
}

// fieldLanguage is the language that a field of a text is written in; "" for the others.
func fieldLanguage(field string) string {
	rest, ok := strings.CutPrefix(field, "text.")
	if !ok {
		return ""
	}
	language, _, _ := strings.Cut(rest, ".")
	return language
}

// pointedAt are the slugs that guides point at.
func pointedAt(guides ...knowledge.Guide) (slugs []string) {
	for _, g := range guides {
		slugs = append(slugs, g.Related...)
		if g.ReplacedBy != "" {
			slugs = append(slugs, g.ReplacedBy)
		}
		for _, a := range g.Apart {
			slugs = append(slugs, a.Slug)
		}
	}
	return slugs
}

// shorten leaves out unchanged lines that stand next to no change, and says before which line how many.
func shorten(lines []knowledge.Line) (kept []knowledge.Line, left []int) {
	near := func(i int) bool {
		for _, j := range []int{i - 1, i, i + 1} {
			if j >= 0 && j < len(lines) && lines[j].Kind != knowledge.SameLine {
				return true
			}
		}
		return false
	}
	skipped := 0
	for i, l := range lines {
		if !near(i) {
			skipped++
			continue
		}
		kept, left = append(kept, l), append(left, skipped)
		skipped = 0
	}
	return kept, left
}

// fieldValues writes a field's values for people: codes and slugs by their names, days as people write them.
func (f frame) fieldValues(field string, values []string, titles map[string]string) []string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = f.fieldValue(field, v, titles)
	}
	return words
}

func (f frame) fieldValue(field, v string, titles map[string]string) string {
	switch field {
	case "audience", "status":
		return f.E(field + "_" + v)
	case "identification":
		return f.P("common.means_" + v)
	case "related", "replaced_by", "municipality":
		return cmp.Or(titles[v], v)
	case "apart":
		slug, how, _ := strings.Cut(v, " · ")
		return cmp.Or(titles[slug], slug) + ": " + how
	case "review_by":
		return f.isoDate(v)
	case "sources":
		return f.sourceWords(v)
	}
	return v
}

// isoDate writes a day that is kept as YYYY-MM-DD.
func (f frame) isoDate(v string) string {
	day, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return v
	}
	return f.Date(day)
}

// sourceWords writes a source as Diff gives it: title, address, day of the copy, day of the check.
func (f frame) sourceWords(v string) string {
	parts := strings.Split(v, " · ")
	if len(parts) < 4 {
		return v
	}
	n := len(parts)
	words := strings.Join(parts[:n-2], " · ")
	if seen := parts[n-2]; seen != "" {
		words += " · " + f.E("source_seen", f.isoDate(seen))
	}
	if checked := parts[n-1]; checked != "" {
		return words + " · " + f.E("source_checked", f.isoDate(checked))
	}
	return words + " · " + f.E("source_unchecked")
}
